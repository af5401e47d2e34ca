use crate::world::World;

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
