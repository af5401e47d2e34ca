//! What the rows of `runs.csv` say beside their metrics: which faults fired, why executions failed,
//! and which runs do not count and why.

use crate::csv_rows::Table;
use models::records::Failures;
use std::collections::BTreeMap;
use std::io::Read;

/// Counts over runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// By workflow and engine, in the order of the cells.
    pub engines: Vec<Engine>,
    /// Why runs do not count, in the order of their first run.
    pub invalid: Vec<Invalid>,
}

/// Counts over the runs of an engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Engine {
    pub workflow: String,
    pub engine: String,
    pub runs: usize,
    /// By kind of fault, kinds that never fired left out.
    pub fired: BTreeMap<String, Fired>,
    /// Executions that failed, by reason, in the runs that count.
    pub failures: BTreeMap<String, u64>,
}

/// How often a kind of fault fired.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fired {
    pub faults: u64,
    /// Runs in which it did.
    pub runs: usize,
}

/// Runs that do not count, for one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Invalid {
    pub why: String,
    pub runs: usize,
    /// Cell and replicate of the first.
    pub first: (String, String),
}

impl Tally {
    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.engines.iter().map(|engine| engine.runs).sum()
    }

    /// Number of runs that do not count.
    pub fn invalid_runs(&self) -> usize {
        self.invalid.iter().map(|invalid| invalid.runs).sum()
    }

    /// Kinds of fault that fired in these runs, sorted.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self
            .engines
            .iter()
            .flat_map(|engine| engine.fired.keys())
            .map(String::as_str)
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Counts the rows of a `runs.csv`.
    ///
    /// # Errors
    /// What is not as it was written.
    pub fn read(file: impl Read) -> Result<Tally, String> {
        let columns = ["cell", "workflow", "engine", "replicate", "invalid"];
        let mut table = Table::open(file, &columns)?;
        let kinds: Vec<(usize, String)> = table
            .header()
            .iter()
            .enumerate()
            .filter_map(|(column, name)| Some((column, name.strip_prefix("fired_")?.to_owned())))
            .collect();
        let mut tally = Tally::default();
        while table.next()? {
            let [workflow, engine] = ["workflow", "engine"].map(|name| table.text(name));
            let counts = tally.engine(workflow, engine);
            counts.runs += 1;
            for (column, kind) in &kinds {
                let faults = table.at(*column).parse().unwrap_or(0);
                if faults > 0 {
                    let fired = counts.fired.entry(kind.clone()).or_default();
                    fired.faults += faults;
                    fired.runs += 1;
                }
            }
            let why = table.text("invalid");
            if why.is_empty() {
                let failures: Failures = table.text("failures").parse()?;
                for (why, count) in failures.0 {
                    *counts.failures.entry(why).or_default() += count;
                }
            } else {
                let first = ["cell", "replicate"].map(|name| table.text(name).to_owned());
                tally.leave_out(why, first.into());
            }
        }
        Ok(tally)
    }

    fn engine(&mut self, workflow: &str, engine: &str) -> &mut Engine {
        let is_it = |known: &Engine| known.workflow == workflow && known.engine == engine;
        let known = self.engines.iter().position(is_it);
        let at = known.unwrap_or_else(|| {
            self.engines.push(Engine {
                workflow: workflow.to_owned(),
                engine: engine.to_owned(),
                runs: 0,
                fired: BTreeMap::new(),
                failures: BTreeMap::new(),
            });
            self.engines.len() - 1
        });
        &mut self.engines[at]
    }

    fn leave_out(&mut self, why: &str, first: (String, String)) {
        match self.invalid.iter_mut().find(|known| known.why == why) {
            Some(known) => known.runs += 1,
            None => self.invalid.push(Invalid {
                why: why.to_owned(),
                runs: 1,
                first,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_counted_by_engine_and_invalid_runs_by_reason() {
        let text = "cell,workflow,engine,replicate,outcome,failures,invalid,fired_crash,fired_loss\n\
                    0,counter,local,0,failed,worker: lost: 2; too late: 1,,2,0\n\
                    0,counter,local,1,failed,too late: 1,too long,0,0\n\
                    1,counter,durable,0,succeeded,,too long,1,0\n";
        let tally = Tally::read(text.as_bytes()).unwrap();
        assert_eq!((tally.runs(), tally.invalid_runs()), (3, 2));
        assert_eq!(tally.kinds(), ["crash"]);
        let crashes = Fired { faults: 2, runs: 1 };
        assert_eq!(tally.engines[0].fired["crash"], crashes);
        let failures: Vec<(&str, u64)> = tally.engines[0]
            .failures
            .iter()
            .map(|(why, count)| (why.as_str(), *count))
            .collect();
        assert_eq!(failures, [("too late", 1), ("worker: lost", 2)]);
        assert!(tally.engines[1].failures.is_empty());
        let [why] = &tally.invalid[..] else {
            panic!("{:?}", tally.invalid)
        };
        assert_eq!((why.runs, &why.first), (2, &("0".into(), "1".into())));
    }
}
