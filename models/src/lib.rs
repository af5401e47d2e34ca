//! What is simulated: workflows, recovery engines, platform services, faults, cost and records.
//!
//! Nothing here knows the runtime: no threads, no files, no ambient clock or randomness.
//! Everything that takes time or chance goes through the [`host::Host`] boundary.

pub mod data;
pub mod law;
pub mod records;
pub mod settings;

pub use law::Law;
