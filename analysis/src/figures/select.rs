//! Which cells a figure shows, and how they fall into facets, series and places on x.
//!
//! A key is an axis key, `workflow` or `engine`. An axis that does not apply to a cell never
//! excludes it: such a cell belongs to every value of that axis.

use super::{FigureError, FigureSpec};
use crate::csv_rows::{axis_keys, axis_value, open_axis_keys};
use crate::figures::quantity::key_title;
use crate::summary::SummaryRow;
use models::records::{Cell, CellRuns};
use models::settings::Setting;

/// The cells of a figure and what tells them apart.
pub(super) struct Selection<'a> {
    pub cells: Vec<&'a CellRuns>,
    /// Keys other than x and facet that vary, `engine` first.
    pub series_keys: Vec<&'a str>,
    rows: &'a [SummaryRow],
    /// Keys that are told elsewhere in the figure than by the series' name.
    told: Vec<&'a str>,
}

impl<'a> Selection<'a> {
    /// Applies `fixed` and finds the series keys; `engine` is one even if there is one engine.
    pub(super) fn of(
        spec: &'a FigureSpec,
        cells: &'a [CellRuns],
        rows: &'a [SummaryRow],
    ) -> Result<Selection<'a>, FigureError> {
        check_keys(spec, cells)?;
        let wanted = |cell: &&CellRuns| {
            let fits = |(key, value): &(String, Setting)| agrees(&cell.cell, key, value);
            spec.fixed.iter().all(fits)
        };
        let cells: Vec<&CellRuns> = cells.iter().filter(wanted).collect();
        if cells.is_empty() {
            return Err(FigureError::NoCells);
        }
        let told = [Some(&spec.x), spec.facet.as_ref(), spec.band.as_ref()];
        let told: Vec<&str> = told.into_iter().flatten().map(String::as_str).collect();
        let used = |key: &&str| !told.contains(key);
        let mut series_keys: Vec<&str> = vec!["engine", "workflow"];
        series_keys.extend(open_axis_keys(cells.iter().map(|cell| &cell.cell)));
        series_keys.retain(|key| used(key) && (*key == "engine" || varies(&cells, key)));
        Ok(Selection {
            cells,
            series_keys,
            rows,
            told,
        })
    }

    /// The different values of a key, in the order of cells.
    pub(super) fn values(&self, key: &str) -> Vec<Setting> {
        let mut values = Vec::new();
        for value in self.cells.iter().filter_map(|cell| value(&cell.cell, key)) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// The summary of a metric in a cell, if the cell has values of it.
    pub(super) fn row(&self, cell: &CellRuns, metric: usize) -> Option<&'a SummaryRow> {
        let of_cell = |row: &&SummaryRow| row.cell == cell.cell.index && row.metric == metric;
        self.rows.iter().find(of_cell).filter(|row| row.n > 0)
    }

    /// The name of the series a cell belongs to: `durable, chunks = 4`.
    pub(super) fn series_name(&self, cell: &Cell) -> String {
        let part = |key: &&str| match *key {
            "engine" => Some(variant(cell, &self.told)),
            key => Some(value_title(key, &value(cell, key)?)),
        };
        let parts: Vec<String> = self.series_keys.iter().filter_map(part).collect();
        parts.join(", ")
    }
}

/// The engine's name with the values of its own axes, but for those that are told elsewhere.
fn variant(cell: &Cell, told: &[&str]) -> String {
    let name = cell.engine.split(' ').next().unwrap_or_default();
    let own = |(key, _): &&(String, Setting)| key.split('.').next() == Some(name);
    let own: Vec<&(String, Setting)> = cell.axes.iter().filter(own).collect();
    if !own.iter().any(|(key, _)| told.contains(&key.as_str())) {
        return cell.engine.clone();
    }
    let rest = own.iter().filter(|(key, _)| !told.contains(&key.as_str()));
    rest.fold(name.to_owned(), |label, (_, value)| {
        format!("{label} {value}")
    })
}

/// The value of a key in a cell, if it applies there.
pub(super) fn value(cell: &Cell, key: &str) -> Option<Setting> {
    match key {
        "workflow" => Some(Setting::Text(cell.workflow.clone())),
        "engine" => Some(Setting::Text(cell.engine.clone())),
        _ => axis_value(cell, key).cloned(),
    }
}

/// Whether a cell has this value or the key does not apply to it.
pub(super) fn agrees(cell: &Cell, key: &str, wanted: &Setting) -> bool {
    value(cell, key).is_none_or(|found| {
        found == *wanted || number(&found).is_some_and(|n| number(wanted) == Some(n))
    })
}

/// A setting as a number.
pub(super) fn number(setting: &Setting) -> Option<f64> {
    match setting {
        Setting::Int(v) => Some(*v as f64),
        Setting::Float(v) => Some(*v),
        Setting::Bool(_) | Setting::Text(_) => None,
    }
}

/// `durable` for an engine or workflow, `fail rate = 0.1` for an axis.
pub(super) fn value_title(key: &str, value: &Setting) -> String {
    match key {
        "workflow" | "engine" => value.to_string(),
        _ => format!("{} = {value}", key_title(key)),
    }
}

fn varies(cells: &[&CellRuns], key: &str) -> bool {
    let mut values = cells.iter().filter_map(|cell| value(&cell.cell, key));
    let first = values.next();
    values.any(|value| Some(value) != first)
}

fn check_keys(spec: &FigureSpec, cells: &[CellRuns]) -> Result<(), FigureError> {
    let axes = axis_keys(cells.iter().map(|cell| &cell.cell));
    let used = [Some(&spec.x), spec.facet.as_ref(), spec.band.as_ref()];
    let used = used.into_iter().flatten();
    let used = used.chain(spec.fixed.iter().map(|(key, _)| key));
    for key in used {
        let known = ["workflow", "engine", "metric"].contains(&key.as_str());
        if !known && !axes.contains(&key.as_str()) {
            return Err(FigureError::UnknownAxis(key.clone()));
        }
    }
    Ok(())
}
