use crate::world::{World, stderr};

/// Whatever the models make of the test's data files, each run is a row.
#[test]
fn every_run_of_the_grid_is_a_row() {
    let world = World::new();
    world.run_grid("out", &["--replicates", "3"]).success();
    assert_eq!(world.read("out/runs.csv").lines().count(), 1 + 60 * 3);
    let manifest = world.read("out/manifest.json");
    assert!(manifest.contains("\"runs\": 180"), "{manifest}");
    assert!(manifest.contains("\"finished\": true"), "{manifest}");
}

#[test]
fn a_run_depends_on_its_seed_and_not_on_the_other_cells() {
    let world = World::new();
    world.run_grid("all", &["--replicates", "3"]).success();
    let one = ["--replicates", "3", "--set", "workflow=video"];
    world.run_grid("one", &one).success();
    let rows = |file: &str| -> Vec<String> {
        let text = world.read(file);
        let rows = text.lines().filter(|line| line.contains(",video,"));
        let without_cell = rows.filter_map(|line| line.split_once(','));
        without_cell.map(|(_, rest)| rest.to_owned()).collect()
    };
    assert_eq!(rows("one/runs.csv").len(), 90);
    assert_eq!(rows("one/runs.csv"), rows("all/runs.csv"));
}

#[test]
fn a_written_out_fault_that_never_fires_is_a_warning_and_a_required_one_makes_runs_invalid() {
    let world = World::new();
    let scenario = |require: &str, occurrence: u32| {
        format!(
            "title = \"t\"\nquestion = \"q\"\nworkflow = \"counter\"\nengine = \"durable\"\nreplicates = 2\n\
             counter.operations = 3\nplatform.file = \"constant\"\nprices.file = \"aws-us-east-1-2026\"\n{require}\n\
             [[faults.crash]]\npoint = \"body.start\"\noccurrence = {occurrence}\n"
        )
    };
    let told = |require: &str, occurrence: u32, code: i32| {
        world.write("one.toml", &scenario(require, occurrence));
        let run = ["run", "one.toml", "--out", "one", "--force"];
        stderr(&world.sim(&run).assert().code(code))
    };
    assert!(told("", 99, 0).contains("[[faults.crash]] fired in no run"));
    assert!(!told("", 2, 0).contains("fired in no run"));
    assert!(told("require = [\"crash\"]", 99, 2).contains("invalid"));
}

#[test]
fn an_engine_with_a_rule_broken_on_purpose_is_named() {
    let world = World::new();
    let told = |broken: &str| {
        let broken = format!("durable.broken={broken}");
        let set = ["--set", "engine=durable", "--set", &broken, "--force"];
        stderr(&world.run_grid("out", &set).success())
    };
    assert!(
        told("no_token_fencing").contains("durable.broken = no_token_fencing: this engine lacks")
    );
    assert!(!told("nothing").contains("lacks a rule"));
}

/// A scenario without a figure.
fn plain(operations: &str, fail_rate: f64) -> String {
    format!(
        "title = \"t\"\nquestion = \"q\"\nworkflow = \"counter\"\nengine = [\"durable\", \"local\"]\n\
         replicates = 2\ncounter.operations = {operations}\nfaults.fail_rate = {fail_rate:?}\n\
         platform.file = \"constant\"\nprices.file = \"aws-us-east-1-2026\"\n"
    )
}

#[test]
fn why_executions_failed_is_a_column_and_a_line_below_the_table() {
    let world = World::new();
    world.write("plain.toml", &plain("3", 1.0));
    let run = world.sim(&["run", "plain.toml", "--out", "out"]).assert();
    let table = String::from_utf8_lossy(&run.success().get_output().stdout).into_owned();
    let expected = "failed (injected failure): 2 of 2 on durable, local";
    assert!(table.contains(expected), "{table}");
    let rows = world.read("out/runs.csv");
    let row = rows.lines().nth(1).expect("a run");
    assert!(row.contains(",failed,injected failure: 1,,"), "{row}");
}

#[test]
fn a_scenario_without_figures_gets_latency_and_cost() {
    let world = World::new();
    let drawn = |operations: &str| {
        world.write("plain.toml", &plain(operations, 0.0));
        let run = ["run", "plain.toml", "--out", "out", "--force"];
        world.sim(&run).assert().success();
        ["latency", "cost"].map(|name| world.read(&format!("out/figures/{name}.svg")))
    };
    let axis = "\noperations\n";
    for svg in drawn("[1, 2, 4]") {
        assert!(svg.contains(axis), "{svg}");
    }
    for svg in drawn("3") {
        assert!(!svg.contains(axis) && svg.contains("\nlocal\n"), "{svg}");
    }
}
