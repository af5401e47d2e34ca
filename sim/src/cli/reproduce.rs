//! `sim reproduce`: the figures of published studies, simulated values beside published ones.

use super::Failure;
use super::jobs::Jobs;
use super::output::{columns, print, save, tell};
use super::process::stop_on_interrupt;
use super::validate::{check_folder, find};
use crate::report::save_figure;
use crate::results::lock::Lock;
use crate::validate::{Effort, STUDIES, marks_csv};
use analysis::figures::paper::{FIGURES, Mark, PaperFigure};
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `sim reproduce`.
#[derive(Debug, Args)]
pub struct ReproduceArguments {
    /// Figures to draw [default: all]
    figure: Vec<String>,
    /// Only list the figures, with their studies and scenarios
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    jobs: Jobs,
    /// Folder of the figures
    #[arg(long, default_value = "results/figures")]
    out: PathBuf,
    /// Folder of the scenarios and the published data
    #[arg(long, default_value = "scenarios")]
    scenarios: PathBuf,
}

/// Studies with so many runs that their figures are drawn from the reduced form; these have intervals.
const REDUCED: [&str; 2] = ["exact", "occ"];

/// Runs the studies of the figures and draws them.
pub fn reproduce(arguments: &ReproduceArguments) -> Result<(), Failure> {
    if arguments.list {
        return print(&columns(&FIGURES.iter().map(row).collect::<Vec<_>>()));
    }
    let chosen = choose(&arguments.figure)?;
    stop_on_interrupt()?;
    check_folder(&arguments.scenarios)?;
    let _lock = Lock::take(&arguments.out)?;
    let jobs = arguments.jobs.count();
    for study in STUDIES {
        let own: Vec<&PaperFigure> = chosen
            .iter()
            .copied()
            .filter(|figure| figure.study == study.name)
            .collect();
        if own.is_empty() {
            continue;
        }
        let effort = Effort {
            jobs,
            quick: REDUCED.contains(&study.name),
            scenarios: arguments.scenarios.clone(),
        };
        tell(&format!("{}: {}", study.name, study.about));
        let marks = find(study, &effort, "figures of studies before it are whole")?.marks;
        for figure in own {
            draw(&arguments.out, figure, &marks)?;
            print(&format!("{}\n  {}\n", figure.name, figure.caption))?;
        }
    }
    print(&format!("figures in {}\n", arguments.out.display()))
}

/// Writes a figure as SVG and PNG, and its values.
pub(super) fn draw(folder: &Path, figure: &PaperFigure, marks: &[Mark]) -> Result<(), Failure> {
    let svg = figure
        .svg(marks)
        .map_err(|why| Failure::Input(format!("error: figure `{}`: {why}", figure.name)))?;
    save_figure(folder, figure.name, &svg).map_err(Failure::Input)?;
    let path = folder.join(format!("{}.csv", figure.name));
    save(&path, marks_csv(figure.name, marks).as_bytes())
}

fn row(figure: &PaperFigure) -> Vec<String> {
    let scenario = |name: &&str| format!("paper/{name}.toml");
    let scenarios: Vec<String> = figure.scenarios.iter().map(scenario).collect();
    vec![
        figure.name.to_owned(),
        figure.study.to_owned(),
        figure.title.to_owned(),
        scenarios.join(" "),
    ]
}

fn choose(names: &[String]) -> Result<Vec<&'static PaperFigure>, Failure> {
    if names.is_empty() {
        return Ok(FIGURES.iter().collect());
    }
    let find = |name: &String| {
        FIGURES
            .iter()
            .find(|figure| figure.name == name)
            .ok_or_else(|| {
                let known: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
                Failure::Input(format!(
                    "error: no figure `{name}`; expected one of {}",
                    known.join(", ")
                ))
            })
    };
    names.iter().map(find).collect()
}
