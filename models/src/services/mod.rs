//! The stores and platforms that engines use, as state machines.

pub mod bucket;
pub mod client;
pub mod durable;
pub mod function;
pub mod kv;
pub(crate) mod limit;
pub mod object;
pub mod orchestrator;
pub mod provider;
pub mod stored;
