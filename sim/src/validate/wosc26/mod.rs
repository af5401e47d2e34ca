//! WOSC 2026: durable functions against state in one item by hand, a counter and a chunked video.
//!
//! Parameters come from the study's counter (`wosc26_counter_summary.csv`: initialisation, entry, tear-down,
//! time to store a result); the video is predicted. By hand, requests take the client library's CPU time,
//! which small memory stretches: what a stored result takes at 128 MB beyond the service's own latency.

mod cost;
mod fail;

use super::Study;
use super::csv::{self, number};
use super::experiment::{mean, metric, runs};
use super::study::{Basis, Effort, Finding, Parameter, Prediction, Quantity, Tolerance, mark};
use analysis::figures::paper::{Mark, Place};
use analysis::stats::Interval;
use models::records::{Measure, RunRecord};
use std::fmt::Write;

/// The study.
pub const STUDY: Study = Study {
    name: "wosc26",
    about: "counter and video on durable functions against DynamoDB by hand (WOSC 2026)",
    run,
};

/// Chunks of the study's videos and their lengths in seconds.
const VIDEOS: [(u32, f64); 3] = [(3, 30.0), (6, 60.0), (10, 95.0)];

/// Initialisation of a cold environment in ms, as the scenario has it.
const INIT_MS: f64 = 954.0;

fn value(records: &[RunRecord], measure: Measure) -> f64 {
    mean(&metric(records, measure)).value
}

/// The function's own time in ms: what was billed without the initialisation.
fn own_ms(records: &[RunRecord]) -> f64 {
    1e3 * value(records, Measure::BilledS) - INIT_MS
}

fn video(
    effort: &Effort,
    engine: &str,
    seconds: f64,
    memory: u32,
) -> Result<Vec<RunRecord>, String> {
    let sets = [
        format!("engine={engine}"),
        format!("video.length_s={seconds}"),
        format!("function.memory_mb={memory}"),
    ];
    runs(effort, "wosc26", &sets)
}

fn run(effort: &Effort) -> Result<Finding, String> {
    let mut finding = Finding::default();
    counter(effort, &mut finding)?;
    delays(effort, &mut finding)?;
    let mut text = String::from(
        "chunks,durable_exec_ms,durable_billed_ms,durable_ckpt_kb,trad3008_exec_ms,trad128_exec_ms,trad128_billed_ms,trad_state_kb,trad_reads,trad_writes,trad_versions\n",
    );
    for (chunks, seconds) in VIDEOS {
        let durable = video(effort, "durable", seconds, 128)?;
        let small = video(effort, "explicit", seconds, 128)?;
        let large = video(effort, "explicit", seconds, 3008)?;
        let (reads, writes) = (
            value(&small, Measure::StoreReads),
            value(&small, Measure::StoreWrites),
        );
        let kb = |records: &[RunRecord]| value(records, Measure::StateBytesWritten) / 1e3;
        let _ = writeln!(
            text,
            "{chunks},{:.1},{:.1},{:.3},{:.1},{:.1},{:.1},{:.3},{reads},{writes},{}",
            own_ms(&durable),
            own_ms(&durable) + INIT_MS,
            kb(&durable),
            own_ms(&large),
            own_ms(&small),
            own_ms(&small) + INIT_MS,
            kb(&small),
            writes - 1.0,
        );
        let n = f64::from(chunks);
        let name = |what: &str| format!("video of {chunks} chunks: {what}");
        let exact = |what: &str, published: f64, simulated: f64| Quantity {
            name: name(what),
            published: Some(published),
            simulated,
            error: 0.0,
            tolerance: Tolerance::Equal,
            basis: Basis::Exact,
        };
        let open = |what: &str, simulated: f64| Quantity {
            name: name(what),
            published: None,
            simulated,
            error: 0.0,
            tolerance: Tolerance::Share(0.10),
            basis: Basis::Predicted,
        };
        let place = || Place::At(n);
        for (series, ms) in [
            ("durable, 128 MB", own_ms(&durable)),
            ("by hand, 128 MB", own_ms(&small)),
            ("by hand, 3,008 MB", own_ms(&large)),
        ] {
            let time = mark(("wosc26_video", "time"), series, place(), ms / 1e3);
            finding.marks.push(time);
        }
        for (series, count, published) in
            [("reads", reads, 2.0 * n + 5.0), ("writes", writes, n + 4.0)]
        {
            finding.marks.push(Mark {
                published: Some(published),
                ..mark(("wosc26_video", "requests"), series, place(), count)
            });
        }
        finding.quantities.extend([
            exact("reads", 2.0 * n + 5.0, reads),
            exact("writes", n + 4.0, writes),
            exact("final version", n + 3.0, writes - 1.0),
            exact("durable steps", n + 5.0, value(&durable, Measure::Bodies)),
            open("durable function time, ms", own_ms(&durable)),
            open("by hand at 128 MB, ms", own_ms(&small)),
            open("by hand at 3008 MB, ms", own_ms(&large)),
        ]);
    }
    finding.predictions = vec![Prediction {
        file: "wosc26_video_pipeline.csv".to_owned(),
        csv: text,
    }];
    fail::run(effort, &mut finding)?;
    cost::run(effort, &mut finding)?;
    finding.parameters = parameters();
    Ok(finding)
}

fn parameters() -> Vec<Parameter> {
    let parameter = |name: &str, value: &str, origin: &str| Parameter {
        name: name.to_owned(),
        value: value.to_owned(),
        origin: origin.to_owned(),
    };
    let summary = |column: &str| format!("wosc26_counter_summary.csv, v13, {column}");
    vec![
        parameter("initialisation", "954 ms", &summary("init_ms cold, mean")),
        parameter(
            "entry of a cold environment",
            "237 ms",
            &summary("entry_ms cold, mean"),
        ),
        parameter("tear-down", "102 ms", &summary("teardown_ms, mean")),
        parameter(
            "storing a result",
            "139 ms + 1 ms batching",
            &summary("ckpt_op3_ms cold, mean"),
        ),
        parameter(
            "first request of an environment",
            "268 ms more",
            &summary("ckpt_op1_ms, cold less warm"),
        ),
        parameter(
            "client CPU per request, by hand",
            "8.2 ms of one vCPU",
            "assumption: 139 ms at 128 MB less 25 ms of the service, times 128/1769",
        ),
        parameter(
            "times of the video's steps",
            "100 + 50 x s, 200, 24, 10, 8 ms",
            "the study's workload; functions by hand take 12 ms more each",
        ),
    ]
}

fn counter(effort: &Effort, finding: &mut Finding) -> Result<(), String> {
    let rows = csv::rows(&effort.published("wosc26_counter_summary.csv")?)?;
    let published = |quantity: &str, start: &str| {
        let row = rows.iter().find(|row| {
            row["quantity"] == quantity && row["runtime"] == "v13" && row["start_kind"] == start
        });
        row.and_then(|row| number(row, "mean"))
            .ok_or_else(|| format!("no {quantity} {start}"))
    };
    let sets = |more: &[&str]| -> Vec<String> {
        let all = ["workflow=counter", "engine=durable"].iter().chain(more);
        all.map(|set| (*set).to_owned()).collect()
    };
    let cold = own_ms(&runs(effort, "wosc26", &sets(&[]))?);
    // Two executions, one after the other: the second finds the environment warm.
    let both = runs(effort, "wosc26", &sets(&["load.executions=2"]))?;
    let warm = 2.0 * 1e3 * value(&both, Measure::BilledS) - INIT_MS - cold;
    let close = |name: &str, published: f64, simulated: f64| Quantity {
        name: name.to_owned(),
        published: Some(published),
        simulated,
        error: 0.0,
        tolerance: Tolerance::Share(0.10),
        basis: Basis::Predicted,
    };
    // Warm invocations of all three steps: those of one attempt and no failure.
    let all = csv::rows(&effort.published("wosc26_counter_invocations.csv")?)?;
    let whole = |row: &&csv::Row| {
        row["runtime"] == "v13"
            && row["start_kind"] == "warm"
            && ["ckpt_op1_ms", "ckpt_op2_ms", "ckpt_op3_ms"]
                .iter()
                .all(|c| number(row, c).is_some())
    };
    let mut warms: Vec<f64> = all
        .iter()
        .filter(whole)
        .filter_map(|row| number(row, "duration_ms"))
        .collect();
    warms.sort_by(f64::total_cmp);
    let middle = warms
        .get(warms.len() / 2)
        .copied()
        .ok_or("no warm invocation")?;
    for (name, published, simulated) in [
        ("function, cold", published("duration_ms", "cold")?, cold),
        ("function, warm (median)", middle, warm),
        (
            "billed, cold",
            published("billed_ms", "cold")?,
            cold + INIT_MS,
        ),
    ] {
        let place = Place::Named(name.to_owned());
        finding.marks.push(Mark {
            published: Some(published),
            ..mark(("wosc26_counter", "time"), "simulated", place, simulated)
        });
    }
    finding.quantities.extend([
        close(
            "counter, cold: function time, ms",
            published("duration_ms", "cold")?,
            cold,
        ),
        close("counter, warm: function time, ms (median)", middle, warm),
        close(
            "counter, cold: billed, ms",
            published("billed_ms", "cold")?,
            cold + INIT_MS,
        ),
    ]);
    Ok(())
}

/// Every observed delay of a step's retry lies in the range of its policy.
fn delays(effort: &Effort, finding: &mut Finding) -> Result<(), String> {
    let rows = csv::rows(&effort.published("wosc26_retry_backoff.csv")?)?;
    let steps = rows
        .iter()
        .filter(|row| ["additive", "full"].contains(&row["jitter_model"].as_str()));
    for row in steps {
        let base = number(row, "base_s").ok_or("no base")?;
        let jitter = &row["jitter_model"];
        let sets = [
            format!("durable.retry_initial_s={base}"),
            format!("durable.retry_jitter={jitter}"),
        ];
        let latencies = metric(&runs(effort, "wosc26_retry", &sets)?, Measure::LatencyS);
        let least = latencies.iter().copied().fold(f64::INFINITY, f64::min);
        let most = latencies.iter().copied().fold(0.0, f64::max);
        let panel = if jitter == "full" { "full" } else { "additive" };
        let retry = number(row, "retry_no").ok_or("no retry_no")?;
        finding.marks.push(Mark {
            interval: Interval {
                low: least,
                high: most,
            },
            published: number(row, "observed_delay_s"),
            ..mark(
                ("wosc26_retry", panel),
                "simulated",
                Place::At(retry),
                mean(&latencies).value,
            )
        });
        finding.quantities.push(Quantity {
            name: format!(
                "{}: delay {}, {jitter} jitter, s",
                row["experiment"], row["retry_no"]
            ),
            published: number(row, "observed_delay_s"),
            simulated: mean(&latencies).value,
            error: 0.0,
            // Observed between whole log entries: up to a tenth of a second early.
            tolerance: Tolerance::Within(least - 0.1, most),
            basis: Basis::Predicted,
        });
    }
    Ok(())
}
