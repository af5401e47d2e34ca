//! Cells of a scenario, run through the kernel, and their metrics with standard errors.

use super::study::Effort;
use crate::plan::Plan;
use crate::pool::{self, End};
use crate::run::{self, RunOutput};
use crate::scenario;
use crate::stop::STOP;
use models::data::Table;
use models::records::{Measure, RunRecord};
use std::convert::Infallible;
use std::sync::Arc;

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
    outputs(effort, name, sets, false, |output| output.record)
}

/// The values of some metrics in each run: all that is kept, however many runs there are.
pub fn values(
    effort: &Effort,
    name: &str,
    sets: &[String],
    measures: &[Measure],
) -> Result<Vec<Vec<f64>>, String> {
    let all = outputs(effort, name, sets, false, |output| {
        let of = |measure: &Measure| output.record.values.get(*measure);
        measures.iter().map(of).collect::<Vec<f64>>()
    })?;
    let column = |nth: usize| -> Vec<f64> {
        let all = all.iter().map(|run| run[nth]);
        all.filter(|value| !value.is_nan()).collect()
    };
    Ok((0..measures.len()).map(column).collect())
}

/// The same, with the ledger of each run: lines as in `ledger.csv`, without the header.
pub fn runs_with_ledger(
    effort: &Effort,
    name: &str,
    sets: &[String],
) -> Result<Vec<String>, String> {
    outputs(effort, name, sets, true, |output| {
        String::from_utf8(output.ledger).expect("a ledger is text")
    })
}

fn outputs<T: Send>(
    effort: &Effort,
    name: &str,
    sets: &[String],
    keep: bool,
    take: impl Fn(RunOutput) -> T + Sync,
) -> Result<Vec<T>, String> {
    let path = effort.scenarios.join("paper").join(format!("{name}.toml"));
    let scenario = scenario::load(&path, sets).map_err(|problems| problems.to_string())?;
    let plan = Plan::new(&scenario);
    run::check(&plan.spec(0, keep))?;
    let mut outputs = Vec::new();
    let work = |number: usize| {
        let output = run::run(&plan.spec(number, keep));
        match &output.record.invalid {
            Some(why) => Err(format!("{name}: an invalid run: {why}")),
            None => Ok(take(output)),
        }
    };
    let sink = |batch: Vec<(usize, pool::Ended<Result<T, String>>)>| -> Result<(), Infallible> {
        outputs.extend(
            batch
                .into_iter()
                .map(|(_, ended)| ended.and_then(|run| run)),
        );
        Ok(())
    };
    let Ok(end) = pool::run(0..plan.runs(), effort.jobs, &STOP, work, sink);
    if end == End::Stopped {
        return Err("interrupted".to_owned());
    }
    outputs.into_iter().collect()
}

/// A metric over the runs of one cell.
pub fn metric(records: &[RunRecord], measure: Measure) -> Vec<f64> {
    records
        .iter()
        .map(|record| record.values.get(measure))
        .filter(|value| !value.is_nan())
        .collect()
}

/// Platform and price rows of a scenario of `paper/`.
pub fn tables(effort: &Effort, name: &str) -> Result<[Arc<Table>; 2], String> {
    let path = effort.scenarios.join("paper").join(format!("{name}.toml"));
    let scenario = scenario::load(&path, &[]).map_err(|problems| problems.to_string())?;
    let spec = Plan::new(&scenario).spec(0, false);
    Ok([spec.platform, spec.prices])
}
