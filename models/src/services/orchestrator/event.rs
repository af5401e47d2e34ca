//! Events of a history, and where in a workflow's code a command belongs.

use crate::point::StepName;
use crate::value::Value;
use std::rc::Rc;
use std::time::Duration;

/// Place of a command in a workflow's code: the how-manieth operation, and inside a map the item and
/// the how-manieth operation of its branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Rc<[u32]>);

impl Default for Place {
    fn default() -> Place {
        Place::root()
    }
}

impl Place {
    /// The workflow itself.
    pub fn root() -> Place {
        Place(Rc::new([]))
    }

    /// A part of it.
    #[must_use]
    pub fn child(&self, number: u32) -> Place {
        self.0.iter().copied().chain([number]).collect()
    }

    /// What follows on the way from `self` to `inner`, if that is inside.
    pub fn next_towards(&self, inner: &Place) -> Option<u32> {
        let rest = inner.0.strip_prefix(&*self.0)?;
        rest.first().copied()
    }
}

impl FromIterator<u32> for Place {
    fn from_iter<I: IntoIterator<Item = u32>>(parts: I) -> Place {
        Place(parts.into_iter().collect())
    }
}

/// How an activity or a timer ended, or that a signal came.
pub type Resolved = Result<Value, &'static str>;

/// What happened (Temporal's event types).
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    WorkflowStarted,
    TaskScheduled,
    /// Whether the server suggests to continue as new.
    TaskStarted {
        suggests_new_run: bool,
    },
    TaskCompleted,
    TaskTimedOut,
    TaskFailed(&'static str),
    ActivityScheduled {
        place: Place,
        name: StepName,
        version: u32,
    },
    ActivityStarted {
        place: Place,
        attempt: u32,
    },
    ActivityCompleted {
        place: Place,
        result: Value,
    },
    ActivityFailed {
        place: Place,
        error: &'static str,
    },
    ActivityTimedOut {
        place: Place,
        error: &'static str,
    },
    ActivityCancelRequested {
        place: Place,
    },
    ActivityCanceled {
        place: Place,
    },
    TimerStarted {
        place: Place,
        length: Duration,
    },
    TimerFired {
        place: Place,
    },
    TimerCanceled {
        place: Place,
    },
    CancelRequested,
    Signaled {
        place: Place,
    },
    ContinuedAsNew,
    WorkflowCompleted {
        result: Value,
    },
    WorkflowFailed {
        error: &'static str,
    },
    WorkflowCanceled,
    WorkflowTimedOut,
    WorkflowTerminated {
        error: &'static str,
    },
}

impl What {
    /// Bytes of what it carries, without the event's own fields.
    pub fn payload_bytes(&self) -> u64 {
        match self {
            What::ActivityCompleted { result, .. } | What::WorkflowCompleted { result } => {
                result.bytes()
            }
            What::ActivityFailed { error, .. }
            | What::ActivityTimedOut { error, .. }
            | What::WorkflowFailed { error } => error.len() as u64,
            _ => 0,
        }
    }

    /// What it tells the workflow's code.
    pub fn resolves(&self) -> Option<(&Place, Resolved)> {
        match self {
            What::ActivityCompleted { place, result } => Some((place, Ok(result.clone()))),
            What::ActivityFailed { place, error } | What::ActivityTimedOut { place, error } => {
                Some((place, Err(error)))
            }
            What::ActivityCanceled { place } => Some((place, Err(CANCELED))),
            What::TimerFired { place } | What::Signaled { place } => Some((place, Ok(Value::Unit))),
            _ => None,
        }
    }

    /// Whether it was written on the command of a workflow task.
    pub fn is_command(&self) -> bool {
        matches!(
            self,
            What::ActivityScheduled { .. }
                | What::ActivityCancelRequested { .. }
                | What::TimerStarted { .. }
                | What::TimerCanceled { .. }
                | What::ContinuedAsNew
                | What::WorkflowCompleted { .. }
                | What::WorkflowFailed { .. }
                | What::WorkflowCanceled
        )
    }
}

/// Why a workflow task fails whose replay asks for other things than were written.
pub const NONDETERMINISTIC: &str = "nondeterministic workflow";
/// Why a workflow task fails that asks for more activities than may be open at once.
pub const PENDING_LIMIT: &str = "pending activities limit exceeded";
/// Why a workflow task fails that ends a run while there is something it has not heard of.
pub const UNHANDLED_COMMAND: &str = "unhandled command";
/// The error of what was cancelled.
pub const CANCELED: &str = "canceled";
