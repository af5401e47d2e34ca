//! An orchestrator that event-sources executions and hands out tasks, as a Temporal server does.
//!
//! An execution is its history. Each change is an event; a workflow task asks a worker what to do
//! next, and the worker answers with commands (docs.temporal.io "Events and Event History",
//! "Tasks"; server `temporalio/temporal@6805caea`, `service/history`). What the mechanism is made of:
//!
//! * A run has at most one workflow task. What happens while a worker has it is buffered and
//!   written when it is answered, and then needs another task (`tasks`).
//! * A worker that answers keeps the workflow in its cache: the next task waits for that process in
//!   its sticky queue, for a limited time only.
//! * An activity is scheduled once and tried again by the server: retries write no events, and its
//!   start is written together with its end (`activities`).
//! * The server learns of a lost worker by time-outs only: start-to-close or heartbeat.
//! * A history over its limit of events or bytes is terminated; a workflow continues as new before.
//!
//! The state machine is handed the time, like the other services, and besides wakes polls
//! (`matching`); its timers are fired by [`Orchestrator::fire`].

mod activities;
mod event;
mod execution;
mod limits;
mod matching;
mod meter;
mod op;
mod tasks;
#[cfg(test)]
mod tests;

pub use event::{CANCELED, NONDETERMINISTIC, Place, Resolved, What};
pub use execution::Execution;
pub use limits::{Limits, Options, Retry};
pub use matching::Seat;
pub use meter::Meter;
pub use op::{ActivityToken, Command, Op, Process, QueueNumber, Refusal, Reply, Task, TaskToken};

use crate::world::Outcome;
use matching::{Job, TaskQueue};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

/// A task in a queue.
#[derive(Clone, Debug)]
enum JobKey {
    Task {
        execution: u32,
        stamp: u64,
    },
    Activity {
        execution: u32,
        place: Place,
        stamp: u64,
    },
}

/// What an activity must not take longer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    ScheduleToStart,
    StartToClose,
    ScheduleToClose,
    Heartbeat,
}

#[derive(Clone, Debug)]
enum Timer {
    /// The sticky queue's.
    Sticky { execution: u32, stamp: u64 },
    /// A workflow task's.
    Task { execution: u32, stamp: u64 },
    /// An activity's.
    Activity {
        execution: u32,
        place: Place,
        stamp: u64,
        limit: Limit,
    },
    /// The pause before an activity's next attempt.
    Retry {
        execution: u32,
        place: Place,
        stamp: u64,
    },
    /// One that the workflow started.
    User { execution: u32, place: Place },
    /// The whole execution's.
    Execution { execution: u32 },
}

/// Where a history becomes long enough to continue as new, and how long an execution may take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// Events from which the server suggests a new run; 0 for never.
    pub new_run_events: u64,
    /// Zero for no limit.
    pub execution_timeout: Duration,
    /// Broken: what happens while a workflow task is under way is forgotten.
    pub loses_events: bool,
}

/// The server.
#[derive(Debug, Default)]
pub struct Orchestrator {
    limits: Limits,
    options: Options,
    policy: Policy,
    executions: BTreeMap<u32, Execution>,
    queues: Vec<TaskQueue<JobKey>>,
    timers: BTreeMap<(Duration, u64), Timer>,
    stamps: u64,
    /// Whoever fires the timers.
    pump: Option<Waker>,
    opened: bool,
    shut: bool,
    pub meter: Meter,
}

impl Orchestrator {
    /// A server without executions.
    pub fn new(limits: Limits, options: Options, policy: Policy) -> Orchestrator {
        Orchestrator {
            limits,
            options,
            policy,
            ..Orchestrator::default()
        }
    }

    /// Carries out a request at `now`.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn apply(&mut self, now: Duration, op: &Op) -> Result<Reply, Refusal> {
        let reply = self.carry_out(now, op);
        self.wake_pump();
        reply
    }

    fn carry_out(&mut self, now: Duration, op: &Op) -> Result<Reply, Refusal> {
        match op {
            Op::Start { execution } => self.start(now, *execution),
            Op::Poll { .. } | Op::History { .. } => {}
            Op::CompleteTask {
                token,
                commands,
                sticky,
            } => self.complete_task(now, token, commands, *sticky)?,
            Op::FailTask { token, cause } => self.fail_task(now, token, cause)?,
            Op::CompleteActivity { token, result } => {
                self.reported(token);
                self.complete_activity(now, token, result.clone())?;
            }
            Op::FailActivity {
                token,
                error,
                permanent,
            } => {
                self.reported(token);
                self.fail_activity(now, token, error, *permanent)?;
            }
            Op::CancelActivity { token } => {
                self.reported(token);
                self.canceled_activity(now, token)?;
            }
            Op::Heartbeat { token, progress } => return self.heartbeat(now, token, *progress),
            Op::Cancel { execution } => self.request_cancel(now, *execution),
            Op::Signal { execution, place } => self.signal(now, *execution, place)?,
        }
        Ok(Reply::Done)
    }

    fn start(&mut self, now: Duration, execution: u32) {
        if self.executions.contains_key(&execution) {
            return;
        }
        self.executions.insert(execution, Execution::default());
        self.meter.actions += 1;
        self.append(now, execution, What::WorkflowStarted);
        if !self.policy.execution_timeout.is_zero() {
            let due = now + self.policy.execution_timeout;
            self.arm(due, Timer::Execution { execution });
        }
        self.get(execution).task_attempt = 1;
        self.schedule_task(now, execution);
    }

    fn request_cancel(&mut self, now: Duration, execution: u32) {
        let open = self.executions.get(&execution);
        if open.is_some_and(|open| open.closed.is_none()) {
            self.happened(now, execution, vec![What::CancelRequested]);
        }
    }

    /// A signal is written each time it is sent.
    fn signal(&mut self, now: Duration, execution: u32, place: &Place) -> Result<(), Refusal> {
        let known = self.executions.get(&execution);
        if known.is_none_or(|known| known.closed.is_some()) {
            return Err(Refusal::NotFound);
        }
        self.meter.actions += 1;
        let place = place.clone();
        self.happened(now, execution, vec![What::Signaled { place }]);
        Ok(())
    }

    /// Writes an event. A history that becomes too long ends the execution.
    fn append(&mut self, now: Duration, execution: u32, what: What) {
        let carried = match &what {
            What::WorkflowStarted => self.get(execution).carried_bytes(),
            _ => 0,
        };
        let bytes = self.limits.event_bytes + what.payload_bytes() + carried;
        let state = self.get(execution);
        if let What::TaskFailed(cause) = what {
            state.task_failures.push((now, cause));
        }
        state.history.push(what);
        state.bytes += bytes;
        let (events, all) = (state.history.len() as u64, state.bytes);
        let open = state.closed.is_none();
        self.meter.events += 1;
        self.meter.bytes += bytes;
        self.meter.active.replace(now, 0, bytes);
        if open && (events >= self.limits.events_max || all > self.limits.bytes_max) {
            self.close(now, execution, Outcome::Failed("history too long"));
        }
    }

    /// Something happened that the workflow has to hear of.
    fn happened(&mut self, now: Duration, execution: u32, events: Vec<What>) {
        let known = self.executions.get_mut(&execution);
        let state = known.expect("only what was started is asked for");
        if state.closed.is_some() {
            return;
        }
        for (place, result) in events.iter().filter_map(What::resolves) {
            state.resolved.insert(place.clone(), result);
        }
        if matches!(state.task, execution::TaskState::Started { .. }) {
            if !self.policy.loses_events {
                state.buffered.extend(events);
            }
            return;
        }
        for event in events {
            self.append(now, execution, event);
        }
        self.schedule_task(now, execution);
    }

    fn close(&mut self, now: Duration, execution: u32, outcome: Outcome) {
        let state = self.get(execution);
        state.closed = Some(outcome);
        state.pending.clear();
        state.timers.clear();
        state.buffered.clear();
        state.task = execution::TaskState::None;
        state.waiting.drain(..).for_each(Waker::wake);
        let bytes = state.bytes;
        self.meter.active.replace(now, bytes, 0);
        self.meter.retained += bytes;
    }

    fn get(&mut self, execution: u32) -> &mut Execution {
        let known = self.executions.get_mut(&execution);
        known.expect("only what was started is asked for")
    }

    /// What is known of an execution.
    pub fn execution(&self, execution: u32) -> Option<&Execution> {
        self.executions.get(&execution)
    }

    /// How an execution ended; if it has not, `waker` is woken when it does.
    pub fn outcome(&mut self, execution: u32, waker: &Waker) -> Option<Outcome> {
        let state = self.executions.get_mut(&execution)?;
        if state.closed.is_none() && !state.waiting.iter().any(|w| w.will_wake(waker)) {
            state.waiting.push(waker.clone());
        }
        state.closed.clone()
    }

    /// Frees what only an open execution needs. An attempt that some worker still has needs the results
    /// before it, which stand for its arguments.
    pub fn forget(&mut self, execution: u32) {
        if let Some(state) = self.executions.get_mut(&execution) {
            state.history = Vec::new();
            state.carried = Rc::default();
            if state.handed.is_empty() {
                state.resolved = BTreeMap::new();
            }
        }
    }

    /// Opens the queues, once: false if they are open.
    pub fn open(&mut self, queues: usize) -> bool {
        self.queues.resize_with(queues, TaskQueue::default);
        !std::mem::replace(&mut self.opened, true)
    }

    /// No more executions will come: polls end.
    pub fn shut(&mut self) {
        self.shut = true;
        self.queues.iter().for_each(TaskQueue::ring);
        if let Some(pump) = self.pump.take() {
            pump.wake();
        }
    }

    /// Whether no more executions will come.
    pub fn is_shut(&self) -> bool {
        self.shut
    }

    /// A long poll arrives.
    pub fn poll(&mut self, now: Duration, queue: QueueNumber, seat: &Rc<Seat>) {
        let executions = &self.executions;
        let found = self.queues[queue as usize].sit(seat, |key| is_due(executions, key));
        if let Some(job) = found {
            self.hand_over(now, job, seat);
        }
        self.wake_pump();
    }

    fn offer(&mut self, now: Duration, queue: QueueNumber, key: JobKey, only: Option<Process>) {
        let job = Job { key, only };
        if let Some((job, seat)) = self.queues[queue as usize].offer(job) {
            self.hand_over(now, job, &seat);
        }
    }

    fn hand_over(&mut self, now: Duration, job: Job<JobKey>, seat: &Seat) {
        let task = match job.key {
            JobKey::Task { execution, .. } => self.start_task(now, execution, job.only.is_some()),
            JobKey::Activity {
                execution, place, ..
            } => self.start_activity(now, execution, place),
        };
        seat.give(task);
    }

    fn stamp(&mut self) -> u64 {
        self.stamps += 1;
        self.stamps
    }

    fn arm(&mut self, due: Duration, timer: Timer) {
        let number = self.stamp();
        self.timers.insert((due, number), timer);
    }

    /// When the next timer is due. If there will be an earlier one, `waker` is woken.
    pub fn next_due(&mut self, waker: &Waker) -> Option<Duration> {
        self.pump = Some(waker.clone());
        self.timers.keys().next().map(|(due, _)| *due)
    }

    fn wake_pump(&mut self) {
        if let Some(pump) = self.pump.take() {
            pump.wake();
        }
    }

    /// Fires the timers that are due.
    pub fn fire(&mut self, now: Duration) {
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                return;
            }
            match entry.remove() {
                Timer::Sticky { execution, stamp } => self.sticky_timed_out(now, execution, stamp),
                Timer::Task { execution, stamp } => self.task_timed_out(now, execution, stamp),
                Timer::Activity {
                    execution,
                    place,
                    stamp,
                    limit,
                } => self.activity_timed_out(now, execution, &place, stamp, limit),
                Timer::Retry {
                    execution,
                    place,
                    stamp,
                } => self.retry_activity(now, execution, &place, stamp),
                Timer::User { execution, place } => {
                    if self.get(execution).timers.remove(&place) {
                        self.happened(now, execution, vec![What::TimerFired { place }]);
                    }
                }
                Timer::Execution { execution } => {
                    if self.get(execution).closed.is_none() {
                        self.append(now, execution, What::WorkflowTimedOut);
                        self.close(now, execution, Outcome::TIMED_OUT);
                    }
                }
            }
        }
    }
}

/// Whether a task in a queue still counts.
fn is_due(executions: &BTreeMap<u32, Execution>, key: &JobKey) -> bool {
    use execution::{AttemptState, TaskState};
    match key {
        JobKey::Task { execution, stamp } => {
            let state = executions.get(execution);
            state.is_some_and(|state| state.task == TaskState::Scheduled { stamp: *stamp })
        }
        JobKey::Activity {
            execution,
            place,
            stamp,
        } => {
            let pending = executions.get(execution).and_then(|e| e.pending.get(place));
            pending.is_some_and(|pending| {
                pending.stamp == *stamp && matches!(pending.state, AttemptState::Queued(_))
            })
        }
    }
}
