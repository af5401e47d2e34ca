//! Closed forms: each row of `analytic_reference.csv` as runs of a scenario.
//!
//! The formula is in the file, with its value; nothing of it is here. What is here says which workflow,
//! engine and fault the formula speaks of ([`rows`], [`queues`]). With no latencies, the length of a run is
//! made of work, repeated work, downtime, restart and delays only.
//!
//! How many executions a row takes follows from its variance: a pilot tells how many make three standard
//! errors half a per cent of the value, and so many are run, up to a limit of computing time. Rows that
//! would take more say so by their interval.

mod marks;
mod queues;
mod rows;

use super::Study;
use super::csv;
use super::experiment::{self, Mean, mean};
use super::study::{Basis, Effort, Finding, Missing, Quantity, Tolerance};
use crate::cli::output::tell;
use models::records::Measure;
use rows::{Experiment, Read};
use std::collections::BTreeMap;

/// The study.
pub const STUDY: Study = Study {
    name: "exact",
    about: "closed forms: failures and recovery, retries, fan-out, queues, replay, jitter",
    run,
};

/// Three standard errors that are enough, as a share of the value, and those that are aimed at: the variance
/// of what was run is not known without error.
const ENOUGH: f64 = 0.005;
const AIM: f64 = 0.0045;

/// Samples at most, the pilot included, before the last.
const STAGES: usize = 2;

/// Weight of a pilot, and of a row at most: some seconds, and some five minutes of one core.
const PILOT: f64 = 2e6;
const LIMIT: f64 = 3e8;

/// Weight of what one run holds in memory.
const HELD: f64 = 2e5;

/// Values that were read from one set of runs, so that rows that differ in what they read share it.
type Cache = BTreeMap<String, Vec<Vec<f64>>>;

fn run(effort: &Effort) -> Result<Finding, String> {
    let rows = csv::rows(&effort.published("analytic_reference.csv")?)?;
    let mut finding = Finding::default();
    let mut seen: BTreeMap<String, ()> = BTreeMap::new();
    let mut cache = Cache::new();
    for row in &rows {
        let name = format!("{} ({})", row["id"], row["params"]);
        if seen.insert(name.clone(), ()).is_some() {
            continue;
        }
        match rows::experiment(row) {
            Err(reason) => finding.missing.push(Missing {
                name,
                reason: reason.to_owned(),
            }),
            Ok(experiment) => {
                if !effort.quick {
                    tell(&format!("  {name}"));
                }
                let found = value(effort, &experiment, &mut cache)
                    .map_err(|why| format!("{name}: {why}"))?;
                marks::add(row, &found, &mut finding.marks);
                finding.quantities.push(Quantity {
                    name,
                    published: csv::number(row, "value"),
                    simulated: found.value,
                    error: found.error,
                    tolerance: Tolerance::ThreeErrors { published: 0.0 },
                    basis: Basis::Exact,
                });
            }
        }
    }
    Ok(finding)
}

/// Runs a pilot, and then what its variance asks for; and again, if that tells of more.
fn value(effort: &Effort, experiment: &Experiment, cache: &mut Cache) -> Result<Mean, String> {
    let at_most = (LIMIT / experiment.weight).max(640.0);
    let mut asked = match experiment.read {
        Read::Once(..) => return sample(effort, experiment, 1, cache),
        Read::Queue(_, relaxation) => (QUEUE_RUNS as f64) * (LEFT_OUT + 100.0) * relaxation,
        _ if effort.quick => (PILOT / 2.0 / experiment.weight).clamp(640.0, 20_000.0),
        _ => (PILOT / experiment.weight).clamp(640.0, at_most),
    };
    for _ in 0..STAGES {
        let found = sample(effort, experiment, asked as u64, cache)?;
        let (runs, each) = shape(experiment, asked as u64);
        let made = (runs * each) as f64;
        let share = widest(effort, experiment, asked as u64, &found, cache)?;
        if effort.quick || 3.0 * share <= ENOUGH || made >= 0.9 * at_most {
            return Ok(found);
        }
        asked = (made * (3.0 * share / AIM).powi(2)).min(at_most);
    }
    sample(effort, experiment, asked as u64, cache)
}

/// The standard error as a share of the value. Rows of one queue share their runs: theirs is the widest.
fn widest(
    effort: &Effort,
    experiment: &Experiment,
    executions: u64,
    found: &Mean,
    cache: &mut Cache,
) -> Result<f64, String> {
    let mut share = found.error / found.value;
    if let Read::Queue(_, relaxation) = experiment.read {
        for measure in QUEUE {
            let row = Experiment {
                read: Read::Queue(measure, relaxation),
                ..experiment.clone()
            };
            let found = sample(effort, &row, executions, cache)?;
            share = share.max(found.error / found.value);
        }
    }
    Ok(share)
}

/// Runs of a queue at least, and the least executions of one. A quantile of a short run is biased: runs are
/// long, as far as they can be held in memory. Relaxation times left out at the start of a run, and its length.
const QUEUE_RUNS: u64 = 32;
const QUEUE_LEAST: u64 = 10_000;
const QUEUE_MOST: u64 = 500_000;
const LEFT_OUT: f64 = 10.0;
const LONG: f64 = 1000.0;

/// What is read from the runs of a queue: its rows share them.
const QUEUE: [Measure; 3] = [Measure::WaitS, Measure::WaitP99S, Measure::Waited];

fn sample(
    effort: &Effort,
    experiment: &Experiment,
    executions: u64,
    cache: &mut Cache,
) -> Result<Mean, String> {
    let (runs, each) = shape(experiment, executions);
    let mut sets = experiment.sets.clone();
    sets.push(format!("replicates={runs}"));
    sets.push(format!("load.executions={each}"));
    let mut measures = vec![Measure::LatencyS];
    match experiment.read {
        Read::Queue(_, relaxation) => {
            sets.push(format!("load.warmup={}", (LEFT_OUT * relaxation) as u64));
            measures = QUEUE.to_vec();
        }
        Read::Metric(measure, ..) | Read::Once(measure, ..) => measures = vec![measure],
        Read::Spread | Read::Longer(_) => {}
    }
    let key = format!("{} {measures:?}", sets.join(" "));
    if !cache.contains_key(&key) {
        let values = experiment::values(effort, experiment.scenario, &sets, &measures)?;
        cache.insert(key.clone(), values);
    }
    Ok(read(&cache[&key], &measures, experiment.read, runs * each))
}

/// Runs, and executions in each.
fn shape(experiment: &Experiment, executions: u64) -> (u64, u64) {
    match experiment.read {
        Read::Once(..) => (1, 1),
        Read::Spread | Read::Longer(_) => (executions, 1),
        // Each leaves its start out.
        Read::Queue(_, relaxation) => {
            let long = ((LEFT_OUT + LONG) * relaxation) as u64;
            let each = (executions / QUEUE_RUNS).min(long.min(QUEUE_MOST));
            let each = each.max(QUEUE_LEAST);
            ((executions / each).max(QUEUE_RUNS), each)
        }
        Read::Metric(..) => {
            let runs = (executions as f64 * experiment.weight / HELD).ceil();
            let runs = (runs as u64).clamp(64, executions.max(64));
            (runs, executions.div_ceil(runs))
        }
    }
}

fn read(values: &[Vec<f64>], measures: &[Measure], how: Read, executions: u64) -> Mean {
    match how {
        Read::Queue(measure, _) => {
            let nth = measures.iter().position(|m| *m == measure).unwrap_or(0);
            mean(&values[nth])
        }
        Read::Metric(measure, factor, offset) | Read::Once(measure, factor, offset) => {
            let nth = measures.iter().position(|m| *m == measure).unwrap_or(0);
            let values: Vec<f64> = values[nth].iter().map(|v| v * factor + offset).collect();
            let mut found = mean(&values);
            if measure == Measure::Succeeded {
                // A share that was never missed is not without error.
                found.error = found.error.max(1.0 / executions as f64);
            }
            found
        }
        Read::Spread => {
            let all = mean(&values[0]);
            // Of a sample's standard deviation, for a distribution flatter than the normal one.
            let error = all.sd / (2.0 * values[0].len() as f64).sqrt();
            Mean {
                value: all.sd,
                error,
                sd: 0.0,
            }
        }
        Read::Longer(limit) => {
            let longer: Vec<f64> = values[0]
                .iter()
                .map(|latency| f64::from(u8::from(*latency > limit)))
                .collect();
            mean(&longer)
        }
    }
}
