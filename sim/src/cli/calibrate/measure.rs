//! `sim calibrate CLIPS`: measures real encodes, judges the anchors, fits.

use super::fit::refit;
use super::report::SYNTHETIC;
use super::{CalibrateArguments, wrong};
use crate::calibrate::anchors::{self, Factor, REFUSED, Verdict};
use crate::calibrate::clips::{self, Clip};
use crate::calibrate::journal::{Before, Journal};
use crate::calibrate::plan::{Plan, Scope};
use crate::calibrate::tool::{self, Tool};
use crate::calibrate::{Runner, fingerprint};
use crate::cli::Failure;
use crate::cli::output::{print, save, tell};
use crate::cli::process::stop_on_interrupt;
use crate::cli::progress::Progress;
use crate::results::lock::Lock;
use crate::stop;
use analysis::calibration::{FEWEST_SOURCES, rows};
use models::encoder::model::Model;
use std::fmt::Write;
use std::path::Path;

/// Measures a folder's clips and fits what was measured.
pub(super) fn measure(arguments: &CalibrateArguments, clips: &Path) -> Result<(), Failure> {
    let tool = tool::find().map_err(wrong)?;
    let (clips, left_out) = clips::find(clips).map_err(wrong)?;
    for why in &left_out {
        tell(&format!("left out: {why}"));
    }
    let synthetic = clips.iter().filter(|clip| clip.synthetic).count();
    if synthetic > 0 {
        tell(&format!(
            "warning: {synthetic} of {} clips are synthetic: they are measured, and no fit uses them; {SYNTHETIC}",
            clips.len()
        ));
    }
    let scope = scope(arguments)?;
    let plan = Plan::new(&clips, &scope, arguments.seed);
    if !arguments.quiet {
        tell(&format!(
            "{} clips, {} runs, about {:.0} CPU seconds of encoding beside cutting and probing",
            clips.len(),
            plan.steps.len(),
            plan.expected_s
        ));
    }
    let folder = arguments.folder();
    let before = match (arguments.resume, arguments.force) {
        (true, _) => Before::Resume,
        (_, true) => Before::Replace,
        _ => Before::Refuse,
    };
    let identity = identity(&scope, arguments.seed, &tool, &clips);
    let _lock = Lock::take(&folder)?;
    let mut journal = Journal::open(&folder, &identity, before).map_err(wrong)?;
    run(arguments, &plan, &clips, &tool, &mut journal)?;
    let file = journal.finish().map_err(wrong)?;
    let rows = rows::read(&journal.text()).map_err(wrong)?;
    let said = judge(&rows, &file)?;
    print(&said)?;
    let sources = sources(&rows);
    if sources < FEWEST_SOURCES {
        return print(&format!(
            "not fitted: {sources} real sources, and a fit needs {FEWEST_SOURCES}, better ten: add clips, those of \
             one film in a folder of their own; rows in {}\n",
            file.display()
        ));
    }
    refit(&file, None, &folder)
}

fn scope(arguments: &CalibrateArguments) -> Result<Scope, Failure> {
    match (arguments.quick, arguments.budget) {
        (true, _) => Ok(Scope::quick()),
        (_, Some(seconds)) if seconds >= 1.0 && seconds.is_finite() => {
            Ok(Scope::full().within(seconds))
        }
        (_, Some(seconds)) => Err(wrong(format!(
            "--budget {seconds}: expected at least 1 CPU second"
        ))),
        _ => Ok(Scope::full()),
    }
}

/// All that must be the same to continue a measurement.
fn identity(scope: &Scope, seed: u64, tool: &Tool, clips: &[Clip]) -> String {
    let mut text = format!("seed = {seed}\n{scope:?}\n");
    for (name, value) in fingerprint(tool, None) {
        let _ = writeln!(text, "{name} = {value}");
    }
    for clip in clips {
        let bytes = std::fs::metadata(&clip.path).map_or(0, |file| file.len());
        let _ = writeln!(text, "{} {} {bytes} bytes", clip.source, clip.name);
    }
    text
}

fn run(
    arguments: &CalibrateArguments,
    plan: &Plan,
    clips: &[Clip],
    tool: &Tool,
    journal: &mut Journal,
) -> Result<(), Failure> {
    stop_on_interrupt()?;
    let mut runner = Runner::new(clips, tool).map_err(wrong)?;
    let done = journal.rows().min(plan.steps.len());
    if done < plan.steps.len() {
        runner.warm_up().map_err(wrong)?;
    }
    let mut progress = Progress::new(plan.steps.len(), done, arguments.quiet);
    let folder = arguments.folder();
    for (place, step) in plan.steps.iter().enumerate().skip(done) {
        let row = runner.step(step);
        // The child hears of Ctrl-C too and fails; that is no error of its own.
        if stop::requested() {
            progress.finish();
            return Err(Failure::Interrupted(format!(
                "stopped after {place} of {} runs; --resume goes on with those in {}",
                plan.steps.len(),
                folder.display()
            )));
        }
        let row = row.map_err(wrong)?;
        journal.add(row.line()).map_err(wrong)?;
        if place == 0 {
            let facts = fingerprint(tool, runner.encoder().as_deref());
            let lines: String = facts
                .iter()
                .map(|(name, value)| format!("{name} = {value}\n"))
                .collect();
            save(&folder.join("runs.fingerprint.txt"), lines.as_bytes())?;
        }
        progress.show(place + 1);
    }
    progress.finish();
    Ok(())
}

fn sources(measured: &[rows::Row]) -> usize {
    let used = rows::usable(measured);
    let mut names: Vec<&str> = used.iter().map(|row| row.source.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

/// What the anchors say, and how the machine compares; an error if they vary too much for a fit.
fn judge(measured: &[rows::Row], file: &Path) -> Result<String, Failure> {
    let seconds: Vec<f64> = measured
        .iter()
        .filter(|row| row.exp == "anchor")
        .filter_map(|row| row.cpu_s)
        .collect();
    let mut said = match anchors::verdict(&seconds) {
        Verdict::Refused(cv) => {
            return Err(wrong(format!(
                "the CPU time of the same encode varies by {:.1} % over {} anchors; beyond {:.0} % a fit would be of the noise\n\
                 stop other work on the machine and measure again with --force; the rows are in {}, \
                 and --fit fits them all the same",
                100.0 * cv,
                seconds.len(),
                100.0 * REFUSED,
                file.display()
            )));
        }
        Verdict::Noisy(cv) => format!(
            "warning: the CPU time of the same encode varies by {:.1} % over {} anchors; a quieter machine would do better\n",
            100.0 * cv,
            seconds.len()
        ),
        Verdict::Quiet(cv) => format!(
            "the CPU time of the same encode varies by {:.1} % over {} anchors\n",
            100.0 * cv,
            seconds.len()
        ),
        Verdict::TooFew => "too few anchors to say how quiet the machine was\n".to_owned(),
    };
    if let Some(factor) = against_reference(measured) {
        let _ = writeln!(
            said,
            "this machine takes {:.2} times the CPU time that the committed model expects (sd of the log over {} encodes {:.2})",
            factor.k, factor.cells, factor.cell_sigma
        );
    }
    Ok(said)
}

fn against_reference(measured: &[rows::Row]) -> Option<Factor> {
    let model = Model::reference();
    let used = rows::usable(measured);
    let pair = |row: &&rows::Row| {
        let (job, content) = (row.job().ok()?, row.content()?);
        Some((
            row.cpu_s?,
            model.cpu_seconds(&job, row.log_bpp()?, &content),
        ))
    };
    let pairs: Vec<(f64, f64)> = used.iter().filter_map(pair).collect();
    Factor::of(&pairs)
}
