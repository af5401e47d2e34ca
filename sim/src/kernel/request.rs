//! A request from the time it leaves to the time its sender has the answer.
//!
//! What becomes of it is settled when it leaves: whether it arrives, when, and how long its sender
//! waits. So a sender that waits keeps little.

use super::Kernel;
use super::boundary::{NO_SUBJECT, SimHost};
use super::clock::nanos;
use super::wire::Ticket;
use models::faults::plan::{Strike, Transit};
use models::host::{CallError, Host, Reply, Request};
use models::ledger::{Noted, Outcome, Subject, UpdateRow};
use models::point::{At, Phase, Point};
use models::services::durable::OpType;
use std::rc::Rc;

impl SimHost {
    /// Lets the history know what a request is about.
    pub(super) fn note_subject(&self, request: &Request) -> u32 {
        if !self.kernel.world.keep {
            return NO_SUBJECT;
        }
        let mut history = self.kernel.world.history.borrow_mut();
        let first = history.updates.len() as u32;
        if let Request::Checkpoint { updates, .. } = request {
            history
                .updates
                .extend(updates.iter().map(|update| UpdateRow {
                    request: 0,
                    update: update.action.verb(),
                    operation: update.op_type,
                    id: update.id.0,
                    step: update.name,
                    bytes: update.payload_bytes(),
                }));
        }
        let updates = (first, history.updates.len() as u32);
        let (key, bytes) = (request.key(), request.bytes());
        history.subjects.push(Subject {
            key,
            bytes,
            updates,
        });
        history.subjects.len() as u32 - 1
    }

    /// Lets a request leave: what becomes of it is settled here.
    pub(super) fn send(&self, request: &Request, at: At, subject: u32) -> Sent<'_> {
        let kernel = &*self.kernel;
        let world = &kernel.world;
        let kind = request.kind();
        let (transit, more_there, more_back) = {
            let mut faults = world.faults.borrow_mut();
            let now = kernel.clock.now();
            faults.transit(kind, self.party(), at, now, &world.streams)
        };
        let (more_there, more_back) = (nanos(more_there), nanos(more_back));
        let latency = nanos(world.latency(kind, at));
        let (content_there, content_back) = match request {
            Request::Object(op) => {
                let (there, back) = world.transfer(op);
                (nanos(there), nanos(back))
            }
            _ => (0, 0),
        };
        let sum = |parts: [u64; 3]| parts.into_iter().fold(0, u64::saturating_add);
        let there = sum([latency / 2, more_there, content_there]);
        let back = sum([latency - latency / 2, more_back, content_back]);
        let (now, patience) = (kernel.clock.nanos(), world.patience(kind.service()));
        let mut sent = Sent {
            kernel,
            ticket: None,
            lost: None,
            length: there.saturating_add(back),
            content_until: now.saturating_add(content_there),
            struck: None,
        };
        match transit {
            Transit::Error => {
                sent.length = sent.length.min(nanos(patience));
                sent.lost = Some(CallError::Unavailable);
            }
            Transit::RequestLost => {
                sent.length = nanos(patience);
                sent.lost = Some(CallError::Timeout);
            }
            Transit::Passes | Transit::AnswerLost | Transit::Twice => {
                let applied = Point::of(kind, Phase::Applied);
                let strike = self.meet_later(applied, at, subject, Outcome::Ok, there);
                sent.struck = strike.map(|strike| Box::new((there, strike)));
                let noted = world.keep.then(|| Noted {
                    crossing: world.history.borrow().crossings.last(),
                    subject,
                });
                let worker = self.worker_number();
                let mut wire = kernel.wire.borrow_mut();
                if transit == Transit::Twice {
                    let late = sum([now, there, latency]);
                    wire.send_copy(now, late, request.clone(), worker);
                }
                let wakes = match request {
                    Request::Orchestrator(_) | Request::Callback { .. } => true,
                    Request::Checkpoint { updates, .. } => updates
                        .iter()
                        .any(|update| update.op_type == OpType::Invoke),
                    _ => false,
                };
                let arrival = now.saturating_add(there);
                sent.ticket = Some(wire.send(now, arrival, request.clone(), worker, noted));
                // A client counts the time without progress; content under way is progress.
                let silence = sum([latency, more_there, more_back]);
                if transit == Transit::AnswerLost || silence > nanos(patience) {
                    sent.length = content_there.saturating_add(nanos(patience));
                    sent.lost = Some(CallError::Timeout);
                }
                drop(wire);
                if wakes {
                    self.stop_at(arrival);
                }
            }
        }
        sent
    }

    /// Lets time stop when a request arrives that somebody else may wait for: the orchestrator hands out
    /// tasks by itself, an answer to a callback lets an execution go on, and a function is invoked.
    fn stop_at(&self, arrival: u64) {
        let kernel = Rc::clone(&self.kernel);
        self.kernel.tasks.start(async move {
            kernel.until_nanos(arrival).await;
        });
    }

    /// Dies, or stands still, at the instant at which a request is applied, `there` from now.
    pub(super) async fn suffer_when_applied(
        &self,
        sent: &mut Sent<'_>,
        there: u64,
        strike: Strike,
    ) {
        let kernel = &self.kernel;
        let from = kernel.clock.nanos();
        self.wait_nanos(there).await;
        self.suffer(strike).await;
        let gone = kernel.clock.nanos() - from;
        sent.length = sent.length.saturating_sub(gone);
    }

    /// What the sender gets when it has waited for its answer.
    pub(super) fn answer(&self, mut sent: Sent<'_>) -> Result<Reply, CallError> {
        if let Some(error) = sent.lost.take() {
            return Err(error);
        }
        let kernel = &self.kernel;
        let ticket = sent.ticket.take().expect("it was sent");
        let mut wire = kernel.wire.borrow_mut();
        wire.advance(kernel.clock.nanos(), &kernel.world);
        let answer = wire.take(&ticket);
        wire.give_up(&ticket);
        answer
    }
}

/// A request that left.
pub struct Sent<'k> {
    kernel: &'k Kernel,
    /// Its place, if it arrives.
    ticket: Option<Ticket>,
    /// Why its answer does not.
    lost: Option<CallError>,
    /// How long its sender waits, in nanoseconds.
    pub length: u64,
    /// When the last of its content has left, in nanoseconds.
    content_until: u64,
    /// What strikes the sender when it arrives, which is so long ahead.
    pub struck: Option<Box<(u64, Strike)>>,
}

impl Drop for Sent<'_> {
    /// Gives the place free when the sender is gone or has its answer. Content that was still
    /// leaving is cut off.
    fn drop(&mut self) {
        let Some(ticket) = &self.ticket else { return };
        let mut wire = self.kernel.wire.borrow_mut();
        if self.kernel.clock.nanos() >= self.content_until {
            wire.give_up(ticket);
        } else if let Some(request) = wire.cut_off(ticket) {
            let key = request.key();
            self.kernel.world.objects.borrow_mut().cut_off(key);
        }
    }
}
