//! What is simulated: workflows, recovery engines, platform services, faults, cost and records.
//!
//! Nothing here knows the runtime: no threads, no files, no ambient clock or randomness.
//! Everything that takes time or chance goes through the `Host` boundary.

pub mod cost;
pub mod data;
pub mod encoder;
pub mod engines;
pub mod faults;
pub mod law;
pub mod names;
pub mod records;
pub mod registry;
pub mod services;
pub mod settings;
pub mod workflows;

pub use law::Law;
