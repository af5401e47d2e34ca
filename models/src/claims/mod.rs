//! Claims: promises that can be checked when a run is over.
//!
//! A claim reads the ledger, the services and the outcomes that a run left behind, and says
//! whether the promise held. Which claims an engine makes is said beside the engine
//! ([`crate::engines::Engine::pledges`]): a violated claim that nobody made is a fact to know, a
//! violated claim that the engine makes is a bug of the engine.
//!
//! Adding a claim is a file here and a line in [`CLAIMS`].

mod acknowledged;
mod counter;
mod effects;
mod failure;
pub mod ladder;
mod linear;
mod overlap;
mod pipeline;
mod program;
mod progress;
mod repeats;
mod replay;
mod result;
mod video;

use crate::world::{Outcome, World};
use std::fmt;
use std::time::Duration;

/// What a run left behind.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    pub world: &'a World,
    /// How the run came to its end.
    pub end: End,
    /// An execution must end this long after the last fault.
    pub patience: Duration,
}

/// How a run came to its end, as far as claims care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing was left to do.
    Quiet,
    /// Virtual time ran out: something waits for ever.
    Stuck,
    /// The budget of crossings ran out: nothing is known.
    CutShort,
}

/// Whether a claim held in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    /// It did not; the witness says what was seen.
    Violated(String),
    /// The run does not tell.
    Unknown(&'static str),
}

impl Verdict {
    /// As tables and cases write it.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Violated(_) => "violated",
            Verdict::Unknown(_) => "unknown",
        }
    }

    /// What was seen, if the claim was violated.
    pub fn witness(&self) -> Option<&str> {
        match self {
            Verdict::Violated(witness) => Some(witness),
            _ => None,
        }
    }

    /// Violated if there is a witness.
    fn of(witness: Option<String>) -> Verdict {
        witness.map_or(Verdict::Holds, Verdict::Violated)
    }
}

/// A checkable promise.
pub trait Claim: fmt::Debug + Sync {
    /// As tables, cases and engines name it.
    fn name(&self) -> &'static str;
    /// What is promised, in a sentence.
    fn doc(&self) -> &'static str;
    /// Whether it means anything for this workflow on this engine.
    fn concerns(&self, world: &World) -> bool;
    /// Whether it held.
    fn check(&self, evidence: &Evidence) -> Verdict;
}

/// Every claim, in the order of the tables.
pub const CLAIMS: &[&dyn Claim] = &[
    &result::Once,
    &effects::PLAIN_AT_LEAST_ONCE,
    &effects::PLAIN_AT_MOST_ONCE,
    &effects::PLAIN_EXACTLY_ONCE,
    &effects::KEYED_AT_LEAST_ONCE,
    &effects::KEYED_AT_MOST_ONCE,
    &effects::KEYED_EXACTLY_ONCE,
    &effects::STORE_AT_LEAST_ONCE,
    &effects::STORE_AT_MOST_ONCE,
    &effects::STORE_EXACTLY_ONCE,
    &counter::Sum,
    &counter::BatchOrder,
    &linear::Linearizable,
    &video::Complete,
    &video::NotStale,
    &video::OutputAgrees,
    &video::NoOrphans,
    &ladder::Complete,
    &ladder::NotStale,
    &ladder::NoOrphans,
    &program::Result,
    &acknowledged::IsDurable,
    &replay::Agrees,
    &repeats::Bounded,
    &overlap::OneAtATime,
    &failure::LeavesNoEffect,
    &pipeline::ProgressIsMonotone,
    &pipeline::OpenCircuit,
    &pipeline::CancelledIsFinal,
    &pipeline::NothingTemporary,
    &progress::Progress,
    &progress::Succeeds,
];

/// The claim of that name.
pub fn named(name: &str) -> Option<&'static dyn Claim> {
    CLAIMS.iter().copied().find(|claim| claim.name() == name)
}

/// Numbers of the executions that succeeded.
fn succeeded(world: &World) -> Vec<u32> {
    let executions = world.executions.borrow();
    let good = executions
        .iter()
        .enumerate()
        .filter(|(_, e)| matches!(e.ended, Some((_, Outcome::Succeeded(_)))));
    good.map(|(number, _)| number as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn claims_have_distinct_names_and_say_what_they_promise() {
        let names: BTreeSet<&str> = CLAIMS.iter().map(|claim| claim.name()).collect();
        assert_eq!(names.len(), CLAIMS.len());
        assert!(CLAIMS.iter().all(|claim| claim.doc().ends_with('.')));
        assert!(named("result_once").is_some() && named("no_such").is_none());
    }
}
