//! What a server tells about its jobs: the stream that clients follow, and its log.

use super::breaker::State;
use crate::point::StepName;
use crate::services::provider::Provider;
use std::time::Duration;

/// What an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A worker took the job.
    Started,
    /// It goes on after its last checkpoint.
    Resumed,
    /// More of the whole is done.
    Progress,
    StageComplete,
    /// An optional stage was left out; the message says why.
    StageSkipped,
    /// An attempt failed.
    AttemptFailed,
    /// The client wants no more.
    CancelRequested,
    /// The job ended with success.
    Done,
    /// It ended without; the message says why.
    Error,
}

impl Kind {
    /// As `ledger.csv` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Started => "started",
            Kind::Resumed => "resumed",
            Kind::Progress => "progress",
            Kind::StageComplete => "stage-complete",
            Kind::StageSkipped => "stage-skipped",
            Kind::AttemptFailed => "attempt-failed",
            Kind::CancelRequested => "cancel-requested",
            Kind::Done => "done",
            Kind::Error => "error",
        }
    }
}

/// One event. Execution and epoch are its correlation id: which job, and which worker's hold on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub time: Duration,
    pub execution: u32,
    pub epoch: u32,
    pub kind: Kind,
    pub stage: StepName,
    pub attempt: u32,
    /// Progress in hundredths of a percent.
    pub progress: u32,
    pub message: &'static str,
}

/// All of it, in hundredths of a percent.
pub const WHOLE: u32 = 10_000;

/// A circuit changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerRow {
    pub time: Duration,
    pub provider: Provider,
    pub state: State,
}
