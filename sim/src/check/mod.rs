//! `sim check`: which claim holds under which faults.
//!
//! ```text
//! scenario -> cells -> explorers -> violations -> shrunk -> cases and tables
//! ```
//!
//! Each cell of the grid is searched by every explorer. The shortest plan that violates a claim by
//! faults of one kind is shrunk and saved as a case; `sim replay` runs it again.

pub mod case;
pub mod keys;
pub mod shrink;
pub mod story;
pub mod table;

use crate::explore::subject::Lengths;
use crate::explore::{EXPLORERS, Kind, Lab, Options, Record, Subject};
use crate::plan::Plan;
use crate::scenario::Scenario;
use models::claims::CLAIMS;
use models::records::Cell;
use shrink::{Shrunk, shrink};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// A run of a search that lasts longer in virtual time waits for ever (days).
const VIRTUAL_DAYS_MAX: f64 = 2.0;

/// A run of a search that crosses more boundaries goes in circles.
const STEPS_MAX: u64 = 1_000_000;

/// What was found out about one cell.
#[derive(Debug)]
pub struct Searched {
    pub cell: Cell,
    pub subject: Subject,
    /// Claims that mean something in the cell by their place in [`CLAIMS`], and whether the engine
    /// makes them.
    pub claims: Vec<(usize, bool)>,
    pub record: Record,
    /// The smallest plans, by claim and kind of fault.
    pub shrunk: BTreeMap<(usize, &'static str), Shrunk>,
}

impl Searched {
    /// Names of the claims that the engine makes and that were violated.
    pub fn broken(&self) -> Vec<&'static str> {
        let violated = |claim: usize| self.shrunk.keys().any(|(found, _)| *found == claim);
        let made = self.claims.iter().filter(|(_, made)| *made);
        let broken = made.filter(|(claim, _)| violated(*claim));
        broken.map(|(claim, _)| CLAIMS[*claim].name()).collect()
    }

    /// Whether a claim was found violated.
    pub fn violates(&self, claim: &str) -> bool {
        self.shrunk
            .keys()
            .any(|(found, _)| CLAIMS[*found].name() == claim)
    }
}

/// What a scenario's `[check]` asks for.
pub fn options(scenario: &Scenario) -> Options {
    let own = &scenario.check;
    // Unknown names were refused when the scenario was read.
    let words = own.text("check.kinds").split(',').map(str::trim);
    Options {
        kinds: words.filter_map(Kind::named).collect(),
        depth: own.count("check.depth") as u32,
        schedules: own.count("check.schedules").max(1),
        plans_max: own.count("check.plans_max") as usize,
        random: own.count("check.random"),
        swarm: own.count("check.swarm"),
        rate: own.number("check.rate"),
    }
}

/// The cells of a scenario, as they are searched.
pub fn subjects(scenario: &Scenario) -> Vec<(Cell, Subject)> {
    let plan = Plan::new(scenario);
    let own = &scenario.check;
    let subject = |cell: &Cell| {
        let mut spec = plan.spec(cell.index * plan.replicates as usize, false);
        spec.budget_virtual_s = spec.budget_virtual_s.min(VIRTUAL_DAYS_MAX * 86_400.0);
        spec.budget_steps = spec.budget_steps.min(STEPS_MAX);
        Subject {
            spec,
            lengths: Lengths {
                short: own.seconds("check.short_freeze_s"),
                long: own.seconds("check.freeze_s"),
                given_up: own.seconds("check.given_up_s"),
                cut: own.seconds("check.partition_s"),
            },
            patience: own.seconds("check.progress_s"),
        }
    };
    let cells = plan.cells.iter();
    cells.map(|cell| (cell.clone(), subject(cell))).collect()
}

/// Searches one cell.
pub fn search(
    cell: Cell,
    subject: Subject,
    options: &Options,
    jobs: usize,
    stop: &AtomicBool,
) -> Searched {
    let mut record = Record::default();
    let lab = Lab {
        subject: &subject,
        options,
        jobs,
        stop,
    };
    for explorer in EXPLORERS {
        explorer.explore(&lab, &mut record);
    }
    let hits = record.hits.iter();
    let shrunk =
        hits.filter_map(|(place, hit)| Some((*place, shrink(&subject, &hit.trial, place.0)?)));
    Searched {
        shrunk: shrunk.collect(),
        claims: subject.claims(),
        cell,
        subject,
        record,
    }
}
