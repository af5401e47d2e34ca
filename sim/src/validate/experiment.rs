//! Cells of a scenario, run through the kernel, and their metrics with standard errors.

use super::study::Effort;
use crate::plan::Plan;
use crate::pool;
use crate::run::{self, RunOutput};
use crate::scenario;
use models::records::{Measure, RunRecord};
use std::convert::Infallible;
use std::sync::atomic::AtomicBool;

/// Mean of a sample.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mean {
    pub value: f64,
    /// Standard error.
    pub error: f64,
    /// Standard deviation of the sample.
    pub sd: f64,
}

/// Mean, standard error and standard deviation.
pub fn mean(values: &[f64]) -> Mean {
    let count = values.len().max(1) as f64;
    let value = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - value).powi(2)).sum();
    let sd = (squares / (count - 1.0).max(1.0)).sqrt();
    Mean {
        value,
        error: sd / count.sqrt(),
        sd,
    }
}

/// Runs a scenario of `paper/` with keys set, and returns the records of all runs in order.
pub fn runs(effort: &Effort, name: &str, sets: &[String]) -> Result<Vec<RunRecord>, String> {
    let all = outputs(effort, name, sets, false)?;
    Ok(all.into_iter().map(|output| output.record).collect())
}

/// The same, with the ledger of each run: lines as in `ledger.csv`, without the header.
pub fn runs_with_ledger(
    effort: &Effort,
    name: &str,
    sets: &[String],
) -> Result<Vec<String>, String> {
    let all = outputs(effort, name, sets, true)?;
    let text = |output: RunOutput| String::from_utf8(output.ledger).expect("a ledger is text");
    Ok(all.into_iter().map(text).collect())
}

fn outputs(
    effort: &Effort,
    name: &str,
    sets: &[String],
    keep: bool,
) -> Result<Vec<RunOutput>, String> {
    let path = effort.scenarios.join("paper").join(format!("{name}.toml"));
    let scenario = scenario::load(&path, sets).map_err(|problems| problems.to_string())?;
    let plan = Plan::new(&scenario);
    run::check(&plan.spec(0, keep))?;
    let mut outputs = Vec::new();
    let stop = AtomicBool::new(false);
    let work = |number: usize| run::run(&plan.spec(number, keep));
    let sink = |batch: Vec<(usize, pool::Ended<RunOutput>)>| -> Result<(), Infallible> {
        outputs.extend(batch.into_iter().map(|(_, ended)| ended));
        Ok(())
    };
    let Ok(_) = pool::run(0..plan.runs(), effort.jobs, &stop, work, sink);
    let outputs: Result<Vec<RunOutput>, String> = outputs.into_iter().collect();
    let outputs = outputs?;
    match outputs
        .iter()
        .find_map(|output| output.record.invalid.clone())
    {
        Some(why) => Err(format!("{name}: an invalid run: {why}")),
        None => Ok(outputs),
    }
}

/// A metric over the runs of one cell.
pub fn metric(records: &[RunRecord], measure: Measure) -> Vec<f64> {
    records
        .iter()
        .map(|record| record.values.get(measure))
        .filter(|value| !value.is_nan())
        .collect()
}
