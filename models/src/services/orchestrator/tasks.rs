//! Workflow tasks: scheduled, handed to a worker, answered, failed or timed out.
//!
//! The first try of a task writes its events as they happen. Later tries (after a time-out or a
//! failure) are transient: they write nothing until one is answered. A worker that fails a task
//! answers the first failure only, and the server drops the answer of a later try whose commands it
//! cannot carry out (server `service/history/api/respondworkflowtaskcompleted`: "drop this workflow
//! task if it keeps failing"). So later tries end by their time-out, which grows.

use super::event::{NONDETERMINISTIC, PENDING_LIMIT, UNHANDLED_COMMAND, What};
use super::execution::TaskState;
use super::op::{Command, Process, Refusal, Task, TaskToken};
use super::{JobKey, Orchestrator, Timer};
use crate::world::Outcome;
use std::rc::Rc;
use std::time::Duration;

/// Longest time-out of a workflow task that fails again and again (server: ten minutes).
const LONGEST: Duration = Duration::from_secs(600);

impl Orchestrator {
    /// Schedules a workflow task unless there is one.
    pub(super) fn schedule_task(&mut self, now: Duration, execution: u32) {
        let stamp = self.stamp();
        let state = self.get(execution);
        if state.closed.is_some() || state.task != TaskState::None {
            return;
        }
        state.task = TaskState::Scheduled { stamp };
        let sticky = state.sticky;
        if state.task_attempt == 1 {
            self.append(now, execution, What::TaskScheduled);
        }
        if sticky.is_some() {
            let due = now + self.limits.sticky_timeout;
            self.arm(due, Timer::Sticky { execution, stamp });
        }
        self.offer(now, 0, JobKey::Task { execution, stamp }, sticky);
    }

    /// A poll gets the task.
    pub(super) fn start_task(&mut self, now: Duration, execution: u32, sticky: bool) -> Task {
        let stamp = self.stamp();
        let threshold = self.policy.new_run_events;
        let state = self.get(execution);
        state.task = TaskState::Started { stamp };
        let (attempt, run) = (state.task_attempt, state.run);
        let suggests_new_run = threshold > 0 && state.history.len() as u64 >= threshold;
        if attempt == 1 {
            self.append(now, execution, What::TaskStarted { suggests_new_run });
        }
        let growth = 1 << (attempt.saturating_sub(2)).min(16);
        let limit = (self.limits.task_timeout * growth).min(LONGEST);
        self.arm(now + limit, Timer::Task { execution, stamp });
        self.meter.workflow_tasks += 1;
        Task::Workflow {
            token: TaskToken {
                execution,
                run,
                stamp,
            },
            attempt,
            sticky,
            events: self.get(execution).history.len(),
        }
    }

    fn check(&mut self, token: &TaskToken) -> Result<(), Refusal> {
        let state = self.executions.get(&token.execution);
        let stamp = token.stamp;
        match state.is_some_and(|state| state.task == TaskState::Started { stamp }) {
            true => Ok(()),
            false => Err(Refusal::NotFound),
        }
    }

    pub(super) fn complete_task(
        &mut self,
        now: Duration,
        token: &TaskToken,
        commands: &Rc<[Command]>,
        sticky: Option<Process>,
    ) -> Result<(), Refusal> {
        self.check(token)?;
        let execution = token.execution;
        let limit = self.limits.pending_max as usize;
        let state = self.get(execution);
        let more = commands
            .iter()
            .filter(|c| matches!(c, Command::Activity { .. }));
        // A run does not end while there is something it has not heard of.
        let heard = |event: &What| commands.iter().any(|command| command.takes_back(event));
        let unheard = commands.iter().any(Command::ends_run) && !state.buffered.iter().all(heard);
        if unheard {
            self.give_up_task(now, execution, What::TaskFailed(UNHANDLED_COMMAND), true);
            return Err(Refusal::TaskFailed);
        }
        if state.pending.len() + more.count() > limit {
            // Later tries are dropped: their time-out brings the next one.
            if state.task_attempt == 1 {
                self.give_up_task(now, execution, What::TaskFailed(PENDING_LIMIT), false);
            }
            return Err(Refusal::TaskFailed);
        }
        state.sticky = sticky;
        if std::mem::replace(&mut state.task_attempt, 1) > 1 {
            self.append(now, execution, What::TaskScheduled);
            let suggests_new_run = false;
            self.append(now, execution, What::TaskStarted { suggests_new_run });
        }
        self.append(now, execution, What::TaskCompleted);
        for command in commands.iter() {
            self.command(now, execution, command);
        }
        // What the commands made happen was buffered behind them.
        let state = self.get(execution);
        if state.task == (TaskState::Started { stamp: token.stamp }) {
            state.task = TaskState::None;
        }
        self.flush(now, execution);
        Ok(())
    }

    /// Writes what happened while a worker had the task, which then needs another one.
    fn flush(&mut self, now: Duration, execution: u32) {
        let buffered = std::mem::take(&mut self.get(execution).buffered);
        if buffered.is_empty() || self.get(execution).closed.is_some() {
            return;
        }
        for event in buffered {
            self.append(now, execution, event);
        }
        self.schedule_task(now, execution);
    }

    fn command(&mut self, now: Duration, execution: u32, command: &Command) {
        if self.get(execution).closed.is_some() {
            return;
        }
        match command {
            Command::Activity {
                place,
                name,
                version,
                queue,
            } => {
                let scheduled = What::ActivityScheduled {
                    place: place.clone(),
                    name: *name,
                    version: *version,
                };
                self.append(now, execution, scheduled);
                self.schedule_activity(now, execution, place, *name, *queue);
            }
            Command::Timer { place, length } => {
                let (place, length) = (place.clone(), *length);
                let due = now + length;
                self.get(execution).timers.insert(place.clone());
                let started = What::TimerStarted {
                    place: place.clone(),
                    length,
                };
                self.append(now, execution, started);
                self.arm(due, Timer::User { execution, place });
                self.meter.actions += 1;
            }
            Command::CancelActivity { place } => self.cancel_activity(now, execution, place),
            Command::CancelTimer { place } => {
                let state = self.get(execution);
                state.timers.remove(place);
                state.buffered.retain(|event| !command.takes_back(event));
                let place = place.clone();
                self.append(now, execution, What::TimerCanceled { place });
            }
            Command::ContinueAsNew => self.continue_as_new(now, execution),
            Command::Complete(result) => {
                let result = result.clone();
                let outcome = Outcome::Succeeded(result.clone());
                self.append(now, execution, What::WorkflowCompleted { result });
                self.close(now, execution, outcome);
            }
            Command::Fail(error) => {
                self.append(now, execution, What::WorkflowFailed { error });
                self.close(now, execution, Outcome::Failed(error));
            }
            Command::Canceled => {
                self.append(now, execution, What::WorkflowCanceled);
                self.close(now, execution, Outcome::Failed(super::CANCELED));
            }
        }
    }

    /// The run ends, and a new one with an empty history begins with its results as input.
    fn continue_as_new(&mut self, now: Duration, execution: u32) {
        self.append(now, execution, What::ContinuedAsNew);
        let longest = self.limits.payload_bytes_max;
        let state = self.get(execution);
        if state.carried_bytes() > longest {
            self.close(now, execution, Outcome::Failed("input too large"));
            return;
        }
        let old = std::mem::take(&mut state.bytes);
        state.run += 1;
        state.task = TaskState::None;
        state.history.clear();
        state.sticky = None;
        state.carried = Rc::new(state.resolved.clone());
        self.meter.new_runs += 1;
        self.meter.actions += 1;
        self.meter.active.replace(now, old, 0);
        self.meter.retained += old;
        self.append(now, execution, What::WorkflowStarted);
        self.schedule_task(now, execution);
    }

    pub(super) fn fail_task(
        &mut self,
        now: Duration,
        token: &TaskToken,
        cause: &'static str,
    ) -> Result<(), Refusal> {
        self.check(token)?;
        self.meter.nondeterministic += u64::from(cause == NONDETERMINISTIC);
        self.give_up_task(now, token.execution, What::TaskFailed(cause), false);
        Ok(())
    }

    /// The task ends without an answer; another one replaces it, on the common queue.
    fn give_up_task(&mut self, now: Duration, execution: u32, event: What, afresh: bool) {
        let state = self.get(execution);
        state.task = TaskState::None;
        state.sticky = None;
        let first = state.task_attempt == 1;
        if !afresh {
            state.task_attempt += 1;
        }
        if first {
            self.append(now, execution, event);
        }
        self.flush(now, execution);
        self.schedule_task(now, execution);
    }

    pub(super) fn task_timed_out(&mut self, now: Duration, execution: u32, stamp: u64) {
        if self.get(execution).task == (TaskState::Started { stamp }) {
            self.meter.timed_out += 1;
            self.give_up_task(now, execution, What::TaskTimedOut, false);
        }
    }

    /// The process that has the workflow in its cache did not come.
    pub(super) fn sticky_timed_out(&mut self, now: Duration, execution: u32, stamp: u64) {
        if self.get(execution).task == (TaskState::Scheduled { stamp }) {
            self.meter.timed_out += 1;
            self.give_up_task(now, execution, What::TaskTimedOut, true);
        }
    }
}
