//! The collector: gathers queued updates into one request at a time.
//!
//! Python SDK `state.py`: once a blocking update is in the batch it waits 1 ms more; with lazy
//! ones only, up to 100 ms of empty queue; at most 250 updates, 750 KB and 1 s. The JavaScript SDK
//! (`setImmediate`) has no window: what is queued when the handler yields leaves together.

use super::config::Sdk as Kind;
use super::sdk::{Entry, Queue, Sdk, Termination};
use crate::Law;
use crate::host::{CallError, Host, Reply, Request};
use crate::point::{At, StepName};
use crate::rare::rare;
use crate::services::client;
use crate::services::durable::{Refusal, Update, Updates};
use crate::streams::Purpose;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// What goes into one request.
struct Batch {
    /// Queued entries, empty ones included.
    count: u64,
    step: StepName,
    updates: Rc<Updates>,
}

impl<H: Host> Sdk<'_, H> {
    /// Runs beside the handler for the whole invocation; ends when no further request is possible.
    pub(super) async fn collect(&self) {
        // JavaScript's next request leaves at the next turn of the event loop: what an answer lets go on
        // has its turn before, and is in it (`processQueue`, `setImmediate`).
        let js = self.config.sdk == Kind::Js;
        let mut answered = false;
        loop {
            self.idle_since.set(self.host.now());
            poll_fn(|_| {
                let turn = mem::take(&mut answered);
                match self.queue.borrow().entries.is_empty() || turn {
                    true => Poll::Pending,
                    false => Poll::Ready(()),
                }
            })
            .await;
            let began = self.host.now();
            while let Some(window) = self.window(began) {
                if !self.quiet_for(window, self.queued.get()).await {
                    break;
                }
            }
            let batch = self.take_batch();
            if self.config.connect != Law::Constant(0.0) {
                rare(self.connect()).await;
            }
            let at = At {
                step: batch.step,
                ..self.at
            };
            let request = Request::Checkpoint {
                execution: self.at.execution,
                token: self.token.get(),
                client_token: self.host.world().next_call(),
                updates: batch.updates,
            };
            let answer = client::send(self.host, request, at).await;
            if !self.stored(batch.count, answer) {
                return;
            }
            answered = js;
        }
    }

    /// How long nothing may be added for the batch to be complete; `None` if it is.
    fn window(&self, began: Duration) -> Option<Duration> {
        let queue = self.queue.borrow();
        let window = match queue.blocking {
            0 => self.config.lazy_window,
            _ => self.config.sync_window,
        };
        // A full batch leaves at once, one with a byte too many when that comes.
        let full = queue.entries.len() >= self.config.batch_updates;
        if window.is_zero() || full || self.is_over(&queue) {
            return None;
        }
        let collected = self.host.now().saturating_sub(began);
        let left = self.config.longest_window.saturating_sub(collected);
        Some(window.min(left)).filter(|window| !window.is_zero())
    }

    /// Waits until something is queued (true) or the window is over (false).
    async fn quiet_for(&self, window: Duration, seen: u64) -> bool {
        let mut wait = pin!(self.host.wait(window));
        poll_fn(|cx| {
            if self.queued.get() != seen {
                return Poll::Ready(true);
            }
            wait.as_mut().poll(cx).map(|()| false)
        })
        .await
    }

    /// Whether more is queued than fits into one request.
    fn is_over(&self, queue: &Queue) -> bool {
        let count = queue.entries.len();
        let over = count > self.config.batch_updates || queue.bytes > self.config.batch_bytes;
        over && count > 1
    }

    /// How many of the queued entries fit into one request. The first always does.
    fn batch_len(&self, queue: &Queue) -> usize {
        match self.is_over(queue) {
            false => queue.entries.len(),
            true => self.most(queue),
        }
    }

    /// The same for a queue with more than fits.
    #[cold]
    fn most(&self, queue: &Queue) -> usize {
        let (mut bytes, mut updates) = (0, queue.updates().iter());
        let mut fits = |(place, entry): (usize, &Entry)| {
            let update = if entry.update { updates.next() } else { None };
            bytes += update.map_or(0, Update::request_bytes);
            place == 0 || (place < self.config.batch_updates && bytes <= self.config.batch_bytes)
        };
        queue
            .entries
            .iter()
            .enumerate()
            .take_while(|entry| fits(*entry))
            .count()
    }

    fn take_batch(&self) -> Batch {
        let mut queue = self.queue.borrow_mut();
        let count = self.batch_len(&queue);
        let step = self.step_of(&queue, count);
        Batch {
            count: count as u64,
            step,
            updates: queue.take(count),
        }
    }

    /// The step named with a request is the one that someone waits for, or else the first.
    fn step_of(&self, queue: &Queue, count: usize) -> StepName {
        let entries = &queue.entries[..count];
        let named = entries.iter().position(|entry| entry.sync).unwrap_or(0);
        if !entries[named].update {
            return StepName::NONE;
        }
        let before = entries[..named].iter().filter(|entry| entry.update);
        queue.updates()[before.count()].name
    }

    /// The first request of an environment opens its connection.
    async fn connect(&self) {
        let world = self.host.world();
        let Some(environment) = self.host.environment() else {
            return;
        };
        if world.connects(environment) {
            let entity = u64::from(self.at.execution);
            let length = world.draw(&self.config.connect, Purpose::ColdStart, entity);
            self.host.wait(length).await;
        }
    }

    /// A batch was answered. False if the invocation cannot go on.
    fn stored(&self, count: u64, answer: Result<Reply, CallError>) -> bool {
        let going = match answer {
            Ok(Reply::Checkpoint(answer)) => {
                self.absorb(&answer.changed);
                self.token.set(answer.token);
                self.done.set(self.done.get() + count);
                true
            }
            Ok(_) => unreachable!("a checkpoint is answered as one"),
            Err(error) => {
                self.termination.set(Some(termination(&error)));
                false
            }
        };
        self.wake();
        going
    }
}

/// What a failed checkpoint call means (developer guide, "Backend retries"; Python `exceptions.py`).
fn termination(error: &CallError) -> Termination {
    match error {
        CallError::Durable(Refusal::InvalidToken) => Termination::Retry("invalid checkpoint token"),
        CallError::Durable(Refusal::OverQuota) => Termination::Stopped,
        CallError::Durable(Refusal::PayloadTooLarge) => Termination::Fail("payload too large"),
        CallError::Durable(Refusal::InvalidUpdate) => Termination::Fail("invalid update"),
        CallError::Durable(Refusal::Throttled) => Termination::Retry("throttled"),
        _ => Termination::Retry("checkpoint failed"),
    }
}
