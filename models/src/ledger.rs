//! What bodies did, and what crossed the boundary. Neither ever crashes.
//!
//! The ledger records every entry into step code and every effect on the outside world; claims
//! and most metrics are read from it. The history records every crossing of the host boundary.

use crate::point::{At, Party, Point};
use std::time::Duration;

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Still running, or stopped with its worker: the default until something else is known.
    Lost,
    /// Returned a result.
    Returned,
    /// Raised an error.
    Raised,
}

impl Ended {
    /// As `ledger.csv` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Ended::Lost => "lost",
            Ended::Returned => "returned",
            Ended::Raised => "raised",
        }
    }
}

/// What an effect touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The outside world: repeating it shows.
    Plain,
    /// A write under a key that repeating overwrites with the same content.
    Keyed,
    /// The engine's own store.
    Store,
}

impl Effect {
    /// As `ledger.csv` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Plain => "plain",
            Effect::Keyed => "keyed",
            Effect::Store => "store",
        }
    }
}

/// One entry into a step's code.
#[derive(Clone, Copy, Debug)]
pub struct BodyRow {
    pub at: At,
    /// As the retry policy counts, from 1.
    pub attempt: u32,
    /// As entries count, from 1, per step of an execution.
    pub body: u32,
    pub worker: u32,
    pub started: Duration,
    pub ended_at: Duration,
    pub ended: Ended,
}

/// One effect.
#[derive(Clone, Copy, Debug)]
pub struct EffectRow {
    pub at: At,
    pub attempt: u32,
    pub body: u32,
    pub worker: u32,
    pub time: Duration,
    pub effect: Effect,
}

/// Bodies and effects of a run.
#[derive(Debug, Default)]
pub struct Ledger {
    pub bodies: Vec<BodyRow>,
    pub effects: Vec<EffectRow>,
}

impl Ledger {
    /// An invocation that began at `since` on `worker` is over: what its unfinished bodies took
    /// until now was lost.
    pub fn interrupt(&mut self, worker: u32, since: Duration, now: Duration) {
        let recent = self.bodies.iter_mut().rev();
        for body in recent.take_while(|body| body.started >= since) {
            if body.worker == worker && body.ended == Ended::Lost {
                body.ended_at = now;
            }
        }
    }
}

/// Who sent a message to whom, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    pub time: Duration,
    pub point: Point,
    pub ordinal: u32,
    pub at: At,
    pub worker: u32,
    pub from: Party,
    pub to: Party,
    /// The item, object or function concerned.
    pub key: crate::names::Key,
    pub bytes: u64,
    pub outcome: Outcome,
    /// Range of [`History::updates`] that belongs to this crossing.
    pub updates: (u32, u32),
}

/// What came of a crossing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// Refused by its condition, token or limit.
    Refused,
    /// A service error; nothing was done.
    Error,
    /// No answer in time.
    Timeout,
    /// The worker died here.
    Crash,
    /// The worker stopped here.
    Freeze,
}

impl Outcome {
    /// As `history.csv` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Refused => "refused",
            Outcome::Error => "error",
            Outcome::Timeout => "timeout",
            Outcome::Crash => "crash",
            Outcome::Freeze => "freeze",
        }
    }
}

/// One update of a checkpoint request, as the history shows it.
#[derive(Clone, Copy, Debug)]
pub struct UpdateRow {
    /// Number of the accepted request within its execution, from 1; 0 if it was refused.
    pub request: u32,
    pub update: &'static str,
    pub operation: &'static str,
    pub id: u64,
    pub step: crate::point::StepName,
    pub bytes: u64,
}

/// The crossings of a run, if they are kept.
#[derive(Debug, Default)]
pub struct History {
    pub keep: bool,
    pub crossings: Vec<Crossing>,
    pub updates: Vec<UpdateRow>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_body_keeps_the_time_it_took() {
        let second = Duration::from_secs;
        let body = |worker, started, ended| BodyRow {
            at: At::execution(0),
            attempt: 1,
            body: 1,
            worker,
            started: second(started),
            ended_at: second(started),
            ended,
        };
        let mut ledger = Ledger {
            bodies: vec![
                body(7, 1, Ended::Lost),
                body(7, 5, Ended::Returned),
                body(8, 6, Ended::Lost),
                body(7, 6, Ended::Lost),
            ],
            effects: Vec::new(),
        };
        ledger.interrupt(7, second(4), second(9));
        let ends: Vec<u64> = ledger.bodies.iter().map(|b| b.ended_at.as_secs()).collect();
        assert_eq!(ends, [1, 5, 6, 9]);
    }
}
