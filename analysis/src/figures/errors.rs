//! Errors of an encoder model on sources held out: predicted against measured, residuals, a box per source.

mod boxes;
mod scatter;

use super::Scale;
use super::axis::Axis;
use super::page::{Page, Plot, Sample};
use super::style::Look;
use crate::calibration::HeldOut;
use boxes::{Boxes, Spread};
use models::encoder::model::PRESETS;
use scatter::Scatter;

/// A figure of a calibration: stem of its file name, and its SVG document.
pub type Drawn = (&'static str, String);

/// The three figures of a fit.
pub fn draw(rows: &[HeldOut]) -> Vec<Drawn> {
    if rows.is_empty() {
        return Vec::new();
    }
    let sources = names(rows, |row| &row.source);
    let mut presets = names(rows, |row| &row.preset);
    presets.sort_by_key(|name| PRESETS.iter().position(|known| known == name));
    vec![
        ("predicted", predicted(rows, &sources)),
        ("residuals", residuals(rows, &presets)),
        ("sources", by_source(rows, &sources)),
    ]
}

/// Different names in the order in which they occur.
fn names(rows: &[HeldOut], of: fn(&HeldOut) -> &String) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&of(row).as_str()) {
            names.push(of(row));
        }
    }
    names
}

fn look(index: usize) -> Look {
    Look {
        color: index,
        marker: index,
        dash: 0,
    }
}

fn place(names: &[&str], name: &str) -> usize {
    names.iter().position(|known| *known == name).unwrap_or(0)
}

fn page(title: &str, caption: &str, legend: &[&str], plots: Vec<Box<dyn Plot>>) -> String {
    let entry = |(index, name): (usize, &&str)| (Sample::Marker(look(index)), (*name).to_owned());
    Page {
        title: title.to_owned(),
        caption: caption.to_owned(),
        note: String::new(),
        legend: legend.iter().enumerate().map(entry).collect(),
        columns: plots.len(),
        plots,
        least_width: 150.0,
    }
    .svg()
}

/// Factors beside the diagonal that are drawn as guides.
const GUIDES: [f64; 2] = [0.75, 1.0 / 0.75];

fn predicted(rows: &[HeldOut], sources: &[&str]) -> String {
    let panel = |title: &str, error: fn(&HeldOut) -> f64, shows_y: bool| -> Box<dyn Plot> {
        let predicted = |row: &HeldOut| row.measured_s * libm::exp(error(row));
        let all: Vec<f64> = rows
            .iter()
            .flat_map(|r| [r.measured_s, predicted(r)])
            .collect();
        let axis = Axis::over(&all, Scale::Log, 6);
        let (low, high) = super::axis::extremes_or(all.iter().copied(), (0.1, 1.0));
        let guide = |factor: f64| vec![(low, low * factor), (high, high * factor)];
        Box::new(Scatter {
            title: title.to_owned(),
            x_title: "measured (CPU s)".to_owned(),
            y_title: shows_y.then(|| "predicted (CPU s)".to_owned()),
            x: axis.clone(),
            y: axis,
            square: true,
            guides: [(1.0, true), (GUIDES[0], false), (GUIDES[1], false)]
                .map(|(factor, solid)| (guide(factor), solid))
                .to_vec(),
            points: rows
                .iter()
                .map(|r| (r.measured_s, predicted(r), look(place(sources, &r.source))))
                .collect(),
        })
    };
    page(
        "CPU time of chunks of sources held out",
        &format!(
            "{} encodes of {} sources, one thread; each source is predicted by a fit to the others. Dashed: 25 % less, and a third more.",
            rows.len(),
            sources.len()
        ),
        sources,
        vec![
            panel("bits known", |row| row.time, true),
            panel("from a probe encode", |row| row.time_from_probe, false),
        ],
    )
}

fn percent(log_error: f64) -> f64 {
    100.0 * (libm::exp(log_error) - 1.0)
}

fn residuals(rows: &[HeldOut], presets: &[&str]) -> String {
    let errors: Vec<f64> = rows.iter().map(|row| percent(row.time)).collect();
    let y = Axis::over(&errors, Scale::Linear, 7);
    let panel =
        |title: &str, unit: &str, of: &dyn Fn(&HeldOut) -> f64, shows_y: bool| -> Box<dyn Plot> {
            let places: Vec<f64> = rows.iter().map(of).collect();
            let (low, high) = super::axis::extremes_or(places.iter().copied(), (0.1, 1.0));
            Box::new(Scatter {
                title: title.to_owned(),
                x_title: unit.to_owned(),
                y_title: shows_y.then(|| "error of prediction (%)".to_owned()),
                x: Axis::over(&places, Scale::Log, 5),
                y: y.clone(),
                square: false,
                guides: vec![(vec![(low, 0.0), (high, 0.0)], true)],
                points: rows
                    .iter()
                    .zip(&places)
                    .map(|(r, x)| (*x, percent(r.time), look(place(presets, &r.preset))))
                    .collect(),
            })
        };
    page(
        "Residuals on sources held out, bits known",
        "Predicted over measured CPU time - 1, against the time measured and the bits of the encode.",
        presets,
        vec![
            panel(
                "against the time",
                "measured (CPU s)",
                &|row| row.measured_s,
                true,
            ),
            panel(
                "against the bits",
                "bits per pixel",
                &|row| libm::exp(row.log_bpp),
                false,
            ),
        ],
    )
}

fn by_source(rows: &[HeldOut], sources: &[&str]) -> String {
    let panel = |title: &str, error: fn(&HeldOut) -> f64| -> Box<dyn Plot> {
        let spread = |source: &&str| {
            let own = rows.iter().filter(|row| row.source == **source);
            Spread::of(source, own.map(|row| percent(error(row))).collect())
        };
        Box::new(Boxes::new(
            title,
            "error of prediction (%)",
            sources.iter().map(spread).collect(),
        ))
    };
    page(
        "Errors of each source when it is held out",
        "Predicted over measured CPU time - 1. Boxes: middle half and median; whiskers: 5 to 95 %. Numbers of encodes in brackets.",
        &[],
        vec![
            panel("bits known", |row| row.time),
            panel("from a probe encode", |row| row.time_from_probe),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(source: &str, preset: &str, s: f64, error: f64) -> HeldOut {
        HeldOut {
            source: source.to_owned(),
            clip: format!("{source}_a"),
            offset_s: Some(0.0),
            chunk_s: Some(1.0),
            height: 720.0,
            preset: preset.to_owned(),
            crf: 23.0,
            measured_s: s,
            predicted_s: s * libm::exp(error),
            log_bpp: -3.0 + error,
            predicted_log_bpp: -3.0,
            time: error,
            time_from_probe: 2.0 * error,
            bits: error,
            half_widths: [0.5; 3],
            covered: [true; 3],
        }
    }

    #[test]
    fn every_figure_names_what_it_shows_and_has_a_bitmap() {
        let rows = [
            row("film", "slow", 2.0, 0.1),
            row("film", "medium", 0.5, -0.2),
            row("street", "slow", 1.0, 0.0),
        ];
        let drawn = draw(&rows);
        assert_eq!(drawn.len(), 3);
        for (name, svg) in &drawn {
            assert!(super::super::png::render(svg).is_ok(), "{name}");
        }
        assert!(drawn[0].1.contains("street") && drawn[1].1.contains("medium"));
        assert!(drawn[2].1.contains("film (2)"));
        assert!(draw(&[]).is_empty());
    }
}
