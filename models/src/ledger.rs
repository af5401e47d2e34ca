//! What bodies did, and what crossed the boundary. Neither ever crashes.
//!
//! The ledger records every entry into step code and every effect on the outside world; claims
//! and most metrics are read from it. The history records every crossing of the host boundary.

use crate::crossings::Crossings;
use crate::host::{CallError, Reply};
use crate::point::{At, Party, Phase, Point};
use crate::services::durable::{OpType, Verb};
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
    /// When the invocation that entered it began: on task queues when the server began the attempt.
    pub invoked: Duration,
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

/// A step's completion, acknowledged by whatever its engine stores it in.
#[derive(Clone, Copy, Debug)]
pub struct CommitRow {
    pub at: At,
    pub time: Duration,
}

/// A part that went into an assembled whole.
#[derive(Clone, Copy, Debug)]
pub struct PartRow {
    pub execution: u32,
    /// The body that assembled.
    pub body: u32,
    /// Which part.
    pub index: u32,
    /// The body that wrote what was found, or `None` if nothing was.
    pub found: Option<u32>,
    /// The body whose result the engine had recorded, if it records one.
    pub recorded: Option<u32>,
    pub time: Duration,
}

/// Bodies, effects, completions and assembled parts of a run.
#[derive(Debug, Default)]
pub struct Ledger {
    pub bodies: Vec<BodyRow>,
    pub effects: Vec<EffectRow>,
    pub commits: Vec<CommitRow>,
    pub parts: Vec<PartRow>,
}

/// One crossing of the host boundary.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    pub time: Duration,
    pub at: At,
    pub point: Point,
    pub outcome: Outcome,
    pub ordinal: u32,
    /// The environment, or `u32::MAX` outside the workers.
    pub worker: u32,
    /// Place in [`History::subjects`], for points of a request.
    pub subject: u32,
}

/// What a request is about; its three crossings share it.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The item, object or execution concerned.
    pub key: crate::names::Key,
    /// Bytes sent.
    pub bytes: u64,
    /// Range of [`History::updates`] that the request carries.
    pub updates: (u32, u32),
}

impl Crossing {
    /// Who sent the message, and to whom; a crossing inside a worker is to itself.
    pub fn parties(&self) -> (Party, Party) {
        let caller = match self.worker {
            u32::MAX => Party::Client,
            _ => Party::Worker,
        };
        match self.point.request() {
            None => (caller, caller),
            Some((kind, Phase::Ack)) => (kind.service(), caller),
            Some((kind, _)) => (caller, kind.service()),
        }
    }
}

/// Where the history holds a request that is under way: its crossing `applied`, and its subject.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noted {
    pub crossing: u32,
    pub subject: u32,
}

impl History {
    /// A request was applied: says what came of it, and its number if its updates were stored.
    pub fn settle(&mut self, noted: Noted, answer: &Result<Reply, CallError>, stored: Option<u32>) {
        if let Err(error) = answer {
            self.crossings.settle(noted.crossing, error.outcome());
        }
        if let Some(number) = stored {
            let (first, last) = self.subjects[noted.subject as usize].updates;
            for row in &mut self.updates[first as usize..last as usize] {
                row.request = number;
            }
        }
    }

    /// What a crossing's request is about, if it is of one.
    pub fn subject(&self, crossing: &Crossing) -> Option<&Subject> {
        self.subjects.get(crossing.subject as usize)
    }

    /// The updates that a crossing's request carries.
    pub fn updates_of(&self, crossing: &Crossing) -> &[UpdateRow] {
        let (first, last) = self.subject(crossing).map_or((0, 0), |s| s.updates);
        &self.updates[first as usize..last as usize]
    }
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
    /// Number of the accepted request within its execution, from 1; 0 if it was refused, or repeated one
    /// that was stored.
    pub request: u32,
    pub update: Verb,
    pub operation: OpType,
    pub id: u64,
    pub step: crate::point::StepName,
    pub bytes: u64,
}

/// What a run wrote down. Made once and given from run to run, so that its memory is used again.
#[derive(Debug, Default)]
pub struct Logs {
    pub ledger: Ledger,
    pub history: History,
}

impl Logs {
    /// Forgets all rows and keeps the memory.
    pub fn clear(&mut self) {
        let Logs { ledger, history } = self;
        ledger.bodies.clear();
        ledger.effects.clear();
        ledger.commits.clear();
        ledger.parts.clear();
        history.crossings.clear();
        history.subjects.clear();
        history.updates.clear();
    }
}

/// The crossings of a run, if they are kept.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub crossings: Crossings,
    pub subjects: Vec<Subject>,
    pub updates: Vec<UpdateRow>,
}
