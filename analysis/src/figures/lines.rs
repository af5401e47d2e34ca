//! Kind `lines`: metrics along a numeric axis.
//!
//! One line per engine and per combination of the remaining varying axes. The shaded band is
//! the 95 % interval of every point, where both its ends are known; a point without neighbours has a
//! whisker instead. Points
//! without valid runs break the line; the caption names lines that hide each other. With `band` the line is that of the band's middle value, and the
//! shaded band reaches from the least to the largest mean over its values. A cell to which the x axis does not apply is a level
//! line across the panel.

mod coincide;
mod panel;

use super::axis::{Axis, extremes_or};
use super::facets::{Facet, Facets, panel_per_metric};
use super::page::{Count, Page, Plot, Sample, replicates};
use super::quantity::{Quantity, ScaledUnit, axis_title, key_title};
use super::select::{Selection, number, value};
use super::style::Look;
use super::{FigureError, FigureSpec, Scale};
use crate::stats::Interval;
use crate::summary::SummaryRow;
use models::records::{Cell, CellRuns, METRICS, Summary};
use panel::{Line, Panel, Point};

/// Draws the figure.
pub(super) fn draw(
    spec: &FigureSpec,
    cells: &[CellRuns],
    rows: &[SummaryRow],
) -> Result<String, FigureError> {
    let quantities: Result<Vec<Quantity>, _> = spec
        .metrics
        .iter()
        .map(|name| Quantity::read(name))
        .collect();
    let selection = Selection::of(spec, cells, rows)?;
    let places = x_places(spec, &selection)?;
    let series = series(&selection);
    let facets = panel_per_metric(spec, &selection, &quantities?);
    let mut counts = Vec::new();
    let mut panels = Vec::new();
    for facet in &facets.panels {
        let lines = lines(spec, &selection, facet, &series, &places, &mut counts);
        panels.push(lines);
    }
    if counts.iter().all(|count| count.n == 0) {
        return Err(FigureError::NoValues);
    }
    let heights = heights(spec, &facets, &panels);
    let hidden = match places.len() {
        1 => String::new(),
        _ => coincide::note(&facets, &panels, &heights, &series),
    };
    let x = match places[..] {
        [only] => Axis::single(only),
        _ => Axis::over(&places, spec.x_scale, 6),
    };
    let mut page = page(
        spec,
        &selection,
        series,
        plots(spec, &facets, panels, heights, &x),
        facets.columns,
        places.len(),
        &counts,
    );
    page.note += &hidden;
    Ok(page.svg())
}

fn page(
    spec: &FigureSpec,
    selection: &Selection<'_>,
    series: Vec<(String, Look)>,
    plots: Vec<Box<dyn Plot>>,
    columns: usize,
    places: usize,
    counts: &[Count],
) -> Page {
    let ends = || {
        let mut values: Vec<f64> = selection
            .values(spec.band.as_ref()?)
            .iter()
            .filter_map(number)
            .collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values.first()?, values.last()?);
        let (name, middle) = (key_title(spec.band.as_ref()?), values[values.len() / 2]);
        Some(format!(
            "line: {name} = {middle}; band: {name} = {low} to {high}"
        ))
    };
    let bands = ends().unwrap_or_else(|| match places > 1 {
        true => "bands: 95 % interval".to_owned(),
        false => "whiskers: 95 % interval".to_owned(),
    });
    let entry = |(name, look): (String, Look)| (Sample::Line(look), name);
    Page {
        title: spec.title.clone(),
        caption: spec.caption.clone(),
        note: replicates(counts, "point", &bands),
        legend: series
            .into_iter()
            .filter(|(name, _)| !name.is_empty())
            .map(entry)
            .collect(),
        columns,
        plots,
        least_width: 150.0,
    }
}

/// Every number that x takes, ascending.
fn x_places(spec: &FigureSpec, selection: &Selection<'_>) -> Result<Vec<f64>, FigureError> {
    let places: Option<Vec<f64>> = selection.values(&spec.x).iter().map(number).collect();
    let mut places = places
        .filter(|places| !places.is_empty())
        .ok_or_else(|| FigureError::NotNumeric(spec.x.clone()))?;
    places.sort_by(f64::total_cmp);
    places.dedup();
    Ok(places)
}

/// The names of all series with their looks: colour and marker tell engines apart, dashes tell
/// the variants of an engine apart, or repeat the engine if there are no variants.
fn series(selection: &Selection<'_>) -> Vec<(String, Look)> {
    let (mut engines, mut variants) = (Vec::new(), Vec::new());
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    for cell in selection.cells.iter().map(|runs| &runs.cell) {
        let name = selection.series_name(cell);
        let engine = position(&mut engines, cell.engine.clone());
        let variant = position(&mut variants, name.replacen(&cell.engine, "", 1));
        if !found.iter().any(|(known, ..)| *known == name) {
            found.push((name, engine, variant));
        }
    }
    let look = |engine: usize, variant: usize| Look {
        color: if engines.len() > 1 { engine } else { variant },
        marker: if engines.len() > 1 { engine } else { variant },
        dash: if variants.len() > 1 { variant } else { engine },
    };
    let styled = found
        .into_iter()
        .map(|(name, engine, variant)| (name, look(engine, variant)));
    styled.collect()
}

/// The index of a name in a list, at the end if it is new.
fn position(known: &mut Vec<String>, name: String) -> usize {
    known
        .iter()
        .position(|other| *other == name)
        .unwrap_or_else(|| {
            known.push(name);
            known.len() - 1
        })
}

fn lines(
    spec: &FigureSpec,
    selection: &Selection<'_>,
    facet: &Facet,
    series: &[(String, Look)],
    places: &[f64],
    counts: &mut Vec<Count>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for (nth, (name, look)) in series.iter().enumerate() {
        // With the number of the band's key, if there is one.
        let mut points: Vec<(f64, Point)> = Vec::new();
        for runs in selection
            .cells
            .iter()
            .filter(|runs| facet.shows(&runs.cell))
        {
            if selection.series_name(&runs.cell) != *name {
                continue;
            }
            let quantity = facet.quantities[0];
            let row = selection.row(runs, quantity.metric);
            let missing = (f64::NAN, Interval::UNKNOWN);
            let (y, interval) = row.map_or(missing, |row| row.statistic(quantity.statistic));
            let n = row.map_or(0, |row| row.n);
            counts.push(match spec.band {
                // The band is of another kind.
                Some(_) => Count {
                    n,
                    has_interval: true,
                    is_narrow: false,
                },
                None => Count::of(n, interval, quantity),
            });
            let at = x_of(&runs.cell, &spec.x, places);
            let band = spec.band.as_ref();
            let band = band.and_then(|key| number(&value(&runs.cell, key)?));
            let place = band.unwrap_or(0.0);
            points.extend(at.into_iter().map(|x| (place, Point { x, y, interval })));
        }
        points.sort_by(|(a, p), (b, q)| p.x.total_cmp(&q.x).then(a.total_cmp(b)));
        let mut points: Vec<Point> = points.into_iter().map(|(_, point)| point).collect();
        if spec.band.is_some() {
            points = points.chunk_by(|a, b| a.x == b.x).map(across).collect();
        }
        lines.push(Line {
            look: *look,
            points,
            shift: shift(nth, series.len(), places.len()),
        });
    }
    lines
}

/// The point of the middle one of a band's values, with the extremes of all as its interval.
fn across(points: &[Point]) -> Point {
    let (low, high) = extremes_or(points.iter().map(|point| point.y), (f64::NAN, f64::NAN));
    Point {
        interval: Interval { low, high },
        ..points[points.len() / 2]
    }
}

/// Lines with a single x stand side by side.
fn shift(nth: usize, lines: usize, places: usize) -> f64 {
    match places {
        1 => 0.9 * ((nth as f64 + 0.5) / lines as f64 - 0.5),
        _ => 0.0,
    }
}

/// Where a cell lies on x: everywhere, if the axis does not apply to it.
fn x_of(cell: &Cell, key: &str, places: &[f64]) -> Vec<f64> {
    match value(cell, key).as_ref().and_then(number) {
        Some(x) => vec![x],
        None => places.to_vec(),
    }
}

/// The y axis of every panel with its unit; panels of one metric may share a range.
fn heights(spec: &FigureSpec, facets: &Facets, lines: &[Vec<Line>]) -> Vec<(ScaledUnit, Axis)> {
    let ranges: Vec<Vec<f64>> = lines.iter().map(|lines| panel::values(lines)).collect();
    let of = |(index, facet): (usize, &Facet)| {
        let quantity = facet.quantities[0];
        let same = |other: &Facet| facets.share_range && other.quantities[0] == quantity;
        let shared = facets.panels.iter().zip(&ranges).enumerate();
        let shared = shared.filter(|(i, (other, _))| *i == index || same(other));
        let range: Vec<f64> = shared.flat_map(|(_, (_, range))| range.clone()).collect();
        y_axis(spec, quantity, &range)
    };
    facets.panels.iter().enumerate().map(of).collect()
}

fn plots(
    spec: &FigureSpec,
    facets: &Facets,
    lines: Vec<Vec<Line>>,
    heights: Vec<(ScaledUnit, Axis)>,
    x: &Axis,
) -> Vec<Box<dyn Plot>> {
    let mut plots: Vec<Box<dyn Plot>> = Vec::new();
    let mut before = String::new();
    let panels = facets.panels.iter().zip(lines).zip(heights);
    for (index, ((facet, lines), (unit, y))) in panels.enumerate() {
        let quantity = facet.quantities[0];
        let y_title = axis_title(&quantity.words(), quantity, &unit.label);
        let shows_y_title = index % facets.columns == 0 || y_title != before;
        before.clone_from(&y_title);
        plots.push(Box::new(Panel {
            title: facet.title.clone(),
            x_title: key_title(&spec.x),
            y_title,
            shows_y_title,
            x: x.clone(),
            y,
            unit: unit.size,
            lines,
        }));
    }
    plots
}

fn y_axis(spec: &FigureSpec, quantity: Quantity, range: &[f64]) -> (ScaledUnit, Axis) {
    let most = extremes_or(range.iter().copied(), (0.0, 1.0)).1;
    let positive = range.iter().copied().filter(|value| *value > 0.0);
    let least = match spec.y_scale {
        Scale::Linear => most,
        Scale::Log => extremes_or(positive, (most, most)).0,
    };
    let unit = ScaledUnit::of(quantity.unit(), least, most);
    let scaled: Vec<f64> = range.iter().map(|value| value / unit.size).collect();
    let is_rate = matches!(METRICS[quantity.metric].summary, Summary::Rate);
    let axis = match (is_rate, spec.y_scale) {
        (true, Scale::Linear) => Axis::of_shares(5),
        _ => Axis::of_magnitudes(&scaled, spec.y_scale, 7),
    };
    (unit, axis)
}
