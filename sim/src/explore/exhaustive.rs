//! Every fault at every boundary, shallow plans first.
//!
//! A run without faults numbers the boundaries. Then comes each kind of fault at each of them,
//! then every pair of crashes, then every triple: a plan is extended only to boundaries that its
//! own run crossed after its last fault, so no plan is tried twice and none is out of reach.

use super::Explorer;
use super::boundary::Boundary;
use super::fault::{Fault, Kind, Place};
use super::lab::Lab;
use super::record::Record;
use super::subject::Trial;
use std::iter;

/// The bounded-exhaustive search.
#[derive(Debug)]
pub struct Exhaustive;

impl Explorer for Exhaustive {
    fn name(&self) -> &'static str {
        "exhaustive"
    }

    fn doc(&self) -> &'static str {
        "Every kind of fault at every boundary, and every combination of crashes up to `check.depth`."
    }

    fn explore(&self, lab: &Lab<'_>, record: &mut Record) {
        let schedules = lab.options.schedules;
        record.announce("none", 0, schedules);
        let bare = try_all(lab, record, iter::once(Vec::new()), schedules, true);
        if lab.options.depth == 0 {
            return;
        }
        let others = lab.options.kinds.iter().filter(|k| **k != Kind::Crash);
        for kind in others {
            level(lab, record, &bare, *kind, 1, false);
        }
        if lab.options.kinds.contains(&Kind::Crash) {
            let mut stems = bare;
            for depth in 1..=lab.options.depth as usize {
                let deeper = depth < lab.options.depth as usize;
                stems = level(lab, record, &stems, Kind::Crash, depth, deeper);
            }
        }
    }
}

/// A plan that was run, and the boundaries at which it can be extended.
struct Stem {
    plan: Vec<Fault>,
    boundaries: Vec<Boundary>,
}

impl Stem {
    /// The plan with one more fault, at each of the boundaries.
    fn extended(&self, kind: Kind) -> impl Iterator<Item = Vec<Fault>> {
        let faults = self.boundaries.iter().filter_map(move |b| b.fault(kind));
        // Several boundaries at one instant are one place for a fault that is put by time.
        let distinct = faults.scan(None, |last: &mut Option<Place>, fault| {
            let again = last.replace(fault.place) == Some(fault.place);
            Some((!again).then_some(fault))
        });
        let plan = |fault| [&self.plan[..], &[fault]].concat();
        distinct.flatten().map(plan)
    }
}

/// Plans that are run before their results are taken.
const PORTION: usize = 2048;

/// Runs the stems extended by one fault of this kind, at most as many as allowed, evenly spread.
fn level(
    lab: &Lab<'_>,
    record: &mut Record,
    stems: &[Stem],
    kind: Kind,
    length: usize,
    deeper: bool,
) -> Vec<Stem> {
    let plans = || stems.iter().flat_map(|stem| stem.extended(kind));
    let possible = plans().count();
    record.announce(kind.name(), length, possible as u64 * lab.options.schedules);
    let step = possible.div_ceil(lab.options.plans_max.max(1)).max(1);
    try_all(
        lab,
        record,
        plans().step_by(step),
        lab.options.schedules,
        deeper,
    )
}

/// Runs plans portion by portion, so that memory does not grow with their number. What can be
/// extended is kept if that is asked for.
fn try_all(
    lab: &Lab<'_>,
    record: &mut Record,
    mut plans: impl Iterator<Item = Vec<Fault>>,
    schedules: u64,
    keep: bool,
) -> Vec<Stem> {
    let mut kept = Vec::new();
    loop {
        let portion = plans.by_ref().take(PORTION);
        let trials: Vec<Trial> = portion
            .flat_map(|plan| (1..=schedules).map(move |seed| trial(plan.clone(), seed)))
            .collect();
        let results = lab.run(&trials, keep);
        let last = trials.is_empty() || results.len() < trials.len();
        for (trial, tried) in trials.into_iter().zip(results) {
            record.take(&trial, &tried, false);
            if keep && trial.schedule_seed == 1 {
                kept.push(Stem {
                    plan: trial.plan,
                    boundaries: tried.boundaries,
                });
            }
        }
        if last {
            return kept;
        }
    }
}

fn trial(plan: Vec<Fault>, schedule_seed: u64) -> Trial {
    Trial {
        plan,
        replicate: 0,
        schedule_seed,
    }
}
