//! While one process writes into a folder, every other one is refused and changes nothing.

use crate::world::{World, stderr};

const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios");

const MANY: &[&str] = &["--replicates", "1000000"];

#[cfg(unix)]
#[test]
fn a_second_process_is_refused_until_the_first_has_ended_however_it_ended() {
    let world = World::new();
    let mut first = world.start(MANY);
    let manifest = world.read("out/manifest.json.partial");
    for more in [&[][..], &["--resume"], &["--force"]] {
        let message = stderr(&world.run_grid("out", &[MANY, more].concat()).code(2));
        assert!(
            message.starts_with("error: out is in use: "),
            "{more:?}: {message}"
        );
    }
    for command in [
        &["check", "grid.toml", "--out", "out"][..],
        &["validate", "--out", "out", "--scenarios", SCENARIOS],
        &["reproduce", "--out", "out", "--scenarios", SCENARIOS],
    ] {
        let message = stderr(&world.sim(command).assert().code(2));
        assert!(message.contains("out is in use"), "{command:?}: {message}");
    }
    assert!(first.try_wait().expect("its state").is_none(), "it goes on");
    assert_eq!(manifest, world.read("out/manifest.json.partial"));
    first.kill().expect("killed");
    first.wait().expect("ended");
    // What was there is there, and another number of replicates is foreign, not in use.
    let message = stderr(&world.run_grid("out", &["--resume"]).code(2));
    assert!(message.contains("1000000 replicates, not 25"), "{message}");
    world.run_grid("out", &["--force"]).success();
    world.run_grid("alone", &[]).success();
    assert!(
        world.files("alone") == world.files("out"),
        "a lock was left"
    );
}

/// An error after the folder was made: one published file is not there.
#[test]
fn a_folder_that_was_made_for_nothing_is_taken_away_again() {
    let world = World::new();
    std::fs::create_dir_all(world.path().join("none/paper")).expect("a folder");
    let arguments = ["validate", "exact", "--out", "new", "--scenarios", "none"];
    world.sim(&arguments).assert().code(2);
    assert!(!world.path().join("new").exists());
}
