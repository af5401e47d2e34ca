//! A saved counterexample: a scenario with one run, the plan written out, and what was seen.
//!
//! A case is a scenario file, so every command reads it and it survives changes of the generators:
//! the faults are points and ordinals, not seeds. The data files that it names are saved beside it,
//! so that a folder of cases can be taken elsewhere.

use super::shrink::Shrunk;
use crate::explore::fault::show;
use crate::explore::{Subject, Trial};
use crate::plan::Plan;
use crate::scenario::data::Sort;
use crate::scenario::{Scenario, Target};
use models::claims::CLAIMS;
use models::registry;
use models::settings::{Setting, Settings};
use std::fmt::Write as _;
use std::path::Path;

/// A case that was read.
#[derive(Debug)]
pub struct Case {
    pub title: String,
    pub claim: String,
    pub verdict: String,
    pub witness: String,
    pub build: String,
    pub subject: Subject,
    /// The plan is part of the subject's own faults.
    pub trial: Trial,
}

/// The build that runs.
pub fn build() -> String {
    format!("{} {}", env!("CARGO_PKG_VERSION"), env!("SIM_SOURCE"))
}

/// The text of a case.
pub fn write(scenario: &Scenario, cell: usize, claim: usize, shrunk: &Shrunk) -> String {
    let (spec, trial) = (&shrunk.subject.spec, &shrunk.trial);
    let claim = CLAIMS[claim];
    let mut text = format!("# {}: {}\n", claim.name(), claim.doc());
    let _ = writeln!(text, "# Violated by {}.\n", show(&trial.plan));
    let title = format!("{} of {}: {}", claim.name(), spec.engine, show(&trial.plan));
    line(&mut text, "title", &Setting::Text(title));
    line(&mut text, "workflow", &Setting::Text(spec.workflow.clone()));
    line(&mut text, "engine", &Setting::Text(spec.engine.clone()));
    line(&mut text, "seed", &Setting::Int(spec.seed as i64));
    line(&mut text, "replicates", &Setting::Int(1));
    own_keys(&mut text, scenario);
    case_keys(&mut text, claim.name(), shrunk);
    settings(
        &mut text,
        spec.workflow.as_str(),
        spec.engine.as_str(),
        &spec.settings,
    );
    data_keys(&mut text, scenario, cell);
    for fault in &spec.faults {
        let keys = fault
            .settings
            .iter()
            .map(|(key, value)| (key, value.clone()));
        section(&mut text, &format!("faults.{}", fault.kind), keys);
    }
    for fault in &trial.plan {
        let keys = fault.keys(shrunk.subject.lengths);
        section(&mut text, &fault.section(), keys.into_iter());
    }
    text
}

/// A line `key = value` of TOML.
fn line(text: &mut String, path: &str, value: &Setting) {
    let value = match value {
        Setting::Text(word) => toml::Value::String(word.clone()),
        Setting::Int(number) => toml::Value::Integer(*number),
        Setting::Float(number) => toml::Value::Float(*number),
        Setting::Bool(flag) => toml::Value::Boolean(*flag),
    };
    let _ = writeln!(text, "{path} = {value}");
}

fn section<'a>(text: &mut String, name: &str, keys: impl Iterator<Item = (&'a str, Setting)>) {
    let _ = writeln!(text, "\n[[{name}]]");
    for (key, value) in keys {
        line(text, key, &value);
    }
}

/// `check.*` as the scenario has it, where it differs from the default.
fn own_keys(text: &mut String, scenario: &Scenario) {
    for key in super::keys::CHECK {
        let value = scenario.check.get(key.path);
        if let Some(value) = value.filter(|value| **value != key.read_default()) {
            line(text, key.path, value);
        }
    }
}

fn case_keys(text: &mut String, claim: &str, shrunk: &Shrunk) {
    let word = |word: &str| Setting::Text(word.to_owned());
    line(text, "case.claim", &word(claim));
    line(text, "case.verdict", &word("violated"));
    line(text, "case.witness", &word(&shrunk.witness));
    line(text, "case.build", &word(&build()));
    let trial = &shrunk.trial;
    line(
        text,
        "case.replicate",
        &Setting::Int(trial.replicate as i64),
    );
    let seed = Setting::Int(trial.schedule_seed as i64);
    line(text, "case.schedule_seed", &seed);
}

/// Keys of the workflow, the engine and what is common, where they differ from the default.
fn settings(text: &mut String, workflow: &str, engine: &str, settings: &Settings) {
    for key in registry::keys() {
        let head = key.path.split('.').next().unwrap_or_default();
        let entries = registry::WORKFLOWS.iter().chain(registry::ENGINES);
        let foreign = entries.map(|entry| entry.name).any(|name| name == head)
            && ![workflow, engine].contains(&head);
        let value = settings.get(key.path);
        let set = value.filter(|value| !foreign && **value != key.read_default());
        if let Some(value) = set {
            line(text, key.path, value);
        }
    }
}

/// The data files and the rows that the cell replaces. Files are named by their stems: they are
/// saved beside the cases ([`data_files`]).
fn data_keys(text: &mut String, scenario: &Scenario, cell: usize) {
    let plan = Plan::new(scenario);
    for (dial, value) in plan.choice(cell) {
        match dial.target {
            Target::PlatformFile | Target::PricesFile => {
                let name = stem(&value.to_string());
                line(text, &dial.path, &Setting::Text(name));
            }
            Target::PlatformRow(_) | Target::PricesRow(_) => line(text, &dial.path, value),
            _ => {}
        }
    }
}

/// `file = "a/b.toml"` and `file = "b"` name the same data.
fn stem(file: &str) -> String {
    let path = Path::new(file).file_name().map(Path::new);
    let name = path.and_then(Path::to_str).unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name).to_owned()
}

/// The data files that cases need, with their places beside them.
pub fn data_files(scenario: &Scenario) -> Vec<(String, &str)> {
    let sorts = [
        (Sort::Platform, &scenario.platforms),
        (Sort::Prices, &scenario.prices),
    ];
    let files = sorts.into_iter().flat_map(|(sort, files)| {
        files.iter().map(move |(name, file)| {
            let path = format!("{}/{}.toml", sort.folder(), stem(name));
            (path, &*file.text)
        })
    });
    files.collect()
}

/// The case of a scenario file, if it is one.
pub fn read(scenario: &Scenario) -> Option<Case> {
    let own = &scenario.check;
    let text = |key: &str| own.text(key).to_owned();
    let (_, subject) = super::subjects(scenario).into_iter().next()?;
    models::claims::named(own.text("case.claim"))?;
    Some(Case {
        title: scenario.title.clone(),
        claim: text("case.claim"),
        verdict: text("case.verdict"),
        witness: text("case.witness"),
        build: text("case.build"),
        subject,
        trial: Trial {
            plan: Vec::new(),
            replicate: own.count("case.replicate"),
            schedule_seed: own.count("case.schedule_seed"),
        },
    })
}
