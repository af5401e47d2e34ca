//! The log of crossings, as it is kept in memory.
//!
//! A run has many crossings and writes each of them once: a row is small, and is put together from
//! words rather than copied from a [`Crossing`], which the processor is slow at.

use crate::ledger::{Crossing, Outcome};
use crate::point::{At, Point};
use std::time::Duration;

/// The crossings of a run, in the order in which they were noted.
#[derive(Clone, Debug, Default)]
pub struct Crossings(Vec<Row>);

/// A crossing as it is kept: its ordinal is how many of its point were noted until then.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// The halves of the time in nanoseconds: rows lie closer together without 8-byte fields.
    time: [u32; 2],
    at: At,
    worker: u32,
    subject: u32,
    point: Point,
    outcome: Outcome,
}

impl Crossings {
    /// Notes a crossing; see [`Crossing`] for the meaning. The time is in nanoseconds.
    #[inline]
    pub fn push(
        &mut self,
        nanos: u64,
        at: At,
        point: Point,
        outcome: Outcome,
        worker: u32,
        subject: u32,
    ) {
        self.0.push(Row {
            time: [nanos as u32, (nanos >> 32) as u32],
            at,
            worker,
            subject,
            point,
            outcome,
        });
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Crossing> {
        let mut counts = [0; Point::COUNT];
        self.0.iter().map(move |row| {
            let count = &mut counts[row.point.index()];
            *count += 1;
            let [low, high] = row.time.map(u64::from);
            Crossing {
                time: Duration::from_nanos(high << 32 | low),
                at: row.at,
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
