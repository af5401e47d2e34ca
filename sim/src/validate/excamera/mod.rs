//! ExCamera (Fouladi et al., NSDI 2017; data of github.com/excamera/excamera-results @ d193e7d).
//!
//! Given are the quantiles of every stage for the configurations [n, 4], and mean and spread of the first
//! pass for all. The stages' distributions of [n, 4] are run with other x: what changes is the first pass
//! and how long the serial chains are. One factor a region and quantiser, from its makespan at x = 4, carries
//! what that part of the film is over to other x.

mod data;
mod job;
mod rate;

use super::Study;
use super::csv::{Row, number};
use super::experiment::tables;
use super::study::{
    Basis, Effort, Finding, Missing, Parameter, Prediction, Quantity, Tolerance, mark,
};
use analysis::figures::paper::{Mark, Place};
use analysis::stats::Interval;
use data::{Config, Data, of};
use job::{Job, batches, quantile, write_stages};
use models::cost::Prices;
use rate::speed_and_rate;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The study.
pub const STUDY: Study = Study {
    name: "excamera",
    about: "makespan, workers and bitrate of [n, x] pipelines (ExCamera, NSDI 2017)",
    run,
};

/// Probabilities of the published quantiles.
const QUANTILES: [(&str, f64); 11] = [
    ("p1", 0.01),
    ("p5", 0.05),
    ("p10", 0.1),
    ("p25", 0.25),
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p100", 1.0),
];

/// Groups of the configurations; the published one is 4.
const GROUPS: [u32; 5] = [1, 2, 4, 8, 16];
const GIVEN: u32 = 4;

/// Memory of a worker: 1,536 MB.
const MEMORY_GB: f64 = 1.5;

fn run(effort: &Effort) -> Result<Finding, String> {
    let data = Data::read(effort)?;
    let [_, prices] = tables(effort, "excamera")?;
    let prices = Prices::from_table(&prices)?;
    let mut finding = Finding::default();
    let mut makespans = String::from(
        "movie,chunk_frames_n,keyframe_chunks_x,batch,y_quant,chunk_offset,workers,repeats,makespan_min_s,makespan_median_s,makespan_max_s,mean_sum_worker_s,start_p50_s,start_p99_s_median_run,start_max_s\n",
    );
    let mut stages = String::from(
        "movie,chunk_frames_n,keyframe_chunks_x,batch,stage,meaning,n,mean,sd,p1,p5,p10,p25,p50,p75,p90,p95,p99,p99.9,p100\n",
    );
    let mut speeds: BTreeMap<(String, u32, u32), f64> = BTreeMap::new();
    for config in [
        ("sintel", 6.0),
        ("sintel", 12.0),
        ("sintel", 24.0),
        ("tears", 6.0),
        ("tears", 12.0),
        ("tears", 24.0),
    ] {
        let regions: Vec<&Row> = of(&data.makespans, config).collect();
        let workers = number(regions[0], "workers").ok_or("no workers")?;
        let sets = data.sets(config, GIVEN)?;
        let given = Job::run(effort, &sets, workers)?;
        let start = data.stage(config, "start")?;
        let starts = ["p50", "p99", "p100"].map(|column| start[column].as_str());
        let starts = starts.join(",");
        compare_given(&data, config, &given, &regions, &mut finding)?;
        for group in GROUPS {
            let name = format!("{}[{},{group}]", config.0, config.1);
            let sets = data.sets(config, group)?;
            let job = Job::run(effort, &sets, workers)?;
            let batches = batches(config, group);
            for batch in batches {
                write_stages(&mut stages, config, (group, batch), &job);
            }
            let factors = regions.iter().map(|region| region_factor(region, &given));
            let factor = factors.sum::<f64>() / regions.len() as f64;
            let makespan = |p: f64| factor * quantile(&job.makespans, p);
            finding.marks.push(Mark {
                interval: Interval {
                    low: makespan(0.1),
                    high: makespan(0.9),
                },
                published: (group == GIVEN).then(|| mean_of_regions(&regions)),
                fitted: group == GIVEN,
                ..mark(
                    ("excamera_makespan", panel(config.0)),
                    frames(config.1),
                    Place::At(f64::from(group)),
                    makespan(0.5),
                )
            });
            let mut slowest: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            let mut worked: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            for region in &regions {
                let factor = region_factor(region, &given);
                let of = |p: f64| factor * quantile(&job.makespans, p);
                for batch in batches {
                    let _ = writeln!(
                        makespans,
                        "{},{},{group},{batch},{},{},{},5,{:.3},{:.3},{:.3},{:.3},{}",
                        config.0,
                        config.1,
                        region["y_quant"],
                        region["chunk_offset"],
                        region["workers"],
                        of(0.1),
                        of(0.5),
                        of(0.9),
                        factor * job.seconds(),
                        starts
                    );
                }
                worked
                    .entry(region["chunk_offset"].clone())
                    .or_default()
                    .push(factor * job.seconds());
                slowest
                    .entry(region["chunk_offset"].clone())
                    .or_default()
                    .push(of(0.5));
                if group != GIVEN {
                    let what = format!(
                        "{name} makespan y={} offset={}, s",
                        region["y_quant"], region["chunk_offset"]
                    );
                    finding.quantities.push(open(what, of(0.5)));
                }
            }
            let mean = |of: &Vec<f64>| of.iter().sum::<f64>() / of.len() as f64;
            let seconds = slowest.values().map(mean).fold(0.0, f64::max);
            let usd = prices.gb_s_x86 * MEMORY_GB * worked.values().map(mean).sum::<f64>()
                + prices.function_million / 1e6 * workers * worked.len() as f64;
            finding
                .quantities
                .push(open(format!("{name} cost of the film, USD"), usd));
            speeds.insert((config.0.to_owned(), config.1 as u32, group), seconds);
            for (p, label) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
                if group != GIVEN {
                    finding
                        .quantities
                        .push(open(format!("{name} worker end {label}, s"), job.end(p)));
                }
            }
        }
    }
    finding.missing.push(Missing {
        name: "workers that start late: sintel[6,4] and [12,4], offset 0".to_owned(),
        reason: "their published medians hold runs with workers that started up to 27 s late (start_max_s); what delayed them is not known, and the simulated ones start in time".to_owned(),
    });
    let ssim = speed_and_rate(&data, &speeds, &mut finding)?;
    finding.predictions = vec![
        Prediction {
            file: "excamera_makespan.csv".to_owned(),
            csv: makespans,
        },
        Prediction {
            file: "excamera_stage_quantiles.csv".to_owned(),
            csv: stages,
        },
        Prediction {
            file: "excamera_fixed_ssim.csv".to_owned(),
            csv: ssim,
        },
    ];
    let parameter = |name: &str, value: &str, origin: &str| Parameter {
        name: name.to_owned(),
        value: value.to_owned(),
        origin: origin.to_owned(),
    };
    finding.parameters = vec![
        parameter(
            "stages",
            "published quantiles",
            "excamera_stage_quantiles.csv, [n, 4]",
        ),
        parameter(
            "first pass of other x",
            "mean and spread of its log",
            "excamera_vpxenc_variance.csv, given for all x but [24, 8] and [24, 16]: as [12, x] against [12, 4]",
        ),
        parameter(
            "correlations of content and host, neighbours 0.9",
            "8 numbers",
            "worker ends of [n, 4], 6 configurations of 11 quantiles",
        ),
        parameter(
            "fast hosts",
            "share 0.15, ratio 0.59",
            "first pass within chunks, excamera_vpxenc_variance.csv",
        ),
        parameter(
            "factor of a region",
            "one a region and quantiser",
            "its makespan at x = 4",
        ),
        parameter(
            "bits of a key frame",
            "2.3 average frames more than a rebased one",
            "assumption: the rows given (x = 4) hold the sum of a quarter of a key frame's bits and three quarters of a rebase's, not each",
        ),
    ];
    Ok(finding)
}

fn open(name: String, simulated: f64) -> Quantity {
    Quantity {
        name,
        published: None,
        simulated,
        error: 0.0,
        tolerance: Tolerance::Share(0.10),
        basis: Basis::Predicted,
    }
}

/// A region in which no worker started late has its median; the others' shortest run, which is free of that.
fn undisturbed(region: &Row) -> f64 {
    let get = |column: &str| number(region, column).unwrap_or(f64::NAN);
    match get("makespan_median_s") > 1.2 * get("makespan_min_s") {
        true => get("makespan_min_s"),
        false => get("makespan_median_s"),
    }
}

fn region_factor(region: &Row, given: &Job) -> f64 {
    undisturbed(region) / quantile(&given.makespans, 0.5)
}

fn compare_given(
    data: &Data,
    config: Config<'_>,
    given: &Job,
    regions: &[&Row],
    finding: &mut Finding,
) -> Result<(), String> {
    let row = data.stage(config, "final")?;
    let name = format!("{}[{},{GIVEN}]", config.0, config.1);
    for (label, p) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        finding.quantities.push(Quantity {
            name: format!("{name} worker end {label}, s"),
            published: number(row, label),
            simulated: given.end(p),
            error: 0.0,
            tolerance: Tolerance::Share(if p == 0.99 { 0.10 } else { 0.05 }),
            basis: Basis::Fitted,
        });
    }
    let published = mean_of_regions(regions);
    for (column, p) in QUANTILES.iter().filter(|(_, p)| *p < 0.999) {
        finding.marks.push(Mark {
            published: number(row, column),
            ..mark(
                ("excamera_workers", panel(config.0)),
                frames(config.1),
                Place::At(*p),
                given.end(*p),
            )
        });
    }
    finding.quantities.push(Quantity {
        name: format!("{name} makespan, mean of regions, s"),
        published: Some(published),
        simulated: quantile(&given.makespans, 0.5),
        error: 0.0,
        tolerance: Tolerance::Share(0.10),
        basis: Basis::Fitted,
    });
    Ok(())
}

fn mean_of_regions(regions: &[&Row]) -> f64 {
    let all = regions.iter().map(|region| undisturbed(region));
    all.sum::<f64>() / regions.len() as f64
}

/// A film's panel.
fn panel(movie: &str) -> &'static str {
    if movie == "sintel" { "sintel" } else { "tears" }
}

/// Name of a series.
fn frames(count: f64) -> String {
    format!("n = {count} frames")
}
