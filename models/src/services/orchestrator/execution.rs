//! What the orchestrator knows of one execution.

use super::event::{Place, Resolved, What};
use super::op::{Process, QueueNumber};
use crate::point::StepName;
use crate::world::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

/// The workflow task of a run; there is at most one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskState {
    #[default]
    None,
    Scheduled {
        stamp: u64,
    },
    Started {
        stamp: u64,
    },
}

/// How far an activity's attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptState {
    /// The pause before it.
    BackingOff,
    /// Since when it is in its queue.
    Queued(Duration),
    Started,
}

/// An activity that is not over.
#[derive(Clone, Debug)]
pub struct Pending {
    pub name: StepName,
    pub queue: QueueNumber,
    pub attempt: u32,
    /// Tells attempts apart.
    pub stamp: u64,
    pub state: AttemptState,
    pub scheduled: Duration,
    pub last_heartbeat: Duration,
    /// What the last heartbeat reported; the next attempt gets it.
    pub progress: u64,
    pub cancel_requested: bool,
}

/// An execution: its current run, and what earlier runs of the same chain left.
#[derive(Debug, Default)]
pub struct Execution {
    /// How often it was continued as new.
    pub run: u32,
    /// Events of the current run.
    pub history: Vec<What>,
    /// Their size.
    pub bytes: u64,
    pub task: TaskState,
    /// Of the workflow task: tries beyond the first leave no events until one succeeds.
    pub task_attempt: u32,
    /// When and why workflow tasks failed.
    pub task_failures: Vec<(Duration, &'static str)>,
    /// The process whose cache holds the workflow.
    pub sticky: Option<Process>,
    /// What happened while a worker has the workflow task.
    pub buffered: Vec<What>,
    pub pending: BTreeMap<Place, Pending>,
    /// Attempts that were handed to workers who have not told their end.
    pub handed: BTreeSet<u64>,
    pub timers: BTreeSet<Place>,
    /// Every result so far, of all runs.
    pub resolved: BTreeMap<Place, Resolved>,
    /// Results that the current run began with.
    pub carried: Rc<BTreeMap<Place, Resolved>>,
    pub closed: Option<Outcome>,
    pub waiting: Vec<Waker>,
}

impl Execution {
    /// Size of the results that a new run would begin with.
    pub fn carried_bytes(&self) -> u64 {
        let size = |result: &Resolved| match result {
            Ok(value) => value.bytes(),
            Err(error) => error.len() as u64,
        };
        self.resolved.values().map(size).sum()
    }
}
