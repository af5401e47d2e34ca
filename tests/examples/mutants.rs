//! Breaks one rule of an engine at a time and shows which promises notice.
//!
//! ```text
//! cargo run -p promises --example mutants                  every mutant: some ten minutes
//! cargo run -p promises --example mutants fencing_skipped  the named ones
//! ```
//!
//! Works in a copy of the tree, `target/mutants`; what is built of other crates is shared. Prints a
//! table in Markdown; exit code 1 if a mutant lives.

use promises::mutants::{MUTANTS, Mutant};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

/// What the copy needs.
const PARTS: &[&str] = &[
    ".cargo",
    "Cargo.toml",
    "Cargo.lock",
    "models",
    "analysis",
    "sim",
    "tests",
    "scenarios",
];

/// Random plans of each sort, unless `PROPTEST_CASES` says how many: most mutants fall within a few hundred.
const PLANS: &str = "6000";

fn main() -> ExitCode {
    let named: Vec<String> = env::args().skip(1).collect();
    let unknown = named
        .iter()
        .find(|name| MUTANTS.iter().all(|mutant| mutant.name != **name));
    if let Some(name) = unknown {
        let names: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        eprintln!(
            "error: no mutant is named `{name}`; expected some of {}",
            names.join(", ")
        );
        return ExitCode::from(2);
    }
    let chosen = MUTANTS
        .iter()
        .filter(|mutant| named.is_empty() || named.iter().any(|name| name == mutant.name));
    match run(&chosen.collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether every mutant died.
fn run(mutants: &[&Mutant]) -> io::Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = std::path::absolute(folder)?;
    let copy = folder.join("mutants");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    for part in PARTS {
        copy_all(&root.join(part), &copy.join(part))?;
    }
    name_apart(&copy.join("Cargo.toml"))?;
    let (built, failed) = test(&copy, &folder)?;
    if !built || !failed.is_empty() {
        return Err(io::Error::other(format!(
            "the promises do not hold without mutants: {failed:?}"
        )));
    }
    println!("| rule that is broken | random plans notice | promises that fail |\n|---|---|---|");
    let mut all_died = true;
    for mutant in mutants {
        all_died &= try_one(&copy, &folder, mutant)?;
    }
    Ok(all_died)
}

/// Gives the crates of the copy a version of their own. With the same one their builds would take the
/// place of the tree's: the next test of the tree would test a mutant.
fn name_apart(manifest: &Path) -> io::Result<()> {
    let text = fs::read_to_string(manifest)?;
    let line = text.lines().find(|line| line.starts_with("version = "));
    let line = line.ok_or_else(|| io::Error::other("no version in Cargo.toml"))?;
    fs::write(
        manifest,
        text.replacen(line, "version = \"0.0.0-mutant\"", 1),
    )
}

/// Whether a mutant died.
fn try_one(copy: &Path, target: &Path, mutant: &Mutant) -> io::Result<bool> {
    let path = copy.join("models/src").join(mutant.file);
    let source = fs::read_to_string(&path)?;
    let broken = mutant.apply(&source);
    let broken = broken.ok_or_else(|| {
        io::Error::other(format!(
            "{}: the rule is not in {}",
            mutant.name, mutant.file
        ))
    })?;
    fs::write(&path, broken)?;
    let tested = test(copy, target);
    fs::write(&path, source)?;
    let (built, failed) = tested?;
    if !built {
        return Err(io::Error::other(format!("{} cannot be built", mutant.name)));
    }
    let (properties, promises): (Vec<&String>, Vec<&String>) =
        failed.iter().partition(|name| name.starts_with('!'));
    let properties: Vec<String> = properties
        .iter()
        .map(|name| format!("`{}`", &name[1..]))
        .collect();
    let promises: Vec<String> = promises
        .iter()
        .filter(|name| !name.starts_with("random_plans"))
        .map(|name| format!("`{name}`"))
        .collect();
    let shown = |names: &[String], none: &str| match names.len() {
        0 => none.to_owned(),
        1..=3 => names.join(", "),
        many => format!("{}, {} and {} more", names[0], names[1], many - 2),
    };
    let lives = if failed.is_empty() { "**lives**" } else { "-" };
    println!(
        "| `{}`: {} | {} | {} |",
        mutant.name,
        mutant.rule,
        shown(&properties, lives),
        shown(&promises, "-")
    );
    Ok(!failed.is_empty())
}

/// Runs the promises of the copy: whether they could be built, and names of those that fail.
/// A property of the random plans is marked with `!`.
fn test(copy: &Path, target: &Path) -> io::Result<(bool, BTreeSet<String>)> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let plans = env::var("PROPTEST_CASES").unwrap_or_else(|_| PLANS.to_owned());
    let build = |arguments: &[&str]| -> io::Result<std::process::Output> {
        let mut command = Command::new(&cargo);
        command
            .current_dir(copy)
            .args(["test", "-p", "promises", "--test", "promises"])
            .args(arguments);
        command
            .env("CARGO_TARGET_DIR", target)
            .env("PROPTEST_CASES", &plans);
        // The build's own tree would be mistaken for the copy's.
        command.env_remove("CARGO_MANIFEST_DIR").output()
    };
    let built = build(&["--no-run"])?;
    if !built.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&built.stderr));
        return Ok((false, BTreeSet::new()));
    }
    // The promise about the mutants themselves would always fail.
    let output = build(&["--no-fail-fast", "--", "--skip", "mutants::"])?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut failed = BTreeSet::new();
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|line| line.strip_suffix(" ... FAILED"))
        {
            failed.insert(name.to_owned());
        }
        if let Some((name, _)) = line
            .strip_prefix("Test failed: ")
            .and_then(|why| why.split_once(": "))
        {
            failed.insert(format!("!{name}"));
        }
    }
    if failed.is_empty() && !output.status.success() {
        failed.insert("!ends at all".to_owned());
    }
    Ok((true, failed))
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().expect("a folder"))?;
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
