//! `sim validate`: simulated beside published and exact results.

use super::Failure;
use super::jobs::Jobs;
use super::output::{cannot, print, save, tell};
use super::process::stop_on_interrupt;
use super::reproduce::draw;
use crate::results::lock::Lock;
use crate::stop;
use crate::validate::{
    Basis, Effort, Finding, STUDIES, Study, Verdict, page, table, validation_csv,
};
use analysis::figures::paper::FIGURES;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments of `sim validate`.
#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// Studies to run [default: all; `sim list studies` shows them]
    study: Vec<String>,
    /// A reduced form: fewer runs, wider intervals
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    jobs: Jobs,
    /// Folder of the tables and predictions
    #[arg(long, default_value = "results/validation")]
    out: PathBuf,
    /// Folder of the scenarios and the published data
    #[arg(long, default_value = "scenarios")]
    scenarios: PathBuf,
}

/// Runs studies and compares.
pub fn validate(arguments: &ValidateArguments) -> Result<(), Failure> {
    let chosen = choose(&arguments.study)?;
    stop_on_interrupt()?;
    check_folder(&arguments.scenarios)?;
    let effort = Effort {
        jobs: arguments.jobs.count(),
        quick: arguments.quick,
        scenarios: arguments.scenarios.clone(),
    };
    let _lock = Lock::take(&arguments.out)?;
    let mut all: Vec<(&str, &str, Finding)> = Vec::new();
    for study in chosen {
        tell(&format!("{}: {}", study.name, study.about));
        let finding = find(study, &effort, "nothing was written")?;
        print(&format!("{}\n", table(study.name, &finding)))?;
        all.push((study.name, study.about, finding));
    }
    write(arguments, &all)?;
    let wrong: Vec<String> = all
        .iter()
        .flat_map(|(study, _, finding)| finding.quantities.iter().map(move |q| (study, q)))
        .filter(|(_, q)| q.basis == Basis::Exact && q.verdict() == Verdict::Differs)
        .map(|(study, q)| {
            format!(
                "{study}: {} is {}, simulated {}",
                q.name,
                q.published.unwrap_or_default(),
                q.simulated
            )
        })
        .collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::Violated(format!(
            "exact results that do not come out:\n{}",
            wrong.join("\n")
        ))),
    }
}

/// Makes a folder inside of that of the results.
fn create(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))
}

/// Whether the studies' scenarios and data are there.
pub(super) fn check_folder(scenarios: &Path) -> Result<(), Failure> {
    let paper = scenarios.join("paper");
    match paper.is_dir() {
        true => Ok(()),
        false => Err(Failure::Input(format!(
            "error: there is no folder {}\n  = help: `--scenarios DIR` names the repository's folder scenarios, which holds the studies' scenarios and data",
            paper.display()
        ))),
    }
}

/// Runs a study; `kept` says what an interruption leaves.
pub(super) fn find(study: &Study, effort: &Effort, kept: &str) -> Result<Finding, Failure> {
    let found = (study.run)(effort);
    if stop::requested() {
        let name = study.name;
        return Err(Failure::Interrupted(format!(
            "interrupted in study `{name}`; {kept}"
        )));
    }
    found.map_err(|why| {
        let why = why.strip_prefix("error: ").unwrap_or(&why);
        Failure::Input(format!("error: study `{}`: {why}", study.name))
    })
}

fn choose(names: &[String]) -> Result<Vec<&'static Study>, Failure> {
    if names.is_empty() {
        return Ok(STUDIES.iter().collect());
    }
    let known: Vec<&str> = STUDIES.iter().map(|study| study.name).collect();
    let find = |name: &String| {
        STUDIES
            .iter()
            .find(|study| study.name == name)
            .ok_or_else(|| {
                Failure::Input(format!(
                    "error: no study `{name}`; expected one of {}",
                    known.join(", ")
                ))
            })
    };
    names.iter().map(find).collect()
}

fn write(arguments: &ValidateArguments, all: &[(&str, &str, Finding)]) -> Result<(), Failure> {
    let save = |path: PathBuf, text: &str| {
        let folder = path.parent().expect("a file in a folder");
        create(folder)?;
        save(&path, text.as_bytes())
    };
    save(arguments.out.join("validation.csv"), &validation_csv(all))?;
    save(
        arguments.out.join("validation.md"),
        &page(all, arguments.quick),
    )?;
    for (study, _, finding) in all {
        for figure in FIGURES.iter().filter(|figure| figure.study == *study) {
            draw(&arguments.out.join("figures"), figure, &finding.marks)?;
        }
        for prediction in &finding.predictions {
            save(
                arguments.out.join("predictions").join(&prediction.file),
                &prediction.csv,
            )?;
        }
    }
    print(&format!("results in {}\n", arguments.out.display()))
}
