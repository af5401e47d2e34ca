//! Random plans: at each boundary, with some chance, a fault of some kind.

use super::Explorer;
use super::boundary::Boundary;
use super::fault::{Fault, Kind, Place};
use super::lab::Lab;
use super::record::Record;
use super::subject::Trial;
use models::streams::{Purpose, Streams};
use std::sync::atomic::Ordering;

/// Plans that are held in memory at once.
const AT_ONCE: u64 = 4096;

/// The random search.
#[derive(Debug)]
pub struct Random;

impl Explorer for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn doc(&self) -> &'static str {
        "Faults of all kinds at random boundaries, each with a schedule seed of its own."
    }

    fn explore(&self, lab: &Lab<'_>, record: &mut Record) {
        let (kinds, rate) = (&lab.options.kinds, lab.options.rate);
        let draw = |dice: &Dice, boundaries: &[Boundary]| dice.plan(boundaries, kinds, rate);
        search(lab, record, lab.options.random, 0, draw);
    }
}

/// Draws plans and tries them; the first `offset` numbers belong to another search.
pub fn search(
    lab: &Lab<'_>,
    record: &mut Record,
    count: u64,
    offset: u64,
    draw: impl Fn(&Dice, &[Boundary]) -> Vec<Fault>,
) {
    if count == 0 {
        return;
    }
    let bare = Trial {
        plan: Vec::new(),
        replicate: 0,
        schedule_seed: 1,
    };
    let boundaries = lab.alone(&bare, true).boundaries;
    let trial = |number: u64| {
        let dice = Dice::new(lab.subject.spec.seed, offset + number);
        Trial {
            plan: draw(&dice, &boundaries),
            replicate: number,
            schedule_seed: offset + number + 1,
        }
    };
    let mut next = 0;
    while next < count && !lab.stop.load(Ordering::Relaxed) {
        let until = count.min(next + AT_ONCE);
        let trials: Vec<Trial> = (next..until).map(trial).collect();
        let results = lab.run(&trials, false);
        for (trial, tried) in trials.iter().zip(&results) {
            record.take(trial, tried, true);
        }
        next = until;
    }
}

/// Chance for one plan.
#[derive(Debug)]
pub struct Dice(Streams);

impl Dice {
    /// The dice of a plan with this number.
    pub fn new(seed: u64, number: u64) -> Dice {
        Dice(Streams::new(seed ^ 0x7365_6172_6368, number))
    }

    /// Strictly between 0 and 1.
    pub fn roll(&self) -> f64 {
        self.0.next(Purpose::Load, 0)
    }

    /// A whole number below `count`, which must not be zero.
    pub fn below(&self, count: usize) -> usize {
        ((self.roll() * count as f64) as usize).min(count - 1)
    }

    /// A plan with faults of these kinds; a fault repeats work, so half of them are put up to
    /// twice as far into the run as it went without faults.
    pub fn plan(&self, boundaries: &[Boundary], kinds: &[Kind], rate: f64) -> Vec<Fault> {
        let mut plan = Vec::new();
        for boundary in boundaries {
            let possible: Vec<Fault> = kinds.iter().filter_map(|k| boundary.fault(*k)).collect();
            if possible.is_empty() || self.roll() >= rate {
                continue;
            }
            let mut fault = possible[self.below(possible.len())];
            if let Place::Crossing(_, ordinal) = &mut fault.place {
                if self.roll() < 0.5 {
                    *ordinal += self.below(*ordinal as usize) as u32;
                }
            }
            plan.push(fault);
        }
        plan
    }
}
