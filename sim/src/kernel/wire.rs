//! Requests under way.
//!
//! A request carries the time at which it reaches its service. When time goes on, the requests that
//! arrive until then are applied in the order of (time, number), before anybody has a turn. So a
//! request costs one timer, and one whose sender died on the way still takes effect.

use super::agenda::Agenda;
use models::host::{CallError, Reply, Request};
use models::ledger::Noted;
use models::world::World;
use std::mem;
use std::time::Duration;

/// Requests that were sent and not yet picked up.
#[derive(Debug, Default)]
pub struct Wire {
    arrivals: Agenda,
    slots: Vec<Slot>,
    free: Vec<usize>,
}

#[derive(Debug)]
struct Slot {
    stage: Stage,
    /// Whether the sender still waits for the answer.
    awaited: bool,
    /// Where the history has it, if it is kept.
    noted: Option<Noted>,
}

/// How far a request is.
#[derive(Debug)]
enum Stage {
    /// On its way, from this worker.
    Sent(Request, u32),
    Answered(Result<Reply, CallError>),
    /// Cut off on its way, or its answer was taken.
    Over,
}

/// A sent request's place.
#[derive(Debug)]
pub struct Ticket(u32);

impl Wire {
    /// Sends a request that arrives at `at`. Times are in nanoseconds.
    pub fn send(
        &mut self,
        now: u64,
        at: u64,
        request: Request,
        worker: u32,
        noted: Option<Noted>,
    ) -> Ticket {
        let slot = Slot {
            stage: Stage::Sent(request, worker),
            awaited: true,
            noted,
        };
        self.post(now, at, slot)
    }

    /// Sends a second copy of a request; nobody waits for its answer.
    pub fn send_copy(&mut self, now: u64, at: u64, request: Request, worker: u32) {
        let copy = Slot {
            stage: Stage::Sent(request, worker),
            awaited: false,
            noted: None,
        };
        self.post(now, at, copy);
    }

    fn post(&mut self, now: u64, at: u64, slot: Slot) -> Ticket {
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.arrivals.note(now, at, place);
        Ticket(place as u32)
    }

    /// Applies what has arrived by `now`.
    pub fn advance(&mut self, now: u64, world: &World) {
        while let Some(first) = self.arrivals.first() {
            if first.deadline > now {
                return;
            }
            self.arrivals.remove(first);
            let slot = &mut self.slots[first.place];
            let Stage::Sent(request, worker) = mem::replace(&mut slot.stage, Stage::Over) else {
                // It was cut off on its way.
                self.free.push(first.place);
                continue;
            };
            let before = slot.noted.map(|_| world.checkpoints_of(&request));
            let answer = world.apply(&request, Duration::from_nanos(first.deadline), worker);
            if let Some(noted) = slot.noted {
                // A repeat is answered as the first time, and stores nothing.
                let number = world.checkpoints_of(&request);
                let stored = (before != Some(number)).then_some(number);
                let mut history = world.history.borrow_mut();
                history.settle(noted, &answer, stored);
            }
            if slot.awaited {
                slot.stage = Stage::Answered(answer);
            } else {
                self.free.push(first.place);
            }
        }
    }

    /// The answer to a request that has arrived.
    pub fn take(&mut self, ticket: &Ticket) -> Result<Reply, CallError> {
        let stage = &mut self.slots[ticket.0 as usize].stage;
        match mem::replace(stage, Stage::Over) {
            Stage::Answered(answer) => answer,
            stage => unreachable!("the request was applied before its answer is taken: {stage:?}"),
        }
    }

    /// The sender is gone before all of the content has left: the request never arrives whole.
    pub fn cut_off(&mut self, ticket: &Ticket) -> Option<Request> {
        let slot = &mut self.slots[ticket.0 as usize];
        slot.awaited = false;
        match mem::replace(&mut slot.stage, Stage::Over) {
            Stage::Sent(request, _) => Some(request),
            _ => None,
        }
    }

    /// The sender is gone, or has its answer.
    pub fn give_up(&mut self, ticket: &Ticket) {
        let slot = &mut self.slots[ticket.0 as usize];
        slot.awaited = false;
        if !matches!(slot.stage, Stage::Sent(..)) {
            self.free.push(ticket.0 as usize);
        }
    }
}
