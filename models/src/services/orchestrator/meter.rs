//! What the orchestrator counted in a run.

use crate::services::stored::Stored;
use std::time::Duration;

/// Totals.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// Events of all histories.
    pub events: u64,
    /// Bytes of all histories.
    pub bytes: u64,
    /// Workflow tasks and activity attempts that were handed to workers.
    pub workflow_tasks: u64,
    pub activity_tasks: u64,
    pub heartbeats: u64,
    /// Runs that were continued as new.
    pub new_runs: u64,
    /// Attempts that were given up at a time-out.
    pub timed_out: u64,
    /// Workflow tasks that failed because a replay went another way.
    pub nondeterministic: u64,
    /// Units as Temporal Cloud bills them: starts, activity attempts, timers, new runs, heartbeats.
    pub actions: u64,
    /// Time of each activity attempt in its queue, with its execution.
    pub waits: Vec<(u32, Duration)>,
    /// Bytes of the histories of open executions.
    pub active: Stored,
    /// Bytes of those that are closed.
    pub retained: u64,
}
