use crate::world::{World, stderr};
#[cfg(unix)]
use crate::world::{grid, interrupt};
use std::time::{Duration, Instant};

const KEEP: &[&str] = &["--ledger", "--history"];

#[test]
fn a_run_cut_off_anywhere_is_continued_to_the_same_bytes() {
    let world = World::new();
    world.run_grid("whole", KEEP).success();
    let whole = world.files("whole");
    // Inside the header, inside a row, far inside, and nothing cut off.
    for (number, bytes) in [10, 3_000, 20_001, usize::MAX].into_iter().enumerate() {
        let out = format!("cut{number}");
        world.run_grid(&out, KEEP).success();
        // Rows are written last: the other files are ahead, and may be cut inside a line.
        let ahead = bytes.saturating_mul(1_000);
        world.cut_off(
            &out,
            &[
                ("runs.csv", bytes),
                ("ledger.csv", ahead),
                ("history.csv", ahead),
            ],
        );
        world
            .run_grid(&out, &[KEEP, &["--resume"]].concat())
            .success();
        assert!(whole == world.files(&out), "cut after {bytes} bytes");
    }
}

#[test]
fn a_ledger_that_is_ahead_of_the_rows_is_cut_to_them() {
    let world = World::new();
    world.run_grid("whole", KEEP).success();
    world.run_grid("cut", KEEP).success();
    world.cut_off(
        "cut",
        &[("ledger.csv", usize::MAX), ("history.csv", usize::MAX)],
    );
    let rows = world.read("cut/runs.csv");
    world.write("cut/runs.csv.partial", &rows[..rows.len() / 2]);
    std::fs::remove_file(world.path().join("cut/runs.csv")).expect("runs.csv");
    let begun = world.read("cut/manifest.json.partial");
    assert!(begun.contains("\"finished\": false"));
    world
        .run_grid("cut", &[KEEP, &["--resume"]].concat())
        .success();
    assert!(world.files("whole") == world.files("cut"));
}

#[test]
fn an_interrupted_run_is_not_started_again_by_accident() {
    let world = World::new();
    world.run_grid("out", &[]).success();
    world.cut_off("out", &[("runs.csv", 5_000)]);
    let message = stderr(&world.run_grid("out", &[]).code(2));
    assert!(message.contains("--resume"), "{message}");
    assert!(message.contains("of 1500 runs"), "{message}");
}

#[test]
fn resuming_finished_results_changes_nothing() {
    let world = World::new();
    world.run_grid("out", &[]).success();
    let before = world.files("out");
    world.run_grid("out", &["--resume"]).success();
    assert!(before == world.files("out"));
}

#[test]
fn a_killed_run_is_continued_to_the_same_bytes() {
    let world = World::new();
    let mut child = world.start(&["--replicates", "200"]);
    child.kill().expect("killed");
    child.wait().expect("ended");
    world
        .run_grid("out", &["--replicates", "200", "--resume"])
        .success();
    world.run_grid("whole", &["--replicates", "200"]).success();
    assert!(world.files("whole") == world.files("out"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_whole_rows_and_says_how_to_go_on() {
    let world = World::new();
    let child = world.start(&["--replicates", "1000000"]);
    let (code, message) = interrupt(child);
    assert_eq!(code, Some(3));
    assert!(message.contains("once more ends at once"), "{message}");
    assert!(message.contains("--resume"), "{message}");
    let rows = world.read("out/runs.csv.partial");
    assert!(rows.ends_with('\n') && rows.lines().count() > 10);
}

/// One run of minutes is dropped at once, and `--resume` makes it.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_inside_a_run() {
    let world = World::new();
    let one = ["--replicates", "1", "--set", "workflow=counter"];
    let many = [
        "--set",
        "engine=queue",
        "--set",
        "counter.operations=1000000",
    ];
    let child = world.spawn(&grid("out", &[one, many].concat()));
    std::thread::sleep(Duration::from_secs(2));
    let started = Instant::now();
    let (code, message) = interrupt(child);
    assert_eq!(code, Some(3), "{message}");
    assert!(started.elapsed() < Duration::from_secs(20), "{message}");
    assert!(message.contains("interrupted after 0 of "), "{message}");
    assert_eq!(world.read("out/runs.csv.partial").lines().count(), 1);
}
