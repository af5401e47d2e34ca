//! Each file of `tests/bad` names in `#:` comments lines that the errors must hold.

use crate::world::{World, stderr};
use std::path::Path;

#[test]
fn each_with_place_expectation_and_nearest_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("tests/bad").flatten() {
        check(&entry.path());
        count += 1;
    }
    assert!(count >= 20, "{count} files");
}

fn check(path: &Path) {
    let world = World::new();
    let name = path.file_name().expect("a name").to_string_lossy();
    let text = std::fs::read_to_string(path).expect("a file of text");
    world.write(&name, &text);
    let arguments = ["run", &name, "--out", "out"];
    let message = stderr(&world.sim(&arguments).assert().code(2));
    for line in text.lines().filter_map(|line| line.strip_prefix("#:")) {
        let found = message
            .lines()
            .any(|found| found.trim().starts_with(line.trim()));
        assert!(found, "{name}: no line `{line}` in\n{message}");
    }
    assert!(message.contains("nothing was run"), "{name}\n{message}");
    assert!(
        !world.path().join("out").exists(),
        "{name}: something was run"
    );
}

#[test]
fn a_wrong_set_is_shown_in_its_argument() {
    let world = World::new();
    let arguments = [
        "--set",
        "counter.operatons=5",
        "--set",
        "faults.fail_rate=2",
    ];
    let message = stderr(&world.run_grid("out", &arguments).code(2));
    for part in [
        "error: unknown key `counter.operatons`\n  --> --set:1:1",
        "did you mean `counter.operations`?",
        "error: `faults.fail_rate` cannot be 2\n  --> --set:1:18",
        "2 problems; nothing was run",
    ] {
        assert!(message.contains(part), "no `{part}` in\n{message}");
    }
}

#[test]
fn a_scenario_that_is_not_there_is_named() {
    let assert = World::new().sim(&["run", "none.toml"]).assert().code(2);
    let message = stderr(&assert);
    assert!(
        message.starts_with("error: cannot read none.toml: "),
        "{message}"
    );
}

/// Each with what it must say.
#[test]
fn wrong_arguments_are_answered_in_plain_words() {
    let world = World::new();
    let cases: [(&[&str], &str); 10] = [
        (&["--replicates", "-1"], "-1 is not in 1..=10000000"),
        (&["--seed", "-1"], "-1 is not in 0.."),
        (&["--jobs", "-2"], "-2 is not in 1..="),
        (
            &["--set", "counter.operations="],
            "`counter.operations` cannot be empty",
        ),
        (
            &["--set", "counter.body_ms=lognormal(p50=12, p99=5)"],
            "12 at the lower one is above 5 at the higher",
        ),
        (
            &["--set", "faults.crash.occurrence=1"],
            "`faults.crash.occurrence` is a key of a `[[faults.crash]]` table, and the scenario has none",
        ),
        (
            &["--set", "program.text=step foo"],
            "found `foo`\n  --> --set:1:14",
        ),
        (
            &["--set", "workflow=program"],
            "`explicit` has none\n  --> grid.toml:7:",
        ),
        (
            &["--set", "workflow=program"],
            "= expected: one of local, durable, staged, queue",
        ),
        (&["--set", "fault.rate=1"], "did you mean `faults`?"),
    ];
    for (arguments, part) in cases {
        let message = stderr(&world.run_grid("out", arguments).code(2));
        assert!(message.contains(part), "no `{part}` in\n{message}");
    }
    assert!(!world.path().join("out").exists(), "something was run");
}

#[test]
fn an_entry_of_several_is_named_by_its_number() {
    let world = World::new();
    let crash = "\n[[faults.crash]]\npoint = \"effect.after\"\n";
    let text = format!("{}{crash}{crash}", world.read("grid.toml"));
    world.write("grid.toml", &text);
    let set = ["--set", "faults.crash.occurrence=1"];
    let message = stderr(&world.run_grid("out", &set).code(2));
    assert!(
        message.contains("`faults.crash.1.occurrence` for the first"),
        "{message}"
    );
}

#[test]
fn a_folder_of_scenarios_that_is_not_there_is_asked_for() {
    let world = World::new();
    for (command, option) in [
        (&["list", "scenarios"][..], "--folder DIR"),
        (&["validate"], "--scenarios DIR"),
        (&["reproduce"], "--scenarios DIR"),
    ] {
        let message = stderr(&world.sim(command).assert().code(2));
        assert!(message.contains(option), "{command:?}: {message}");
    }
}

/// Allowed, because overrides take cells away, but said.
#[test]
fn keys_that_no_cell_has_are_named() {
    let world = World::new();
    let run = |out: &str, more: &[&str]| {
        let few = ["--replicates", "1", "--set", "workflow=counter"];
        stderr(&world.run_grid(out, &[&few[..], more].concat()).success())
    };
    let message = run("set", &["--set", "video.chunk_s=1,2"]);
    let warning = "warning: `video.chunk_s` does nothing: no cell has the workflow `video`";
    assert!(message.contains(warning), "{message}");
    let message = run("cancel", &["--set", "load.cancel_after_s=5"]);
    let warning = "warning: `load.cancel_after_s` does nothing on the engine `";
    assert!(message.contains(warning), "{message}");
    let beside = [
        "--set",
        "engine=explicit,local",
        "--set",
        "load.in_flight=2",
    ];
    let unlike = "share one counter on `explicit` and have their own on `local`";
    assert!(run("unlike", &beside).contains(unlike));
    let alike = [&beside[..], &["--set", "counter.shared=true"]].concat();
    assert!(!run("alike", &alike).contains(unlike));
    // The file's own engines, taken away by an override: nobody's slip.
    let message = run("away", &["--set", "engine=local"]);
    assert!(!message.contains("does nothing"), "{message}");
    let text = world
        .read("grid.toml")
        .replace("[faults]", "[staged]\nstep_retries = [1, 2]\n[faults]");
    world.write("grid.toml", &text);
    let message = run("file", &[]);
    let warning = "warning: `staged.step_retries` does nothing: no cell has the engine `staged`";
    assert!(message.contains(warning), "{message}");
    let few = "[check]\ndepth = 0\nrandom = 0\nswarm = 0\n[faults]";
    world.write("grid.toml", &text.replace("[faults]", few));
    let check = ["check", "grid.toml", "--quiet", "--out", "check"];
    let message = stderr(&world.sim(&check).assert());
    assert!(message.contains(warning), "{message}");
}
