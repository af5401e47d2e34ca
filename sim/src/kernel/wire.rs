//! Requests under way.
//!
//! A request carries the time at which it reaches its service. Requests are applied in the order
//! of (time, number) as soon as anybody looks at or after that time, so that a request costs one
//! timer, and one whose sender died on the way still takes effect.

use models::host::{CallError, Reply, Request};
use models::world::World;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Requests that were sent and not yet picked up.
#[derive(Debug, Default)]
pub struct Wire {
    arrivals: BinaryHeap<Reverse<(Duration, u64, usize)>>,
    slots: Vec<Slot>,
    free: Vec<usize>,
    sent: u64,
}

#[derive(Debug, Default)]
struct Slot {
    request: Option<(Request, u32)>,
    answer: Option<Result<Reply, CallError>>,
    /// Whether the sender still waits for the answer.
    awaited: bool,
}

/// A sent request's place.
#[derive(Debug)]
pub struct Ticket(usize);

impl Wire {
    /// Sends a request that arrives at `at`.
    pub fn send(&mut self, at: Duration, request: Request, worker: u32) -> Ticket {
        self.post(at, request, worker, true)
    }

    /// Sends a second copy of a request; nobody waits for its answer.
    pub fn send_copy(&mut self, at: Duration, request: Request, worker: u32) {
        self.post(at, request, worker, false);
    }

    fn post(&mut self, at: Duration, request: Request, worker: u32, awaited: bool) -> Ticket {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        self.slots[place] = Slot {
            request: Some((request, worker)),
            answer: None,
            awaited,
        };
        self.sent += 1;
        self.arrivals.push(Reverse((at, self.sent, place)));
        Ticket(place)
    }

    /// Applies what has arrived by `now`.
    pub fn advance(&mut self, now: Duration, world: &World) {
        while let Some(Reverse((at, _, place))) = self.arrivals.peek().copied() {
            if at > now {
                return;
            }
            self.arrivals.pop();
            let slot = &mut self.slots[place];
            let (request, worker) = slot.request.take().expect("a request arrives once");
            let answer = world.apply(&request, at, worker);
            if slot.awaited {
                slot.answer = Some(answer);
            } else {
                self.free.push(place);
            }
        }
    }

    /// The answer to a request that has arrived.
    pub fn take(&mut self, ticket: &Ticket) -> Result<Reply, CallError> {
        let answer = self.slots[ticket.0].answer.take();
        answer.expect("the request was applied before its answer is taken")
    }

    /// The sender is gone, or has its answer.
    pub fn give_up(&mut self, ticket: &Ticket) {
        let slot = &mut self.slots[ticket.0];
        slot.awaited = false;
        if slot.request.is_none() {
            self.free.push(ticket.0);
        }
    }
}
