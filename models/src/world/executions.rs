//! Executions, from their start to what whoever asked was told.

use super::World;
use crate::engines::Engine;
use crate::host::Host;
use crate::value::Value;
use smallvec::SmallVec;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

/// How an execution ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Succeeded(Value),
    Failed(&'static str),
}

impl Outcome {
    /// It took longer than an execution may.
    pub const TIMED_OUT: Outcome = Outcome::Failed("execution timed out");
}

/// One start-to-end life of a workflow instance.
#[derive(Clone, Debug, Default)]
pub struct ExecutionState {
    pub started: Duration,
    pub ended: Option<(Duration, Outcome)>,
    /// Every outcome that was reported, to whoever asked.
    pub told: SmallVec<[Outcome; 1]>,
    fault_at: Option<Duration>,
    /// Steps completed, as far as they are not lost, and most of them at any time.
    done: u32,
    furthest: u32,
    /// Whoever waits for the outcome.
    waiting: Vec<Waker>,
    /// Sum and number of times from a fault to regained progress.
    pub recoveries: (Duration, u32),
    pub replay: Duration,
}

impl World {
    /// Registers an execution.
    pub fn start_execution(&self, now: Duration) -> u32 {
        let mut executions = self.executions.borrow_mut();
        executions.push(ExecutionState {
            started: now,
            ..ExecutionState::default()
        });
        self.tallies.borrow_mut().add_execution();
        (executions.len() - 1) as u32
    }

    /// Reports an execution's outcome; the first report counts.
    pub fn finish_execution(&self, execution: u32, now: Duration, outcome: Outcome) {
        let mut executions = self.executions.borrow_mut();
        let state = &mut executions[execution as usize];
        state.told.push(outcome.clone());
        if state.ended.is_none() {
            state.ended = Some((now, outcome));
        }
        state.waiting.drain(..).for_each(Waker::wake);
    }

    /// Somebody who started an execution again is told its outcome.
    pub fn tell(&self, execution: u32, outcome: Outcome) {
        self.executions.borrow_mut()[execution as usize]
            .told
            .push(outcome);
    }

    /// The outcome, if there is one.
    pub fn outcome(&self, execution: u32) -> Option<Outcome> {
        let executions = self.executions.borrow();
        let ended = executions[execution as usize].ended.as_ref();
        ended.map(|(_, outcome)| outcome.clone())
    }

    /// Waits for the outcome, at most so long.
    pub async fn until_finished<H: Host>(&self, host: &H, execution: u32, longest: Duration) {
        let mut limit = pin!(host.wait(longest));
        poll_fn(|cx| {
            let state = &mut self.executions.borrow_mut()[execution as usize];
            if state.ended.is_some() {
                return Poll::Ready(());
            }
            if !state
                .waiting
                .iter()
                .any(|known| known.will_wake(cx.waker()))
            {
                state.waiting.push(cx.waker().clone());
            }
            limit.as_mut().poll(cx)
        })
        .await;
    }

    /// Frees what only a running execution needs.
    pub fn forget_execution(&self, execution: u32) {
        self.streams.forget(u64::from(execution));
        match self.engine {
            Engine::Durable(_) => self.backend.borrow_mut().retire(execution),
            Engine::Queue(_) => self.orchestrator.borrow_mut().forget(execution),
            _ => {}
        }
    }

    /// A fault struck an execution.
    pub fn fault_seen(&self, execution: u32, now: Duration) {
        let mut executions = self.executions.borrow_mut();
        if let Some(state) = executions.get_mut(execution as usize) {
            state.fault_at.get_or_insert(now);
        }
    }

    /// What an execution starts from: so many completed steps that its engine has kept.
    pub fn starts_from(&self, execution: u32, done: usize) {
        self.executions.borrow_mut()[execution as usize].done = done as u32;
    }

    /// An execution completed a step. It is progress if it was not as far before.
    pub fn progress(&self, execution: u32, now: Duration) {
        let mut executions = self.executions.borrow_mut();
        let state = &mut executions[execution as usize];
        state.done += 1;
        if state.done <= state.furthest {
            return;
        }
        state.furthest = state.done;
        if let Some(fault_at) = state.fault_at.take() {
            state.recoveries.0 += now.saturating_sub(fault_at);
            state.recoveries.1 += 1;
        }
    }

    /// Adds to the time an execution spent replaying.
    pub fn replayed(&self, execution: u32, time: Duration) {
        self.executions.borrow_mut()[execution as usize].replay += time;
    }
}
