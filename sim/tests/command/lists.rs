use crate::world::{World, stdout};
use std::process::{Command, Stdio};

#[test]
fn every_list_can_be_printed() {
    let world = World::new();
    for (what, word) in [
        ("workflows", "counter"),
        ("engines", "durable"),
        ("faults", "lost_ack"),
        ("metrics", "latency_s"),
        ("figures", "lines"),
        ("keys", "faults.crash.occurrence"),
        ("points", "durable.checkpoint.send"),
        ("claims", "counter_linearizable"),
        ("explorers", "exhaustive"),
        ("studies", "excamera"),
    ] {
        let assert = world.sim(&["list", what]).assert().success();
        assert!(stdout(&assert).contains(word), "{what}");
    }
}

#[test]
fn scenarios_are_listed_with_their_questions() {
    let world = World::new();
    let assert = world.sim(&["list", "scenarios", "--folder", "."]).assert();
    let text = stdout(&assert.success());
    assert_eq!(text, "./grid.toml  Are the bytes the same?\n");
}

#[test]
fn without_arguments_there_is_help() {
    let assert = World::new().sim(&[]).assert().success();
    assert!(stdout(&assert).contains("Usage: sim"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("sim"))
        .args(["list", "keys"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
