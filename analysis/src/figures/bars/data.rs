//! The bars of a panel: their order and names, their parts, and the interval of the whole.

use crate::figures::FigureSpec;
use crate::figures::facets::Facet;
use crate::figures::quantity::Quantity;
use crate::figures::select::{Selection, agrees, value_title};
use crate::stats::Interval;
use crate::stats::bootstrap::Resamples;
use crate::summary::valid_runs;
use models::records::CellRuns;
use models::settings::Setting;

/// The lines of a panel from above to below, the same in all panels of a figure.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub lines: Vec<Line>,
}

/// A line of a panel.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub name: String,
    /// The bar on it; none for the name of a group.
    pub place: Option<Place>,
}

/// Which cell a bar stands for.
#[derive(Clone, Debug)]
pub(super) struct Place {
    x: Setting,
    series: String,
    /// Number of the series, which colours the bar of a single metric.
    pub color: usize,
}

/// One bar, in the metric's unit.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    /// Runs summed up; 0 if there is nothing to draw.
    pub n: usize,
    /// Height of every part, in the order of the metrics.
    pub parts: Vec<f64>,
    pub interval: Interval,
}

impl Bar {
    /// A cell whose valid runs have no value.
    const EMPTY: Bar = Bar {
        n: 0,
        parts: Vec::new(),
        interval: Interval::UNKNOWN,
    };

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
    /// A group per value of x: a line per series below the group's name, or a single line.
    pub(super) fn of(spec: &FigureSpec, selection: &Selection<'_>) -> Layout {
        let mut series: Vec<String> = Vec::new();
        let mut lines = Vec::new();
        for x in selection.values(&spec.x) {
            let places = places(spec, selection, &x, &mut series);
            let group = value_title(&spec.x, &x);
            if let [place] = &places[..] {
                let parts = [place.series.clone(), group];
                let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
                lines.push(Line {
                    name: parts.join(", "),
                    place: Some(place.clone()),
                });
                continue;
            }
            lines.push(Line {
                name: group,
                place: None,
            });
            let line = |place: Place| Line {
                name: place.series.clone(),
                place: Some(place),
            };
            lines.extend(places.into_iter().map(line));
        }
        Layout { lines }
    }
}

/// The series that have a cell at this value of x.
fn places(
    spec: &FigureSpec,
    selection: &Selection<'_>,
    x: &Setting,
    series: &mut Vec<String>,
) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for runs in selection
        .cells
        .iter()
        .filter(|runs| agrees(&runs.cell, &spec.x, x))
    {
        let name = selection.series_name(&runs.cell);
        if places.iter().any(|place| place.series == name) {
            continue;
        }
        let known = series.iter().position(|other| *other == name);
        let color = known.unwrap_or_else(|| {
            series.push(name.clone());
            series.len() - 1
        });
        places.push(Place {
            x: x.clone(),
            series: name,
            color,
        });
    }
    places
}

/// The bar of every line of the layout; none where there is no cell.
pub(super) fn bars(
    spec: &FigureSpec,
    selection: &Selection<'_>,
    facet: &Facet,
    layout: &Layout,
) -> Vec<Option<Bar>> {
    let find = |place: &Place| {
        selection.cells.iter().find(|runs| {
            facet.shows(&runs.cell)
                && agrees(&runs.cell, &spec.x, &place.x)
                && selection.series_name(&runs.cell) == place.series
        })
    };
    let cells = layout
        .lines
        .iter()
        .map(|line| line.place.as_ref().and_then(find));
    cells
        .map(|cell| cell.map(|cell| bar(selection, cell, &facet.quantities)))
        .collect()
}

fn bar(selection: &Selection<'_>, cell: &CellRuns, quantities: &[Quantity]) -> Bar {
    if let [quantity] = quantities {
        return selection
            .row(cell, quantity.metric)
            .map_or(Bar::EMPTY, |row| {
                let (value, interval) = row.statistic(quantity.statistic);
                Bar {
                    n: row.n,
                    parts: vec![value],
                    interval,
                }
            });
    }
    let totals = totals(cell, quantities);
    if totals.is_empty() {
        return Bar::EMPTY;
    }
    let mean = |quantity: &Quantity| selection.row(cell, quantity.metric).map(|row| row.mean);
    let parts = quantities
        .iter()
        .map(|quantity| mean(quantity).unwrap_or(0.0));
    let draws = Resamples::new(totals.len());
    Bar {
        n: totals.len(),
        parts: parts.collect(),
        interval: draws.mean_interval(&totals),
    }
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
