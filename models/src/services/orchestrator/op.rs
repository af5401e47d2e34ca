//! Requests to the orchestrator and their answers.

use super::event::{Place, What};
use crate::point::{RequestKind, StepName};
use crate::value::Value;
use std::rc::Rc;
use std::time::Duration;

/// A queue of tasks. Number 0 holds workflow tasks.
pub type QueueNumber = u32;
/// A process of a worker, distinct after each restart.
pub type Process = u64;

/// What a workflow task tells the orchestrator to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Activity {
        place: Place,
        name: StepName,
        /// Of the code that asked.
        version: u32,
        queue: QueueNumber,
    },
    Timer {
        place: Place,
        length: Duration,
    },
    CancelActivity {
        place: Place,
    },
    CancelTimer {
        place: Place,
    },
    ContinueAsNew,
    Complete(Value),
    Fail(&'static str),
    Canceled,
}

impl Command {
    /// Whether the run is over after it.
    pub fn ends_run(&self) -> bool {
        matches!(
            self,
            Command::ContinueAsNew | Command::Complete(_) | Command::Fail(_) | Command::Canceled
        )
    }

    /// Whether the event is that a timer fired which this cancels: nobody is to hear of it then.
    pub fn takes_back(&self, event: &What) -> bool {
        match (self, event) {
            (Command::CancelTimer { place }, What::TimerFired { place: fired }) => place == fired,
            _ => false,
        }
    }

    /// Whether this is the command that the event was written for: what a replay compares.
    pub fn wrote(&self, event: &What) -> bool {
        match (self, event) {
            (
                Command::Activity {
                    place,
                    name,
                    version,
                    ..
                },
                What::ActivityScheduled {
                    place: p,
                    name: n,
                    version: v,
                },
            ) => place == p && name == n && version == v,
            (
                Command::Timer { place, length },
                What::TimerStarted {
                    place: p,
                    length: l,
                },
            ) => place == p && length == l,
            (Command::CancelActivity { place }, What::ActivityCancelRequested { place: p })
            | (Command::CancelTimer { place }, What::TimerCanceled { place: p }) => place == p,
            (Command::ContinueAsNew, What::ContinuedAsNew)
            | (Command::Complete(_), What::WorkflowCompleted { .. })
            | (Command::Fail(_), What::WorkflowFailed { .. })
            | (Command::Canceled, What::WorkflowCanceled) => true,
            _ => false,
        }
    }
}

/// A workflow task that was handed to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskToken {
    pub execution: u32,
    pub run: u32,
    pub stamp: u64,
}

/// An attempt of an activity that was handed to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityToken {
    pub execution: u32,
    pub run: u32,
    pub place: Place,
    pub name: StepName,
    pub stamp: u64,
}

/// What a worker finds when it polls.
#[derive(Clone, Debug)]
pub enum Task {
    Workflow {
        token: TaskToken,
        attempt: u32,
        /// Whether it comes from the sticky queue of the worker that has the workflow in its cache.
        sticky: bool,
        /// Length of the history.
        events: usize,
    },
    Activity {
        token: ActivityToken,
        name: StepName,
        attempt: u32,
        /// What the attempt before reported with its last heartbeat.
        progress: u64,
        /// When the server recorded its start: when it matched the task with the poll.
        started: Duration,
    },
}

impl Task {
    /// Whose it is.
    pub fn execution(&self) -> u32 {
        match self {
            Task::Workflow { token, .. } => token.execution,
            Task::Activity { token, .. } => token.execution,
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub enum Op {
    /// StartWorkflowExecution by the execution's name; one that is there is attached to.
    Start { execution: u32 },
    /// The answer of a long poll on its way to the worker.
    Poll { execution: u32 },
    /// GetWorkflowExecutionHistory: a further page.
    History { execution: u32 },
    /// RespondWorkflowTaskCompleted.
    CompleteTask {
        token: TaskToken,
        commands: Rc<[Command]>,
        /// Whose cache holds the workflow from now on.
        sticky: Option<Process>,
    },
    /// RespondWorkflowTaskFailed.
    FailTask {
        token: TaskToken,
        cause: &'static str,
    },
    /// RespondActivityTaskCompleted.
    CompleteActivity { token: ActivityToken, result: Value },
    /// RespondActivityTaskFailed.
    FailActivity {
        token: ActivityToken,
        error: &'static str,
        permanent: bool,
    },
    /// RespondActivityTaskCanceled.
    CancelActivity { token: ActivityToken },
    /// RecordActivityTaskHeartbeat.
    Heartbeat { token: ActivityToken, progress: u64 },
    /// RequestCancelWorkflowExecution.
    Cancel { execution: u32 },
    /// SignalWorkflowExecution; the place in the workflow's code that waits for it is its name.
    Signal { execution: u32, place: Place },
}

impl Op {
    /// Its kind, which names its crash points and its latency.
    pub fn kind(&self) -> RequestKind {
        match self {
            Op::Start { .. } => RequestKind::OrchestratorStart,
            Op::Poll { .. } => RequestKind::OrchestratorPoll,
            Op::History { .. } => RequestKind::OrchestratorHistory,
            Op::CompleteTask { .. } | Op::FailTask { .. } => RequestKind::OrchestratorDecide,
            Op::CompleteActivity { .. } | Op::FailActivity { .. } | Op::CancelActivity { .. } => {
                RequestKind::OrchestratorComplete
            }
            Op::Heartbeat { .. } => RequestKind::OrchestratorHeartbeat,
            Op::Cancel { .. } => RequestKind::OrchestratorCancel,
            Op::Signal { .. } => RequestKind::OrchestratorSignal,
        }
    }

    /// Whose it is.
    pub fn execution(&self) -> u32 {
        match self {
            Op::Start { execution }
            | Op::Poll { execution }
            | Op::History { execution }
            | Op::Cancel { execution }
            | Op::Signal { execution, .. } => *execution,
            Op::CompleteTask { token, .. } | Op::FailTask { token, .. } => token.execution,
            Op::CompleteActivity { token, .. }
            | Op::FailActivity { token, .. }
            | Op::CancelActivity { token }
            | Op::Heartbeat { token, .. } => token.execution,
        }
    }

    /// Bytes sent: what it carries and an envelope.
    pub fn bytes(&self) -> u64 {
        ENVELOPE_BYTES
            + match self {
                Op::CompleteTask { commands, .. } => commands.len() as u64 * ENVELOPE_BYTES,
                Op::CompleteActivity { result, .. } => result.bytes(),
                _ => 0,
            }
    }
}

/// Fields of a request besides its payload (assumption).
const ENVELOPE_BYTES: u64 = 100;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Done,
    /// The heartbeat is recorded; whether the activity is to be cancelled.
    Recorded {
        cancel: bool,
    },
}

/// Why a request was refused. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The task was given up, done by somebody else, or its execution is over.
    NotFound,
    /// The commands could not be carried out: the workflow task has failed or, from its second try on, is
    /// left to its time-out.
    TaskFailed,
}
