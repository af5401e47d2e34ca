//! The boundary between what is simulated and what simulates it.
//!
//! Workflows, engines and services are async code generic over [`Host`]. Nothing else may touch
//! time, chance or the network. A host either is a worker, which can die at any of its calls, or
//! stands outside the workers (the platform's own control loops and the clients), and cannot.

use crate::ledger::Outcome;
use crate::point::{At, Party, Point, RequestKind};
use crate::services::durable;
use crate::services::function::EnvironmentId;
use crate::services::kv::{KvError, KvOp, KvReply};
use crate::services::object::{ObjectError, ObjectOp, ObjectReply};
use crate::services::orchestrator;
use crate::services::provider;
use crate::value::Value;
use crate::world::World;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// What the simulator offers to the simulated.
///
/// On a dead worker every call stays pending for ever.
pub trait Host: Clone + 'static {
    /// The state that everything shares; it belongs to no process and never crashes.
    fn world(&self) -> &World;

    /// Virtual time since the start of the run.
    fn now(&self) -> Duration;

    /// Lets virtual time pass. A worker whose invocation times out meanwhile dies then.
    fn wait(&self, length: Duration) -> impl Future<Output = ()>;

    /// Whether the next call goes on at once: its worker is neither dead nor stands still.
    fn goes_on(&self) -> bool;

    /// Crosses a crash point at which nothing happens, and says so; does nothing if it might.
    ///
    /// Most crossings are of this kind: a future for each would cost more than all else they do.
    fn pass(&self, point: Point, at: At) -> bool;

    /// Crosses a crash point: the worker may die or stand still here.
    fn cross(&self, point: Point, at: At) -> impl Future<Output = ()>;

    /// Sends a request to a service over the network and waits for the answer, at most as long
    /// as the service's client does.
    fn call(&self, request: &Request, at: At) -> impl Future<Output = Result<Reply, CallError>>;

    /// The environment this host is, or `None` outside the workers.
    fn environment(&self) -> Option<EnvironmentId>;

    /// Hands an event to an environment and waits until it has answered or is known to be lost.
    fn run(
        &self,
        environment: EnvironmentId,
        invocation: u64,
        event: Event,
    ) -> impl Future<Output = Invoked>;

    /// Starts a task outside the workers.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);

    /// The same host, seen from outside the workers.
    fn outside(&self) -> Self;

    /// Worker or client, for the network.
    fn party(&self) -> Party {
        match self.environment() {
            Some(_) => Party::Worker,
            None => Party::Client,
        }
    }
}

/// A request to a service. What is large is boxed, because requests are moved often.
#[derive(Clone, Debug)]
pub enum Request {
    Kv(Box<KvOp>),
    /// A write that is an effect of a body on the engine's own store: recorded when it is applied.
    KvEffect(Box<KvOp>, crate::body::Stamp),
    Object(Box<ObjectOp>),
    Checkpoint {
        execution: u32,
        token: u64,
        client_token: u64,
        updates: Rc<durable::Updates>,
    },
    /// A further page of an execution's operations.
    State {
        execution: u32,
        operations: u32,
    },
    /// Somebody's answer to a callback of an execution.
    Callback {
        execution: u32,
        id: durable::OpId,
    },
    Provider(Box<provider::Ask>),
    Orchestrator(Box<orchestrator::Op>),
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Reply {
    Kv(KvReply),
    Object(Box<ObjectReply>),
    Checkpoint(Rc<durable::Checkpointed>),
    State,
    Callback,
    /// The provider works on it; the content is there after so long.
    Provider(Duration),
    Orchestrator(orchestrator::Reply),
}

/// Why there is no answer, or a refusal.
#[derive(Clone, Debug, PartialEq)]
pub enum CallError {
    /// Nothing came back in time; the request may or may not have been applied.
    Timeout,
    /// The service failed and did nothing (5xx).
    Unavailable,
    Kv(KvError),
    Object(ObjectError),
    Durable(durable::Refusal),
    Provider(provider::Refusal),
    Orchestrator(orchestrator::Refusal),
}

impl CallError {
    /// For the history.
    pub fn outcome(&self) -> Outcome {
        match self {
            CallError::Timeout => Outcome::Timeout,
            CallError::Unavailable => Outcome::Error,
            _ => Outcome::Refused,
        }
    }
}

impl Request {
    /// A request to the key-value store.
    pub fn kv(op: impl Into<KvOp>) -> Request {
        Request::Kv(Box::new(op.into()))
    }

    /// The same as an effect of a body.
    pub fn kv_effect(op: impl Into<KvOp>, stamp: crate::body::Stamp) -> Request {
        Request::KvEffect(Box::new(op.into()), stamp)
    }

    /// A request to the object store.
    pub fn object(op: ObjectOp) -> Request {
        Request::Object(Box::new(op))
    }

    /// A request to the orchestrator.
    pub fn orchestrator(op: orchestrator::Op) -> Request {
        Request::Orchestrator(Box::new(op))
    }

    /// Its kind, which names its crash points and its latency.
    #[inline]
    pub fn kind(&self) -> RequestKind {
        match self {
            Request::Kv(op) | Request::KvEffect(op, _) => op.kind(),
            Request::Object(op) => op.kind(),
            Request::Checkpoint { .. } => RequestKind::DurableCheckpoint,
            Request::State { .. } => RequestKind::DurableState,
            Request::Callback { .. } => RequestKind::DurableCallback,
            Request::Provider(ask) => ask.provider.request(),
            Request::Orchestrator(op) => op.kind(),
        }
    }

    /// What it concerns.
    #[inline(always)]
    pub fn key(&self) -> crate::names::Key {
        match self {
            Request::Kv(op) | Request::KvEffect(op, _) => op.key(),
            Request::Object(op) => op.key(),
            Request::Checkpoint { execution, .. }
            | Request::State { execution, .. }
            | Request::Callback { execution, .. } => {
                crate::names::Key::new("execution", u64::from(*execution), 0)
            }
            Request::Provider(ask) => ask.key(),
            Request::Orchestrator(op) => {
                crate::names::Key::new("execution", u64::from(op.execution()), 0)
            }
        }
    }

    /// Bytes sent.
    #[inline]
    pub fn bytes(&self) -> u64 {
        match self {
            Request::Kv(op) | Request::KvEffect(op, _) => op.bytes(),
            Request::Object(op) => op.bytes(),
            Request::Checkpoint { updates, .. } => {
                updates.iter().map(durable::Update::request_bytes).sum()
            }
            Request::State { .. } | Request::Callback { .. } | Request::Provider(_) => 0,
            Request::Orchestrator(op) => op.bytes(),
        }
    }
}

/// What a worker is asked to do.
#[derive(Clone, Debug)]
pub enum Event {
    /// Run a workflow without recovery.
    Local { execution: u32 },
    /// Run a durable execution's handler under this token, with its operations as they were when
    /// the service invoked it. They are boxed, because an event is moved often on its way.
    Durable {
        execution: u32,
        token: u64,
        state: Box<durable::Operations>,
    },
    /// Run a job's stages, as this epoch of it.
    Staged { execution: u32, epoch: u32 },
    /// Be a worker's process that polls a queue of tasks until there will be no more.
    Worker {
        queue: orchestrator::QueueNumber,
        process: orchestrator::Process,
    },
    /// Be another function, which takes so long.
    Invoked { execution: u32, length: Duration },
    /// A request to a hand-made function.
    Explicit(crate::engines::explicit::Call),
}

impl Event {
    /// Whose it is.
    pub fn execution(&self) -> u32 {
        match self {
            Event::Local { execution }
            | Event::Durable { execution, .. }
            | Event::Invoked { execution, .. }
            | Event::Staged { execution, .. } => *execution,
            Event::Worker { .. } => At::NOBODY,
            Event::Explicit(call) => call.execution,
        }
    }

    /// Bytes of its payload.
    pub fn bytes(&self) -> u64 {
        match self {
            Event::Local { .. }
            | Event::Durable { .. }
            | Event::Staged { .. }
            | Event::Invoked { .. }
            | Event::Worker { .. } => 64,
            Event::Explicit(call) => call.bytes(),
        }
    }
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Invoked {
    /// The handler returned.
    Answered(Answer),
    /// The worker died: `Runtime.ExitError`.
    Crashed,
    /// The worker was stopped by the invocation time-out: `Sandbox.Timedout`.
    TimedOut,
    /// The worker gave no sign of life and was given up; it may come back as a zombie.
    GivenUp,
}

/// What a handler returns.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Succeeded(Value),
    /// The handler raised: final for a durable execution, a function error for a caller.
    Failed(&'static str),
    /// A durable execution waits for something.
    Pending,
    /// A durable handler could not go on; its invocation is retried.
    Retry(&'static str),
}
