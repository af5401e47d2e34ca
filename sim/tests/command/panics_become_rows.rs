use crate::world::World;

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
