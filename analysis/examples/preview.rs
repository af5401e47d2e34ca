//! Draws sample figures of every kind with made-up data: `preview FOLDER`.
//!
//! For looking at: axes, units, legends, overlaps, clipped text.

use analysis::figures::{FigureSpec, Scale, draw, png};
use analysis::summary::summarise;
use analysis::table::{WIDTH, render};
use models::records::{Cell, CellRuns, Failures, Measure, RunRecord, Values};
use models::settings::Setting;
use std::collections::BTreeMap;
use std::path::Path;

const ENGINES: [&str; 8] = [
    "local",
    "durable (at least once)",
    "durable (at most once)",
    "explicit (naive)",
    "explicit (conditional write)",
    "explicit (transaction)",
    "queue",
    "staged",
];
const RATES: [f64; 6] = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2];
const COSTS: [Measure; 6] = [
    Measure::CostComputeUsd,
    Measure::CostRequestsUsd,
    Measure::CostDurableUsd,
    Measure::CostStoreUsd,
    Measure::CostObjectUsd,
    Measure::CostQueueUsd,
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "preview".to_owned());
    std::fs::create_dir_all(&folder)?;
    let cells = grid();
    let start = std::time::Instant::now();
    let rows = summarise(&cells);
    println!("{} cells summed up in {:.2?}", cells.len(), start.elapsed());
    println!("{}", render(&cells, &rows, WIDTH));
    println!("{}", render(&cells[..12], &rows, WIDTH));
    for spec in specs() {
        let svg = draw(&spec, &cells, &rows)?;
        let path = Path::new(&folder).join(&spec.name);
        std::fs::write(path.with_extension("svg"), &svg)?;
        std::fs::write(path.with_extension("png"), png::render(&svg)?)?;
    }
    Ok(())
}

fn specs() -> Vec<FigureSpec> {
    let caption = "Made-up data. Mean over runs; every engine meets the same faults in the same \
                   replicate, so that differences between engines are paired. Bodies that fail \
                   are tried again up to five times with exponential back-off.";
    let lines = |name: &str, metrics: &[&str], facet: Option<&str>| FigureSpec {
        name: name.to_owned(),
        kind: "lines".to_owned(),
        title: "Engines under transient failures".to_owned(),
        caption: caption.to_owned(),
        metrics: metrics.iter().map(|metric| (*metric).to_owned()).collect(),
        x: "faults.fail_rate".to_owned(),
        facet: facet.map(str::to_owned),
        ..FigureSpec::default()
    };
    let fixed = |key: &str, value: f64| (key.to_owned(), Setting::Float(value));
    let text = |key: &str, value: &str| (key.to_owned(), Setting::Text(value.to_owned()));
    let log = FigureSpec {
        x_scale: Scale::Log,
        y_scale: Scale::Log,
        ..lines("log", &["latency_s"], Some("workflow"))
    };
    let costs: Vec<&str> = COSTS
        .iter()
        .map(|measure| models::records::METRICS[*measure as usize].name)
        .collect();
    let bars = |name: &str, x: &str| FigureSpec {
        kind: "bars".to_owned(),
        title: "What an execution costs".to_owned(),
        x: x.to_owned(),
        ..lines(name, &costs, None)
    };
    vec![
        lines("linear", &["latency_s"], Some("workflow")),
        log,
        lines(
            "grid",
            &["latency_s.p95", "success_rate", "cost_usd"],
            Some("workflow"),
        ),
        FigureSpec {
            fixed: vec![text("workflow", "counter")],
            ..lines(
                "metrics",
                &["latency_s", "success_rate", "cost_usd"],
                Some("metric"),
            )
        },
        FigureSpec {
            y_scale: Scale::Log,
            ..lines("span", &["latency_s", "duplicate_effects"], Some("metric"))
        },
        FigureSpec {
            fixed: vec![fixed("faults.fail_rate", 0.1), text("workflow", "counter")],
            ..lines("single", &["latency_s", "bodies"], Some("metric"))
        },
        FigureSpec {
            fixed: vec![fixed("faults.fail_rate", 0.1), text("workflow", "counter")],
            ..bars("bars", "engine")
        },
        FigureSpec {
            fixed: vec![text("workflow", "video")],
            ..bars("groups", "faults.fail_rate")
        },
        FigureSpec {
            facet: Some("workflow".to_owned()),
            fixed: vec![fixed("faults.fail_rate", 0.1)],
            ..bars("facets", "engine")
        },
        FigureSpec {
            metrics: vec!["latency_s.p50".to_owned()],
            facet: Some("workflow".to_owned()),
            fixed: Vec::new(),
            ..bars("series", "engine")
        },
        FigureSpec {
            metrics: vec!["latency_s".to_owned(), "success_rate".to_owned()],
            facet: Some("metric".to_owned()),
            fixed: vec![fixed("faults.fail_rate", 0.2), text("workflow", "video")],
            ..bars("plain", "engine")
        },
    ]
}

/// Two workflows, eight engines, six fail rates.
fn grid() -> Vec<CellRuns> {
    let mut cells = Vec::new();
    for (workflow, base) in [("counter", 0.03), ("video", 240.0)] {
        for (nth, engine) in ENGINES.into_iter().enumerate() {
            for rate in RATES {
                let index = cells.len();
                let axes = vec![("faults.fail_rate".to_owned(), Setting::Float(rate))];
                let cell = Cell {
                    index,
                    workflow: workflow.to_owned(),
                    engine: engine.to_owned(),
                    axes,
                };
                let runs = (0..200).map(|replicate| run(index, replicate, nth as f64, rate, base));
                cells.push(CellRuns {
                    cell,
                    runs: runs.collect(),
                });
            }
        }
    }
    cells
}

fn run(cell: usize, replicate: u64, nth: f64, rate: f64, base: f64) -> RunRecord {
    let noise = |salt: u64| {
        let mixed =
            (replicate * 131 + salt * 17 + cell as u64 * 7).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as f64 / (1u64 << 24) as f64
    };
    let mut values = Values::default();
    let tail = 1.0 / (1.02 - noise(1)).sqrt();
    let latency =
        base * (1.0 + 0.25 * nth) * (0.7 + tail) * (1.0 + rate * (8.0 - nth) * 2.0 * noise(2));
    let success = 1.0 - rate * (7.0 - nth) / 8.0 * (0.5 + noise(3));
    values.set(Measure::LatencyS, latency);
    values.set(Measure::Executions, 20.0);
    values.set(Measure::Succeeded, (success * 20.0).round() / 20.0);
    values.set(Measure::Bodies, 10.0 * (1.0 + rate * (1.0 + noise(4))));
    let mut total = 0.0;
    for (part, measure) in COSTS.into_iter().enumerate() {
        let size =
            [1.0, 0.2, 2.5, 1.5, 0.6, 0.4][part] * if part as f64 == nth % 6.0 { 3.0 } else { 1.0 };
        let cost = 2e-6
            * size
            * (0.5 + noise(5 + part as u64))
            * (1.0 + 3.0 * rate)
            * (base / 0.03).powf(0.5);
        values.set(measure, cost);
        total += cost;
    }
    values.set(Measure::CostUsd, total);
    values.set(
        Measure::DuplicateEffects,
        if rate < 0.02 {
            0.0
        } else {
            rate * noise(20) * nth
        },
    );
    let invalid =
        (nth == 3.0 && rate == 0.05).then(|| "required fault `crash` never fired".to_owned());
    let outcome = "succeeded".to_owned();
    RunRecord {
        cell,
        replicate,
        outcome,
        invalid,
        values,
        failures: Failures::default(),
        fired: BTreeMap::new(),
    }
}
