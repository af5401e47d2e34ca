//! Rows of `runs.csv`: written from records and read back to the same records.

use super::{ResultsError, csv};
use crate::plan::Plan;
use models::records::{CellRuns, METRICS, RunRecord, Values};
use models::registry::FAULTS;
use std::collections::BTreeMap;
use std::path::Path;

/// Columns before the axes: cell, workflow, engine.
const BEFORE_AXES: usize = 3;

/// Columns between the axes and the metrics.
const OF_RUN: [&str; 4] = ["replicate", "outcome", "failures", "invalid"];

/// The header line.
pub fn header(plan: &Plan<'_>) -> String {
    let mut line = String::new();
    for name in ["cell", "workflow", "engine"] {
        csv::push(&mut line, name);
    }
    for path in &plan.axes {
        csv::push(&mut line, path);
    }
    for name in OF_RUN {
        csv::push(&mut line, name);
    }
    for metric in METRICS {
        csv::push(&mut line, metric.name);
    }
    for kind in FAULTS {
        csv::push(&mut line, &format!("fired_{}", kind.name));
    }
    line.push('\n');
    line
}

/// Appends the line of one run.
pub fn write(plan: &Plan<'_>, record: &RunRecord, text: &mut String) {
    let cell = &plan.cells[record.cell];
    let mut line = cell.index.to_string();
    csv::push(&mut line, &cell.workflow);
    csv::push(&mut line, &cell.engine);
    for path in &plan.axes {
        let value = cell.axes.iter().find(|(axis, _)| axis == path);
        csv::push(
            &mut line,
            &value.map_or_else(String::new, |(_, v)| v.to_string()),
        );
    }
    csv::push(&mut line, &record.replicate.to_string());
    csv::push(&mut line, &record.outcome);
    csv::push(&mut line, &record.failures.to_string());
    csv::push(&mut line, record.invalid.as_deref().unwrap_or_default());
    for index in 0..METRICS.len() {
        csv::push(&mut line, &number(record.values.at(index)));
    }
    for kind in FAULTS {
        let count = record.fired.get(kind.name).copied().unwrap_or_default();
        csv::push(&mut line, &count.to_string());
    }
    text.push_str(&line);
    text.push('\n');
}

/// The shortest digits that read back to the same number; empty for no value.
fn number(value: f64) -> String {
    match value.is_nan() {
        true => String::new(),
        false => value.to_string(),
    }
}

/// Reads the records of a grid or of a part of it, in its order.
pub fn read(plan: &Plan<'_>, path: &Path) -> Result<Vec<CellRuns>, ResultsError> {
    let text = std::fs::read_to_string(path).map_err(ResultsError::file(path))?;
    let mut cells: Vec<CellRuns> = Vec::with_capacity(plan.cells.len());
    for (at, line) in text.lines().skip(1).enumerate() {
        let record = record(plan, at, line).map_err(|why| ResultsError::Damaged {
            path: path.to_owned(),
            line: at + 2,
            why,
        })?;
        if cells
            .last()
            .is_none_or(|last| last.cell.index != record.cell)
        {
            cells.push(CellRuns {
                cell: plan.cells[record.cell].clone(),
                runs: Vec::with_capacity(plan.replicates as usize),
            });
        }
        if let Some(cell) = cells.last_mut() {
            cell.runs.push(record);
        }
    }
    Ok(cells)
}

/// Whether the fields of a line are those of a run.
pub fn is_of(plan: &Plan<'_>, fields: &[String], cell: usize, replicate: u64) -> bool {
    let field = |at: usize| fields.get(at).map(String::as_str);
    field(0) == Some(&cell.to_string())
        && field(BEFORE_AXES + plan.axes.len()) == Some(&replicate.to_string())
}

/// Reads the line of the run with this number.
fn record(plan: &Plan<'_>, run: usize, line: &str) -> Result<RunRecord, String> {
    let fields = csv::split(line);
    let after_axes = BEFORE_AXES + plan.axes.len();
    let metrics = after_axes + OF_RUN.len();
    let fired = metrics + METRICS.len();
    if fields.len() != fired + FAULTS.len() {
        return Err(format!("a row of {} fields", fields.len()));
    }
    let (cell, replicate) = plan.place(run);
    if !is_of(plan, &fields, cell, replicate) {
        return Err(format!("expected run {replicate} of cell {cell}"));
    }
    let mut values = Values::default();
    for (index, field) in fields[metrics..fired].iter().enumerate() {
        if !field.is_empty() {
            values.set_at(index, parse(field)?);
        }
    }
    let mut counts = BTreeMap::new();
    for (kind, field) in FAULTS.iter().zip(&fields[fired..]) {
        counts.insert(kind.name, parse(field)?);
    }
    let [outcome, failures, invalid] = [1, 2, 3].map(|place| &fields[after_axes + place]);
    Ok(RunRecord {
        cell,
        replicate,
        outcome: outcome.clone(),
        invalid: (!invalid.is_empty()).then(|| invalid.clone()),
        values,
        failures: failures.parse()?,
        fired: counts,
    })
}

fn parse<T: std::str::FromStr>(field: &str) -> Result<T, String> {
    field
        .parse()
        .map_err(|_| format!("`{field}` is not a number"))
}
