use crate::world::{World, stderr};

#[test]
fn it_runs_as_it_is() {
    let world = World::new();
    world.sim(&["init", "new.toml"]).assert().success();
    world
        .sim(&["run", "new.toml", "--quiet"])
        .assert()
        .success();
    assert!(world.read("results/new/runs.csv").lines().count() > 100);
}

/// Without the repository or data files beside it: those that are built in are used, and named by
/// their hash as others are; a file of one's own comes first.
#[test]
fn it_runs_anywhere() {
    let world = World::new();
    let empty = tempfile::tempdir().expect("a temporary folder");
    let sim = |arguments: &[&str]| {
        let mut command = world.sim(arguments);
        command.current_dir(empty.path());
        command.assert()
    };
    let text = |file: &str| std::fs::read_to_string(empty.path().join(file)).expect(file);
    sim(&["init", "new.toml"]).success();
    let run = |out: &str| {
        let one = ["run", "new.toml", "--quiet", "--replicates", "1"];
        sim(&[&one[..], &["--out", out]].concat()).success()
    };
    run("built_in");
    let beside = empty.path().join("platforms");
    std::fs::create_dir(&beside).expect("a folder");
    let file = "platforms/aws-us-east-1.toml";
    std::fs::write(empty.path().join(file), world.read(file)).expect(file);
    run("beside");
    for name in ["manifest.json", "runs.csv"] {
        let (first, second) = (format!("built_in/{name}"), format!("beside/{name}"));
        assert_eq!(text(&first), text(&second), "the same data");
    }
    let other = format!("{}\n# mine\n", world.read(file));
    std::fs::write(empty.path().join(file), other).expect(file);
    run("mine");
    assert_ne!(text("mine/manifest.json"), text("beside/manifest.json"));
    assert_eq!(text("mine/runs.csv"), text("beside/runs.csv"));
    let mars = ["run", "new.toml", "--set", "platform.file=mars"];
    let message = stderr(&sim(&mars).code(2));
    for part in [
        "no platform file `mars`",
        "in platforms/ or scenarios/platforms/ of ",
        "built in are aws-us-east-1, constant",
    ] {
        assert!(message.contains(part), "no `{part}` in\n{message}");
    }
}

#[test]
fn every_commented_key_can_be_uncommented() {
    let world = World::new();
    world.sim(&["init", "new.toml"]).assert().success();
    let text = world.read("new.toml");
    let tables = text.split("#[[").next().unwrap_or_default();
    let mut keys = Vec::new();
    let mut lines = Vec::new();
    for line in tables.lines() {
        let bare = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
        if line.starts_with('[') {
            keys.clear();
        }
        let key = bare.unwrap_or(line).split(" = ").next();
        // A key that is set has its commented default below.
        if bare.is_none() || !keys.contains(&key) {
            lines.push(bare.unwrap_or(line));
        }
        keys.push(key);
    }
    world.write("full.toml", &lines.join("\n"));
    assert!(lines.len() > 200 && lines.contains(&"require = [\"fail_rate\"]"));
    world
        .sim(&["run", "full.toml", "--quiet"])
        .assert()
        .success();
}

#[test]
fn a_file_that_exists_is_left_alone() {
    let world = World::new();
    let before = world.read("grid.toml");
    world.sim(&["init", "grid.toml"]).assert().code(2);
    assert_eq!(before, world.read("grid.toml"));
}
