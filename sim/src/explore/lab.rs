//! Where trials are run: in parallel, in batches, with results in the order of the trials.

use super::fault::Kind;
use super::subject::{Subject, Trial, Tried};
use crate::pool;
use models::claims::CLAIMS;
use std::convert::Infallible;
use std::sync::atomic::AtomicBool;

/// Trials that share a thread: starting one costs as much as a small trial.
const BATCH: usize = 32;

/// What a search is to try.
#[derive(Clone, Debug)]
pub struct Options {
    pub kinds: Vec<Kind>,
    /// Longest plans of the exhaustive search.
    pub depth: u32,
    /// Schedule seeds for every plan of the exhaustive search.
    pub schedules: u64,
    /// Most plans of one kind and depth.
    pub plans_max: usize,
    /// Random plans.
    pub random: u64,
    /// Random plans with a random subset of the kinds each.
    pub swarm: u64,
    /// Chance of a fault at each boundary of a random plan.
    pub rate: f64,
}

/// A subject, what to try on it, and the threads to do so.
#[derive(Debug)]
pub struct Lab<'a> {
    pub subject: &'a Subject,
    pub options: &'a Options,
    pub jobs: usize,
    pub stop: &'a AtomicBool,
}

impl Lab<'_> {
    /// Runs trials; fewer come back if the search was stopped.
    pub fn run(&self, trials: &[Trial], boundaries: bool) -> Vec<Tried> {
        let batches: Vec<&[Trial]> = trials.chunks(BATCH).collect();
        let attempt = |trial: &Trial| self.subject.attempt(trial, boundaries);
        let mut results = Vec::with_capacity(trials.len());
        let done = pool::run(
            0..batches.len(),
            self.jobs,
            self.stop,
            |batch| -> Vec<Tried> { batches[batch].iter().map(attempt).collect() },
            |finished| {
                for (batch, tried) in finished {
                    results.extend(tried.unwrap_or_else(|_| {
                        let each = batches[batch].iter();
                        each.map(|trial| self.alone(trial, boundaries)).collect()
                    }));
                }
                Ok::<(), Infallible>(())
            },
        );
        match done {
            Ok(_) => results,
            Err(never) => match never {},
        }
    }

    /// One trial on a thread of its own; a panic is an execution that makes no progress.
    pub fn alone(&self, trial: &Trial, boundaries: bool) -> Tried {
        alone(self.subject, trial, boundaries)
    }
}

/// One trial on a thread of its own; a panic is an execution that makes no progress.
pub fn alone(subject: &Subject, trial: &Trial, boundaries: bool) -> Tried {
    let run = pool::isolated(0, &|_| subject.attempt(trial, boundaries));
    run.unwrap_or_else(|panic| {
        let progress = CLAIMS.iter().position(|claim| claim.name() == "progress");
        Tried {
            violated: progress
                .map(|place| (place, format!("panic: {panic}")))
                .into_iter()
                .collect(),
            ..Tried::default()
        }
    })
}
