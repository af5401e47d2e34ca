//! ExCamera (Fouladi et al., NSDI 2017; data of github.com/excamera/excamera-results @ d193e7d).
//!
//! Given are the quantiles of every stage for the configurations [n, 4], and mean and spread of the first
//! pass for all. The stages' distributions of [n, 4] are run with other x: what changes is the first pass
//! and how long the serial chains are. One factor a region and quantiser, from its makespan at x = 4, carries
//! what that part of the film is over to other x.

use super::Study;
use super::csv::{self, Row, number};
use super::experiment::runs_with_ledger;
use super::study::{Basis, Effort, Finding, Missing, Parameter, Prediction, Quantity, Tolerance};
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

/// Bits of a key frame in average frames (assumption: nothing published separates the two parts of the
/// loss against a whole encode).
const KEY_FRAME: f64 = 3.3;

const FPS: f64 = 24.0;

struct Data {
    stages: Vec<Row>,
    makespans: Vec<Row>,
    first_pass: Vec<Row>,
    rebase: Vec<Row>,
    ssim: Vec<Row>,
}

/// A film and its frames a chunk.
type Config<'a> = (&'a str, f64);

fn of<'a>(rows: &'a [Row], (movie, frames): Config<'_>) -> impl Iterator<Item = &'a Row> {
    let movie = movie.to_owned();
    rows.iter()
        .filter(move |row| row["movie"] == movie && number(row, "chunk_frames_n") == Some(frames))
}

fn points(row: &Row, change: impl Fn(f64) -> f64) -> String {
    let point = |(name, p): &(&str, f64)| {
        let value = change(number(row, name)?).max(0.0);
        Some(format!("{p} = {value:.4}"))
    };
    // Nothing was published below the first per cent.
    let least = number(row, "p1").map(|first| format!("0 = {:.4}", 0.97 * change(first).max(0.0)));
    let inner: Vec<String> = least
        .into_iter()
        .chain(QUANTILES.iter().filter_map(point))
        .collect();
    format!("quantiles({})", inner.join(", "))
}

impl Data {
    fn read(effort: &Effort) -> Result<Data, String> {
        let rows = |name: &str| csv::rows(&effort.published(name)?);
        Ok(Data {
            stages: rows("excamera_stage_quantiles.csv")?,
            makespans: rows("excamera_makespan.csv")?,
            first_pass: rows("excamera_vpxenc_variance.csv")?,
            rebase: rows("excamera_rebase_by_position.csv")?,
            ssim: rows("excamera_fixed_ssim.csv")?,
        })
    }

    fn stage(&self, config: Config<'_>, name: &str) -> Result<&Row, String> {
        let mut rows = of(&self.stages, config);
        rows.find(|row| row["stage"] == name)
            .ok_or_else(|| format!("no published stage `{name}` of {config:?}"))
    }

    fn pass(&self, config: Config<'_>, group: u32) -> Option<(f64, f64)> {
        let row = of(&self.first_pass, config).find(|row| {
            number(row, "keyframe_chunks_x") == Some(f64::from(group)) && row["batch"] == "main"
        })?;
        let spread = number(row, "sd_between_log")?.hypot(number(row, "sd_within_log")?);
        Some((number(row, "mean_log_s")?, spread))
    }

    /// The keys of a configuration, or `None` if its first pass was not published.
    fn sets(&self, config: Config<'_>, group: u32) -> Result<Option<Vec<String>>, String> {
        let (Some((mean, spread)), Some((given_mean, given_spread))) =
            (self.pass(config, group), self.pass(config, GIVEN))
        else {
            return Ok(None);
        };
        let plain = |stage: &str| Ok::<String, String>(points(self.stage(config, stage)?, |s| s));
        let moved = |s: f64| (mean + (s.ln() - given_mean) * spread / given_spread).exp();
        let rebase = self.stage(config, "rebase_work")?;
        let all = number(rebase, "mean").ok_or("no mean of the rebase")?;
        let at = |position: f64| {
            let row =
                of(&self.rebase, config).find(|row| number(row, "position") == Some(position));
            row.and_then(|row| number(row, "mean_s"))
                .ok_or("no rebase of that position")
        };
        let (third, later) = (at(2.0)?, at(3.0)?);
        let scale = |own: f64| own / ((third + later) / 2.0);
        debug_assert!(all > 0.0);
        Ok(Some(vec![
            format!("excamera.group={group}"),
            format!("excamera.start_s={}", plain("start")?),
            format!("excamera.download_s={}", plain("download")?),
            format!(
                "excamera.encode_s={}",
                points(self.stage(config, "run0")?, moved)
            ),
            format!("excamera.dump_s={}", plain("dump")?),
            format!("excamera.reencode_s={}", plain("reencode_work")?),
            format!("excamera.rebase_s={}", points(rebase, |s| s * scale(third))),
            format!(
                "excamera.rebase_later_s={}",
                points(rebase, |s| s * scale(later))
            ),
            format!("excamera.finish_s={}", plain("finish")?),
        ]))
    }
}

/// What the runs of one configuration came to.
struct Job {
    /// Ends of all workers, sorted, and the end of each run.
    ends: Vec<f64>,
    makespans: Vec<f64>,
}

impl Job {
    fn run(effort: &Effort, sets: &[String], workers: f64) -> Result<Job, String> {
        let mut sets = sets.to_vec();
        sets.push(format!("excamera.workers={workers}"));
        sets.push(format!("replicates={}", if effort.quick { 4 } else { 25 }));
        let all = runs_with_ledger(effort, "excamera", &sets)?;
        let mut job = Job {
            ends: Vec::new(),
            makespans: Vec::new(),
        };
        for ledger in all {
            let ends: Vec<f64> = ledger
                .lines()
                .filter_map(|line| {
                    let fields: Vec<&str> = line.split(',').collect();
                    (fields[7] == "body").then(|| fields[11].parse().ok())?
                })
                .collect();
            job.makespans.push(ends.iter().copied().fold(0.0, f64::max));
            job.ends.extend(ends);
        }
        job.ends.sort_by(f64::total_cmp);
        job.makespans.sort_by(f64::total_cmp);
        Ok(job)
    }

    fn end(&self, p: f64) -> f64 {
        quantile(&self.ends, p)
    }
}

fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let (low, high) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    low + (high - low) * place.fract()
}

fn run(effort: &Effort) -> Result<Finding, String> {
    let data = Data::read(effort)?;
    let mut finding = Finding::default();
    let mut makespans = String::from(
        "movie,chunk_frames_n,keyframe_chunks_x,batch,y_quant,chunk_offset,workers,repeats,makespan_min_s,makespan_median_s,makespan_max_s,mean_sum_worker_s\n",
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
        let Some(sets) = data.sets(config, GIVEN)? else {
            continue;
        };
        let given = Job::run(effort, &sets, workers)?;
        compare_given(&data, config, &given, &regions, &mut finding)?;
        for group in GROUPS {
            let name = format!("{}[{},{group}]", config.0, config.1);
            let Some(sets) = data.sets(config, group)? else {
                finding.missing.push(Missing {
                    name,
                    reason: "its first pass was not published".to_owned(),
                });
                continue;
            };
            let job = Job::run(effort, &sets, workers)?;
            write_stages(&mut stages, config, group, &job);
            let mut slowest: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            for region in &regions {
                let factor = region_factor(region, &given);
                let of = |p: f64| factor * quantile(&job.makespans, p);
                let _ = writeln!(
                    makespans,
                    "{},{},{group},main,{},{},{},5,{:.3},{:.3},{:.3},{:.3}",
                    config.0,
                    config.1,
                    region["y_quant"],
                    region["chunk_offset"],
                    region["workers"],
                    of(0.1),
                    of(0.5),
                    of(0.9),
                    factor * job.ends.iter().sum::<f64>() / job.makespans.len() as f64,
                );
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
            "excamera_vpxenc_variance.csv, given for all x",
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
        parameter("bits of a key frame", "3.3 average frames", "assumption"),
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
    let published = regions
        .iter()
        .map(|region| undisturbed(region))
        .sum::<f64>()
        / regions.len() as f64;
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

fn write_stages(text: &mut String, config: Config<'_>, group: u32, job: &Job) {
    let count = job.ends.len() as f64;
    let mean = job.ends.iter().sum::<f64>() / count;
    let variance = job.ends.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / count;
    let quantiles: Vec<String> = QUANTILES
        .iter()
        .map(|(_, p)| format!("{:.3}", job.end(*p)))
        .collect();
    let _ = writeln!(
        text,
        "{},{},{group},main,final,worker end time from job start,{count},{mean:.4},{:.4},{}",
        config.0,
        config.1,
        variance.sqrt(),
        quantiles.join(",")
    );
}

/// Speed from the slowest region; bitrate from the loss at x = 4 parted into key frames and the rest.
fn speed_and_rate(
    data: &Data,
    speeds: &BTreeMap<(String, u32, u32), f64>,
    finding: &mut Finding,
) -> Result<String, String> {
    let mut text = String::from(
        "movie,encoder,chunk_frames_n,keyframe_chunks_x,ssim_db,bitrate_mbps,encode_s,speed_x_realtime\n",
    );
    let find = |movie: &str, encoder: &str| {
        data.ssim
            .iter()
            .find(|row| row["movie"] == movie && row["encoder"] == encoder)
            .ok_or_else(|| format!("no published row of {encoder} on {movie}"))
    };
    for ((movie, frames, group), seconds) in speeds {
        let given = find(movie, &format!("ExCamera[{frames},{GIVEN}]"))?;
        let whole = number(find(movie, "vpxenc-1thread")?, "bitrate_mbps").ok_or("no bitrate")?;
        let at_given = number(given, "bitrate_mbps").ok_or("no bitrate")?;
        let average_frame = whole / FPS;
        let keys = |x: f64| (KEY_FRAME - 1.0) * average_frame * FPS / (f64::from(*frames) * x);
        let rate = at_given + keys(f64::from(*group)) - keys(f64::from(GIVEN));
        let length = if movie == "sintel" { 888.0 } else { 734.0 };
        let speed = length / seconds;
        let _ = writeln!(
            text,
            "{movie},\"ExCamera[{frames},{group}]\",{frames},{group},{},{rate:.4},{seconds:.3},{speed:.4}",
            given["ssim_db"]
        );
        let name = format!("{movie} ExCamera[{frames},{group}]");
        let is_given = *group == GIVEN;
        let quantity = |what: &str, published: Option<f64>, simulated: f64| Quantity {
            name: format!("{name} {what}"),
            published: published.filter(|_| is_given),
            simulated,
            error: 0.0,
            tolerance: Tolerance::Share(0.10),
            basis: if is_given {
                Basis::Fitted
            } else {
                Basis::Predicted
            },
        };
        finding
            .quantities
            .push(quantity("encode, s", number(given, "encode_s"), *seconds));
        finding
            .quantities
            .push(quantity("bitrate, Mbit/s", Some(at_given), rate));
        for baseline in ["vpxenc-1thread", "vpxenc-31thread"] {
            let alone = number(find(movie, baseline)?, "encode_s").ok_or("no time")?;
            let published = number(given, "encode_s").map(|s| alone / s);
            finding.quantities.push(quantity(
                &format!("speed-up over {baseline}"),
                published,
                alone / seconds,
            ));
        }
    }
    Ok(text)
}
