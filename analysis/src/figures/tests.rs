//! Promises of every figure.

use super::*;
use crate::sample::{cell, run};
use crate::summary::summarise;
use models::records::Measure;

const ENGINES: [&str; 3] = ["durable", "explicit <naive>", "queue"];

fn grid() -> Vec<CellRuns> {
    let mut cells = Vec::new();
    for engine in ENGINES {
        for rate in [0.0, 0.01, 0.1] {
            let index = cells.len();
            let mut cell = cell(index, "counter", engine, &[("faults.fail_rate", rate)]);
            let values = |r: u64| {
                let latency = 0.05 * (index + 1) as f64 + 0.001 * r as f64;
                let costs = [
                    (Measure::CostComputeUsd, 2e-6),
                    (Measure::CostStoreUsd, 1e-6 * r as f64),
                ];
                [&[(Measure::LatencyS, latency)], &costs[..]].concat()
            };
            cell.runs = (0..10).map(|r| run(r, &values(r))).collect();
            cells.push(cell);
        }
    }
    cells
}

fn lines() -> FigureSpec {
    FigureSpec {
        kind: "lines".to_owned(),
        title: "Latency under faults".to_owned(),
        caption: "Made up.".to_owned(),
        metrics: vec!["latency_s".to_owned()],
        x: "faults.fail_rate".to_owned(),
        x_scale: Scale::Log,
        ..FigureSpec::default()
    }
}

fn bars() -> FigureSpec {
    FigureSpec {
        kind: "bars".to_owned(),
        metrics: vec!["cost_compute_usd".to_owned(), "cost_store_usd".to_owned()],
        x: "engine".to_owned(),
        ..FigureSpec::default()
    }
}

fn drawn(spec: &FigureSpec) -> Result<String, FigureError> {
    let cells = grid();
    draw(spec, &cells, &summarise(&cells))
}

#[test]
fn axis_titles_engines_caption_and_replicates_are_on_the_sheet() {
    let svg = drawn(&lines()).unwrap();
    for words in [
        "mean latency (ms)",
        "fail rate",
        "Latency under faults",
        "Made up.",
        "n = 10",
    ] {
        assert!(svg.contains(words), "{words}");
    }
    for engine in ["durable", "explicit &lt;naive&gt;", "queue"] {
        assert!(svg.contains(engine), "{engine}");
    }
}

#[test]
fn stacked_bars_name_parts_engines_and_axis_values() {
    let svg = drawn(&bars()).unwrap();
    let words = ["compute", "store", "durable", "queue", "fail rate = 0.01"];
    for words in [&words[..], &["cost per execution (µ$)"]].concat() {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn two_drawings_have_the_same_bytes() {
    for spec in [lines(), bars()] {
        let svg = drawn(&spec).unwrap();
        assert_eq!(svg, drawn(&spec).unwrap());
        assert_eq!(png::render(&svg).unwrap(), png::render(&svg).unwrap());
    }
}

#[test]
fn a_description_that_does_not_fit_is_refused_with_its_reason() {
    let refused = |change: fn(&mut FigureSpec)| {
        let mut spec = lines();
        change(&mut spec);
        drawn(&spec).unwrap_err()
    };
    let unknown = |kind: &str| kind.to_owned();
    assert_eq!(
        refused(|s| s.kind = "pie".into()),
        FigureError::UnknownKind(unknown("pie"))
    );
    assert_eq!(
        refused(|s| s.x = "engine".into()),
        FigureError::NotNumeric(unknown("engine"))
    );
    assert_eq!(
        refused(|s| s.x = "nope".into()),
        FigureError::UnknownAxis(unknown("nope"))
    );
    assert_eq!(refused(|s| s.metrics.clear()), FigureError::NoMetrics);
    assert_eq!(
        refused(|s| s.metrics = vec!["encode_s".into()]),
        FigureError::NoValues
    );
    let text = refused(|s| s.kind = "pie".into()).to_string();
    assert_eq!(text, "unknown figure kind `pie`, expected lines or bars");
}

#[test]
fn a_band_is_the_spread_over_a_key_about_its_middle_value() {
    let plain = drawn(&lines()).unwrap();
    let cells: Vec<CellRuns> = grid()
        .into_iter()
        .flat_map(|runs| {
            [1.0, 1.5, 2.0].map(|k| {
                let mut runs = runs.clone();
                let at = (k * 4.0) as usize * 1000;
                runs.cell.index += at;
                runs.cell
                    .axes
                    .push(("encoder.k".to_owned(), Setting::Float(k)));
                runs
            })
        })
        .collect();
    let band = FigureSpec {
        band: Some("encoder.k".to_owned()),
        ..lines()
    };
    let svg = draw(&band, &cells, &summarise(&cells)).unwrap();
    assert!(
        svg.contains("band: k = 1 to 2"),
        "the caption says what the band is"
    );
    let series = |svg: &str| svg.matches("stroke-dasharray").count();
    assert_eq!(series(&svg), series(&plain), "k is no series of its own");
    let wrong = FigureSpec {
        band: Some("encoder.crf".to_owned()),
        ..lines()
    };
    assert_eq!(
        drawn(&wrong),
        Err(FigureError::UnknownAxis("encoder.crf".to_owned()))
    );
}

#[test]
fn lines_that_hide_each_other_are_named() {
    let mut cells = grid();
    for index in 0..3 {
        cells[index + 6].runs = cells[index].runs.clone();
    }
    let svg = draw(&lines(), &cells, &summarise(&cells)).unwrap();
    let note = "Lines on each other: durable / queue.";
    assert!(svg.contains(note));
    assert!(!drawn(&lines()).unwrap().contains("on each other"));
}

#[test]
fn without_a_title_there_is_no_band_above_the_frame() {
    let height = |svg: &str| -> f64 {
        let start = svg.find("height=\"").expect("a height") + 8;
        let digits = svg[start..].split('"').next().expect("a number");
        digits.parse().expect("a number")
    };
    let untitled = FigureSpec {
        title: String::new(),
        ..lines()
    };
    let saved = height(&drawn(&lines()).unwrap()) - height(&drawn(&untitled).unwrap());
    // The line of the title, its margin, and what else was above an untitled frame.
    assert_eq!(saved, 32.0);
}
