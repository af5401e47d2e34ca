//! `sim check`: a scenario to its verdicts.

use super::Failure;
use super::jobs::Jobs;
use super::output::{print, tell, warn};
use super::process::{show_first_panic_only, stop_on_interrupt};
use crate::check::{self, Searched, case, table};
use crate::plan::Plan;
use crate::results::manifest::Manifest;
use crate::results::tables::Tables;
use crate::scenario::{self, Scenario};
use crate::stop::{self, STOP};
use analysis::figures;
use clap::Args;
use models::claims::CLAIMS;
use std::path::{Path, PathBuf};

/// Arguments of `sim check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The scenario file
    scenario: PathBuf,
    /// Set a key: `check.depth=1`; several values make an axis: `counter.operations=1,10`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    jobs: Jobs,
    /// Folder of the tables and cases [default: results/check-SCENARIO]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replace whatever the folder holds
    #[arg(long)]
    force: bool,
    /// No table
    #[arg(long)]
    quiet: bool,
}

impl CheckArguments {
    fn folder(&self, scenario: &Scenario) -> PathBuf {
        let default = || Path::new("results").join(format!("check-{}", scenario.name));
        self.out.clone().unwrap_or_else(default)
    }
}

/// Searches a scenario.
pub fn check(arguments: &CheckArguments) -> Result<(), Failure> {
    let scenario = scenario::load(&arguments.scenario, &arguments.set)
        .map_err(|problems| Failure::Input(problems.to_string()))?;
    warn(&scenario.warnings);
    stop_on_interrupt()?;
    show_first_panic_only();
    let folder = arguments.folder(&scenario);
    let manifest = Manifest::of_search(&scenario, &Plan::new(&scenario));
    let tables = Tables::open(&folder, manifest, OWN, arguments.force)?;
    let searched = search(arguments, &scenario);
    if stop::requested() {
        let message = "interrupted; a search is not resumed, and nothing was written";
        return Err(Failure::Interrupted(message.to_owned()));
    }
    let searched = searched?;
    let (table, summary) = write(&scenario, &searched, tables)?;
    if !arguments.quiet {
        print(&format!(
            "{table}\nverdicts, smallest plans, cases and coverage in {}\n{summary}\n",
            folder.display()
        ))?;
    }
    let expected = words(scenario.check.text("check.expect"));
    if expected.is_empty() {
        return verdict(&searched);
    }
    caught(&searched, &expected)?;
    acquitted(arguments, &scenario, &expected)?;
    match arguments.quiet {
        true => Ok(()),
        false => print(&as_expected(&scenario, &expected)),
    }
}

/// That the violations are those which the scenario is there to show.
fn as_expected(scenario: &Scenario, expected: &[&str]) -> String {
    let mended = match scenario.check.text("check.mended") {
        "" => String::new(),
        mended => format!(", and not with {mended}"),
    };
    format!(
        "violated, as `check.expect` says it must be{mended}: {}\n",
        expected.join(", ")
    )
}

fn search(arguments: &CheckArguments, scenario: &Scenario) -> Result<Vec<Searched>, Failure> {
    let options = check::options(scenario);
    let subjects = check::subjects(scenario);
    for (_, subject) in &subjects {
        crate::run::check(&subject.spec).map_err(|why| Failure::Input(format!("error: {why}")))?;
    }
    let total = subjects.len();
    let mut all = Vec::new();
    for (cell, subject) in subjects {
        all.push(check::search(
            cell,
            subject,
            &options,
            arguments.jobs.count(),
            &STOP,
        ));
        if stop::requested() {
            break;
        }
        if !arguments.quiet {
            tell(&format!("{} of {total} cells", all.len()));
        }
    }
    Ok(all)
}

/// Name of a counterexample's file.
fn case_file(searched: &Searched, claim: &str, faults: &str) -> String {
    let whole = format!(
        "{}-{}-{claim}-{faults}",
        searched.cell.workflow,
        table::label(searched)
    );
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = whole
        .chars()
        .map(|c| if c == '-' { '-' } else { plain(c) })
        .collect();
    format!("cases/{name}.toml")
}

/// Files of every search; cases come beside.
const OWN: &[&str] = &[
    "verdicts.csv",
    "claims.md",
    "claims.svg",
    "claims.png",
    "coverage.csv",
    "coverage.txt",
];

/// Writes tables and cases; the table of verdicts and the line that sums them up come back.
fn write(
    scenario: &Scenario,
    all: &[Searched],
    mut tables: Tables,
) -> Result<(String, String), Failure> {
    for (name, text) in case::data_files(scenario) {
        tables.save(&format!("cases/{name}"), text.as_bytes())?;
    }
    let mut rows = Vec::new();
    for searched in all {
        rows.extend(table::rows(searched, |claim, faults| {
            case_file(searched, claim, faults)
        }));
        for ((claim, faults), shrunk) in &searched.shrunk {
            let name = case_file(searched, CLAIMS[*claim].name(), faults);
            let text = case::write(scenario, searched.cell.index, *claim, shrunk);
            tables.save(&name, text.as_bytes())?;
        }
    }
    let coverage: String = all.iter().map(table::coverage).collect();
    let svg = figures::verdicts::draw(&scenario.title, &rows);
    let png =
        figures::png::render(&svg).map_err(|error| Failure::Input(format!("error: {error}")))?;
    let files: [Vec<u8>; 6] = [
        table::csv(&rows).into(),
        table::markdown(&rows).into(),
        svg.into(),
        png,
        table::coverage_csv(all).into(),
        coverage.into(),
    ];
    for (name, bytes) in OWN.iter().zip(files) {
        tables.save(name, &bytes)?;
    }
    tables.finish(scenario)?;
    let expected = words(scenario.check.text("check.expect"));
    let summary = table::summary(&rows, all, &expected);
    Ok((table::terminal(&rows), summary))
}

/// Whether every claim that was to be violated was.
fn caught(all: &[Searched], expected: &[&str]) -> Result<(), Failure> {
    complain(all, expected, false, "was to be violated and was not")
}

/// Whether the checkers accuse nobody when the engine is mended.
fn acquitted(
    arguments: &CheckArguments,
    scenario: &Scenario,
    expected: &[&str],
) -> Result<(), Failure> {
    let mended = scenario.check.text("check.mended");
    if mended.is_empty() {
        return Ok(());
    }
    let set = [&arguments.set[..], &[mended.to_owned()]].concat();
    let scenario = scenario::load(&arguments.scenario, &set)
        .map_err(|problems| Failure::Input(problems.to_string()))?;
    let all = search(arguments, &scenario)?;
    if stop::requested() {
        let message =
            format!("interrupted before the search with {mended}; the tables are written");
        return Err(Failure::Interrupted(message));
    }
    complain(
        &all,
        expected,
        true,
        &format!("is violated with {mended} too"),
    )
}

/// An error if one of the claims is violated, or is not, anywhere.
fn complain(all: &[Searched], claims: &[&str], violated: bool, what: &str) -> Result<(), Failure> {
    let complaints: Vec<String> = all
        .iter()
        .flat_map(|searched| {
            let wrong = claims
                .iter()
                .filter(|claim| searched.violates(claim) == violated);
            wrong.map(|claim| format!("`{claim}` {what}, on {}", table::label(searched)))
        })
        .collect();
    match complaints.is_empty() {
        true => Ok(()),
        false => Err(Failure::Violated(complaints.join("\n"))),
    }
}

/// Whether the engines keep what they claim.
fn verdict(all: &[Searched]) -> Result<(), Failure> {
    let broken: Vec<String> = all
        .iter()
        .filter(|searched| !searched.broken().is_empty())
        .map(|searched| {
            format!(
                "violated although claimed, {} on {}: {}",
                searched.cell.workflow,
                table::label(searched),
                searched.broken().join(", ")
            )
        })
        .collect();
    match broken.is_empty() {
        true => Ok(()),
        false => Err(Failure::Violated(broken.join("\n"))),
    }
}

/// Names in a list with commas.
fn words(list: &str) -> Vec<&str> {
    let words = list.split(',').map(str::trim);
    words.filter(|word| !word.is_empty()).collect()
}
