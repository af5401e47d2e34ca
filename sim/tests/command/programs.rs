//! The workflow `program`: written in the scenario, searched and shrunk like any other.

use crate::world::{World, stderr};

const PROGRAM: &str = r#"
workflow = "program"
engine = "durable"
program.text = "step:100 map:3/2 { step wait:1 step } wait:60"
[check]
depth = 1
random = 0
swarm = 0
kinds = "crash"
[platform]
file = "constant"
[prices]
file = "aws-us-east-1-2026"
"#;

#[test]
fn a_counterexample_is_a_program_of_one_step() {
    let world = World::new();
    world.write("program.toml", PROGRAM);
    let arguments = ["check", "program.toml", "--quiet", "--out", "out"];
    world.sim(&arguments).assert().success();
    let case = world.read("out/cases/program-durable-plain_effects_exactly_once-crash.toml");
    assert!(case.contains("program.text = \"step\""), "{case}");
}

#[test]
fn a_wrong_program_and_an_engine_without_a_context_are_refused() {
    let world = World::new();
    let refused = |text: &str| {
        world.write("program.toml", text);
        stderr(
            &world
                .sim(&["run", "program.toml", "--out", "out"])
                .assert()
                .code(2),
        )
    };
    let message = refused(&PROGRAM.replace("wait:60", "wait:soon"));
    assert!(
        message.contains("`program.text`: expected a whole number up to 31622400 in `wait:soon`"),
        "{message}"
    );
    let message = refused(&PROGRAM.replace("\"durable\"", "\"explicit\""));
    assert!(message.contains("`explicit` has none"), "{message}");
    let invoking = PROGRAM.replace("wait:60", "invoke:60");
    let message = refused(&invoking.replace("\"durable\"", "\"queue\""));
    assert!(
        message.contains("`invoke` needs the engine `durable`"),
        "{message}"
    );
    assert!(!world.path().join("out/runs.csv").exists());
}
