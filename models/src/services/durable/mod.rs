//! The durable backend: executions, their operations, tokens, timers, limits and meters.
//!
//! Models the service behind `CheckpointDurableExecution` and `GetDurableExecutionState` of AWS
//! Lambda durable functions (Lambda API model in botocore; developer guide, "Durable execution
//! SDK", "How durable operations are metered"; quotas page). The service is a pure state
//! machine: it is handed the time and never waits.

pub mod limits;
pub mod operation;
mod operations;
mod state;

pub use limits::Limits;
pub use operation::{Action, OpId, OpType, Operation, Status, Update, Updates, Verb};
pub use operations::Operations;

use crate::value::Value;
use smallvec::SmallVec;
use state::State;
use std::mem;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

/// How an execution ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Succeeded(Value),
    Failed(&'static str),
    TimedOut,
}

/// Why the service refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The token was used before, or belongs to an invocation that is over. The SDK raises it out
    /// of the handler, so the invocation is retried.
    InvalidToken,
    /// A payload over the limit: another 4xx, so the execution fails.
    PayloadTooLarge,
    /// Operations or data written over the quota: no token in the answer; the execution fails.
    OverQuota,
    /// Too many requests a second.
    Throttled,
    /// An update that the operation's status does not allow.
    InvalidUpdate,
}

/// Answer to a checkpoint request.
#[derive(Clone, Debug, Default)]
pub struct Checkpointed {
    pub token: u64,
    /// Every operation changed since the caller's last answer.
    pub changed: SmallVec<[Operation; 2]>,
    /// Number of the request among the accepted ones of the execution, from 1.
    pub request: u32,
}

/// One durable execution.
#[derive(Debug, Default)]
pub struct Execution {
    pub started: Duration,
    pub end: Option<(Duration, End)>,
    pub meters: Meters,
    /// Its memory goes to others once it is retired.
    state: Option<Box<State>>,
}

/// What one execution used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meters {
    /// Durable operations as the price list counts them.
    pub operations: u64,
    /// Bytes of data written.
    pub written: u64,
    /// Integral of the bytes held, until the end of the execution, in byte seconds.
    pub byte_seconds: f64,
    pub requests: u32,
    pub updates: u64,
    held_since: Duration,
}

impl Meters {
    /// A step counts when an attempt ends, a wait, a callback or an invocation when it starts, a context when it ends.
    fn count(&mut self, update: &Update, now: Duration) {
        let start = matches!(update.action, Action::Start { .. });
        let counts = match update.op_type {
            OpType::Step | OpType::Context => !start,
            OpType::Wait | OpType::Callback | OpType::Invoke => start,
        };
        self.operations += u64::from(counts);
        let bytes = update.payload_bytes();
        if bytes > 0 {
            self.write(now, bytes);
        }
    }

    fn write(&mut self, now: Duration, bytes: u64) {
        self.hold(now);
        self.written += bytes;
    }

    fn hold(&mut self, now: Duration) {
        let held = now.saturating_sub(self.held_since).as_secs_f64();
        self.byte_seconds += held * self.written as f64;
        self.held_since = now;
    }
}

/// The service.
#[derive(Debug)]
pub struct Backend {
    limits: Limits,
    /// By name: names are numbers from 0.
    executions: Vec<Option<Execution>>,
    checkpoints: limits::PerSecond,
    callbacks: limits::PerSecond,
    starts: limits::PerSecond,
    /// Functions to be invoked.
    launches: Vec<Launch>,
}

/// A function that an execution invokes.
#[derive(Clone, Copy, Debug)]
pub struct Launch {
    pub execution: u32,
    pub id: OpId,
    /// How long it takes.
    pub length: Duration,
}

impl Launch {
    /// The function that an update asks for.
    fn of(execution: u32, update: &Update) -> Option<Launch> {
        match update.action {
            Action::Start { wait: Some(length) } if update.op_type == OpType::Invoke => {
                Some(Launch {
                    execution,
                    id: update.id,
                    length,
                })
            }
            _ => None,
        }
    }
}

impl Backend {
    /// An empty service.
    pub fn new(limits: Limits) -> Backend {
        Backend {
            checkpoints: limits::PerSecond::new(limits.checkpoints_per_s),
            callbacks: limits::PerSecond::new(limits.callbacks_per_s),
            starts: limits::PerSecond::new(limits.starts_per_s),
            limits,
            executions: Vec::new(),
            launches: Vec::new(),
        }
    }

    /// Starts an execution by name. `Ok(false)`: one of that name exists already, and the caller
    /// is told about that one.
    pub fn start(&mut self, name: u32, input_bytes: u64, now: Duration) -> Result<bool, Refusal> {
        if self
            .executions
            .get(name as usize)
            .is_some_and(Option::is_some)
        {
            return Ok(false);
        }
        if !self.starts.admit(now) {
            return Err(Refusal::Throttled);
        }
        let mut execution = Execution {
            started: now,
            state: Some(Box::default()),
            ..Execution::default()
        };
        execution.meters.held_since = now;
        execution.meters.operations = 1;
        execution.meters.write(now, input_bytes);
        let place = name as usize;
        if self.executions.len() <= place {
            self.executions.resize_with(place + 1, || None);
        }
        self.executions[place] = Some(execution);
        Ok(true)
    }

    /// An execution.
    ///
    /// # Panics
    /// If it was never started.
    pub fn execution(&self, name: u32) -> &Execution {
        self.executions[name as usize]
            .as_ref()
            .expect("a started execution")
    }

    fn execution_mut(&mut self, name: u32) -> &mut Execution {
        self.executions[name as usize]
            .as_mut()
            .expect("a started execution")
    }

    fn state_mut(&mut self, name: u32) -> &mut State {
        let state = &mut self.execution_mut(name).state;
        state.as_mut().expect("an execution that is not retired")
    }

    /// Drops the operations of a finished execution; its name and end stay known.
    pub fn retire(&mut self, name: u32) {
        self.execution_mut(name).state = None;
    }

    /// What all executions used.
    pub fn totals(&self) -> Meters {
        self.executions
            .iter()
            .flatten()
            .fold(Meters::default(), |mut sum, execution| {
                let meters = &execution.meters;
                sum.operations += meters.operations;
                sum.written += meters.written;
                sum.byte_seconds += meters.byte_seconds;
                sum.requests += meters.requests;
                sum.updates += meters.updates;
                sum
            })
    }

    /// Begins an invocation: a new token, which fences every earlier one. `retry` is metered as
    /// one operation. Returns the token.
    pub fn begin(&mut self, name: u32, now: Duration, retry: bool) -> u64 {
        self.execution_mut(name).meters.operations += u64::from(retry);
        let state = self.state_mut(name);
        state.fire(now);
        state.token += 1;
        state.seen = state.changes;
        state.recent.clear();
        state.token
    }

    /// The operations that an invocation is given: those of completed contexts without their
    /// children, unless the children rebuild the result.
    pub fn state(&self, name: u32) -> Operations {
        let state = self.execution(name).state.as_ref();
        state.map_or_else(Operations::default, |state| state.visible())
    }

    /// Stores a batch of updates, all or none. A repeat with the same client token is answered
    /// as before, without effect.
    pub fn checkpoint(
        &mut self,
        name: u32,
        token: u64,
        client_token: u64,
        updates: &[Update],
        now: Duration,
    ) -> Result<Rc<Checkpointed>, Refusal> {
        if !self.checkpoints.admit(now) {
            return Err(Refusal::Throttled);
        }
        let limits = self.limits;
        let Execution {
            end, meters, state, ..
        } = self.execution_mut(name);
        let Some(state) = state else {
            return Err(Refusal::InvalidToken);
        };
        if let Some((_, answer)) = state.last.as_ref().filter(|last| last.0 == client_token) {
            return Ok(Rc::clone(answer));
        }
        let stale = state.token != token && limits.fencing;
        if stale || end.is_some() {
            return Err(Refusal::InvalidToken);
        }
        if updates
            .iter()
            .any(|u| u.payload_bytes() > limits.payload_bytes)
        {
            return Err(Refusal::PayloadTooLarge);
        }
        state.fire(now);
        if !state.allows(updates) {
            return Err(Refusal::InvalidUpdate);
        }
        for update in updates {
            meters.count(update, now);
            state.apply(update, now);
        }
        meters.requests += 1;
        meters.updates += updates.len() as u64;
        if meters.operations > limits.operations || meters.written > limits.written_bytes {
            self.end(name, End::Failed("over quota"), now);
            return Err(Refusal::OverQuota);
        }
        let answer = state.answer(client_token, meters.requests);
        let launches = updates.iter().filter_map(|u| Launch::of(name, u));
        self.launches.extend(launches);
        Ok(answer)
    }

    /// Somebody outside answers a callback. Refused if it has been answered, its time is over, or its
    /// execution has ended.
    pub fn answer(&mut self, name: u32, id: OpId, now: Duration) -> Result<(), Refusal> {
        if !self.callbacks.admit(now) {
            return Err(Refusal::Throttled);
        }
        match self.complete(name, id, Some(Value::Unit), now) {
            true => Ok(()),
            false => Err(Refusal::InvalidUpdate),
        }
    }

    /// The functions to be invoked since this was last asked.
    pub fn take_launches(&mut self) -> Vec<Launch> {
        mem::take(&mut self.launches)
    }

    /// An invoked function has ended: with a result, or it failed.
    pub fn launched(&mut self, launch: Launch, result: Option<Value>, now: Duration) {
        self.complete(launch.execution, launch.id, result, now);
    }

    /// Somebody else has done an operation, or failed to. False if it is not open.
    fn complete(&mut self, name: u32, id: OpId, result: Option<Value>, now: Duration) -> bool {
        let Execution {
            end, meters, state, ..
        } = self.execution_mut(name);
        let state = state.as_mut().filter(|_| end.is_none());
        let Some(state) = state else {
            return false;
        };
        state.fire(now);
        let bytes = result.as_ref().map_or(0, Value::bytes);
        let completed = state.complete(id, result);
        if completed && bytes > 0 {
            meters.write(now, bytes);
        }
        completed
    }

    /// Whether an execution waits for somebody's answer.
    pub fn is_unanswered(&self, name: u32) -> bool {
        let state = self.execution(name).state.as_ref();
        state.is_some_and(|state| !state.unanswered.is_empty())
    }

    /// Wakes who asks at the next answer to a callback of an execution.
    pub fn wake_at_answer(&mut self, name: u32, waker: &Waker) {
        self.state_mut(name).waiting = Some(waker.clone());
    }

    /// When the next timer of an execution is due.
    pub fn next_due(&self, name: u32) -> Option<Duration> {
        let state = self.execution(name).state.as_ref()?;
        state.due.first().map(|(due, _)| *due)
    }

    /// Whether something changed that the last invocation has not seen.
    pub fn unseen(&mut self, name: u32, now: Duration) -> bool {
        let state = self.state_mut(name);
        state.fire(now);
        state.changes > state.seen
    }

    /// Ends an execution; its token is void from here on.
    pub fn end(&mut self, name: u32, end: End, now: Duration) {
        let execution = self.execution_mut(name);
        if execution.end.is_some() {
            return;
        }
        if let End::Succeeded(value) = &end {
            execution.meters.write(now, value.bytes());
        }
        execution.meters.hold(now);
        execution.end = Some((now, end));
        self.state_mut(name).token += 1;
    }
}

impl Execution {
    /// All operations, for checks.
    pub fn operations(&self) -> &[Operation] {
        let state = self.state.as_ref();
        state.map_or(&[], |state| state.operations.list())
    }
}

#[cfg(test)]
mod tests;
