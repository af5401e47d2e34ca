//! What cannot be written is exit code 2, and so are results that say nothing.

use crate::world::{World, stderr, stdout};

/// A device that takes nothing, as a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_is_full_is_an_error() {
    for arguments in [
        &["list", "metrics"][..],
        &["init"],
        &["reproduce", "--list"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let output = std::process::Command::new(assert_cmd::cargo::cargo_bin("sim"))
            .args(arguments)
            .stdout(full.expect("/dev/full"))
            .output()
            .expect("the command starts");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(
            message.starts_with("error: cannot write to standard output: "),
            "{arguments:?}: {message}"
        );
    }
}

#[test]
fn a_dash_is_standard_output_for_init_and_no_scenario_for_run() {
    let world = World::new();
    let dash = stdout(&world.sim(&["init", "-"]).assert().success());
    assert_eq!(dash, stdout(&world.sim(&["init"]).assert().success()));
    assert!(!world.path().join("-").exists());
    for command in ["run", "check", "replay"] {
        let message = stderr(&world.sim(&[command, "-"]).assert().code(2));
        assert!(
            message.contains("not read from standard input"),
            "{command}: {message}"
        );
    }
}

#[test]
fn results_without_a_valid_run_are_exit_code_2() {
    let world = World::new();
    let short = ["--replicates", "2", "--set", "budget.steps=1"];
    for more in [&[][..], &["--resume"]] {
        let message = stderr(&world.run_grid("out", &[&short, more].concat()).code(2));
        for part in [
            "error: none of the 120 runs is valid",
            "more boundary crossings than budget.steps",
        ] {
            assert!(message.contains(part), "no `{part}` in\n{message}");
        }
    }
    assert_eq!(world.read("out/runs.csv").lines().count(), 121);
    assert!(
        world
            .read("out/manifest.json")
            .contains("\"finished\": true")
    );
}
