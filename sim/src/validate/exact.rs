//! Closed forms: each row of `analytic_reference.csv` as a run of the scenario `exact`.
//!
//! The formula is in the file, with its value; nothing of it is here. What is here says which workflow,
//! engine and fault the formula speaks of. With no latencies, the length of a run is made of work,
//! repeated work, downtime, restart and delays only.

use super::Study;
use super::csv::{self, Row};
use super::experiment::{self, Mean, mean, metric};
use super::study::{Basis, Effort, Finding, Missing, Quantity, Tolerance};
use models::records::{Measure, RunRecord};
use std::collections::BTreeMap;

/// The study.
pub const STUDY: Study = Study {
    name: "exact",
    about: "closed forms: failures and recovery, retries, fan-out, replay, jitter",
    run,
};

/// How a row becomes a run.
struct Experiment {
    scenario: &'static str,
    sets: Vec<String>,
    /// Executions that make three standard errors half a per cent.
    executions: u64,
    read: Read,
}

enum Read {
    /// Mean of a metric over runs, times a factor, plus an offset.
    Metric(Measure, f64, f64),
    /// Standard deviation of the latency between executions, one a run.
    Spread,
    /// Share of executions that take longer than this many seconds, one a run.
    Longer(f64),
}

type Params = BTreeMap<String, f64>;

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

fn set(key: &str, value: impl std::fmt::Display) -> String {
    format!("{key}={value}")
}

/// A map whose branches take no processor: chunks of one second, any number side by side.
fn fan_out(branches: f64, law: String) -> Vec<String> {
    vec![
        set("workflow", "video"),
        set("video.length_s", branches),
        set("video.media", "none"),
        set("video.validate_ms", 0),
        set("video.split_ms", 0),
        set("video.assemble_ms", 0),
        set("faults.crash_per_hour", 0),
        law,
    ]
}

fn lognormal(sigma: f64) -> Vec<String> {
    vec![
        set("encoder.law", "drawn"),
        format!(
            "encoder.chunk_ms=lognormal(mu = {}, sigma = {sigma})",
            1000f64.ln()
        ),
    ]
}

/// The run of a row, or why there is none.
fn experiment(row: &Row) -> Result<Experiment, &'static str> {
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
    let of = |sets, executions, read| {
        Ok(Experiment {
            scenario: "exact",
            sets,
            executions,
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
            of(sets, 400_000, Read::Metric(Measure::LatencyS, unit, 0.0))
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
            of(sets, 100_000, Read::Metric(Measure::Bodies, 1.0, 0.0))
        }
        "retry_capped_attempts" => {
            let mut sets = durable(steps(1.0), p("m")?);
            sets.push(set("faults.fail_rate", p("p")?));
            of(sets, 100_000, Read::Metric(Measure::Bodies, 1.0, 0.0))
        }
        "retry_wf_success" => {
            let mut sets = durable(steps(p("n")?), p("m")?);
            sets.push(set("faults.fail_rate", p("p")?));
            of(sets, 100_000, Read::Metric(Measure::Succeeded, 1.0, 0.0))
        }
        "restart_step_execs" => {
            let mut sets = steps(p("n")?);
            sets.push(set("faults.fail_rate", p("p")?));
            of(sets, 370_000, Read::Metric(Measure::Bodies, 1.0, 0.0))
        }
        id if id.starts_with("backoff_total") => {
            let mut sets = Vec::new();
            if id.contains("additive") {
                sets.push(set("durable.retry_jitter", "additive"));
            }
            let (executions, read) = match id.contains("_sd_") {
                true => (200_000, Read::Spread),
                false => (50_000, latency),
            };
            Ok(Experiment {
                scenario: "exact_backoff",
                sets,
                executions,
                read,
            })
        }
        "max_lognormal" => {
            let (n, sigma) = (p("n")?, p("sigma")?);
            let sets = fan_out(n, lognormal(sigma).join("\u{0}"));
            if sigma >= 1.0 && n > 100.0 {
                return Err(
                    "its tail is so heavy that 0.5 % would take 50 to 300 million bodies; the smaller ones are tested",
                );
            }
            // Enough for three standard errors of half a per cent: the maximum varies less the more there are.
            let spread =
                sigma * (0.9 - 0.045 * n.ln()).max(0.35) * if sigma >= 1.0 { 1.3 } else { 1.0 };
            let executions = (spread / 0.0015).powi(2).max(640.0);
            of(sets, executions.ceil() as u64, latency)
        }
        "max_exp" => {
            let n = p("n")?;
            let law = "encoder.law=drawn\u{0}encoder.chunk_ms=exponential(mean = 1000)".to_owned();
            let spread = 1.28 / (n.ln() + 0.58);
            let executions = (spread / 0.0015).powi(2);
            of(fan_out(n, law), executions.ceil() as u64, latency)
        }
        "tail_amplification" => {
            let (n, tail) = (p("n")?, p("p")?);
            let law = "encoder.law=drawn\u{0}encoder.chunk_ms=exponential(mean = 1000)".to_owned();
            let share = 1.0 - (1.0 - tail).powf(n);
            let executions = ((1.0 - share) / share / 0.00165f64.powi(2)).min(4e7 / n);
            of(fan_out(n, law), executions as u64, Read::Longer(-tail.ln()))
        }
        "rounds_until_all_done" => {
            let sets = vec![
                set("video.length_s", p("n")?),
                set("faults.fail_rate", p("p")?),
            ];
            Ok(Experiment {
                scenario: "exact_rounds",
                sets,
                executions: 60_000,
                // The first round takes no time, each further one a second.
                read: Read::Metric(Measure::LatencyS, 1.0, 1.0),
            })
        }
        "replay_total_ms" => Err(
            "the engine replays once more at the end, which the sum of gaps leaves out; see the study `replay`",
        ),
        "slots_makespan" => {
            let law = format!("encoder.law=drawn\u{0}encoder.chunk_ms={}", p("d")? * 1e3);
            let mut sets = fan_out(p("N")?, law);
            sets.push(set("video.max_concurrency", p("c")?));
            of(sets, 1, latency)
        }
        "mmc_pwait" | "mmc_Wq" | "mmc_Wq_p99" | "mg1_Wq" => {
            Err("needs arrivals at given times and a queue in front of workers")
        }
        id if id.starts_with("tau_") => Err(
            "the best interval is a minimum, and flat; the segments whose expectation it minimises are tested",
        ),
        "coupon_collector" => Err("no mechanism here draws until all kinds were seen"),
        id if id.starts_with("cost_") => {
            Err("a ratio of two prices: tested on the price file, nothing is run")
        }
        _ => Err("not known"),
    }
}

fn value(effort: &Effort, experiment: &Experiment) -> Result<Mean, String> {
    let mut sets: Vec<String> = Vec::new();
    for set in &experiment.sets {
        sets.extend(set.split('\u{0}').map(str::to_owned));
    }
    let total = match effort.quick {
        true => (experiment.executions / 100)
            .max(640)
            .min(experiment.executions),
        false => experiment.executions,
    };
    let (runs, executions) = match experiment.read {
        Read::Metric(..) if total > 1 => (64.min(total), total.div_ceil(64)),
        _ => (total, 1),
    };
    sets.push(format!("replicates={runs}"));
    sets.push(format!("load.executions={executions}"));
    let records = experiment::runs(effort, experiment.scenario, &sets)?;
    Ok(read(&records, &experiment.read))
}

fn read(records: &[RunRecord], how: &Read) -> Mean {
    match how {
        Read::Metric(measure, factor, offset) => {
            let values = metric(records, *measure);
            let values: Vec<f64> = values.iter().map(|v| v * factor + offset).collect();
            let mut found = mean(&values);
            if *measure == Measure::Succeeded {
                // A share that was never missed is not without error.
                let executions: f64 = metric(records, Measure::Executions).iter().sum();
                found.error = found.error.max(1.0 / executions);
            }
            found
        }
        Read::Spread => {
            let all = mean(&metric(records, Measure::LatencyS));
            // Of a sample's standard deviation, for a distribution flatter than the normal one.
            let error = all.sd / (2.0 * records.len() as f64).sqrt();
            Mean {
                value: all.sd,
                error,
                sd: 0.0,
            }
        }
        Read::Longer(limit) => {
            let latencies = metric(records, Measure::LatencyS);
            let longer: Vec<f64> = latencies
                .iter()
                .map(|l| f64::from(u8::from(l > limit)))
                .collect();
            mean(&longer)
        }
    }
}

fn run(effort: &Effort) -> Result<Finding, String> {
    let rows = csv::rows(&effort.published("analytic_reference.csv")?)?;
    let mut finding = Finding::default();
    let mut seen: BTreeMap<String, ()> = BTreeMap::new();
    for row in &rows {
        let name = format!("{} ({})", row["id"], row["params"]);
        if seen.insert(name.clone(), ()).is_some() {
            continue;
        }
        match experiment(row) {
            Err(reason) => finding.missing.push(Missing {
                name,
                reason: reason.to_owned(),
            }),
            Ok(experiment) => {
                let found = value(effort, &experiment).map_err(|why| format!("{name}: {why}"))?;
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
