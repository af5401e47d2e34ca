use crate::world::World;

#[test]
fn one_two_and_four_jobs_leave_the_same_bytes() {
    let world = World::new();
    for jobs in ["1", "2", "4"] {
        world
            .run_grid(jobs, &["--jobs", jobs, "--ledger", "--history"])
            .success();
    }
    let one = world.files("1");
    let names: Vec<&str> = one.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["history.csv", "ledger.csv", "manifest.json", "runs.csv"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(
        !names.iter().any(|name| name.ends_with(".partial")),
        "{names:?}"
    );
    assert!(one == world.files("2") && one == world.files("4"));
}

#[test]
fn running_again_replaces_the_results_with_the_same() {
    let world = World::new();
    world.run_grid("out", &[]).success();
    let first = world.files("out");
    world.run_grid("out", &[]).success();
    assert!(first == world.files("out"));
}

#[test]
fn rows_are_in_the_order_of_the_grid() {
    let world = World::new();
    world.run_grid("out", &["--replicates", "2"]).success();
    let text = world.read("out/runs.csv");
    let cells: Vec<usize> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next()?.parse().ok())
        .collect();
    // Two workflows; one local, two durable and two explicit engines; 3 x 2 common values.
    let expected: Vec<usize> = (0..2 * 5 * 3 * 2).flat_map(|cell| [cell, cell]).collect();
    assert_eq!(cells, expected);
}
