//! Every checker catches the engine that was broken for it, and nothing when the engine is mended.

use crate::world::{World, stderr};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/negative");
    let entries = std::fs::read_dir(folder).expect("scenarios/negative");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// The value of a line `key = "..."`.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let start = format!("{key} = \"");
    let line = text.lines().find_map(|line| line.strip_prefix(&start))?;
    line.strip_suffix('"')
}

#[test]
fn every_claim_has_an_engine_that_breaks_it() {
    let texts = scenarios().into_iter().map(|file| {
        let text = std::fs::read_to_string(&file).expect("a scenario");
        let expected = value(&text, "expect");
        let list = expected.unwrap_or_else(|| panic!("{} expects nothing", file.display()));
        list.to_owned()
    });
    let caught: BTreeSet<String> = texts
        .flat_map(|list| {
            list.split(',')
                .map(|w| w.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let claims = models::claims::CLAIMS.iter().map(|claim| claim.name());
    let uncaught: Vec<&str> = claims.filter(|claim| !caught.contains(*claim)).collect();
    assert!(uncaught.is_empty(), "no broken engine for {uncaught:?}");
}

#[test]
fn every_broken_engine_is_caught_and_accused_no_more_when_mended() {
    let world = World::new();
    for file in scenarios() {
        let text = std::fs::read_to_string(&file).expect("a scenario");
        assert!(value(&text, "mended").is_some(), "{}", file.display());
        let file = file.to_string_lossy();
        let arguments = ["check", &file, "--quiet", "--force", "--out", "out"];
        world.sim(&arguments).assert().success();
    }
}

#[test]
fn what_is_not_caught_or_not_mended_is_exit_code_1() {
    let world = World::new();
    let file = scenarios().remove(0);
    let file = file.to_string_lossy();
    let check = |more: &str| {
        let arguments = [
            "check", &file, "--quiet", "--force", "--out", "out", "--set", more,
        ];
        stderr(&world.sim(&arguments).assert().code(1))
    };
    let message = check("explicit.broken=nothing");
    assert!(
        message.contains("was to be violated and was not"),
        "{message}"
    );
    let message = check("check.mended=explicit.broken=assemble_early");
    assert!(
        message.contains("is violated with explicit.broken=assemble_early too"),
        "{message}"
    );
}
