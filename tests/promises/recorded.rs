//! Counts of the durable engine beside those of AWS's own SDKs, which `tests/recorded` ran and counted.

use promises::recorded::{Sdk, rows};

const PYTHON: &str = include_str!("../recorded/python.csv");
const JS: &str = include_str!("../recorded/js.csv");

/// Rows of Python that come out otherwise, and why: its threads race for the window of a millisecond, ours start
/// at the same instant.
const RACES: [(&str, &str, &str); 7] = [
    // Sixteen to twelve requests there, where branches that end together miss each other's window.
    ("map:20/4 { step },at_least_once,nested,", "requests", "11"),
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

#[test]
fn counts_are_those_of_the_python_sdk() {
    only_races_differ(PYTHON, Sdk::Python, &RACES);
}

#[test]
fn counts_are_those_of_the_javascript_sdk() {
    only_races_differ(JS, Sdk::Js, &[]);
}

fn only_races_differ(recorded: &str, sdk: Sdk, races: &[(&str, &str, &str)]) {
    let rows = rows(recorded);
    assert_eq!(rows.len(), 160);
    let mut wrong = Vec::new();
    for row in rows {
        for difference in row.differences(sdk) {
            let race = races.iter().any(|(program, what, ours)| {
                row.line.starts_with(program)
                    && difference.what == *what
                    && difference.ours == *ours
            });
            if !race {
                wrong.push(format!("{}: {difference}", row.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Random programs that come out otherwise, by their beginnings, and why.
type Apart = &'static [(&'static str, &'static str)];

const RANDOM_JS_APART: Apart = &[(
    "child { step } parallel { step | callback:0.53 | parallel tolerated_failure_count:0 ",
    "an answer comes a few milliseconds before a request there, and after it here",
)];
const CRASHES_JS_APART: Apart = &[];
const RANDOM_PYTHON_APART: Apart = &[(
    "wait:2 wait:1 parallel { step step | parallel/1 { step:1000 step | invoke:1.17 ",
    "an end of a branch still meets a request here that it misses there",
)];
const CRASHES_PYTHON_APART: Apart = &[
    (
        "step parallel tolerated_failure_percentage:50 { map:5 tolerated_failure_count:5 { callback:2.77/1 } | ",
        "ends of branches miss each other's window there",
    ),
    (
        "invoke:1.17 parallel { step step step | step wait:2 invoke:2.33 | map:2/1 min_successful:1 ",
        "ends of branches miss each other's window there",
    ),
    (
        "parallel { step | parallel { step | wait:2 step wait:1 } wait:1 | step | invoke:2.83 ",
        "an inner and an outer parallel fail at the same answer: the inner end is sent here, seldom there",
    ),
    (
        "parallel { step | invoke:0.17 callback:0.37 child { poll:2 step wait:3 } | parallel/1 ",
        "ends of branches miss each other's window there",
    ),
    (
        "map:4 { callback:0.77 child { step } } invoke:1.17 step",
        "answers of the same instant are heard of one by one there",
    ),
    (
        "map:4 { parallel/1 min_successful:1 { invoke:2.83 | step | invoke:2.33 | invoke:1.57 } } ",
        "functions that end together are heard of one by one there",
    ),
];

/// Programs that nobody has chosen (`random_programs.py 2026 120`).
#[test]
fn random_programs_do_what_the_javascript_sdk_does() {
    let recorded = include_str!("../recorded/random.js.csv");
    only_known_ones_differ(recorded, Sdk::Js, RANDOM_JS_APART);
}

#[test]
fn random_programs_do_what_the_python_sdk_does() {
    let recorded = include_str!("../recorded/random.python.csv");
    only_known_ones_differ(recorded, Sdk::Python, RANDOM_PYTHON_APART);
}

/// Programs whose process dies once or twice (`random_programs.py 2027 120 crash`).
#[test]
fn random_crashes_do_what_they_do_to_the_javascript_sdk() {
    let recorded = include_str!("../recorded/crashes.js.csv");
    only_known_ones_differ(recorded, Sdk::Js, CRASHES_JS_APART);
}

#[test]
fn random_crashes_do_what_they_do_to_the_python_sdk() {
    let recorded = include_str!("../recorded/crashes.python.csv");
    only_known_ones_differ(recorded, Sdk::Python, CRASHES_PYTHON_APART);
}

fn only_known_ones_differ(recorded: &str, sdk: Sdk, known: Apart) {
    let rows = rows(recorded);
    assert_eq!(rows.len(), 120);
    let differ = rows
        .iter()
        .filter(|row| !row.differences_in(sdk, 20).is_empty());
    let differ: Vec<&str> = differ.map(|row| row.line).collect();
    assert_eq!(differ.len(), known.len(), "{differ:#?}");
    for (line, (program, _)) in differ.iter().zip(known) {
        assert!(line.starts_with(program), "{line}");
    }
}
