//! `sim check`: tables, cases, exit codes; the same bytes whatever the number of jobs.

#[cfg(unix)]
use crate::world::interrupt;
use crate::world::{World, stderr, stdout};
use std::process::{Command, Stdio};
use std::time::Duration;

const SMALL: &str = r#"
title = "Small"
workflow = "counter"
engine = ["durable", "explicit"]
counter.operations = 2
explicit.variant = ["conditional", "idempotent"]
[check]
depth = 1
random = 20
swarm = 20
[platform]
file = "constant"
[prices]
file = "aws-us-east-1-2026"
"#;

fn small() -> World {
    let world = World::new();
    world.write("small.toml", SMALL);
    world
}

#[test]
fn the_tables_and_cases_are_the_same_bytes_for_any_number_of_jobs() {
    let world = small();
    let run = |jobs: &str, out: &str| {
        let arguments = ["check", "small.toml", "--jobs", jobs, "--out", out];
        let assert = world.sim(&arguments).assert().success();
        stdout(&assert).replace(out, "OUT")
    };
    assert_eq!(run("1", "jobs-1"), run("2", "jobs-2"));
    for folder in ["", "/cases", "/cases/platforms"] {
        let files = |out: &str| world.bytes(&format!("{out}{folder}"));
        assert!(
            files("jobs-1") == files("jobs-2"),
            "files of {folder} differ"
        );
    }
    let names: Vec<String> = world
        .bytes("jobs-1")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let expected = [
        "claims.md",
        "claims.png",
        "claims.svg",
        "coverage.csv",
        "coverage.txt",
        "manifest.json",
        "verdicts.csv",
    ];
    assert_eq!(names, expected);
}

#[test]
fn every_violation_names_a_case_that_replays_anywhere() {
    let world = small();
    let arguments = ["check", "small.toml", "--quiet", "--out", "out"];
    world.sim(&arguments).assert().success();
    let table = world.read("out/verdicts.csv");
    let violated: Vec<&str> = table
        .lines()
        .filter(|line| line.contains(",violated,"))
        .collect();
    assert!(violated.len() > 5, "{table}");
    // A folder of cases can be taken elsewhere: the data files lie beside.
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let cases = elsewhere.path().join("cases");
    std::fs::rename(world.path().join("out/cases"), &cases).expect("moved");
    for line in violated {
        let case = line.rsplit(',').next().expect("a case");
        let file = elsewhere.path().join(case);
        let mut replay = world.sim(&["replay", "--quiet", &file.to_string_lossy()]);
        replay.current_dir(elsewhere.path()).assert().success();
    }
}

#[test]
fn the_table_says_what_is_known_of_the_engines() {
    let world = small();
    let arguments = ["check", "small.toml", "--out", "out"];
    let shown = stdout(&world.sim(&arguments).assert().success());
    let row = |engine: &str, claim: &str| -> Vec<String> {
        let line = shown.lines().find(|line| {
            line.starts_with("counter")
                && line.contains(engine)
                && line.contains(&format!(" {claim} "))
        });
        let line = line.unwrap_or_else(|| panic!("no {engine} {claim} in\n{shown}"));
        line.split("  ")
            .map(|field| field.trim().to_owned())
            .filter(|f| !f.is_empty())
            .collect()
    };
    let verdict = |engine: &str, claim: &str| row(engine, claim)[4].clone();
    assert_eq!(verdict("durable", "plain_effects_at_least_once"), "holds");
    assert_eq!(verdict("durable", "plain_effects_exactly_once"), "violated");
    assert_eq!(verdict("explicit conditional", "counter_sum"), "violated");
    assert_eq!(verdict("explicit idempotent", "counter_sum"), "holds");
    assert_eq!(
        verdict("explicit idempotent", "plain_effects_exactly_once"),
        "violated"
    );
    let crash = row("durable", "plain_effects_exactly_once")
        .pop()
        .expect("a plan");
    assert_eq!(crash, "crash effect.after #1");
}

#[test]
fn the_last_line_sums_up_the_table_and_the_rest_is_in_files() {
    let world = small();
    let arguments = ["check", "small.toml", "--out", "out"];
    let shown = stdout(&world.sim(&arguments).assert().success());
    let count = |verdict: &str| shown.matches(&format!("  {verdict}  ")).count();
    let (holds, violated) = (count("holds   "), count("violated"));
    assert!(holds > 5 && violated > 5, "{shown}");
    let last = shown.lines().last().unwrap_or_default();
    let expected = format!(
        "{holds} claims hold, {violated} violated as expected (not claimed, or check.expect), 0 VIOLATED although claimed; "
    );
    assert!(last.starts_with(&expected), "{last}");
    let lines = 1 + holds + violated + 3;
    assert_eq!(shown.lines().count(), lines, "{shown}");
    // What a variant can never cross is not missed; what it has not is on one line.
    let coverage = world.read("out/coverage.txt");
    let never = || {
        coverage
            .lines()
            .filter(|line| line.contains("never crossed"))
    };
    assert_eq!(never().count(), 3, "{coverage}");
    let durable = never().next().unwrap_or_default();
    assert!(durable.contains("durable.get_state.*"), "{durable}");
    assert!(!durable.contains("orchestrator") && !durable.contains("kv."));
}

#[test]
fn a_broken_promise_is_exit_code_1_and_so_is_one_that_was_to_break_and_did_not() {
    let world = small();
    let search = |more: &[&str]| {
        let mut arguments = vec!["check", "small.toml", "--quiet", "--out", "out", "--force"];
        arguments.extend(more);
        world.sim(&arguments).assert()
    };
    // A promise that nobody can keep: an end at once.
    let message = stderr(&search(&["--set", "check.progress_s=0.001"]).code(1));
    assert!(
        message.contains("violated although claimed, counter on durable: progress"),
        "{message}"
    );
    search(&["--set", "check.expect=plain_effects_exactly_once"]).success();
    let message = stderr(&search(&["--set", "check.expect=batch_order"]).code(1));
    assert!(
        message.contains("`batch_order` was to be violated and was not"),
        "{message}"
    );
}

#[test]
fn bad_input_is_exit_code_2_before_anything_runs() {
    let world = small();
    world.write("file", "");
    let code_2 = |arguments: &[&str]| stderr(&world.sim(arguments).assert().code(2));
    let message = code_2(&["check", "small.toml", "--out", "file"]);
    assert!(
        message.starts_with("error: file is a file, not a folder"),
        "{message}"
    );
    assert!(!message.contains("cells"), "it searched first: {message}");
    let message = code_2(&["check", "none.toml"]);
    assert!(
        message.starts_with("error: cannot read none.toml: "),
        "{message}"
    );
    let message = code_2(&["check", "small.toml", "--set", "check.kinds=crush"]);
    assert!(message.contains("did you mean `crash`?"), "{message}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = small();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("sim"))
        .current_dir(world.path())
        .args(["check", "small.toml", "--out", "out"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    assert!(world.path().join("out/verdicts.csv").is_file());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_search_with_exit_code_3_and_no_half_table() {
    let world = small();
    let endless = ["--set", "check.random=10000000"];
    let child = world.spawn(&[&["check", "small.toml", "--out", "out"], &endless[..]].concat());
    while !world.path().join("out").is_dir() {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(200));
    let (code, message) = interrupt(child);
    assert_eq!(code, Some(3), "{message}");
    assert!(message.contains("nothing was written"), "{message}");
    assert!(
        !message.contains("of 3 cells"),
        "progress of what was not searched: {message}"
    );
    assert!(
        !world.path().join("out").exists(),
        "what a search left that did not end"
    );
}

/// As `sim run` does: other results stay, and `--force` replaces them without what they alone had.
#[test]
fn other_results_stay_and_force_leaves_nothing_stale() {
    let world = small();
    let search = |more: &[&str]| {
        let small = ["check", "small.toml", "--quiet", "--out", "out"];
        world.sim(&[&small[..], more].concat()).assert()
    };
    let refused = |more: &[&str], why: &str| {
        let before = world.bytes("out");
        let message = stderr(&search(more).code(2));
        assert!(message.contains(why), "{message}");
        assert!(message.contains("--force"), "{message}");
        assert!(before == world.bytes("out"), "something was overwritten");
    };
    std::fs::create_dir(world.path().join("out")).expect("a folder");
    world.write("out/verdicts.csv", "mine\n");
    refused(&[], "a verdicts.csv without a manifest");
    search(&["--force"]).success();
    search(&[]).success();
    let one = ["--set", "engine=durable", "--force"];
    refused(&one[..2], "no --set, not --set engine=durable");
    assert!(!world.bytes("out/cases").is_empty());
    world.write("out/cases/mine.toml", "");
    world.write("out/mine.txt", "");
    search(&one).success();
    let arguments = [
        "check",
        "small.toml",
        "--quiet",
        "--out",
        "alone",
        "--set",
        "engine=durable",
    ];
    world.sim(&arguments).assert().success();
    std::fs::remove_file(world.path().join("out/cases/mine.toml")).expect("mine");
    std::fs::remove_file(world.path().join("out/mine.txt")).expect("mine");
    for folder in ["", "/cases", "/cases/platforms", "/cases/prices"] {
        let files = |out: &str| world.bytes(&format!("{out}{folder}"));
        assert!(files("out") == files("alone"), "stale files in {folder}");
    }
    // The results of the two commands are not of one folder.
    let message = stderr(&world.run_grid("out", &[]).code(2));
    assert!(message.contains("those of `sim check`"), "{message}");
    world.run_grid("out", &["--force"]).success();
    world.run_grid("grid", &[]).success();
    assert!(world.files("out") == world.files("grid"), "stale tables");
    assert!(!world.path().join("out/cases").exists());
    refused(&[], "those of `sim run`");
}
