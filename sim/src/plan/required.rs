//! Fault kinds that must fire.
//!
//! A kind that is written out (`[[faults.crash]]`) must fire in every run. A kind that is drawn
//! from a rate must fire in some run of each cell in which its rate is set: asking it of every
//! run would keep only the runs that met the fault, and bias what is measured.

use super::Plan;
use crate::scenario::Scenario;
use models::registry::{FAULTS, FaultKind};
use models::settings::Settings;

/// Required kinds that are written out.
pub fn in_each_run(scenario: &Scenario) -> Vec<String> {
    let written = |kind: &&&str| scenario.faults.iter().any(|fault| fault.kind == **kind);
    let kinds = scenario.require.iter().filter(written);
    kinds.map(|kind| (*kind).to_owned()).collect()
}

impl Plan<'_> {
    /// Required kinds that are drawn from a rate in this cell.
    pub fn required_rates(&self, cell: usize) -> Vec<&'static str> {
        let spec = self.first_spec(cell);
        FAULTS
            .iter()
            .filter(|kind| self.scenario.require.contains(&kind.name))
            .filter(|kind| !spec.required.iter().any(|name| name == kind.name))
            .filter(|kind| only_in_data(kind) || rate_is_set(kind, &spec.settings))
            .map(|kind| kind.name)
            .collect()
    }
}

/// Whether a kind can fire in some cell: it is written out, has a rate, or lives in a data file.
pub fn may_fire(scenario: &Scenario, kind: &FaultKind) -> bool {
    let written = scenario.faults.iter().any(|fault| fault.kind == kind.name);
    let rated = scenario.dials.iter().any(|dial| {
        let key = kind.rates.iter().find(|key| key.path == dial.path);
        key.is_some_and(|key| {
            // No value: what was given is wrong, which is said elsewhere.
            let default = key.read_default();
            dial.values.is_empty() || dial.values.iter().any(|value| *value != default)
        })
    });
    written || only_in_data(kind) || rated
}

/// Whether a kind has no keys: its rate is a row of the platform file.
fn only_in_data(kind: &FaultKind) -> bool {
    kind.rates.is_empty() && kind.entry.is_empty()
}

fn rate_is_set(kind: &FaultKind, settings: &Settings) -> bool {
    let mut rates = kind.rates.iter();
    rates.any(|key| settings.get(key.path) != Some(&key.read_default()))
}
