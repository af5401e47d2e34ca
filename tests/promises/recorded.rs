//! Counts of the durable engine beside those of AWS's own SDKs, which `tests/recorded` ran and counted.

use models::records::Measure;
use promises::{Case, Ran};
use std::collections::BTreeMap;

const PYTHON: &str = include_str!("../recorded/python.csv");
const JS: &str = include_str!("../recorded/js.csv");

/// What was counted, by the name of its column.
const COUNTS: [(&str, Measure); 5] = [
    ("updates", Measure::CheckpointUpdates),
    ("requests", Measure::CheckpointRequests),
    ("invocations", Measure::Invocations),
    ("operations", Measure::DurableOperations),
    ("bodies", Measure::Bodies),
];

fn run(sdk: &str, checkpoint_ms: &str, row: &BTreeMap<&str, &str>) -> Ran {
    let mut case = Case::new("program", "durable")
        .set("durable.sdk", sdk)
        .set("durable.semantics", row["semantics"])
        .set("durable.nesting", row["nesting"])
        .set("durable.retry_attempts", row["attempts"])
        .set("durable.retry_initial_s", "1")
        .set("durable.retry_rate", "1")
        .set("durable.retry_jitter", "none")
        .set("program.text", row["program"])
        .set("program.body_ms", row["body_ms"])
        .set("program.poll_s", "1")
        .platform("durable.checkpoint_ms", checkpoint_ms);
    for pair in row["failing"].split_whitespace() {
        let (step, times) = pair.split_once(':').expect("step:times");
        let outcomes = "F".repeat(times.parse().expect("times"));
        let step = format!("step-{step}");
        case = case.fault("outcome", &[("step", &step), ("outcomes", &outcomes)]);
    }
    case.run()
}

/// Rows of Python that come out otherwise, and why: its threads race for the window of a millisecond, ours start
/// at the same instant.
const RACES: [(&str, &str, &str); 8] = [
    // Sixteen to twelve requests there, where branches that end together miss each other's window.
    ("map:20/4 { step },at_least_once,nested,", "requests", "11"),
    // Three requests there where the end of the failed branch's context still meets a START, four where it does not.
    (
        "map:3 { step step } step,at_least_once,nested,5,1,0:9,",
        "requests",
        "4",
    ),
    // Seven to eleven requests there, where threads start one after the other.
    ("map:130 { step },at_least_once,nested,", "requests", "4"),
    // Nine or ten requests there, where the two checks of the first round are stored one after the other.
    (
        "map:2 { poll:2 step } step,at_least_once,nested,5,6,",
        "requests",
        "6",
    ),
    // Three functions that end at the same instant here, and one after the other there: the first lets the handler
    // go on, which hears of the others and does not come back to them.
    (
        "map:3 { invoke:1 step },at_least_once,nested,",
        "requests",
        "4",
    ),
    (
        "map:3 { invoke:1 step },at_least_once,nested,",
        "invocations",
        "5",
    ),
    (
        "map:3 { invoke:1 step },at_least_once,nested,",
        "operations",
        "11",
    ),
    // Six requests there, where the branches' steps miss each other's window.
    (
        "map:3/2 { step invoke:1 },at_least_once,flat,",
        "requests",
        "5",
    ),
];

/// Compares every row. A count that differed from run to run of the SDK is a range.
fn compare(recorded: &str, sdk: &str, checkpoint_ms: &str) {
    let mut lines = recorded.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in lines {
        let row: BTreeMap<&str, &str> = header.iter().copied().zip(line.split(',')).collect();
        let ran = run(sdk, checkpoint_ms, &row);
        rows += 1;
        if ran.record.outcome != row["status"] {
            wrong.push(format!("{line}: {}", ran.record.outcome));
        }
        for (name, measure) in COUNTS {
            let (low, high) = row[name].split_once("..").unwrap_or((row[name], row[name]));
            let race = RACES.iter().any(|(row, count, ours)| {
                sdk == "python"
                    && line.starts_with(row)
                    && *count == name
                    && ran.count(measure).to_string() == *ours
            });
            let range = low.parse().expect(name)..=high.parse().expect(name);
            if !race && !range.contains(&ran.count(measure)) {
                wrong.push(format!("{line}: {name} {}", ran.count(measure)));
            }
        }
    }
    assert_eq!(rows, 160);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn counts_are_those_of_the_python_sdk() {
    compare(PYTHON, "python", "5");
}

#[test]
fn counts_are_those_of_the_javascript_sdk() {
    compare(JS, "js", "30");
}
