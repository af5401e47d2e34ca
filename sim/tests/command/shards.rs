//! `sim run --shard` and `sim merge`.

use crate::world::{World, stderr, stdout};

const FEW: &[&str] = &["--replicates", "5", "--ledger", "--history"];
const SHARDS: [&str; 3] = ["s1", "s2", "s3"];

/// Every shard of three of the grid.
fn shards(more: &[&str]) -> World {
    let world = World::new();
    for (index, out) in (1..).zip(SHARDS) {
        shard(&world, &format!("{index}/3"), out, more);
    }
    world
}

fn shard(world: &World, shard: &str, out: &str, more: &[&str]) {
    let arguments = [&["--shard", shard], FEW, more].concat();
    world.run_grid(out, &arguments).success();
}

fn refused(world: &World, folders: &[&str], parts: &[&str]) {
    let arguments = [&["merge", "--out", "merged"], folders].concat();
    let message = stderr(&world.sim(&arguments).assert().code(2));
    assert!(message.starts_with("error: "), "{message}");
    for part in parts {
        assert!(message.contains(part), "no `{part}` in\n{message}");
    }
    assert!(message.contains("= help: "), "{message}");
}

#[test]
fn shards_are_joined_to_the_bytes_of_the_whole() {
    let set = "platform.function.invoke_ms=lognormal(p50 = 11, p99 = 18)";
    let more = ["--set", set, "--seed", "3"];
    let world = shards(&more);
    world.run_grid("whole", &[FEW, &more].concat()).success();
    let merge = ["merge", "s2", "s3", "s1", "--out", "merged"];
    let said = stdout(&world.sim(&merge).assert().success());
    assert!(said.contains("latency p50"), "{said}");
    for folder in [
        "",
        "/figures",
        "/inputs",
        "/inputs/platforms",
        "/inputs/prices",
    ] {
        let [whole, merged] = ["whole", "merged"].map(|out| world.bytes(&format!("{out}{folder}")));
        let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
            files.iter().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(&whole), names(&merged), "{folder}");
        for ((name, whole), (_, merged)) in whole.iter().zip(&merged) {
            assert!(whole == merged, "{folder}/{name}");
        }
    }
    assert_eq!(world.read("merged/runs.csv").lines().count(), 301);
}

#[test]
fn a_shard_has_a_fair_part_of_every_cell_and_concludes_nothing() {
    let world = shards(&[]);
    for (index, out) in (1..).zip(SHARDS) {
        let rows = world.read(&format!("{out}/runs.csv"));
        assert_eq!(rows.lines().count(), 1 + 100, "{out}");
        for cell in 0..60 {
            let start = format!("{cell},");
            let own = rows.lines().skip(1).filter(|row| row.starts_with(&start));
            assert!([1, 2].contains(&own.count()), "cell {cell} of {out}");
        }
        let manifest = world.read(&format!("{out}/manifest.json"));
        let shard = format!("\"shard\": {{\n    \"index\": {index},\n    \"of\": 3\n  }}");
        assert!(manifest.contains(&shard), "{manifest}");
        for file in ["summary.csv", "comparison.csv", "figures"] {
            assert!(!world.path().join(out).join(file).exists(), "{file}");
        }
    }
    world.sim(&["report", "s2"]).assert().success();
    let page = world.read("s2/report.html");
    assert!(page.contains("Shard 2/3: one of 3 parts"));
    assert!(page.contains("--shard 2/3") && !page.contains("<section id=\"summary\">"));
}

#[test]
fn an_interrupted_shard_is_no_part_and_is_resumed_to_the_same_bytes() {
    let world = shards(&[]);
    let whole = world.files("s2");
    // Rows are written last: the other files are ahead.
    let cut = [
        ("runs.csv", 20_000),
        ("ledger.csv", usize::MAX),
        ("history.csv", usize::MAX),
    ];
    world.cut_off("s2", &cut);
    refused(
        &world,
        &SHARDS,
        &[
            "s2 holds an interrupted run (",
            "of 100 runs of shard 2/3)",
            "--resume",
        ],
    );
    shard(&world, "2/3", "s2", &["--resume"]);
    assert!(whole == world.files("s2"));
}

#[test]
fn what_are_not_all_shards_of_one_run_is_refused() {
    let world = shards(&[]);
    shard(&world, "3/3", "twin", &[]);
    shard(&world, "3/4", "four", &[]);
    shard(&world, "3/3", "seed", &["--seed", "8"]);
    shard(&world, "3/3", "set", &["--set", "counter.operations=3"]);
    world.run_grid("whole", FEW).success();
    refused(&world, &["s1", "s3"], &["shards are missing: 2/3"]);
    refused(
        &world,
        &["s1", "s2", "s3", "twin"],
        &["twin and s3 both hold shard 3/3"],
    );
    refused(
        &world,
        &["s1", "s2", "s3", "./s2"],
        &["./s2 is named twice"],
    );
    refused(
        &world,
        &["s1", "s2", "four"],
        &["four is not of the same run as s1: one of 4 shards, not of 3"],
    );
    refused(&world, &["s1", "s2", "seed"], &["seed 8, not 7"]);
    refused(
        &world,
        &["s1", "s2", "set"],
        &["--set counter.operations=3, not no --set"],
    );
    refused(&world, &["s1", "whole"], &["whole holds no shard"]);
    refused(&world, &["s1", "nowhere"], &["nowhere holds no results"]);
    let manifest = world.read("s3/manifest.json");
    world.write(
        "s3/manifest.json",
        &manifest.replace("rustc 1.", "rustc 0."),
    );
    refused(&world, &SHARDS, &["another build"]);
    world.write("s3/manifest.json", &manifest);
    let rows = world.read("s3/runs.csv");
    let without = |line: usize| -> String {
        let lines = rows.split_inclusive('\n').enumerate();
        lines
            .filter(|(at, _)| *at != line)
            .map(|(_, row)| row)
            .collect()
    };
    world.write("s3/runs.csv", &without(2));
    refused(
        &world,
        &SHARDS,
        &["s3/runs.csv:3: expected run 0 of cell 1"],
    );
    world
        .sim(&["merge", "s1", "s2", "s3", "--out", "whole"])
        .assert()
        .code(2);
    assert!(!world.path().join("merged/runs.csv").exists());
}

#[test]
fn results_of_something_else_are_not_replaced_by_a_merge() {
    let world = shards(&[]);
    world.run_grid("out", &["--replicates", "2"]).success();
    let before = world.files("out");
    let merge = ["merge", "s1", "s2", "s3", "--quiet", "--out", "out"];
    let message = stderr(&world.sim(&merge).assert().code(2));
    assert!(message.contains("2 replicates, not 5"), "{message}");
    assert!(before == world.files("out"));
    world
        .sim(&[&merge[..], &["--force"]].concat())
        .assert()
        .success();
    world.run_grid("whole", FEW).success();
    assert!(world.files("whole") == world.files("out"));
}

#[test]
fn a_shard_that_cannot_be_is_refused() {
    let world = World::new();
    for wrong in ["0/3", "4/3", "3", "a/b"] {
        let message = stderr(&world.run_grid("out", &["--shard", wrong]).code(2));
        assert!(message.contains("the I-th of N shards"), "{message}");
    }
    let many = [FEW, &["--shard", "1/301"]].concat();
    let message = stderr(&world.run_grid("out", &many).code(2));
    assert!(message.contains("the grid has 300 runs"), "{message}");
    shard(&world, "1/300", "one", &[]);
    shard(&world, "300/300", "last", &[]);
    assert_eq!(world.read("last/runs.csv").lines().count(), 2);
    let message = stderr(&world.run_grid("one", FEW).code(2));
    assert!(
        message.contains("shard 1/300, not the whole grid"),
        "{message}"
    );
}
