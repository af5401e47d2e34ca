//! `sim list`: what there is to choose from.

use super::Failure;
use super::output::{columns, print};
use crate::explore::EXPLORERS;
use crate::report::figure_kinds;
use crate::scenario::keys;
use clap::{Args, ValueEnum};
use models::claims::CLAIMS;
use models::records::METRICS;
use models::registry::{ENGINES, Entry, FAULTS, WORKFLOWS};
use models::settings::Key;
use std::path::{Path, PathBuf};

/// Arguments of `sim list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// What to list
    what: What,
    /// Folder of the scenarios
    #[arg(long, default_value = "scenarios")]
    folder: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Workflows,
    Engines,
    Faults,
    Metrics,
    Figures,
    Claims,
    Explorers,
    Points,
    Studies,
    Scenarios,
    Keys,
}

/// What is made of the metrics.
const STATISTICS: &str = "
runs.csv has them per run. summary.csv has n, mean, p50, p95 and p99 over the valid runs of a cell, each with a
95 % interval: of means from the bootstrap (too narrow below some ten runs), of quantiles from order
statistics. An end that so few runs cannot give is empty: the median needs 6 runs, the upper end of p95 needs
72 and of p99 368. success_rate counts executions, cost_per_encoded_minute_usd is sum over sum; neither
has quantiles.
";

/// Prints a list.
pub fn list(arguments: &ListArguments) -> Result<(), Failure> {
    let rows = match arguments.what {
        What::Workflows => entries(WORKFLOWS),
        What::Engines => entries(ENGINES),
        What::Faults => pairs(FAULTS.iter().map(|kind| (kind.name, kind.doc))),
        What::Metrics => METRICS
            .iter()
            .map(|m| row(&[m.name, m.unit, m.doc]))
            .collect(),
        What::Figures => pairs(figure_kinds().into_iter()),
        What::Claims => pairs(CLAIMS.iter().map(|claim| (claim.name(), claim.doc()))),
        What::Explorers => pairs(EXPLORERS.iter().map(|e| (e.name(), e.doc()))),
        What::Points => points(),
        What::Studies => pairs(crate::validate::STUDIES.iter().map(|s| (s.name, s.about))),
        What::Scenarios => scenarios(&arguments.folder)?,
        What::Keys => all_keys(),
    };
    print(&columns(&rows))?;
    match arguments.what {
        What::Metrics => print(STATISTICS),
        _ => Ok(()),
    }
}

fn row(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

fn pairs<'a>(items: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Vec<String>> {
    items.map(|(name, doc)| row(&[name, doc])).collect()
}

fn points() -> Vec<Vec<String>> {
    models::point::Point::all()
        .map(|point| vec![point.to_string(), point.doc()])
        .collect()
}

fn entries(entries: &[Entry]) -> Vec<Vec<String>> {
    pairs(entries.iter().map(|entry| (entry.name, entry.doc)))
}

fn all_keys() -> Vec<Vec<String>> {
    let names = keys::NAMES.iter().map(|(path, doc)| row(&[path, "", doc]));
    let single = keys::own().chain(models::registry::keys());
    let mut rows: Vec<Vec<String>> = names.chain(single.map(|key| key_row("", &key))).collect();
    for kind in FAULTS {
        let prefix = format!("faults.{}.", kind.name);
        rows.extend(kind.entry.iter().map(|key| key_row(&prefix, key)));
    }
    rows
}

fn key_row(prefix: &str, key: &Key) -> Vec<String> {
    let (path, doc) = (format!("{prefix}{}", key.path), key.doc);
    vec![
        path,
        key.default.to_owned(),
        format!("{doc} ({})", key.kind),
    ]
}

/// Each scenario file below a folder with what it says of itself.
fn scenarios(folder: &Path) -> Result<Vec<Vec<String>>, Failure> {
    let mut files = Vec::new();
    collect(folder, &mut files).map_err(|error| {
        Failure::Input(format!(
            "error: {}: {error}\n  = help: `--folder DIR` names a folder of scenarios; the repository has one",
            folder.display()
        ))
    })?;
    files.sort();
    let texts = files
        .iter()
        .filter_map(|path| Some((path, std::fs::read_to_string(path).ok()?)));
    let scenarios = texts.filter(|(_, text)| text.contains("workflow"));
    Ok(scenarios
        .map(|(path, text)| vec![path.display().to_string(), about(&text)])
        .collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let data = ["platforms", "prices", "measured"]
            .iter()
            .any(|name| path.ends_with(name));
        if path.is_dir() && !data {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The question, or the title, or the first comment.
fn about(text: &str) -> String {
    let table: toml::Table = text.parse().unwrap_or_default();
    let field = |name: &str| table.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    let comment = || {
        let line = text.lines().find(|line| line.starts_with('#'))?;
        Some(line.trim_start_matches('#').trim().to_owned())
    };
    let about = field("question")
        .or_else(|| field("title"))
        .or_else(comment);
    about.unwrap_or_default()
}
