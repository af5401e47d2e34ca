//! How panels are arranged: which metrics and cells each shows, and in how many columns.

use super::FigureSpec;
use super::quantity::Quantity;
use super::select::{Selection, agrees, value_title};
use models::records::Cell;
use models::settings::Setting;

/// One panel to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Facet {
    pub title: String,
    pub quantities: Vec<Quantity>,
    /// Only cells with this value of this key.
    only: Option<(String, Setting)>,
}

impl Facet {
    pub(super) fn shows(&self, cell: &Cell) -> bool {
        let fits = |(key, value): &(String, Setting)| agrees(cell, key, value);
        self.only.as_ref().is_none_or(fits)
    }
}

/// The panels of a figure, row by row.
#[derive(Clone, Debug)]
pub(super) struct Facets {
    pub panels: Vec<Facet>,
    pub columns: usize,
    /// Panels of one metric have the same range, so that they compare at a glance. Workflows
    /// differ by orders of magnitude and have ranges of their own.
    pub share_range: bool,
}

/// One panel per metric and facet value; with several of both, metrics below one another.
pub(super) fn panel_per_metric(
    spec: &FigureSpec,
    selection: &Selection<'_>,
    quantities: &[Quantity],
) -> Facets {
    let values = facet_values(spec, selection);
    let mut panels = Vec::new();
    for (row, quantity) in quantities.iter().enumerate() {
        for only in &values {
            let title = if row == 0 { title(only) } else { String::new() };
            panels.push(Facet {
                title,
                quantities: vec![*quantity],
                only: only.clone(),
            });
        }
    }
    let is_grid = values.len() > 1 && quantities.len() > 1;
    let columns = if is_grid {
        values.len()
    } else {
        wrapped(panels.len())
    };
    Facets {
        panels,
        columns,
        share_range: shares_range(spec),
    }
}

/// One panel per facet value with all metrics in each; a panel per metric for facet `metric`.
pub(super) fn panel_per_stack(
    spec: &FigureSpec,
    selection: &Selection<'_>,
    quantities: &[Quantity],
) -> Facets {
    if spec.facet.as_deref() == Some("metric") {
        return panel_per_metric(spec, selection, quantities);
    }
    let panel = |only: Option<(String, Setting)>| Facet {
        title: title(&only),
        quantities: quantities.to_vec(),
        only,
    };
    let panels: Vec<Facet> = facet_values(spec, selection)
        .into_iter()
        .map(panel)
        .collect();
    let columns = wrapped(panels.len());
    Facets {
        panels,
        columns,
        share_range: shares_range(spec),
    }
}

fn facet_values(spec: &FigureSpec, selection: &Selection<'_>) -> Vec<Option<(String, Setting)>> {
    match spec.facet.as_deref() {
        None | Some("metric") => vec![None],
        Some(key) => {
            let values = selection.values(key).into_iter();
            values.map(|value| Some((key.to_owned(), value))).collect()
        }
    }
}

fn title(only: &Option<(String, Setting)>) -> String {
    only.as_ref()
        .map_or_else(String::new, |(key, value)| value_title(key, value))
}

fn shares_range(spec: &FigureSpec) -> bool {
    !matches!(spec.facet.as_deref(), Some("workflow" | "metric"))
}

/// Up to three panels side by side; four are two by two.
fn wrapped(panels: usize) -> usize {
    match panels {
        4 => 2,
        many => many.clamp(1, 3),
    }
}
