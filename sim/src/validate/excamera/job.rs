//! Jobs that were run: when their workers end.

use super::QUANTILES;
use super::data::Config;
use crate::validate::experiment::runs_with_ledger;
use crate::validate::study::Effort;
use std::fmt::Write;

/// What the runs of one configuration came to.
#[derive(Debug)]
pub struct Job {
    /// Ends of all workers, sorted, and the end of each run.
    pub ends: Vec<f64>,
    pub makespans: Vec<f64>,
}

impl Job {
    /// Runs it.
    pub fn run(effort: &Effort, sets: &[String], workers: f64) -> Result<Job, String> {
        let mut sets = sets.to_vec();
        sets.push(format!("excamera.workers={workers}"));
        sets.push(format!("replicates={}", if effort.quick { 4 } else { 25 }));
        let all = runs_with_ledger(effort, "excamera", &sets)?;
        let mut job = Job {
            ends: Vec::new(),
            makespans: Vec::new(),
        };
        for ledger in all {
            let ends: Vec<f64> = ledger
                .lines()
                .filter_map(|line| {
                    let fields: Vec<&str> = line.split(',').collect();
                    (fields[7] == "body").then(|| fields[11].parse().ok())?
                })
                .collect();
            job.makespans.push(ends.iter().copied().fold(0.0, f64::max));
            job.ends.extend(ends);
        }
        job.ends.sort_by(f64::total_cmp);
        job.makespans.sort_by(f64::total_cmp);
        Ok(job)
    }

    /// Time of all workers of a run, mean over runs.
    pub fn seconds(&self) -> f64 {
        self.ends.iter().sum::<f64>() / self.makespans.len() as f64
    }

    /// A quantile of the ends.
    pub fn end(&self, p: f64) -> f64 {
        quantile(&self.ends, p)
    }
}

/// A quantile of a sorted sample.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let (low, high) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    low + (high - low) * place.fract()
}

/// Batches of a configuration: [6, 16] of Sintel was measured twice.
pub fn batches((movie, frames): Config<'_>, group: u32) -> &'static [&'static str] {
    match (movie, frames as u32, group) {
        ("sintel", 6, 16) => &["main", "new"],
        _ => &["main"],
    }
}

/// Adds the ends of a job in the form of the published file.
pub fn write_stages(text: &mut String, config: Config<'_>, (group, batch): (u32, &str), job: &Job) {
    let count = job.ends.len() as f64;
    let mean = job.ends.iter().sum::<f64>() / count;
    let variance = job.ends.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / count;
    let quantiles: Vec<String> = QUANTILES
        .iter()
        .map(|(_, p)| format!("{:.3}", job.end(*p)))
        .collect();
    let _ = writeln!(
        text,
        "{},{},{group},{batch},final,worker end time from job start,{count},{mean:.4},{:.4},{}",
        config.0,
        config.1,
        variance.sqrt(),
        quantiles.join(",")
    );
}
