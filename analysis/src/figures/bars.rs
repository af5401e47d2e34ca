//! Kind `bars`: one bar per engine or axis value, with several metrics stacked in it.
//!
//! Bars lie on their side, so that names of any length are read without turning the head. Bars
//! of one x value form a group. The whisker is the 95 % interval of the whole bar: of the run
//! totals when metrics are stacked, not of the parts.

mod data;
mod plot;

use super::axis::Axis;
use super::facets::panel_per_stack;
use super::page::{Count, Page, Plot, Sample, replicates};
use super::quantity::{Quantity, ScaledUnit, axis_title};
use super::select::Selection;
use super::{FigureError, FigureSpec, Scale};
use crate::summary::{Statistic, SummaryRow};
use data::{Bar, Layout};
use models::records::{CellRuns, METRICS, Summary};

/// Draws the figure.
pub(super) fn draw(
    spec: &FigureSpec,
    cells: &[CellRuns],
    rows: &[SummaryRow],
) -> Result<String, FigureError> {
    let quantities = quantities(spec)?;
    let selection = Selection::of(spec, cells, rows)?;
    let layout = Layout::of(spec, &selection);
    let facets = panel_per_stack(spec, &selection, &quantities);
    let panels = facets.panels.iter();
    let bars: Vec<Vec<Option<Bar>>> = panels
        .map(|facet| data::bars(spec, &selection, facet, &layout))
        .collect();
    let counts = facets.panels.iter().zip(&bars).flat_map(|(facet, bars)| {
        let count = |bar: &Bar| Count::of(bar.n, bar.interval, facet.quantities[0]);
        bars.iter().flatten().map(count)
    });
    let counts: Vec<Count> = counts.collect();
    if counts.iter().all(|count| count.n == 0) {
        return Err(FigureError::NoValues);
    }
    let mut plots: Vec<Box<dyn Plot>> = Vec::new();
    for (index, facet) in facets.panels.iter().enumerate() {
        let shown = if facets.share_range {
            &bars[..]
        } else {
            &bars[index..=index]
        };
        let highest = shown.iter().flatten().flatten().flat_map(Bar::reach);
        let (unit, axis) = axis(spec, &facet.quantities, &highest.collect::<Vec<_>>());
        plots.push(Box::new(plot::Panel {
            title: facet.title.clone(),
            axis_title: axis_title(
                &stack_words(&facet.quantities),
                facet.quantities[0],
                &unit.label,
            ),
            axis,
            unit: unit.size,
            layout: layout.clone(),
            bars: bars[index].clone(),
            shows_names: index % facets.columns == 0,
        }));
    }
    Ok(page(
        spec,
        legend(&facets.panels[0].quantities),
        plots,
        facets.columns,
        &counts,
    )
    .svg())
}

fn page(
    spec: &FigureSpec,
    legend: Vec<(Sample, String)>,
    plots: Vec<Box<dyn Plot>>,
    columns: usize,
    counts: &[Count],
) -> Page {
    Page {
        title: spec.title.clone(),
        caption: spec.caption.clone(),
        note: replicates(counts, "bar", "whiskers: 95 % interval"),
        legend,
        columns,
        plots,
        least_width: 170.0,
    }
}

/// The metrics, checked: what is stacked must be means of one unit on a linear scale.
fn quantities(spec: &FigureSpec) -> Result<Vec<Quantity>, FigureError> {
    let mut quantities: Vec<Quantity> = Vec::new();
    let is_stack = spec.metrics.len() > 1 && spec.facet.as_deref() != Some("metric");
    for name in &spec.metrics {
        let quantity = Quantity::read(name)?;
        let first = *quantities.first().unwrap_or(&quantity);
        let is_mean = quantity.statistic == Statistic::Mean;
        if is_stack && (quantity.unit() != first.unit() || !is_mean) {
            return Err(FigureError::MixedParts(name.clone()));
        }
        quantities.push(quantity);
    }
    match (is_stack, spec.y_scale) {
        (true, Scale::Log) => Err(FigureError::StackedLog),
        _ => Ok(quantities),
    }
}

fn axis(spec: &FigureSpec, quantities: &[Quantity], values: &[f64]) -> (ScaledUnit, Axis) {
    let most = values.iter().copied().fold(0.0, f64::max);
    let positive = values.iter().copied().filter(|value| *value > 0.0);
    let least = match spec.y_scale {
        Scale::Linear => most,
        Scale::Log => positive.fold(most, f64::min),
    };
    let unit = ScaledUnit::of(quantities[0].unit(), least, most);
    let scaled: Vec<f64> = values.iter().map(|value| value / unit.size).collect();
    let is_rate = matches!(METRICS[quantities[0].metric].summary, Summary::Rate);
    let axis = match spec.y_scale {
        Scale::Log => Axis::over(&scaled, Scale::Log, 5),
        Scale::Linear if is_rate => Axis::from_zero(1.0, 5),
        Scale::Linear => Axis::from_zero(most / unit.size, 5),
    };
    (unit, axis)
}

/// One metric's words, or the words that the names of all parts begin with.
fn stack_words(quantities: &[Quantity]) -> String {
    let words: Vec<String> = quantities.iter().map(|quantity| quantity.words()).collect();
    let common = common_start(&words);
    match common.trim() {
        "" => words.join(" + "),
        common => common.to_owned(),
    }
}

/// The names of the parts without the words they all begin with; nothing for a single metric.
fn legend(quantities: &[Quantity]) -> Vec<(Sample, String)> {
    if quantities.len() < 2 {
        return Vec::new();
    }
    let words: Vec<String> = quantities.iter().map(|quantity| quantity.words()).collect();
    let common = common_start(&words).len();
    let entry = |(part, words): (usize, &String)| {
        let rest = words[common..].trim();
        (
            Sample::Part(part),
            if rest.is_empty() {
                words.clone()
            } else {
                rest.to_owned()
            },
        )
    };
    words.iter().enumerate().map(entry).collect()
}

/// The whole words that all of these begin with.
fn common_start(words: &[String]) -> String {
    let mut common = String::new();
    for word in words.first().map_or("", String::as_str).split(' ') {
        let longer = if common.is_empty() {
            word.to_owned()
        } else {
            format!("{common} {word}")
        };
        let starts = |text: &String| *text == longer || text.starts_with(&format!("{longer} "));
        if !words.iter().all(starts) {
            break;
        }
        common = longer;
    }
    common
}
