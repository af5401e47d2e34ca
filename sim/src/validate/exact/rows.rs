//! Which workflow, engine and fault a closed form speaks of.

use super::queues;
use crate::validate::csv::Row;
use models::records::Measure;
use std::collections::BTreeMap;

/// How a row becomes runs.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub scenario: &'static str,
    pub sets: Vec<String>,
    /// What an execution costs to run: microseconds of a core, about.
    pub weight: f64,
    pub read: Read,
}

/// The weight of a body of a map, and of a run of its own, in which an execution's own time can be read.
const BRANCH: f64 = 4.0;
const RUN: f64 = 200.0;

/// What is read from the runs.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// Mean of a metric over runs, times a factor, plus an offset.
    Metric(Measure, f64, f64),
    /// Standard deviation of the latency between executions, one a run.
    Spread,
    /// Share of executions that take longer than this many seconds, one a run.
    Longer(f64),
    /// Mean over long runs of a queue whose waits are correlated over so many executions.
    Queue(Measure, f64),
    /// A run without chance.
    Once(Measure, f64, f64),
}

pub type Params = BTreeMap<String, f64>;

fn params(row: &Row) -> Params {
    let text = row.get("params").map_or("", String::as_str);
    let pairs = text
        .split([';', ','])
        .filter_map(|pair| pair.split_once('='));
    let number = |text: &str| text.trim().trim_end_matches("ms").parse::<f64>().ok();
    pairs
        .filter_map(|(name, value)| Some((name.trim().to_owned(), number(value)?)))
        .collect()
}

pub fn set(key: &str, value: impl std::fmt::Display) -> String {
    format!("{key}={value}")
}

/// A map whose branches take no processor: chunks of one second, any number side by side.
fn fan_out(branches: f64, law: [String; 2]) -> Vec<String> {
    let mut sets = vec![
        set("workflow", "video"),
        set("video.length_s", branches),
        set("video.media", "none"),
        set("video.validate_ms", 0),
        set("video.split_ms", 0),
        set("video.assemble_ms", 0),
        set("faults.crash_per_hour", 0),
    ];
    sets.extend(law);
    sets
}

/// A law of a branch's time.
fn drawn(law: &str) -> [String; 2] {
    [set("encoder.law", "drawn"), set("encoder.chunk_ms", law)]
}

fn lognormal(sigma: f64) -> [String; 2] {
    drawn(&format!(
        "lognormal(mu = {}, sigma = {sigma})",
        1000f64.ln()
    ))
}

/// The runs of a row, or why there are none.
pub fn experiment(row: &Row) -> Result<Experiment, &'static str> {
    let given = params(row);
    let p = |name: &str| {
        given
            .get(name)
            .copied()
            .ok_or("parameters that are not read")
    };
    let id = row.get("id").map_or("", String::as_str);
    let steps = |n: f64| {
        vec![
            set("counter.operations", n),
            set("counter.body_ms", 0),
            set("faults.crash_per_hour", 0),
        ]
    };
    let durable = |mut sets: Vec<String>, attempts: f64| {
        sets.extend([
            set("engine", "durable"),
            set("durable.retry_attempts", attempts),
            set("durable.retry_initial_s", 1),
            set("durable.retry_rate", 1),
            set("durable.retry_jitter", "none"),
        ]);
        sets
    };
    let of = |sets, weight, read| {
        Ok(Experiment {
            scenario: "exact",
            sets,
            weight,
            read,
        })
    };
    let latency = Read::Metric(Measure::LatencyS, 1.0, 0.0);
    match id {
        "seg_norecfail" => {
            let (lambda, work) = (p("lam")?, p("w")? + p("c")?);
            // An invocation lasts 900 s at most: a longer segment is run in units of ten seconds.
            let unit = if work > 800.0 { 10.0 } else { 1.0 };
            let sets = vec![
                set("faults.crash_per_hour", lambda * unit * 3600.0),
                set("counter.body_ms", work / unit * 1e3),
                set("faults.restart_s", p("D")? / unit),
                set("platform.function.init_plain_ms", p("R")? / unit * 1e3),
                // The first start is free of charge: it is no recovery.
                set("function.prewarmed", 1),
            ];
            of(
                sets,
                (lambda * work).exp(),
                Read::Metric(Measure::LatencyS, unit, 0.0),
            )
        }
        "seg_recfail" => {
            Err("a crash cannot strike the start of a worker here; the row without that is tested")
        }
        "retry_mean_attempts" | "ckpt_step_execs" => {
            let n = if id == "ckpt_step_execs" {
                p("n")?
            } else {
                1.0
            };
            let mut sets = durable(steps(n), 100_000.0);
            sets.push(set("faults.fail_rate", p("p")?));
            of(sets, 2.0 * n, Read::Metric(Measure::Bodies, 1.0, 0.0))
        }
        "retry_capped_attempts" => {
            let mut sets = durable(steps(1.0), p("m")?);
            sets.push(set("faults.fail_rate", p("p")?));
            of(sets, 2.0, Read::Metric(Measure::Bodies, 1.0, 0.0))
        }
        "retry_wf_success" => {
            let mut sets = durable(steps(p("n")?), p("m")?);
            sets.push(set("faults.fail_rate", p("p")?));
            of(
                sets,
                2.0 * p("n")?,
                Read::Metric(Measure::Succeeded, 1.0, 0.0),
            )
        }
        "restart_step_execs" => {
            let (n, rate) = (p("n")?, p("p")?);
            let mut sets = steps(n);
            sets.push(set("faults.fail_rate", rate));
            of(
                sets,
                0.7 * (1.0 - rate).powf(-n) / rate,
                Read::Metric(Measure::Bodies, 1.0, 0.0),
            )
        }
        id if id.starts_with("backoff_total") => {
            let mut sets = Vec::new();
            if id.contains("additive") {
                sets.push(set("durable.retry_jitter", "additive"));
            }
            let read = match id.contains("_sd_") {
                true => Read::Spread,
                false => latency,
            };
            Ok(Experiment {
                scenario: "exact_backoff",
                sets,
                weight: RUN,
                read,
            })
        }
        "max_lognormal" => {
            let (n, sigma) = (p("n")?, p("sigma")?);
            of(fan_out(n, lognormal(sigma)), BRANCH * n, latency)
        }
        "max_exp" => {
            let n = p("n")?;
            let sets = fan_out(n, drawn("exponential(mean = 1000)"));
            of(sets, BRANCH * n, latency)
        }
        "tail_amplification" => {
            let (n, tail) = (p("n")?, p("p")?);
            let sets = fan_out(n, drawn("exponential(mean = 1000)"));
            of(sets, RUN + BRANCH * n, Read::Longer(-tail.ln()))
        }
        "rounds_until_all_done" => {
            let sets = vec![
                set("video.length_s", p("n")?),
                set("faults.fail_rate", p("p")?),
            ];
            Ok(Experiment {
                scenario: "exact_rounds",
                sets,
                weight: 3.0 * BRANCH * p("n")?,
                // The first round takes no time, each further one a second.
                read: Read::Metric(Measure::LatencyS, 1.0, 1.0),
            })
        }
        "replay_total_ms" => {
            let (n, gap, replay) = (p("n")?, p("a")?, p("b")?);
            let sets = vec![
                set("counter.operations", n),
                set("counter.body_ms", gap),
                set("platform.durable.replay_operation_ms", replay),
            ];
            Ok(Experiment {
                scenario: "replay",
                sets,
                weight: n,
                // The engine also replays before it ends, which is no gap between steps.
                read: Read::Once(Measure::LatencyS, 1e3, -n * replay),
            })
        }
        "slots_makespan" => {
            let mut sets = fan_out(p("N")?, drawn(&format!("{}", p("d")? * 1e3)));
            sets.push(set("video.max_concurrency", p("c")?));
            of(sets, p("N")?, Read::Once(Measure::LatencyS, 1.0, 0.0))
        }
        "mmc_pwait" | "mmc_Wq" | "mmc_Wq_p99" | "mg1_Wq" => {
            queues::experiment(id, &given, row.get("params").map_or("", String::as_str))
        }
        id if id.starts_with("tau_") => Err(
            "an optimum, and flat: half a per cent of the expected time moves it by about a quarter; the segments whose expectation it minimises are tested",
        ),
        "coupon_collector" => Err("no mechanism here draws until all kinds were seen"),
        id if id.starts_with("cost_") => {
            Err("a ratio of prices: in the study `money`, from metered runs")
        }
        _ => Err("not known"),
    }
}
