//! `sim replay`: the saved counterexamples keep their verdicts; what is wrong is said with its place.

use crate::world::{World, stderr, stdout};
use std::path::{Path, PathBuf};

fn bugs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/bugs");
    let entries = std::fs::read_dir(folder).expect("scenarios/bugs").flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

#[test]
fn every_saved_case_keeps_its_verdict_and_its_witness() {
    let world = World::new();
    let files = bugs();
    assert!(files.len() >= 16, "{} cases", files.len());
    for file in files {
        let name = file.display();
        let text = std::fs::read_to_string(&file).expect("a file of text");
        let replay = world.sim(&["replay", "--quiet", &file.to_string_lossy()]);
        let shown = stdout(&{ replay }.assert().success());
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            line.map_or("", |line| line.trim_start_matches(" = ").trim_matches('"'))
        };
        let verdict = match value("case.witness") {
            "" => format!("{}: {}", value("case.claim"), value("case.verdict")),
            witness => format!(
                "{}: {} ({witness})",
                value("case.claim"),
                value("case.verdict")
            ),
        };
        assert!(
            shown.contains(&verdict),
            "{name}: no `{verdict}` in {shown}"
        );
        assert!(text.starts_with("# "), "{name} does not say what happens");
    }
}

fn one() -> (World, String) {
    let world = World::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../scenarios/bugs/conditional_write_lost_ack.toml");
    let text = std::fs::read_to_string(file).expect("a case");
    (world, text)
}

#[test]
fn the_story_is_golden() {
    let (world, text) = one();
    world.write("case.toml", &text);
    let story = stdout(&world.sim(&["replay", "case.toml"]).assert().success());
    let golden = "A conditional write does not stop the duplicate of a lost acknowledgement
  counter on explicit
  claim counter_sum: The counter is the sum of the acknowledged operations; each one without acknowledgement may count or not.
  fault lost_ack: occurrence = 1, request = kv.put

     0.000 s  client    execution 0 starts
     0.005 s  worker 0  increment-0 of execution 0: body 1 starts (attempt 1)
     0.010 s  worker 0  increment-0 of execution 0: EFFECT (plain) of body 1
     0.010 s  worker 0  increment-0 of execution 0: body 1 returns
     0.018 s  worker 0  increment-0 of execution 0: EFFECT (store) of body 1
     1.015 s  worker 0  NO ANSWER: kv.put.ack
     1.122 s  worker 0  increment-0 of execution 0: EFFECT (store) of body 1
     1.125 s  engine    increment-0 of execution 0: completion acknowledged
     1.125 s  worker 0  get of execution 0: body 1 starts (attempt 1)
     1.130 s  worker 0  get of execution 0: body 1 returns
     1.140 s  client    execution 0 reports success with 2

counter_sum: violated (the counter is 2, not 1)
";
    assert_eq!(story, golden);
}

#[test]
fn a_changed_verdict_is_exit_code_1_and_names_the_build_of_the_case() {
    let (world, text) = one();
    let old = text.replace("case.build = \"", "case.build = \"0.0.1 ");
    world.write("old.toml", &old);
    world
        .sim(&["replay", "--quiet", "old.toml"])
        .assert()
        .success();
    // With the key in the transaction the same fault does no harm.
    world.write(
        "fixed.toml",
        &old.replace(
            "\nplatform.file",
            "\nexplicit.variant = \"idempotent\"\nplatform.file",
        ),
    );
    let message = stderr(
        &world
            .sim(&["replay", "--quiet", "fixed.toml"])
            .assert()
            .code(1),
    );
    let expected = "the case said `violated` of `counter_sum`, this build says `holds`: the engine, the workflow or a data file changed since";
    assert!(message.contains(expected), "{message}");
    assert!(message.contains("(found by 0.0.1 "), "{message}");
}

#[test]
fn what_is_wrong_with_a_case_is_shown_with_its_place_and_the_nearest_name() {
    let (world, text) = one();
    let wrong = [
        (
            "counter.operations",
            "counter.operatons",
            "did you mean `counter.operations`?",
        ),
        ("\"kv.put\"", "\"kv.putt\"", "did you mean `kv.put`?"),
        (
            "\"counter_sum\"",
            "\"counter_sun\"",
            "did you mean `counter_sum`?",
        ),
        ("\"explicit\"", "\"explict\"", "did you mean `explicit`?"),
        ("\"constant\"", "\"konstant\"", "did you mean `constant`?"),
        ("case.claim =", "case.clam =", "did you mean `case.claim`?"),
    ];
    for (right, slip, help) in wrong {
        world.write("case.toml", &text.replace(right, slip));
        let message = stderr(&world.sim(&["replay", "case.toml"]).assert().code(2));
        assert!(
            message.contains("--> case.toml:") && message.contains(help),
            "{slip}: {message}"
        );
    }
    let message = stderr(&world.sim(&["replay", "none.toml"]).assert().code(2));
    assert!(
        message.starts_with("error: cannot read none.toml: "),
        "{message}"
    );
    let message = stderr(&world.sim(&["replay", "grid.toml"]).assert().code(2));
    assert!(
        message.starts_with("error: grid.toml is no case"),
        "{message}"
    );
}

#[test]
fn a_trace_that_cannot_be_written_is_exit_code_2() {
    let (world, text) = one();
    world.write("case.toml", &text);
    let arguments = ["replay", "case.toml", "--trace", "no/such/folder.json"];
    let message = stderr(&world.sim(&arguments).assert().code(2));
    assert!(
        message.starts_with("error: cannot write no/such/folder.json: "),
        "{message}"
    );
}
