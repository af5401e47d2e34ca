//! Task queues: a Temporal-like orchestrator, and worker processes that poll it for tasks.
//!
//! The orchestrator ([`crate::services::orchestrator`]) keeps the history and decides who gets which
//! task. Workers are processes that run all the time and are paid for all the time:
//!
//! * `fleet`: the replicas, restarted when they die, and the server's timers;
//! * `worker`: a process: pollers, slots, the cache of workflows, heartbeats;
//! * `decider`: the workflow's code inside a workflow task: it asks for activities and replays;
//! * `activity`: the code of one step inside an activity task.

mod activity;
mod config;
mod decider;
mod fleet;
mod keys;
mod pledges;
mod worker;

pub use config::{Config, Hosting, Pool};
pub use fleet::{drive, fleet_size};
pub use keys::ENTRY;
pub use pledges::pledges;
pub use worker::serve;

use crate::engines::Engine;
use crate::world::World;

/// The engine's parameters, for those who know that it is this one.
fn config(world: &World) -> &Config {
    match &world.engine {
        Engine::Queue(config) => config,
        other => unreachable!("{other:?} has no task queues"),
    }
}
