//! Counts of the durable engine beside those of AWS's own SDKs, which `tests/recorded` ran and counted.

use promises::recorded::{Sdk, rows};

const PYTHON: &str = include_str!("../recorded/python.csv");
const JS: &str = include_str!("../recorded/js.csv");
const RANDOM_PYTHON: &str = include_str!("../recorded/random.python.csv");
const RANDOM_JS: &str = include_str!("../recorded/random.js.csv");

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

#[test]
fn counts_are_those_of_the_python_sdk() {
    let rows = rows(PYTHON);
    assert_eq!(rows.len(), 160);
    let mut wrong = Vec::new();
    for row in rows {
        for difference in row.differences(Sdk::Python) {
            let is_it = |race: &&(&str, &str, &str)| {
                let (program, what, ours) = race;
                row.line.starts_with(program)
                    && difference.what == *what
                    && difference.ours == *ours
            };
            if !RACES.iter().any(|race| is_it(&race)) {
                wrong.push(format!("{}: {difference}", row.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn counts_are_those_of_the_javascript_sdk() {
    let rows = rows(JS);
    assert_eq!(rows.len(), 160);
    let mut wrong = Vec::new();
    for row in rows {
        for difference in row.differences(Sdk::Js) {
            wrong.push(format!("{}: {difference}", row.line));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Random programs that come out otherwise, by their beginnings, and why.
const APART_JS: [(&str, &str); 2] = [
    (
        "child { step } parallel { step | callback:0.53 | parallel tolerated_failure_count:0 ",
        "the answer after 0.53 s arrives a few milliseconds before or after a request",
    ),
    (
        "wait:2 wait:1 parallel { step step | parallel/1 { step:1000 step | invoke:1.17 ",
        "a branch fails and a map inside another branch has room again at the same answer: there the failure ends \
         the outer parallel first, here the map begins its next branch first",
    ),
];

const APART_PYTHON: [(&str, &str); 2] = [
    (
        "wait:2 wait:1 parallel { step step | parallel/1 { step:1000 step | invoke:1.17 ",
        "here an end of a branch still meets a request that it misses there",
    ),
    (
        "poll:1 child { map:2 { wait:2 step } parallel min_successful:2 { poll:2 | wait:2 poll:1 ",
        "two functions end within a few milliseconds of each other and of a request",
    ),
];

/// Programs that nobody has chosen (`random_programs.py 2026 120`), recorded before they were compared.
#[test]
fn random_programs_do_what_the_javascript_sdk_does() {
    only_known_ones_differ(RANDOM_JS, Sdk::Js, &APART_JS);
}

#[test]
fn random_programs_do_what_the_python_sdk_does() {
    only_known_ones_differ(RANDOM_PYTHON, Sdk::Python, &APART_PYTHON);
}

fn only_known_ones_differ(recorded: &str, sdk: Sdk, known: &[(&str, &str)]) {
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
