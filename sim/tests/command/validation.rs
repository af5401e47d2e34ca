//! `sim validate`: studies against published numbers.

#[cfg(unix)]
use crate::world::interrupt;
use crate::world::{World, stderr};
use std::path::Path;

fn scenarios() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../scenarios")
        .display()
        .to_string()
}

fn validate(world: &World, study: &str, out: &str) -> assert_cmd::assert::Assert {
    let scenarios = scenarios();
    let arguments = [
        "validate",
        study,
        "--quick",
        "--out",
        out,
        "--scenarios",
        &scenarios,
    ];
    world.sim(&arguments).assert()
}

#[test]
fn the_study_nearest_to_this_project_is_predicted_for_all_its_videos() {
    let world = World::new();
    let out = validate(&world, "wosc26", "out").success();
    let text = String::from_utf8(out.get_output().stdout.clone()).unwrap();
    assert!(text.contains(" 0 differ"), "{text}");
    let csv = world.read("out/predictions/wosc26_video_pipeline.csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("chunks,durable_exec_ms,"));
    // 2n + 5 reads, n + 4 writes, version n + 3.
    let counts: Vec<&str> = lines[1..]
        .iter()
        .map(|l| l.splitn(8, ',').last().unwrap().split_once(',').unwrap().1)
        .collect();
    assert_eq!(counts, ["11,7,6", "17,10,9", "25,14,13"]);
}

#[test]
fn replay_after_every_step_grows_and_memory_does_not() {
    let world = World::new();
    validate(&world, "replay", "out").success();
    let csv = world.read("out/validation.csv");
    let value = |quantity: &str| -> f64 {
        let line = csv.lines().find(|line| line.contains(quantity)).unwrap();
        let numbers = line.rsplit_once('"').map_or(line, |(_, rest)| rest);
        numbers.split(',').nth(2).unwrap().parse().unwrap()
    };
    assert!((value("total_ms of 1000 steps, kept in memory") - 7300.0).abs() < 1.0);
    assert!(value("total_ms of 3000 steps, replay every step") > 300_000.0);
}

#[test]
fn a_study_gives_the_same_bytes_again_whatever_the_jobs() {
    let world = World::new();
    let scenarios = scenarios();
    for jobs in ["1", "2"] {
        let arguments = [
            "validate",
            "excamera",
            "--quick",
            "--out",
            jobs,
            "--jobs",
            jobs,
            "--scenarios",
            &scenarios,
        ];
        world.sim(&arguments).assert().success();
    }
    assert_eq!(world.files("1"), world.files("2"));
    assert_eq!(world.files("1/predictions"), world.files("2/predictions"));
}

#[test]
fn what_is_not_there_is_named() {
    let world = World::new();
    let out = validate(&world, "wosc25", "out").code(2);
    assert!(
        stderr(&out).contains("expected one of exact"),
        "{}",
        stderr(&out)
    );
    let out = world
        .sim(&["validate", "replay", "--scenarios", "nowhere"])
        .assert()
        .code(2);
    assert!(stderr(&out).contains("nowhere"), "{}", stderr(&out));
}

/// A study that ends by Ctrl-C says so, and leaves neither half a file nor an empty folder.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_study_with_exit_code_3() {
    let scenarios = scenarios();
    for command in ["validate", "reproduce"] {
        let world = World::new();
        let study = match command {
            "validate" => "exact",
            _ => "backoff",
        };
        let out = ["--out", "out", "--scenarios", &scenarios];
        let child = world.spawn(&[&[command, study], &out[..]].concat());
        while !world.path().join("out").is_dir() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
        let (code, message) = interrupt(child);
        assert_eq!(code, Some(3), "{command}: {message}");
        assert!(message.contains("interrupted in study"), "{message}");
        assert!(!world.path().join("out").exists(), "{command}");
    }
}
