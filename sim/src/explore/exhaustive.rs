//! Every fault at every boundary, shallow plans first.
//!
//! A run without faults numbers the boundaries. Then comes each kind of fault at each of them,
//! then every pair of crashes, then every triple: a plan is extended only to boundaries that its
//! own run crossed after its last fault, so no plan is tried twice and none is out of reach.

use super::Explorer;
use super::boundary::Boundary;
use super::fault::{Fault, Kind};
use super::lab::Lab;
use super::record::Record;
use super::subject::{Trial, Tried};

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
        let Some(bare) = without_faults(lab, record) else {
            return;
        };
        if lab.options.depth == 0 {
            return;
        }
        let others = lab.options.kinds.iter().filter(|k| **k != Kind::Crash);
        for kind in others {
            let plans = extended(&[], &bare.boundaries, *kind);
            level(lab, record, kind.name(), 1, plans, false);
        }
        if lab.options.kinds.contains(&Kind::Crash) {
            crashes(lab, record, &bare);
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

fn without_faults(lab: &Lab<'_>, record: &mut Record) -> Option<Tried> {
    let plans = vec![Vec::new()];
    let results = level(lab, record, "none", 0, plans, true);
    results.into_iter().next().map(|(_, tried)| tried)
}

/// All combinations of crashes, level by level.
fn crashes(lab: &Lab<'_>, record: &mut Record, bare: &Tried) {
    let mut plans = extended(&[], &bare.boundaries, Kind::Crash);
    for depth in 1..=lab.options.depth as usize {
        let deeper = depth < lab.options.depth as usize;
        let results = level(lab, record, Kind::Crash.name(), depth, plans, deeper);
        let longer = results
            .iter()
            .filter(|(trial, _)| trial.schedule_seed == 1)
            .flat_map(|(trial, tried)| extended(&trial.plan, &tried.boundaries, Kind::Crash));
        plans = longer.collect();
    }
}

/// The plan with one more fault, at each of these boundaries.
fn extended(plan: &[Fault], boundaries: &[Boundary], kind: Kind) -> Vec<Vec<Fault>> {
    let mut places = Vec::new();
    let mut plans = Vec::new();
    for fault in boundaries.iter().filter_map(|b| b.fault(kind)) {
        // Several boundaries at one instant are one place for a fault that is put by time.
        if places.last() != Some(&fault.place) {
            places.push(fault.place);
            plans.push([plan, &[fault]].concat());
        }
    }
    plans
}

/// Runs plans of one kind and length, at most as many as allowed, evenly spread.
fn level(
    lab: &Lab<'_>,
    record: &mut Record,
    kind: &'static str,
    length: usize,
    plans: Vec<Vec<Fault>>,
    boundaries: bool,
) -> Vec<(Trial, Tried)> {
    let schedules = lab.options.schedules;
    record.announce(kind, length, plans.len() as u64 * schedules);
    let step = plans.len().div_ceil(lab.options.plans_max.max(1)).max(1);
    let chosen = plans.into_iter().step_by(step);
    let trials: Vec<Trial> = chosen
        .flat_map(|plan| (1..=schedules).map(move |seed| trial(plan.clone(), seed)))
        .collect();
    let results = lab.run(&trials, boundaries);
    for (trial, tried) in trials.iter().zip(&results) {
        record.take(trial, tried, false);
    }
    trials.into_iter().zip(results).collect()
}
