//! The simulator: virtual time, workers, the network and crash points, on madsim.
//!
//! One madsim `Runtime` per run. madsim gives the executor, the timers, and nodes that can be
//! killed, restarted and paused; the order in which tasks run that are ready at the same instant
//! is random and follows the schedule seed. Everything else is ours: madsim's own network has a
//! floor of 4 ms a call and its `sleep` one of 1 ms.
//!
//! * `clock`: what time it is, and waiting;
//! * `wire`: requests under way to the services;
//! * `workers`: one node per environment;
//! * `boundary`: the host that the models see;
//! * [`execute`]: a run from its first execution to quiet.

mod boundary;
mod clock;
mod execute;
mod tasks;
mod wire;
mod workers;

pub use execute::{End, Finished, execute};

use clock::Clock;
use models::world::World;
use std::cell::{Cell, RefCell};
use tasks::Tasks;
use wire::Wire;
use workers::Workers;

/// The state of one run.
#[derive(Debug)]
pub struct Kernel {
    world: World,
    clock: Clock,
    wire: RefCell<Wire>,
    workers: Workers,
    tasks: Tasks,
    /// Crossings of the boundary so far, and how many are allowed.
    steps: Cell<u64>,
    budget_steps: u64,
    over_budget: Cell<bool>,
}
