//! The simulator: virtual time, workers, the network and crash points, on madsim.
//!
//! One madsim `Runtime` per run. madsim isolates the run: the operating system's clock, random
//! numbers and threads are virtual inside it. Clock, tasks and network are ours: madsim's network
//! has a floor of 4 ms a call, its `sleep` one of 1 ms, and a wait and a poll cost several times
//! what ours do.
//!
//! * `agenda`: what is due, the earliest first;
//! * `clock`: what time it is, and waiting;
//! * `tasks`: what runs, in an order that follows the schedule seed;
//! * `wait`: waiting on a host, which may end with its worker;
//! * `wire`: requests under way to the services;
//! * `workers`: one per environment;
//! * `boundary`: the host that the models see;
//! * `request`: what becomes of a request, and what its sender gets;
//! * [`execute`]: a run from its first execution to quiet.

mod agenda;
mod boundary;
mod clock;
mod execute;
mod request;
mod tasks;
mod wait;
mod wire;
mod workers;

pub use execute::{End, Finished, Machine, execute};

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
