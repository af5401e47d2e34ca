//! `sim run`: a scenario to its results.

use super::Failure;
use super::estimate;
use super::jobs::Jobs;
use super::output::{print, tell, warn};
use super::process::{show_first_panic_only, stop_on_interrupt};
use super::progress::{Progress, duration};
use crate::plan::Plan;
use crate::plan::shard::Shard;
use crate::pool::{self, End, Ended};
use crate::report;
use crate::results::folder::{Folder, Opened, Policy};
use crate::results::manifest::Manifest;
use crate::results::{ResultsError, rows};
use crate::run::RunOutput;
use crate::scenario::{self, Dial, Scenario};
use crate::stop::STOP;
use clap::Args;
use models::records::{CellRuns, Failures, RunRecord, Values};
use models::settings::Setting;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A run of the grid that takes longer than this is announced (seconds).
const LONG_S: f64 = 60.0;

/// Arguments of `sim run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The scenario file
    scenario: PathBuf,
    /// Set a key: `faults.fail_rate=0.2`; several values make an axis: `counter.operations=1,10`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of every random stream, in the place of the scenario's
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(0..))]
    seed: Option<i64>,
    /// Runs per cell, in the place of the scenario's
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(1..=10_000_000))]
    replicates: Option<i64>,
    #[command(flatten)]
    jobs: Jobs,
    /// Make one part of the runs, the I-th of N; `sim merge` joins them
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Folder of the results [default: results/SCENARIO, or results/SCENARIO-I-of-N of a shard]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Continue an interrupted run
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace whatever the folder holds
    #[arg(long)]
    force: bool,
    /// No progress, no table
    #[arg(long)]
    quiet: bool,
    /// Keep every effect in ledger.csv
    #[arg(long)]
    ledger: bool,
    /// Keep every message in history.csv
    #[arg(long)]
    history: bool,
}

impl RunArguments {
    fn overrides(&self) -> Vec<String> {
        let mut overrides = self.set.clone();
        overrides.extend(self.seed.map(|seed| format!("seed={seed}")));
        overrides.extend(self.replicates.map(|count| format!("replicates={count}")));
        overrides
    }

    fn folder(&self, scenario: &Scenario) -> PathBuf {
        let name = match self.shard {
            None => scenario.name.clone(),
            Some(Shard { index, of }) => format!("{}-{index}-of-{of}", scenario.name),
        };
        let default = || Path::new("results").join(name);
        self.out.clone().unwrap_or_else(default)
    }

    fn policy(&self) -> Policy {
        Policy {
            resume: self.resume,
            force: self.force,
        }
    }
}

/// Runs a scenario.
pub fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let scenario = scenario::load(&arguments.scenario, &arguments.overrides())
        .map_err(|problems| Failure::Input(problems.to_string()))?;
    warn(&scenario.warnings);
    warn(&broken(&scenario));
    let plan = Plan::new(&scenario);
    check_data(&plan)?;
    let plan = part(plan, arguments.shard)?;
    let path = arguments.folder(&scenario);
    let manifest = Manifest {
        shard: arguments.shard,
        ..Manifest::new(&scenario, &plan, arguments.ledger, arguments.history)
    };
    let opened = Folder::open(&path, manifest, &plan, arguments.policy());
    match opened? {
        Opened::Complete => complete(arguments, &plan, &path),
        Opened::Ready(folder) => Job {
            arguments,
            scenario: &scenario,
            plan,
        }
        .run(*folder),
    }
}

/// Whether the data files have all that the cells need; a scenario may have put a law where a
/// plain number must be.
fn check_data(plan: &Plan) -> Result<(), Failure> {
    (0..plan.cells.len())
        .try_for_each(|cell| crate::run::check(&plan.first_spec(cell)))
        .map_err(|why| Failure::Input(format!("error: {why}")))
}

/// The part of the grid that is asked for; every one must have runs.
fn part(plan: Plan<'_>, shard: Option<Shard>) -> Result<Plan<'_>, Failure> {
    match shard {
        None => Ok(plan),
        Some(shard) if shard.of <= plan.runs() => Ok(plan.part(shard)),
        Some(shard) => Err(Failure::Input(format!(
            "error: --shard {shard}: the grid has {} runs\n  = help: at most as many shards as runs",
            plan.runs()
        ))),
    }
}

/// The same results are there already: shows them again.
fn complete(arguments: &RunArguments, plan: &Plan, path: &Path) -> Result<(), Failure> {
    let cells = rows::read(plan, &path.join("runs.csv"))?;
    if !arguments.quiet {
        let table = match arguments.shard {
            None => report::table(&cells) + "\n",
            Some(_) => String::new(),
        };
        print(&format!("{table}results in {}\n", path.display()))?;
        tell("these results were there already; --force runs the scenario again");
    }
    match arguments.shard {
        None => some_valid(&cells),
        Some(_) => Ok(()),
    }
}

/// An error if no run counts: the results are there, and say nothing.
fn some_valid(cells: &[CellRuns]) -> Result<(), Failure> {
    let runs: Vec<&RunRecord> = cells.iter().flat_map(|cell| &cell.runs).collect();
    match runs.first() {
        Some(first) if runs.iter().all(|run| run.invalid.is_some()) => {
            let why = first.invalid.as_deref().unwrap_or_default();
            let count = runs.len();
            Err(Failure::Input(format!(
                "error: none of the {count} runs is valid; the first: {why}\n  = help: `invalid` in runs.csv says why of each"
            )))
        }
        _ => Ok(()),
    }
}

/// A scenario on its way to its results.
struct Job<'a> {
    arguments: &'a RunArguments,
    scenario: &'a Scenario,
    plan: Plan<'a>,
}

impl Job<'_> {
    fn run(&self, mut folder: Folder) -> Result<(), Failure> {
        stop_on_interrupt()?;
        show_first_panic_only();
        self.announce(folder.done);
        let end = self.work(&mut folder)?;
        match end {
            End::Done => self.finish(folder),
            End::Stopped => Err(self.interrupted(&folder)),
        }
    }

    fn one(&self, number: usize) -> RunOutput {
        let keep = self.arguments.ledger || self.arguments.history;
        crate::run::run(&self.plan.spec(number, keep))
    }

    fn work(&self, folder: &mut Folder) -> Result<End, ResultsError> {
        let total = self.plan.runs();
        let mut progress = Progress::new(total, folder.done, self.arguments.quiet);
        let (first, jobs) = (folder.done, self.arguments.jobs.count());
        let end = pool::run(
            first..total,
            jobs,
            &STOP,
            |number| self.one(number),
            |batch| {
                let outputs: Vec<RunOutput> =
                    batch.into_iter().map(|run| self.output(run)).collect();
                folder.append(&self.plan, &outputs)?;
                progress.show(folder.done);
                Ok(())
            },
        );
        progress.finish();
        end
    }

    /// The output of a run, or a record that says that it panicked.
    fn output(&self, (number, ended): (usize, Ended<RunOutput>)) -> RunOutput {
        let (cell, replicate) = self.plan.place(number);
        ended.unwrap_or_else(|panic| RunOutput {
            record: RunRecord {
                cell,
                replicate,
                outcome: "stuck".to_owned(),
                invalid: Some(format!("panic: {panic}")),
                values: Values::default(),
                failures: Failures::default(),
                fired: BTreeMap::new(),
            },
            ledger: Vec::new(),
            history: Vec::new(),
        })
    }

    /// Says how long it will take if that is long.
    fn announce(&self, done: usize) {
        let left = done..self.plan.runs();
        if self.arguments.quiet || left.len() < estimate::RUNS_MIN {
            return;
        }
        let (jobs, runs) = (self.arguments.jobs.count(), left.len());
        let time_s = estimate::time_s(left, jobs, &STOP, &|number| self.one(number));
        if time_s > LONG_S {
            let (cells, wait) = (self.plan.cells.len(), duration(time_s));
            tell(&format!(
                "{runs} runs in {cells} cells: about {wait} with {jobs} jobs (Ctrl-C keeps what is done)"
            ));
        }
    }

    fn finish(&self, mut folder: Folder) -> Result<(), Failure> {
        let quiet = self.arguments.quiet;
        let Some(shard) = self.arguments.shard else {
            return conclude(self.scenario, &self.plan, folder, quiet);
        };
        let cells = rows::read(&self.plan, &folder.rows())?;
        folder.manifest().finish(&self.plan, &cells);
        let (manifest, path) = (folder.manifest().clone(), folder.path().to_owned());
        folder.finish(self.scenario, Vec::new())?;
        warn_of(&manifest, &[]);
        match quiet {
            true => Ok(()),
            false => print(&format!(
                "shard {shard} in {}; `sim merge` joins all {}\n",
                path.display(),
                shard.of
            )),
        }
    }

    fn interrupted(&self, folder: &Folder) -> Failure {
        let (done, runs) = (folder.done, self.plan.runs());
        let instead = match self.arguments.force {
            true => " in the place of --force",
            false => "",
        };
        Failure::Interrupted(format!(
            "interrupted after {done} of {runs} runs; the same command with --resume{instead} continues"
        ))
    }
}

/// Makes of all rows of a grid what there is to make, finishes the folder and shows the table.
pub(super) fn conclude(
    scenario: &Scenario,
    plan: &Plan<'_>,
    mut folder: Folder,
    quiet: bool,
) -> Result<(), Failure> {
    let cells = rows::read(plan, &folder.rows())?;
    let report = report::write(folder.path(), scenario, &cells).map_err(Failure::Input)?;
    folder.manifest().finish(plan, &cells);
    let (manifest, path) = (folder.manifest().clone(), folder.path().to_owned());
    folder.finish(scenario, report.files)?;
    warn_of(&manifest, &report.warnings);
    if !quiet {
        print(&format!(
            "{}\nresults in {}\n",
            report.table,
            path.display()
        ))?;
    }
    some_valid(&cells)
}

fn warn_of(manifest: &Manifest, warnings: &[String]) {
    if manifest.invalid_runs > 0 {
        let (invalid, runs) = (manifest.invalid_runs, manifest.runs);
        tell(&format!(
            "warning: {invalid} of {runs} runs are invalid and not counted"
        ));
    }
    for (kind, cells) in manifest.unfired_by_kind() {
        tell(&format!(
            "warning: `{kind}` is required and fired in no run of {} cells: {}",
            cells.len(),
            shortened(&cells)
        ));
    }
    warn(warnings);
}

/// Engines that the scenario runs with a rule broken: no row says so where that is no axis.
fn broken(scenario: &Scenario) -> Vec<String> {
    let dials = scenario.dials.iter().filter(|dial| {
        let is_set = |value: &Setting| value.to_string() != "nothing";
        dial.path.ends_with(".broken") && dial.values.iter().any(is_set)
    });
    let warning = |dial: &Dial| {
        let values: Vec<String> = dial.values.iter().map(Setting::to_string).collect();
        format!(
            "{} = {}: this engine lacks a rule on purpose, for `sim check` to find",
            dial.path,
            values.join(", ")
        )
    };
    dials.map(warning).collect()
}

/// The first few numbers.
fn shortened(numbers: &[usize]) -> String {
    let first: Vec<String> = numbers.iter().take(8).map(usize::to_string).collect();
    let more = if numbers.len() > 8 { ", ..." } else { "" };
    first.join(", ") + more
}
