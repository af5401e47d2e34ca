//! `sim report`: a folder of results as one page.

use super::Failure;
use super::output::{print, save};
use crate::report::page;
use crate::results::PAGE;
use crate::results::reading::Reading;
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `sim report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// A folder that `sim run` or `sim check` wrote
    folder: PathBuf,
    /// File of the page [default: report.html in the folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the page of a folder.
pub fn report(arguments: &ReportArguments) -> Result<(), Failure> {
    let results = Reading::open(&arguments.folder)?;
    let default = || arguments.folder.join(PAGE);
    let out = arguments.out.clone().unwrap_or_else(default);
    refuse_own(&results, &out)?;
    let page = page::of(&results)?;
    save(&out, page.as_bytes()).map_err(elsewhere)?;
    print(&format!("page in {}\n", out.display()))?;
    match results.manifest.finished {
        true => Ok(()),
        false => Err(Failure::Input(format!(
            "error: {} holds an interrupted run ({} of {} runs); the page says so and has no results\n  = help: `sim run` with --resume continues it",
            arguments.folder.display(),
            results.rows_so_far(),
            results.manifest.runs
        ))),
    }
}

/// The page may not take the place of what it is made of.
fn refuse_own(results: &Reading, out: &Path) -> Result<(), Failure> {
    let Ok(place) = out.canonicalize() else {
        return Ok(());
    };
    let names = results.manifest.files.iter().map(String::as_str);
    let own = names
        .chain(["manifest.json", "manifest.json.partial", "runs.csv.partial"])
        .map(|name| results.path().join(name).canonicalize());
    match own.flatten().any(|own| own == place) {
        true => Err(elsewhere(Failure::Input(format!(
            "error: {} is a file of the results",
            out.display()
        )))),
        false => Ok(()),
    }
}

/// Adds what can be done about a file that cannot be written.
fn elsewhere(failure: Failure) -> Failure {
    match failure {
        Failure::Input(message) => Failure::Input(format!(
            "{message}\n  = help: `--out FILE` for another file"
        )),
        other => other,
    }
}
