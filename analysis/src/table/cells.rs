//! What one row of the table says about its cell.

use crate::csv_rows::axis_value;
use crate::number;
use crate::summary::SummaryRow;
use models::records::{CellRuns, Measure};

/// Positions of number columns that a narrow table does without.
pub(super) const RUNS: usize = 0;
pub(super) const BODIES: usize = 3;

/// The texts of one row.
#[derive(Debug)]
pub(super) struct Row {
    /// Engine and axis values, never cut.
    pub names: Vec<String>,
    /// Numbers, or the reason why there are none.
    pub numbers: Numbers,
}

#[derive(Clone, Debug)]
pub(super) enum Numbers {
    Columns(Vec<String>),
    Invalid(String),
}

/// The unit of the cost column: one for the section, so that rows compare at a glance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    pub(crate) unit: &'static str,
    pub(crate) usd: f64,
}

impl Costs {
    /// The unit for these cells.
    pub(super) fn of(cells: &[&CellRuns], rows: &[SummaryRow]) -> Costs {
        let costs = cells
            .iter()
            .filter_map(|cell| summary(rows, cell, Measure::CostUsd));
        Costs::for_means(costs.map(|row| row.mean))
    }

    /// Dollars if all costs are above a cent or some above a hundred dollars, else micro-dollars.
    pub(crate) fn for_means(means: impl Iterator<Item = f64>) -> Costs {
        let costs: Vec<f64> = means.filter(|cost| *cost > 0.0).collect();
        let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
        let most = costs.iter().copied().fold(0.0, f64::max);
        match costs.is_empty() || least < 0.01 && most < 100.0 {
            true => Costs {
                unit: "µ$",
                usd: 1e-6,
            },
            false => Costs {
                unit: "$",
                usd: 1.0,
            },
        }
    }
}

impl Row {
    pub(super) fn header(axes: &[&str], costs: Costs) -> Row {
        let mut names = vec!["engine".to_owned()];
        names.extend(axes.iter().map(|key| short_key(key, axes).to_owned()));
        let cost = format!("cost ({})", costs.unit);
        let columns = ["runs", "success", "latency p50", "bodies"].map(str::to_owned);
        let numbers = Numbers::Columns(columns.into_iter().chain([cost]).collect());
        Row { names, numbers }
    }

    pub(super) fn of(cell: &CellRuns, rows: &[SummaryRow], axes: &[&str], costs: Costs) -> Row {
        let mut names = vec![cell.cell.engine.clone()];
        names.extend(axes.iter().map(|key| {
            axis_value(&cell.cell, key).map_or_else(|| "-".to_owned(), ToString::to_string)
        }));
        Row {
            names,
            numbers: numbers(cell, rows, costs),
        }
    }

    /// The row without these number columns.
    pub(super) fn without(&self, hidden: &[usize]) -> Row {
        let numbers = match &self.numbers {
            Numbers::Columns(columns) => {
                let shown = columns.iter().enumerate();
                let shown = shown.filter(|(position, _)| !hidden.contains(position));
                Numbers::Columns(shown.map(|(_, text)| text.clone()).collect())
            }
            invalid @ Numbers::Invalid(_) => invalid.clone(),
        };
        Row {
            names: self.names.clone(),
            numbers,
        }
    }
}

fn numbers(cell: &CellRuns, rows: &[SummaryRow], costs: Costs) -> Numbers {
    let mut reasons = cell.runs.iter().filter_map(|run| run.invalid.as_deref());
    let invalid = reasons.clone().count();
    let total = cell.runs.len();
    if let Some(reason) = reasons.next().filter(|_| invalid == total) {
        return Numbers::Invalid(format!("invalid: {reason}"));
    }
    let runs = match invalid {
        0 => total.to_string(),
        _ => format!("{}/{total}", total - invalid),
    };
    let mean = |measure| summary(rows, cell, measure).map_or(f64::NAN, |row| row.mean);
    let latency = summary(rows, cell, Measure::LatencyS).map_or_else(
        || "-".to_owned(),
        |row| number::duration_within(row.p50, row.p50_interval),
    );
    Numbers::Columns(vec![
        runs,
        number::percent(mean(Measure::Succeeded)),
        latency,
        number::digits3(mean(Measure::Bodies)),
        number::digits3(mean(Measure::CostUsd) / costs.usd),
    ])
}

fn summary<'a>(
    rows: &'a [SummaryRow],
    cell: &CellRuns,
    measure: Measure,
) -> Option<&'a SummaryRow> {
    let (cell, metric) = (cell.cell.index, measure as usize);
    rows.iter()
        .find(|row| row.cell == cell && row.metric == metric)
}

/// The last part of a dotted key when no other axis ends the same.
pub(crate) fn short_key<'a>(key: &'a str, axes: &[&str]) -> &'a str {
    let last = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
    let short = last(key);
    let same = axes
        .iter()
        .filter(|other| other.rsplit('.').next() == Some(short));
    if same.count() > 1 || short.is_empty() {
        key
    } else {
        short
    }
}
