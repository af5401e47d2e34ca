//! The bars of a panel: which there are, their parts and the interval of the whole.

use crate::figures::FigureSpec;
use crate::figures::facets::Facet;
use crate::figures::quantity::Quantity;
use crate::figures::select::{Selection, agrees, value_title};
use crate::stats::Interval;
use crate::stats::bootstrap::{Resamples, seed_of_cell};
use crate::summary::valid_runs;
use models::records::CellRuns;
use models::settings::Setting;

/// The places for bars, the same in all panels of a figure.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The values of x, with their names.
    pub groups: Vec<(Setting, String)>,
    /// Names of the bars of a group; one empty name if a group is a single bar.
    pub bars: Vec<String>,
}

/// One bar, in the metric's unit.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    /// Runs summed up.
    pub n: usize,
    /// Height of every part, in the order of the metrics.
    pub parts: Vec<f64>,
    pub interval: Interval,
}

impl Bar {
    pub(super) fn total(&self) -> f64 {
        self.parts.iter().sum()
    }

    /// The values that an axis has to show.
    pub(super) fn reach(&self) -> impl Iterator<Item = f64> + use<> {
        let ends = [self.total(), self.interval.low, self.interval.high];
        ends.into_iter().filter(|value| value.is_finite())
    }
}

impl Layout {
    pub(super) fn of(spec: &FigureSpec, selection: &Selection<'_>) -> Layout {
        let mut bars: Vec<String> = Vec::new();
        for cell in &selection.cells {
            let name = selection.series_name(&cell.cell);
            if !bars.contains(&name) {
                bars.push(name);
            }
        }
        let named = |value: Setting| (value_title(&spec.x, &value), value);
        let groups = selection.values(&spec.x).into_iter().map(named);
        let groups: Vec<(Setting, String)> = groups.map(|(name, value)| (value, name)).collect();
        if spec.x != "engine" && bars.len() == 1 && groups.len() > 1 {
            // A single engine: its name is not lost, it stands with the value of x.
            let engine = std::mem::take(&mut bars[0]);
            let both = |(value, name): (Setting, String)| (value, format!("{engine}, {name}"));
            return Layout {
                groups: groups.into_iter().map(both).collect(),
                bars,
            };
        }
        Layout { groups, bars }
    }

    /// Number of places for bars.
    pub(super) fn len(&self) -> usize {
        self.groups.len() * self.bars.len()
    }
}

/// The bar of every place of the layout, group by group; none where there is no cell or value.
pub(super) fn bars(
    spec: &FigureSpec,
    selection: &Selection<'_>,
    facet: &Facet,
    layout: &Layout,
) -> Vec<Option<Bar>> {
    let mut found = Vec::with_capacity(layout.len());
    let alone = layout.bars.len() == 1;
    for (value, _) in &layout.groups {
        for name in &layout.bars {
            let cell = selection.cells.iter().find(|runs| {
                let named = alone || selection.series_name(&runs.cell) == *name;
                named && facet.shows(&runs.cell) && agrees(&runs.cell, &spec.x, value)
            });
            found.push(cell.and_then(|cell| bar(selection, cell, &facet.quantities)));
        }
    }
    found
}

fn bar(selection: &Selection<'_>, cell: &CellRuns, quantities: &[Quantity]) -> Option<Bar> {
    if let [quantity] = quantities {
        let row = selection.row(cell, quantity.metric)?;
        let (value, interval) = row.statistic(quantity.statistic);
        return Some(Bar {
            n: row.n,
            parts: vec![value],
            interval,
        });
    }
    let mean = |quantity: &Quantity| selection.row(cell, quantity.metric).map(|row| row.mean);
    let parts = quantities
        .iter()
        .map(|quantity| mean(quantity).unwrap_or(0.0))
        .collect();
    let totals = totals(cell, quantities);
    let draws = Resamples::new(totals.len(), seed_of_cell(cell.cell.index));
    (!totals.is_empty()).then(|| Bar {
        n: totals.len(),
        parts,
        interval: draws.mean_interval(&totals),
    })
}

/// The sum of the parts in every valid run that has one of them.
fn totals(cell: &CellRuns, quantities: &[Quantity]) -> Vec<f64> {
    let total = |run: &models::records::RunRecord| {
        let parts = quantities
            .iter()
            .map(|quantity| run.values.at(quantity.metric));
        let parts: Vec<f64> = parts.filter(|part| part.is_finite()).collect();
        (!parts.is_empty()).then(|| parts.iter().sum())
    };
    valid_runs(cell).filter_map(total).collect()
}
