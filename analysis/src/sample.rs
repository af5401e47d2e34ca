//! Made-up cells and runs for tests.

use models::records::{Cell, CellRuns, Failures, Measure, RunRecord, Values};
use models::settings::Setting;
use std::collections::BTreeMap;

/// A cell without runs.
pub(crate) fn cell(index: usize, workflow: &str, engine: &str, axes: &[(&str, f64)]) -> CellRuns {
    let setting = |&(key, value): &(&str, f64)| (key.to_owned(), Setting::Float(value));
    CellRuns {
        cell: Cell {
            index,
            workflow: workflow.to_owned(),
            engine: engine.to_owned(),
            axes: axes.iter().map(setting).collect(),
        },
        runs: Vec::new(),
    }
}

/// A valid run with these values.
pub(crate) fn run(replicate: u64, known: &[(Measure, f64)]) -> RunRecord {
    let mut values = Values::default();
    for &(measure, value) in known {
        values.set(measure, value);
    }
    RunRecord {
        cell: 0,
        replicate,
        outcome: "succeeded".to_owned(),
        invalid: None,
        values,
        failures: Failures::default(),
        fired: BTreeMap::new(),
    }
}
