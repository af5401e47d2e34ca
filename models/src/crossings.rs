//! The log of crossings, as it is kept in memory.
//!
//! A run has many crossings and writes each of them once: a row is small, and is put together from
//! words rather than copied from a [`Crossing`], which the processor is slow at.

use crate::ledger::{Crossing, Outcome};
use crate::point::{At, Point, StepName};
use std::time::Duration;

/// The crossings of a run, in the order in which they were noted.
#[derive(Clone, Debug, Default)]
pub struct Crossings(Vec<Row>);

#[derive(Clone, Copy, Debug)]
struct Row {
    nanos: u64,
    step: StepName,
    execution: u32,
    ordinal: u32,
    worker: u32,
    subject: u32,
    point: Point,
    outcome: Outcome,
}

impl Crossings {
    /// Notes a crossing.
    #[inline]
    pub fn push(&mut self, crossing: Crossing) {
        self.0.push(Row {
            nanos: crossing.time.as_nanos() as u64,
            step: crossing.at.step,
            execution: crossing.at.execution,
            ordinal: crossing.ordinal,
            worker: crossing.worker,
            subject: crossing.subject,
            point: crossing.point,
            outcome: crossing.outcome,
        });
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Crossing> {
        self.0.iter().map(|row| Crossing {
            time: Duration::from_nanos(row.nanos),
            at: At {
                execution: row.execution,
                step: row.step,
            },
            point: row.point,
            outcome: row.outcome,
            ordinal: row.ordinal,
            worker: row.worker,
            subject: row.subject,
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
