//! What the figures of the closed forms show.

use crate::validate::csv::{Row, number};
use crate::validate::experiment::Mean;
use crate::validate::study::{around, mark};
use analysis::figures::paper::{Mark, Place};

/// Deviations of a row, and waits of a queue.
pub fn add(row: &Row, found: &Mean, marks: &mut Vec<Mark>) {
    let Some(exact) = number(row, "value") else {
        return;
    };
    let id = row["id"].as_str();
    let place = || Place::Named(kind(id).to_owned());
    let (share, error) = (100.0 / exact, found.error);
    let deviation = (found.value - exact) * share;
    marks.push(Mark {
        interval: around(deviation, error * share),
        ..mark(("exact", "share"), "closed forms", place(), deviation)
    });
    if error > 0.0 {
        let errors = (found.value - exact) / error;
        marks.push(mark(("exact", "errors"), "closed forms", place(), errors));
    }
    let series = match id {
        "mmc_Wq" => "mean",
        "mmc_Wq_p99" => "99th percentile",
        _ => return,
    };
    let param = |name: &str| {
        let text = row["params"].split(';').find_map(|p| p.strip_prefix(name));
        text.and_then(|text| text.parse::<f64>().ok())
    };
    if let (Some(places), Some(rate)) = (param("c="), param("lam=")) {
        let name = format!("c = {places}, {:.0} %", 100.0 * rate / places);
        marks.push(Mark {
            interval: around(found.value, error),
            published: Some(exact),
            ..mark(("queue", "wait"), series, Place::Named(name), found.value)
        });
    }
}

/// The group of a row, short.
fn kind(id: &str) -> &str {
    match id {
        "seg_norecfail" => "segments",
        "restart_step_execs" => "restart",
        "rounds_until_all_done" => "rounds",
        "tail_amplification" => "tails",
        "slots_makespan" => "slots",
        "replay_total_ms" => "replay",
        id if id.starts_with("max_") => "maxima",
        id if id.starts_with("backoff") => "delays",
        id if id.starts_with("mmc") || id.starts_with("mg1") => "queues",
        _ => "retries",
    }
}
