//! Lines that lie on each other: only the last one drawn is seen, so the caption names them.

use super::panel::Line;
use crate::figures::axis::Axis;
use crate::figures::facets::Facets;
use crate::figures::quantity::ScaledUnit;
use crate::figures::style::Look;

/// Points less than this share of a panel's height apart are one point on paper: about a pixel.
const SAME: f64 = 0.004;

/// ` Lines on each other: a / b / c (counter).`, or nothing.
pub(super) fn note(
    facets: &Facets,
    panels: &[Vec<Line>],
    heights: &[(ScaledUnit, Axis)],
    series: &[(String, Look)],
) -> String {
    // Each set of names with the panels in which they coincide.
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    for (number, (lines, (unit, y))) in panels.iter().zip(heights).enumerate() {
        for group in groups(lines, |value| y.position(value / unit.size)) {
            let names: Vec<&str> = group.iter().map(|line| series[*line].0.as_str()).collect();
            let names = names.join(" / ");
            match found.iter_mut().find(|(known, _)| *known == names) {
                Some((_, panels)) => panels.push(number),
                None => found.push((names, vec![number])),
            }
        }
    }
    if found.is_empty() {
        return String::new();
    }
    let text = |(names, at): &(String, Vec<usize>)| {
        let titles: Vec<String> = at.iter().map(|panel| title(facets, *panel)).collect();
        match at.len() == panels.len() {
            true => names.clone(),
            false => format!("{names} ({})", titles.join(", ")),
        }
    };
    let texts: Vec<String> = found.iter().map(text).collect();
    format!(" Lines on each other: {}.", texts.join("; "))
}

/// What tells a panel from the others.
fn title(facets: &Facets, panel: usize) -> String {
    let own = &facets.panels[panel];
    // In a grid of metrics and values only the first row has titles.
    let above = &facets.panels[panel % facets.columns].title;
    let is_many = facets
        .panels
        .iter()
        .any(|other| other.quantities[0] != own.quantities[0]);
    let value = if own.title.is_empty() && is_many {
        above
    } else {
        &own.title
    };
    let metric = if is_many {
        own.quantities[0].words()
    } else {
        String::new()
    };
    [value.as_str(), &metric]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// A line's points: x, and the height on the panel as a share.
type Places = Vec<(f64, f64)>;

/// Positions of lines that agree in every point, two or more together.
fn groups(lines: &[Line], height: impl Fn(f64) -> f64) -> Vec<Vec<usize>> {
    let seen = |line: &Line| -> Places {
        let points = line.points.iter().filter(|point| point.y.is_finite());
        points.map(|point| (point.x, height(point.y))).collect()
    };
    let mut groups: Vec<(Vec<usize>, Places)> = Vec::new();
    for (position, line) in lines.iter().enumerate() {
        let points = seen(line);
        let found = groups
            .iter_mut()
            .find(|(_, first)| coincide(first, &points));
        match found {
            _ if points.len() < 2 => {}
            Some((group, _)) => group.push(position),
            None => groups.push((vec![position], points)),
        }
    }
    let groups = groups.into_iter().map(|(group, _)| group);
    groups.filter(|group| group.len() > 1).collect()
}

fn coincide(a: &[(f64, f64)], b: &[(f64, f64)]) -> bool {
    let mut pairs = a.iter().zip(b);
    a.len() == b.len() && pairs.all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < SAME)
}
