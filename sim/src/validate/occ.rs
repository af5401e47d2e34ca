//! Back-off under optimistic concurrency: N clients that update one item once each.
//!
//! The published simulator (aws-samples/aws-arch-backoff-simulator) has clients, a network and a server of
//! its own; here the same protocol is the explicit engine's conditional write, through the key-value store and
//! the network between worker and store. Every cell is compared within three standard errors of both.

use super::Study;
use super::csv::{self, Row, number};
use super::experiment::{mean, values};
use super::study::{
    Basis, Effort, Finding, Parameter, Prediction, Quantity, Tolerance, around, mark,
};
use analysis::figures::paper::{Mark, Place};
use models::records::Measure;
use std::fmt::Write;

/// The study.
pub const STUDY: Study = Study {
    name: "occ",
    about: "back-off and jitter under optimistic concurrency (aws-arch-backoff-simulator)",
    run,
};

/// The published simulator's base in ms; its exponential delays start from twice that.
const BASE_MS: f64 = 5.0;

/// The keys of a policy: its name here, and the base of its delays in seconds.
fn policy(name: &str) -> Result<[String; 2], String> {
    let (policy, base) = match name {
        "None" => ("none", 2.0 * BASE_MS),
        "Exponential" => ("exponential", 2.0 * BASE_MS),
        "EqualJitter" => ("equal", 2.0 * BASE_MS),
        "FullJitter" => ("full", 2.0 * BASE_MS),
        "Decorr" => ("decorrelated", BASE_MS),
        other => return Err(format!("no policy `{other}`")),
    };
    Ok([
        format!("explicit.conflict_backoff={policy}"),
        format!("explicit.backoff_s={}", base / 1e3),
    ])
}

fn run(effort: &Effort) -> Result<Finding, String> {
    let rows = csv::rows(&effort.published("backoff_occ_reference.csv")?)?;
    let mut finding = Finding::default();
    let mut text = String::from(
        "clients,policy,trials,completion_ms_mean,completion_ms_se,write_calls_mean,write_calls_se\n",
    );
    for row in &rows {
        cell(effort, row, &mut finding, &mut text)?;
    }
    finding.predictions = vec![Prediction {
        file: "backoff_occ_reference.csv".to_owned(),
        csv: text,
    }];
    let parameter = |name: &str, value: &str| Parameter {
        name: name.to_owned(),
        value: value.to_owned(),
        origin: "the published simulator; nothing is fitted".to_owned(),
    };
    finding.parameters = vec![
        parameter("delay of a message", "|Normal(10 ms, 2 ms)|"),
        parameter("base and cap of the delays", "5 ms, 2,000 ms"),
    ];
    Ok(finding)
}

fn cell(
    effort: &Effort,
    row: &Row,
    finding: &mut Finding,
    text: &mut String,
) -> Result<(), String> {
    let of = |column: &str| number(row, column).ok_or_else(|| format!("no {column}"));
    let (clients, trials) = (of("clients")?, effort.runs(3 * of("trials")? as u64));
    let mut sets = policy(&row["policy"])?.to_vec();
    sets.push(format!("counter.clients={clients}"));
    sets.push(format!("replicates={trials}"));
    let found = values(
        effort,
        "occ",
        &sets,
        &[
            Measure::LatencyMaxS,
            Measure::StoreWrites,
            Measure::LostEffects,
        ],
    )?;
    if found[2].iter().any(|lost| *lost > 0.0) {
        return Err("a conditional write lost an update".to_owned());
    }
    let (time, writes) = (mean(&found[0]), mean(&found[1]));
    let (ms, calls) = (time.value * 1e3, writes.value * clients);
    let _ = writeln!(
        text,
        "{clients},{},{trials},{ms:.2},{:.2},{calls:.2},{:.2}",
        row["policy"],
        time.error * 1e3,
        writes.error * clients
    );
    for (panel, column, value, error) in [
        ("time", "completion_ms", ms / 1e3, time.error),
        ("writes", "write_calls", calls, writes.error * clients),
    ] {
        let unit = if panel == "time" { 1e3 } else { 1.0 };
        finding.marks.push(Mark {
            interval: around(value, error),
            published: Some(of(&format!("{column}_mean"))? / unit),
            ..mark(
                ("backoff", panel),
                row["policy"].clone(),
                Place::At(clients),
                value,
            )
        });
    }
    let name = |what: &str| format!("{} clients, {}: {what}", clients, row["policy"]);
    let quantity = |what: &str, column: &str, simulated, error| -> Result<Quantity, String> {
        Ok(Quantity {
            name: name(what),
            published: Some(of(&format!("{column}_mean"))?),
            simulated,
            error,
            tolerance: Tolerance::ThreeErrors {
                published: of(&format!("{column}_se"))?,
            },
            basis: Basis::Exact,
        })
    };
    finding.quantities.extend([
        quantity("completion, ms", "completion_ms", ms, time.error * 1e3)?,
        quantity("write calls", "write_calls", calls, writes.error * clients)?,
    ]);
    Ok(())
}
