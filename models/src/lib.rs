//! What is simulated: workflows, recovery engines, platform services, faults, cost and records.
//!
//! Nothing here knows the runtime: no threads, no files, no ambient clock or randomness.
//! Everything that takes time or chance goes through the [`host::Host`] boundary.
//!
//! * [`workflows`]: programs, written once against [`workflows::context::Context`];
//! * [`engines`]: recovery semantics; each drives executions from outside the workers and handles
//!   events inside them;
//! * [`services`]: the function platform, the stores and the durable backend, as state machines;
//! * [`faults`]: what goes wrong, where and when, as data; [`point`]: the places where it can;
//! * [`world`]: all state of a run; [`streams`]: its random draws; [`ledger`]: what happened; [`time`]: lengths;
//! * [`measure`], [`cost`], [`records`]: what is made of it;
//! * [`registry`], [`settings`], [`data`]: what a scenario may name, its keys, and the files of
//!   physical numbers with their sources.

pub mod body;
pub mod claims;
pub mod cost;
mod cpu;
pub mod crossings;
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
pub mod rare;
pub mod records;
pub mod registry;
mod requests;
pub mod services;
pub mod settings;
pub mod streams;
mod tally;
pub mod time;
pub mod value;
pub mod workflows;
pub mod world;

pub use law::Law;
