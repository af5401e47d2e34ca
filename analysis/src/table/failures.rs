//! Why executions failed, in the lines below a section of the table.

use super::layout;
use crate::summary::valid_runs;
use models::records::{CellRuns, Measure};
use std::collections::BTreeMap;

/// One entry for each reason, by name; engines of equal numbers together.
pub(super) fn lines(cells: &[&CellRuns], width: usize) -> Vec<String> {
    let (mut executions, mut failures) = (Counts::default(), BTreeMap::<&str, Counts<'_>>::new());
    for cell in cells {
        let engine = cell.cell.engine.as_str();
        for run in valid_runs(cell) {
            executions.add(engine, run.values.get(Measure::Executions) as u64);
            for (why, count) in &run.failures.0 {
                failures.entry(why).or_default().add(engine, *count);
            }
        }
    }
    let entries = failures.iter().map(|(why, counts)| {
        let mut numbers: Vec<(String, Vec<&str>)> = Vec::new();
        for (engine, failed) in &counts.0 {
            let number = format!("{failed} of {}", executions.of(engine));
            match numbers.iter_mut().find(|(known, _)| *known == number) {
                Some((_, engines)) => engines.push(engine),
                None => numbers.push((number, vec![engine])),
            }
        }
        let numbers = numbers
            .iter()
            .map(|(number, engines)| format!("{number} on {}", engines.join(", ")));
        format!("failed ({why}): {}", numbers.collect::<Vec<_>>().join("; "))
    });
    entries
        .flat_map(|entry| layout::wrap(&entry, width))
        .collect()
}

/// Numbers by engine, in the order in which the engines are met.
#[derive(Default)]
struct Counts<'a>(Vec<(&'a str, u64)>);

impl<'a> Counts<'a> {
    fn add(&mut self, engine: &'a str, count: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == engine) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((engine, count)),
        }
    }

    fn of(&self, engine: &str) -> u64 {
        let known = self.0.iter().find(|(known, _)| *known == engine);
        known.map_or(0, |(_, count)| *count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{cell, run};

    #[test]
    fn executions_are_counted_by_reason_and_engine() {
        let mut cells = [
            cell(0, "counter", "local", &[("faults.fail_rate", 0.1)]),
            cell(1, "counter", "local", &[("faults.fail_rate", 0.2)]),
            cell(2, "counter", "durable", &[("faults.fail_rate", 0.2)]),
        ];
        for cell in &mut cells {
            for replicate in 0..3 {
                let mut run = run(replicate, &[(Measure::Executions, 10.0)]);
                let why = if replicate == 0 { "lost" } else { "raised" };
                if cell.cell.engine == "local" || why == "lost" {
                    run.failures.0.insert(why.to_owned(), replicate + 1);
                }
                cell.runs.push(run);
            }
        }
        cells[1].runs[2].invalid = Some("over budget".to_owned());
        let lines = lines(&cells.each_ref(), 100);
        let expected = [
            "failed (lost): 2 of 50 on local; 1 of 30 on durable",
            "failed (raised): 7 of 50 on local",
        ];
        assert_eq!(lines, expected);
    }
}
