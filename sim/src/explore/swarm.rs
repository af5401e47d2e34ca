//! Swarm: each plan knows only some of the kinds, so that one kind cannot hide another.
//!
//! A. Groce et al., "Swarm Testing", ISSTA 2012.

use super::Explorer;
use super::boundary::Boundary;
use super::fault::{Fault, Kind};
use super::lab::Lab;
use super::random::{Dice, search};
use super::record::Record;

/// The swarm search.
#[derive(Debug)]
pub struct Swarm;

impl Explorer for Swarm {
    fn name(&self) -> &'static str {
        "swarm"
    }

    fn doc(&self) -> &'static str {
        "Random plans, each with a random subset of the kinds and a rate of its own."
    }

    fn explore(&self, lab: &Lab<'_>, record: &mut Record) {
        let options = lab.options;
        let draw = |dice: &Dice, boundaries: &[Boundary]| -> Vec<Fault> {
            let kinds: Vec<Kind> = options
                .kinds
                .iter()
                .copied()
                .filter(|_| dice.roll() < 0.5)
                .collect();
            let factors = [0.25, 1.0, 4.0];
            let rate = options.rate * factors[dice.below(factors.len())];
            dice.plan(boundaries, &kinds, rate)
        };
        search(lab, record, options.swarm, options.random, draw);
    }
}
