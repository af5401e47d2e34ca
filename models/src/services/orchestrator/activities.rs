//! Activities: scheduled, tried, tried again, over.
//!
//! Scheduling writes an event; attempts write none. When the last attempt is over, its start and
//! its end are written together. An attempt is lost when it answers too late, or gives no sign of
//! life for too long; a time-out of the queue or of the whole activity is final.

use super::event::{Place, What};
use super::execution::{AttemptState, Pending};
use super::op::{ActivityToken, QueueNumber, Refusal, Reply, Task};
use super::{JobKey, Limit, Orchestrator, Timer};
use crate::point::StepName;
use crate::value::Value;
use std::time::Duration;

impl Orchestrator {
    pub(super) fn schedule_activity(
        &mut self,
        now: Duration,
        execution: u32,
        place: &Place,
        name: StepName,
        queue: QueueNumber,
    ) {
        let stamp = self.stamp();
        let pending = Pending {
            name,
            queue,
            attempt: 1,
            stamp,
            state: AttemptState::BackingOff,
            scheduled: now,
            last_heartbeat: now,
            progress: 0,
            cancel_requested: false,
        };
        let state = self.get(execution);
        if state.closed.is_some() {
            return;
        }
        state.pending.insert(place.clone(), pending);
        let longest = self.options.schedule_to_close;
        self.limit(
            now,
            execution,
            place,
            stamp,
            Limit::ScheduleToClose,
            longest,
        );
        self.enqueue(now, execution, place);
    }

    /// Puts the present attempt into its queue.
    fn enqueue(&mut self, now: Duration, execution: u32, place: &Place) {
        let Some(pending) = self.get(execution).pending.get_mut(place) else {
            return;
        };
        pending.state = AttemptState::Queued(now);
        let (stamp, queue) = (pending.stamp, pending.queue);
        self.meter.actions += 1;
        let longest = self.options.schedule_to_start;
        self.limit(
            now,
            execution,
            place,
            stamp,
            Limit::ScheduleToStart,
            longest,
        );
        let key = JobKey::Activity {
            execution,
            place: place.clone(),
            stamp,
        };
        self.offer(now, queue, key, None);
    }

    fn limit(
        &mut self,
        now: Duration,
        execution: u32,
        place: &Place,
        stamp: u64,
        limit: Limit,
        longest: Duration,
    ) {
        if !longest.is_zero() {
            let place = place.clone();
            let timer = Timer::Activity {
                execution,
                place,
                stamp,
                limit,
            };
            self.arm(now + longest, timer);
        }
    }

    /// A poll gets the attempt.
    pub(super) fn start_activity(&mut self, now: Duration, execution: u32, place: Place) -> Task {
        let run = self.get(execution).run;
        let pending = self.get(execution).pending.get_mut(&place);
        let pending = pending.expect("what is due is pending");
        if let AttemptState::Queued(since) = pending.state {
            let waited = now.saturating_sub(since);
            self.meter.waits.push((execution, waited));
        }
        let pending = self.get(execution).pending.get_mut(&place);
        let pending = pending.expect("what is due is pending");
        pending.state = AttemptState::Started;
        pending.last_heartbeat = now;
        let (name, attempt, progress) = (pending.name, pending.attempt, pending.progress);
        let stamp = pending.stamp;
        self.get(execution).handed.insert(stamp);
        self.meter.activity_tasks += 1;
        let (close, beat) = (self.options.start_to_close, self.options.heartbeat);
        self.limit(now, execution, &place, stamp, Limit::StartToClose, close);
        self.limit(now, execution, &place, stamp, Limit::Heartbeat, beat);
        Task::Activity {
            token: ActivityToken {
                execution,
                run,
                place,
                name,
                stamp,
            },
            name,
            attempt,
            progress,
            started: now,
        }
    }

    /// A worker tells how an attempt ended, whether anybody still wants to know or not.
    pub(super) fn reported(&mut self, token: &ActivityToken) {
        if let Some(state) = self.executions.get_mut(&token.execution) {
            state.handed.remove(&token.stamp);
        }
    }

    /// The attempt that a token stands for, if it is the present one.
    fn started(&mut self, token: &ActivityToken) -> Result<&mut Pending, Refusal> {
        let state = self.executions.get_mut(&token.execution);
        let pending = state.and_then(|state| state.pending.get_mut(&token.place));
        pending
            .filter(|p| p.stamp == token.stamp && p.state == AttemptState::Started)
            .ok_or(Refusal::NotFound)
    }

    /// Writes the end of an activity with the start of its last attempt.
    fn end(&mut self, now: Duration, execution: u32, place: &Place, what: What, started: bool) {
        let removed = self.get(execution).pending.remove(place);
        let attempt = removed.map_or(1, |pending| pending.attempt);
        let start = What::ActivityStarted {
            place: place.clone(),
            attempt,
        };
        let events = match started {
            true => vec![start, what],
            false => vec![what],
        };
        self.happened(now, execution, events);
    }

    pub(super) fn complete_activity(
        &mut self,
        now: Duration,
        token: &ActivityToken,
        result: Value,
    ) -> Result<(), Refusal> {
        self.started(token)?;
        let place = token.place.clone();
        let what = match result.bytes() > self.limits.payload_bytes_max {
            true => What::ActivityFailed {
                place,
                error: "result too large",
            },
            false => What::ActivityCompleted { place, result },
        };
        self.end(now, token.execution, &token.place, what, true);
        Ok(())
    }

    pub(super) fn fail_activity(
        &mut self,
        now: Duration,
        token: &ActivityToken,
        error: &'static str,
        permanent: bool,
    ) -> Result<(), Refusal> {
        self.started(token)?;
        let again = !permanent && self.again(now, token.execution, &token.place);
        if !again {
            let place = token.place.clone();
            let what = What::ActivityFailed { place, error };
            self.end(now, token.execution, &token.place, what, true);
        }
        Ok(())
    }

    /// Plans the next attempt. False if there is none.
    fn again(&mut self, now: Duration, execution: u32, place: &Place) -> bool {
        let stamp = self.stamp();
        let options = self.options;
        let Some(pending) = self.get(execution).pending.get_mut(place) else {
            return false;
        };
        let Some(delay) = options.retry.delay(pending.attempt) else {
            return false;
        };
        let deadline = pending.scheduled + options.schedule_to_close;
        let late = !options.schedule_to_close.is_zero() && now + delay >= deadline;
        if late || pending.cancel_requested {
            return false;
        }
        pending.attempt += 1;
        pending.stamp = stamp;
        pending.state = AttemptState::BackingOff;
        let place = place.clone();
        let retry = Timer::Retry {
            execution,
            place: place.clone(),
            stamp,
        };
        self.arm(now + delay, retry);
        if !options.schedule_to_close.is_zero() {
            let left = deadline - now;
            self.limit(now, execution, &place, stamp, Limit::ScheduleToClose, left);
        }
        true
    }

    pub(super) fn retry_activity(
        &mut self,
        now: Duration,
        execution: u32,
        place: &Place,
        stamp: u64,
    ) {
        let pending = self.get(execution).pending.get(place);
        if pending.is_some_and(|pending| pending.stamp == stamp) {
            self.enqueue(now, execution, place);
        }
    }

    pub(super) fn heartbeat(
        &mut self,
        now: Duration,
        token: &ActivityToken,
        progress: u64,
    ) -> Result<Reply, Refusal> {
        let pending = self.started(token)?;
        pending.last_heartbeat = now;
        pending.progress = progress;
        let cancel = pending.cancel_requested;
        self.meter.heartbeats += 1;
        self.meter.actions += 1;
        Ok(Reply::Recorded { cancel })
    }

    pub(super) fn activity_timed_out(
        &mut self,
        now: Duration,
        execution: u32,
        place: &Place,
        stamp: u64,
        limit: Limit,
    ) {
        let beat = self.options.heartbeat;
        let Some(pending) = self.get(execution).pending.get(place) else {
            return;
        };
        if pending.stamp != stamp {
            return;
        }
        let started = pending.state == AttemptState::Started;
        let alive = pending.last_heartbeat + beat;
        match limit {
            Limit::ScheduleToStart if started => return,
            Limit::Heartbeat if alive > now => {
                let left = alive - now;
                return self.limit(now, execution, place, stamp, limit, left);
            }
            _ => {}
        }
        self.meter.timed_out += 1;
        let last = matches!(limit, Limit::ScheduleToStart | Limit::ScheduleToClose);
        if last || !self.again(now, execution, place) {
            let error = match limit {
                Limit::ScheduleToStart => "schedule-to-start time-out",
                Limit::StartToClose => "start-to-close time-out",
                Limit::ScheduleToClose => "schedule-to-close time-out",
                Limit::Heartbeat => "heartbeat time-out",
            };
            let what = What::ActivityTimedOut {
                place: place.clone(),
                error,
            };
            self.end(now, execution, place, what, started);
        }
    }

    /// The workflow wants an activity to be cancelled: at once if no worker has it, otherwise the
    /// worker hears of it with its next heartbeat.
    pub(super) fn cancel_activity(&mut self, now: Duration, execution: u32, place: &Place) {
        let Some(pending) = self.get(execution).pending.get_mut(place) else {
            return;
        };
        pending.cancel_requested = true;
        let started = pending.state == AttemptState::Started;
        let requested = What::ActivityCancelRequested {
            place: place.clone(),
        };
        self.append(now, execution, requested);
        if !started {
            let what = What::ActivityCanceled {
                place: place.clone(),
            };
            self.end(now, execution, place, what, false);
        }
    }

    pub(super) fn canceled_activity(
        &mut self,
        now: Duration,
        token: &ActivityToken,
    ) -> Result<(), Refusal> {
        self.started(token)?;
        let place = token.place.clone();
        let what = What::ActivityCanceled { place };
        self.end(now, token.execution, &token.place, what, true);
        Ok(())
    }
}
