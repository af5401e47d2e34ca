//! A pipeline of stages under a server, as a media application writes it by hand.
//!
//! A job is a fixed sequence of stages that one worker process runs. Each stage has a weight in the
//! progress, a time-out, and retries with exponential back-off and jitter; an optional one is skipped with a
//! reason when it fails. Outputs are handed on in the job's context; after each stage the context is
//! written to the job's item in the key-value store, on condition that the job still belongs to this
//! worker, and a worker that takes a job over goes on from there. The server outlives its workers. It has
//! in memory the circuit breakers, the tokens by which jobs are cancelled, and the streams of events that
//! clients follow.
//!
//! * [`drive`]: the server's part of one job: start, take over, cancel, end, remove what is left;
//! * `worker`, `context`, `attempt`: the worker's part: stages, attempts, time-outs, tokens;
//! * `checkpoint`: the job's item; `server`, `events`: what the server remembers and tells;
//! * [`breaker`]: the circuit breaker of one provider.
//!
//! Sources: the staged orchestrator that the project started from (stages, weights, time-outs, retries,
//! presets); Polly's circuit breaker for the states and their parameters (pollydocs.org, "Circuit breaker
//! resilience strategy").

mod attempt;
pub mod breaker;
mod checkpoint;
mod config;
mod context;
mod drive;
pub mod events;
mod keys;
mod pledges;
mod server;
mod worker;

pub use config::Config;
pub use drive::drive;
pub use keys::ENTRY;
pub use pledges::pledges;
pub use server::{Cancellation, Server, report};
pub use worker::handle;

/// The error of a job that was cancelled.
pub const CANCELLED: &str = "cancelled";
/// The error of a worker whose job another one has taken over.
pub const SUPERSEDED: &str = "superseded";
