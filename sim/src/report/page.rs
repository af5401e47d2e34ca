//! A folder of results as one page.

use crate::results::ResultsError;
use crate::results::manifest::{Command, Manifest};
use crate::results::reading::Reading;
use analysis::page::{Figure, Page, Repeat, Results, Violations, render};
use analysis::tally::Tally;
use models::data::Table;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// The page of a folder. That of an interrupted run says so, and has no results.
pub fn of(results: &Reading) -> Result<String, ResultsError> {
    let manifest = &results.manifest;
    let mut page = Page {
        title: match manifest.scenario.title.as_str() {
            "" => manifest.scenario.name.clone(),
            title => title.to_owned(),
        },
        question: manifest.scenario.question.clone(),
        facts: facts(manifest),
        ..Page::default()
    };
    match manifest.finished {
        true => finished(results, &mut page)?,
        false => interrupted(results, &mut page),
    }
    Ok(render(&page))
}

fn interrupted(results: &Reading, page: &mut Page) {
    let manifest = &results.manifest;
    page.notices.push(format!(
        "Interrupted: {} of {} runs are there. Summary, comparison and figures are made when all are.",
        results.rows_so_far(),
        manifest.runs
    ));
    page.repeat = Some(Repeat {
        command: format!("{} --resume", command(manifest, &given(manifest))),
        note: "Continues where it was interrupted: with the scenario's path, with `--out` if that was \
               given, and with the same build."
            .to_owned(),
    });
}

fn finished(results: &Reading, page: &mut Page) -> Result<(), ResultsError> {
    let manifest = &results.manifest;
    let mut inputs = results.inputs()?;
    let file = results.scenario_file();
    page.scenario = inputs.remove(&file).unwrap_or_default();
    page.comment = comment(&page.scenario);
    page.data = data(results, &inputs)?;
    page.figures = figures(results, &page.scenario)?;
    let unfired = manifest.unfired_by_kind().into_iter();
    page.unfired = unfired
        .map(|(kind, cells)| (kind.to_owned(), cells))
        .collect();
    // Results of builds that kept no inputs need the scenario from elsewhere.
    let place = match page.scenario.is_empty() {
        true => given(manifest),
        false => file,
    };
    page.repeat = Some(Repeat {
        command: format!("{} --out again", command(manifest, &place)),
        note: format!(
            "In the folder of these results, with a build of the same sources (`{}`, revision `{}`), compiler and \
             target: every file in `again` is the same, byte by byte, whatever the number of jobs.",
            manifest.build.source, manifest.build.revision
        ),
    });
    match manifest.command {
        Command::Run => {
            page.tally = Some(read(results, "runs.csv", Tally::read)?);
            if let Some(shard) = manifest.shard {
                page.notices.push(format!(
                    "Shard {shard}: one of {} parts of the runs. Summary, comparison and figures are made \
                     when `sim merge` joins them.",
                    shard.of
                ));
                return Ok(());
            }
            let (cells, summary) = read(results, "summary.csv", analysis::summary::read_csv)?;
            page.results = Some(Results {
                cells,
                summary,
                comparison: read(results, "comparison.csv", analysis::comparison::read_csv)?,
            });
        }
        Command::Check => page.violations = Some(violations(results)?),
    }
    if manifest.invalid_runs > 0 {
        page.notices.push(format!(
            "{} of {} runs are invalid and not counted.",
            manifest.invalid_runs, manifest.runs
        ));
    }
    Ok(())
}

/// What a file says.
fn read<T>(
    results: &Reading,
    name: &str,
    reader: impl Fn(BufReader<File>) -> Result<T, String>,
) -> Result<T, ResultsError> {
    let path = results.path().join(name);
    let file = match File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ResultsError::Missing(path));
        }
        opened => opened.map_err(ResultsError::file(&path))?,
    };
    reader(BufReader::new(file)).map_err(|why| damaged(path, why))
}

fn damaged(path: PathBuf, why: String) -> ResultsError {
    let error = std::io::Error::other(format!(
        "{why}\n  = help: the file is not as it was written; run the scenario again"
    ));
    ResultsError::File { path, error }
}

fn facts(manifest: &Manifest) -> Vec<(&'static str, Vec<String>)> {
    let build = &manifest.build;
    let hashes = |files: &BTreeMap<String, String>| {
        let lines = files.iter();
        lines
            .map(|(name, sha256)| format!("{name}, SHA-256 {sha256}"))
            .collect()
    };
    let scenario = &manifest.scenario;
    let cells = match manifest.command {
        Command::Run => format!(
            "{} cells, {} replicates each: {} runs{}",
            manifest.cells,
            manifest.replicates,
            manifest.runs,
            manifest
                .shard
                .map_or(String::new(), |shard| format!(" in shard {shard}"))
        ),
        Command::Check => format!("{} cells, searched", manifest.cells),
    };
    let mut facts = vec![
        (
            "Scenario",
            vec![format!("{}, SHA-256 {}", scenario.name, scenario.sha256)],
        ),
        ("Grid", vec![cells]),
        ("Seed", vec![manifest.seed.to_string()]),
        ("Set", manifest.set.clone()),
        ("Platform", hashes(&manifest.platform)),
        ("Prices", hashes(&manifest.prices)),
        ("Encoder", hashes(&manifest.encoder)),
        (
            "Build",
            vec![
                format!("sim {}, sources {}", build.version, build.source),
                format!("revision {}", build.revision),
                format!("{}, {}", build.rustc, build.target),
            ],
        ),
    ];
    facts.retain(|(_, values)| !values.is_empty());
    facts
}

/// The comment at the head of a scenario, by paragraphs.
fn comment(text: &str) -> Vec<String> {
    let lines = text.lines().map_while(|line| line.strip_prefix('#'));
    let lines: Vec<&str> = lines.map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty());
    let paragraphs = paragraphs.map(|lines| lines.join(" "));
    paragraphs.filter(|text| !text.is_empty()).collect()
}

/// The platform and price files among the inputs.
fn data(
    results: &Reading,
    inputs: &BTreeMap<String, String>,
) -> Result<Vec<(String, Table)>, ResultsError> {
    let tables = inputs.iter().filter(|(name, _)| name.ends_with(".toml"));
    tables
        .map(|(name, text)| {
            let table = Table::parse(text);
            let table = table.map_err(|why| damaged(results.path().join(name), why))?;
            Ok((name.clone(), table))
        })
        .collect()
}

/// The figures of the folder, those of the scenario in its order.
fn figures(results: &Reading, scenario: &str) -> Result<Vec<Figure>, ResultsError> {
    let scenario: toml::Table = scenario.parse().unwrap_or_default();
    let order = scenario.get("figure").and_then(toml::Value::as_array);
    let place = |figure: &Figure| {
        let is_it = |entry: &toml::Value| {
            let name = entry.get("name").and_then(toml::Value::as_str);
            name.is_some_and(|name| figure.name == format!("figures/{name}.svg"))
        };
        order.and_then(|order| order.iter().position(is_it))
    };
    let names = results.manifest.files.iter();
    let figures = names.filter(|name| name.ends_with(".svg")).map(|name| {
        let svg = results.text(name)?;
        let name = name.clone();
        Ok(Figure { name, svg })
    });
    let mut figures = figures.collect::<Result<Vec<Figure>, ResultsError>>()?;
    figures.sort_by_key(place);
    Ok(figures)
}

/// Columns of `verdicts.csv` that are shown, with their heads.
const VERDICTS: [(&str, &str); 9] = [
    ("workflow", "workflow"),
    ("engine", "engine"),
    ("claim", "claim"),
    ("claimed", "claimed"),
    ("faults", "faults"),
    ("violations", "violating plans"),
    ("schedules", "plans"),
    ("plan", "smallest plan"),
    ("witness", "witness"),
];

fn violations(results: &Reading) -> Result<Violations, ResultsError> {
    let rows = read(results, "verdicts.csv", |file| {
        let mut file = csv::Reader::from_reader(file);
        let header = file.headers().map_err(|error| error.to_string())?.clone();
        let column = |name: &str| {
            let found = header.iter().position(|column| column == name);
            found.ok_or_else(|| format!("there is no column `{name}`"))
        };
        let verdict = column("verdict")?;
        let shown = VERDICTS.iter().map(|(name, _)| column(name));
        let shown = shown.collect::<Result<Vec<usize>, String>>()?;
        let mut rows = Vec::new();
        for row in file.records() {
            let row = row.map_err(|error| error.to_string())?;
            if &row[verdict] == "violated" {
                rows.push(shown.iter().map(|column| row[*column].to_owned()).collect());
            }
        }
        Ok(rows)
    })?;
    Ok(Violations {
        header: VERDICTS.map(|(_, head)| head.to_owned()).to_vec(),
        rows,
        coverage: results.text("coverage.txt")?,
    })
}

/// The scenario's file as it was called when it was run.
fn given(manifest: &Manifest) -> String {
    format!("{}.toml", manifest.scenario.name)
}

/// The command that a manifest is of, with the scenario at `place`.
fn command(manifest: &Manifest, place: &str) -> String {
    let mut words = vec!["sim".to_owned(), manifest.command.name().to_owned()];
    words.push(place.to_owned());
    for set in &manifest.set {
        words.extend(["--set".to_owned(), set.clone()]);
    }
    match manifest.command {
        Command::Run => {
            words.extend(["--seed".to_owned(), manifest.seed.to_string()]);
            words.extend(["--replicates".to_owned(), manifest.replicates.to_string()]);
            let shard = manifest
                .shard
                .map(|shard| ["--shard".to_owned(), shard.to_string()]);
            words.extend(shard.into_iter().flatten());
        }
        Command::Check => {
            words.extend(["--set".to_owned(), format!("seed={}", manifest.seed)]);
        }
    }
    let kept = [
        ("--ledger", manifest.ledger),
        ("--history", manifest.history),
    ];
    words.extend(
        kept.iter()
            .filter(|(_, kept)| *kept)
            .map(|(word, _)| (*word).to_owned()),
    );
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=,:+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_at_the_head_is_split_into_paragraphs() {
        let text = "# What does\n# it cost?\n#\n# Much.\n\ntitle = 1\n# not this\n";
        assert_eq!(comment(text), ["What does it cost?", "Much."]);
        assert!(comment("title = 1\n# no").is_empty());
    }

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        assert_eq!(quoted("counter.operations=1,10"), "counter.operations=1,10");
        assert_eq!(quoted("a=normal(p50 = 1)"), "'a=normal(p50 = 1)'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
