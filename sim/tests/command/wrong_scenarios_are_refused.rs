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
