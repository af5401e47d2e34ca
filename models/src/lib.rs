//! What is simulated: workflows, recovery engines, platform services, faults, cost and records.
//!
//! Nothing here knows the runtime: no threads, no files, no ambient clock or randomness.
//! Everything that takes time or chance goes through the [`host::Host`] boundary.

pub mod body;
pub mod claims;
pub mod cost;
mod cpu;
pub mod data;
pub mod encoder;
pub mod engines;
pub mod faults;
pub mod host;
pub mod invoke;
pub mod law;
pub mod ledger;
pub mod measure;
pub mod names;
mod numbers;
pub mod point;
pub mod records;
pub mod registry;
mod requests;
pub mod services;
pub mod settings;
pub mod streams;
mod tally;
pub mod value;
pub mod workflows;
pub mod world;

pub use law::Law;
