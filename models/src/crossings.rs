//! The log of crossings, as it is kept in memory.
//!
//! A run has many crossings and writes each of them once: a row is small, and is put together from
//! numbers rather than copied from a [`Crossing`], which the processor is slow at.

use crate::ledger::{Crossing, Outcome};
use crate::point::{At, Point, StepName};
use std::time::Duration;

/// The crossings of a run, in the order in which they were noted.
#[derive(Clone, Debug, Default)]
pub struct Crossings(Vec<Row>);

/// A crossing as it is kept: its ordinal is how many of its point were noted until then.
#[derive(Clone, Copy, Debug)]
struct Row {
    nanos: u64,
    /// The parts of an [`At`]: so a row is half a cache line.
    step: StepName,
    execution: u32,
    worker: u32,
    subject: u32,
    point: Point,
    outcome: Outcome,
}

impl Crossings {
    /// Notes a crossing; see [`Crossing`] for the meaning. The time is in nanoseconds.
    #[inline(always)]
    pub fn push(
        &mut self,
        nanos: u64,
        at: At,
        point: Point,
        outcome: Outcome,
        worker: u32,
        subject: u32,
    ) {
        let row = Row {
            nanos,
            step: at.step,
            execution: at.execution,
            worker,
            subject,
            point,
            outcome,
        };
        // There is mostly room, and what calls this is short if it calls nothing itself.
        match self.0.len() == self.0.capacity() {
            true => self.push_and_grow(row),
            false => self.0.push(row),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_and_grow(&mut self, row: Row) {
        self.0.push(row);
    }

    /// What came of the last one is known later: see [`Crossings::settle`].
    pub fn last(&self) -> u32 {
        self.0.len() as u32 - 1
    }

    /// Says what came of a crossing that was noted ahead, unless something struck there.
    pub fn settle(&mut self, row: u32, outcome: Outcome) {
        let noted = &mut self.0[row as usize].outcome;
        if *noted == Outcome::Ok {
            *noted = outcome;
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Crossing> {
        let mut counts = [0; Point::COUNT];
        self.0.iter().map(move |row| {
            let count = &mut counts[row.point.index()];
            *count += 1;
            Crossing {
                time: Duration::from_nanos(row.nanos),
                at: At::execution(row.execution).step(row.step),
                point: row.point,
                outcome: row.outcome,
                ordinal: *count,
                worker: row.worker,
                subject: row.subject,
            }
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all of them and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
