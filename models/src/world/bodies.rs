//! Bodies that run, and what the ledger and the running totals say of them.

use super::World;
use crate::host::Host;
use crate::ledger::{BodyRow, CommitRow, Ended};
use crate::point::At;
use crate::tally::StepTally;
use std::time::Duration;

impl World {
    /// The place of a step's running totals.
    pub fn tally(&self, at: At) -> usize {
        let mut tallies = self.tallies.borrow_mut();
        tallies.place(at.execution, at.step.stamp())
    }

    /// Counts that a step's code is about to run: the place of its totals, and the how-manieth time it is.
    pub fn try_step(&self, at: At) -> (usize, u32) {
        let mut tallies = self.tallies.borrow_mut();
        let place = tallies.place(at.execution, at.step.stamp());
        let tally = tallies.at(place);
        tally.tries += 1;
        (place, tally.tries)
    }

    /// The running totals in a place.
    pub fn with_tally<T>(&self, place: usize, act: impl FnOnce(&mut StepTally) -> T) -> T {
        act(self.tallies.borrow_mut().at(place))
    }

    /// An attempt that the retry policy counts though no body of it entered.
    pub fn count_attempt(&self, at: At, attempt: u32) {
        let place = self.tally(at);
        self.with_tally(place, |tally| {
            tally.attempts = tally.attempts.max(attempt);
        });
    }

    /// A body entered.
    #[inline]
    pub fn enter_body(&self, row: BodyRow) -> usize {
        let mut ledger = self.ledger.borrow_mut();
        let place = ledger.bodies.len();
        if row.worker != u32::MAX {
            let mut open = self.open_bodies.borrow_mut();
            let worker = row.worker as usize;
            if open.len() <= worker {
                open.resize_with(worker + 1, Vec::new);
            }
            open[worker].push(place);
        }
        ledger.bodies.push(row);
        place
    }

    /// A body returned or raised; `tally` is the place of its step's totals.
    pub fn end_body(&self, place: usize, tally: usize, now: Duration, ended: Ended) {
        let mut ledger = self.ledger.borrow_mut();
        let row = &mut ledger.bodies[place];
        row.ended_at = now;
        row.ended = ended;
        if row.worker != u32::MAX {
            let open = &mut self.open_bodies.borrow_mut()[row.worker as usize];
            if let Some(at) = open.iter().rposition(|open| *open == place) {
                open.swap_remove(at);
            }
        }
        let time = now.saturating_sub(row.started);
        self.body_time.set(self.body_time.get() + time);
        if ended == Ended::Returned {
            let body = row.body;
            self.with_tally(tally, |tally| tally.returned(body, time));
        }
    }

    /// A worker died: so did its bodies.
    pub fn lose_bodies(&self, worker: u32, now: Duration) {
        let mut open = self.open_bodies.borrow_mut();
        let Some(lost) = open.get_mut(worker as usize) else {
            return;
        };
        let mut ledger = self.ledger.borrow_mut();
        for place in lost.drain(..) {
            let row = &mut ledger.bodies[place];
            row.ended_at = now;
            let time = now.saturating_sub(row.started);
            self.body_time.set(self.body_time.get() + time);
        }
    }

    /// A body that is dropped before its end, without its worker's death.
    pub fn abandon_body<H: Host>(&self, host: &H, at: At) {
        let Some(environment) = host.environment() else {
            return;
        };
        let mut open = self.open_bodies.borrow_mut();
        let Some(open) = open.get_mut(environment.0 as usize) else {
            return;
        };
        let mut ledger = self.ledger.borrow_mut();
        let mine = open.iter().position(|row| ledger.bodies[*row].at == at);
        if let Some(mine) = mine {
            let row = &mut ledger.bodies[open.swap_remove(mine)];
            row.ended_at = host.now();
            let time = row.ended_at.saturating_sub(row.started);
            self.body_time.set(self.body_time.get() + time);
        }
    }

    /// Whether a worker runs a body.
    pub fn works(&self, worker: u32) -> bool {
        let open = self.open_bodies.borrow();
        open.get(worker as usize)
            .is_some_and(|open| !open.is_empty())
    }

    /// A fault struck a worker: so it did the executions that it worked for.
    pub fn fault_seen_by_bodies(&self, worker: u32, now: Duration) {
        let open = self.open_bodies.borrow();
        let ledger = self.ledger.borrow();
        for row in open.get(worker as usize).into_iter().flatten() {
            self.fault_seen(ledger.bodies[*row].at.execution, now);
        }
    }

    /// A step's completion was acknowledged by the engine's store.
    pub fn commit(&self, at: At, now: Duration) {
        let row = CommitRow { at, time: now };
        self.ledger.borrow_mut().commits.push(row);
        self.progress(at.execution, now);
    }
}
