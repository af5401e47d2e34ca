//! The glue to `analysis`: what is made of a finished grid.
//!
//! Everything the command knows of statistics, tables and figures is here.

use crate::scenario::{Figure, Scenario};
use models::records::{Cell, CellRuns, Measure};
use std::fmt::Write;
use std::path::Path;

/// Kinds of figures: the name in a scenario and what is drawn.
pub fn figure_kinds() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "lines",
            "Metrics along a numeric axis, one line with its interval for each engine.",
        ),
        (
            "bars",
            "Bars with intervals for engines or values of an axis, several metrics stacked.",
        ),
    ]
}

/// What is shown and written after a run.
#[derive(Debug, Default)]
pub struct Report {
    /// A short table for people.
    pub table: String,
    /// Warnings, one a line.
    pub warnings: Vec<String>,
}

/// Writes what is made of the records into the folder.
///
/// # Errors
/// A message for people: a file that cannot be written, a figure that cannot be drawn.
pub fn write(folder: &Path, scenario: &Scenario, cells: &[CellRuns]) -> Result<Report, String> {
    let _ = folder;
    let empty = scenario
        .figures
        .iter()
        .filter(|figure| !has_cells(figure, cells));
    Ok(Report {
        table: table(cells),
        warnings: empty
            .map(|figure| format!("figure `{}` is not drawn: no cell is of it", figure.name))
            .collect(),
    })
}

/// Whether some cell has the values that a figure asks for; an override can take them all away.
fn has_cells(figure: &Figure, cells: &[CellRuns]) -> bool {
    let value = |cell: &Cell, path: &str| match path {
        "workflow" => Some(cell.workflow.clone()),
        "engine" => Some(cell.engine.clone()),
        _ => {
            let axis = cell.axes.iter().find(|(axis, _)| axis == path);
            axis.map(|(_, value)| value.to_string())
        }
    };
    cells.iter().any(|cell| {
        let mut fixed = figure.fixed.iter();
        fixed.all(|(path, wanted)| {
            // A cell without the axis belongs to each of its values.
            value(&cell.cell, path).is_none_or(|value| value == wanted.to_string())
        })
    })
}

/// Columns of the table: heading and measure.
const COLUMNS: &[(&str, Measure)] = &[
    ("success_rate", Measure::Succeeded),
    ("latency_s", Measure::LatencyS),
    ("cost_usd", Measure::CostUsd),
];

/// One line per cell: means over the valid runs.
fn table(cells: &[CellRuns]) -> String {
    let mut rows = vec![heading()];
    rows.extend(cells.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..rows[0].len()).filter_map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (field, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{field:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn heading() -> Vec<String> {
    let names = ["workflow", "engine", "axes", "runs", "invalid"].into_iter();
    let columns = COLUMNS.iter().map(|(name, _)| *name);
    names.chain(columns).map(str::to_owned).collect()
}

fn row(cell: &CellRuns) -> Vec<String> {
    let axes = cell.cell.axes.iter();
    let axes: Vec<String> = axes
        .map(|(path, value)| format!("{path}={value}"))
        .collect();
    let invalid = cell.runs.iter().filter(|run| run.invalid.is_some()).count();
    let mut row = vec![
        cell.cell.workflow.clone(),
        cell.cell.engine.clone(),
        axes.join(" "),
        cell.runs.len().to_string(),
        invalid.to_string(),
    ];
    row.extend(COLUMNS.iter().map(|(_, measure)| mean(cell, *measure)));
    row
}

fn mean(cell: &CellRuns, measure: Measure) -> String {
    let valid = cell.runs.iter().filter(|run| run.invalid.is_none());
    let values = valid.map(|run| run.values.get(measure));
    let values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    match values.len() {
        0 => "-".to_owned(),
        count => format!("{:.6}", values.iter().sum::<f64>() / count as f64),
    }
}
