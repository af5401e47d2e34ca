use crate::world::{World, stderr};

fn refused(world: &World, more: &[&str], why: &str) {
    let before = world.files("out");
    let message = stderr(&world.run_grid("out", more).code(2));
    assert!(message.contains(why), "{message}");
    assert!(message.contains("--force"), "{message}");
    assert!(before == world.files("out"), "nothing is overwritten");
}

#[test]
fn results_of_another_text_seed_or_set_stay() {
    let world = World::new();
    world.run_grid("out", &["--replicates", "2"]).success();
    refused(
        &world,
        &["--replicates", "2", "--seed", "8"],
        "seed 7, not 8",
    );
    refused(&world, &["--replicates", "3"], "2 replicates, not 3");
    let set = ["--replicates", "2", "--set", "counter.operations=3"];
    refused(&world, &set, "no --set, not --set counter.operations=3");
    world.run_grid("out", &["--replicates", "2"]).success();
    let text = world.read("grid.toml");
    world.write("grid.toml", &format!("{text}\n# changed\n"));
    refused(&world, &["--replicates", "2"], "another scenario text");
    refused(
        &world,
        &["--replicates", "2", "--resume"],
        "another scenario text",
    );
    world
        .run_grid("out", &["--replicates", "2", "--force"])
        .success();
}

#[test]
fn results_of_another_build_stay() {
    let world = World::new();
    world.run_grid("out", &["--replicates", "2"]).success();
    let manifest = world.read("out/manifest.json");
    world.write(
        "out/manifest.json",
        &manifest.replace("rustc 1.", "rustc 0."),
    );
    refused(&world, &["--replicates", "2"], "another build");
}

#[test]
fn files_that_were_not_written_by_the_command_stay() {
    let world = World::new();
    std::fs::create_dir(world.path().join("out")).expect("a folder");
    world.write("out/runs.csv", "mine\n");
    refused(&world, &[], "without a manifest");
    world.write("out/manifest.json", "{}");
    refused(&world, &[], "cannot read");
}

#[test]
fn an_output_that_cannot_be_written_is_said_before_anything_runs() {
    let world = World::new();
    world.write("out", "a file, not a folder");
    let message = stderr(&world.run_grid("out", &[]).code(2));
    assert!(
        message.starts_with("error: out is a file, not a folder"),
        "{message}"
    );
    let message = stderr(&world.run_grid("out/deep", &[]).code(2));
    let plain = "error: out/deep cannot be a folder: out is a file";
    assert!(message.starts_with(plain), "{message}");
}

/// Figures of an earlier run that the scenario has no more go; files of the user's own stay.
#[test]
fn force_leaves_no_figure_of_an_earlier_run() {
    let world = World::new();
    world.run_grid("out", &["--replicates", "2"]).success();
    world.write("out/figures/mine.svg", "mine");
    let text = world.read("grid.toml");
    world.write(
        "grid.toml",
        &text.replace("name = \"latency\"", "name = \"time\""),
    );
    let force = ["--replicates", "2", "--force"];
    world.run_grid("out", &force).success();
    let names: Vec<String> = world
        .bytes("out/figures")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["mine.svg", "time.png", "time.svg"]);
}

/// A run that was begun over other results with `--force` can be continued.
#[test]
fn a_run_begun_with_force_is_resumed_over_what_it_replaces() {
    let world = World::new();
    world.run_grid("out", &["--replicates", "2"]).success();
    let old = world.read("out/manifest.json");
    world
        .run_grid("out", &["--replicates", "3", "--force"])
        .success();
    let whole = world.files("out");
    world.cut_off("out", &[("runs.csv", 5_000)]);
    world.write("out/manifest.json", &old);
    refused(&world, &["--replicates", "3"], "2 replicates, not 3");
    world
        .run_grid("out", &["--replicates", "3", "--resume"])
        .success();
    assert!(whole == world.files("out"));
}
