//! A builder of single runs for tests: constant latencies, one cell, everything kept.

use models::data::Table;
use models::faults::FaultSpec;
use models::records::{Measure, RunRecord};
use models::registry;
use models::settings::Settings;
use models::world::{Setup, World};
use sim::kernel::{End, execute};
use sim::run::RunSpec;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub mod mutants;
pub mod recorded;
mod trace;

pub use trace::{Returned, Trace, ms};

/// A data file, parsed once per thread: a test makes thousands of runs.
fn table(text: &'static str) -> Arc<Table> {
    thread_local! {
        static PARSED: RefCell<BTreeMap<usize, Arc<Table>>> = const { RefCell::new(BTreeMap::new()) };
    }
    PARSED.with_borrow_mut(|parsed| {
        let table = || Arc::new(Table::parse(text).expect("a data file"));
        Arc::clone(parsed.entry(text.as_ptr() as usize).or_insert_with(table))
    })
}

const CONSTANT: &str = include_str!("../../scenarios/platforms/constant.toml");
const PRICES: &str = include_str!("../../scenarios/prices/aws-us-east-1-2026.toml");

/// One run to be.
#[derive(Clone, Debug)]
pub struct Case {
    workflow: String,
    engine: String,
    settings: Settings,
    faults: Vec<FaultSpec>,
    platform: Arc<Table>,
    prices: Arc<Table>,
    seed: u64,
    replicate: u64,
    schedule_seed: u64,
}

impl Case {
    /// A workflow on an engine, with every key at its default, constant latencies, and chunks that
    /// take 100 + 50 x seconds ms.
    pub fn new(workflow: &'static str, engine: &'static str) -> Case {
        Case {
            workflow: workflow.to_owned(),
            engine: engine.to_owned(),
            settings: Settings::defaults(registry::keys()),
            faults: Vec::new(),
            platform: table(CONSTANT),
            prices: table(PRICES),
            seed: 1,
            replicate: 0,
            schedule_seed: 1,
        }
        .set("encoder.law", "study")
    }

    /// The run of a scenario.
    pub fn of(spec: &RunSpec) -> Case {
        Case {
            workflow: spec.workflow.clone(),
            engine: spec.engine.clone(),
            settings: spec.settings.clone(),
            faults: spec.faults.clone(),
            platform: Arc::clone(&spec.platform),
            prices: Arc::clone(&spec.prices),
            seed: spec.seed,
            replicate: spec.replicate,
            schedule_seed: spec.schedule_seed,
        }
    }

    /// Sets a key, written as for `--set`.
    #[must_use]
    pub fn set(mut self, path: &str, value: &str) -> Case {
        let key = registry::keys().find(|key| key.path == path);
        let key = key.unwrap_or_else(|| panic!("no key {path}"));
        self.settings.set(path, key.read(value).expect(path));
        self
    }

    /// Overrides a row of the platform file.
    #[must_use]
    pub fn platform(mut self, row: &str, value: &str) -> Case {
        Arc::make_mut(&mut self.platform)
            .replace(row, value.parse().expect(row))
            .expect(row);
        self
    }

    /// Adds a written-out fault: its kind and some of its keys.
    #[must_use]
    pub fn fault(mut self, kind: &str, keys: &[(&str, &str)]) -> Case {
        let kind = registry::FAULTS
            .iter()
            .find(|k| k.name == kind)
            .expect(kind);
        let mut settings = Settings::defaults(kind.entry.iter().copied());
        for (path, value) in keys {
            let key = kind.entry.iter().find(|key| key.path == *path).expect(path);
            settings.set(path, key.read(value).expect(path));
        }
        let spec = FaultSpec {
            kind: kind.name,
            settings,
        };
        models::faults::plan::check(&spec).expect("a valid fault");
        self.faults.push(spec);
        self
    }

    /// Another replicate: other random draws.
    #[must_use]
    pub fn replicate(mut self, replicate: u64) -> Case {
        self.replicate = replicate;
        self
    }

    /// Another order of tasks that are ready at the same instant.
    #[must_use]
    pub fn schedule(mut self, seed: u64) -> Case {
        self.schedule_seed = seed;
        self
    }

    /// Runs it and reads something from the world at its end.
    pub fn look<T: Send>(&self, read: impl FnOnce(&World, Duration) -> T + Send) -> T {
        let setup = Setup {
            seed: self.seed,
            replicate: self.replicate,
            workflow: &self.workflow,
            engine: &self.engine,
            settings: &self.settings,
            faults: &self.faults,
            platform: &self.platform,
            prices: &self.prices,
            encoder: None,
            keep: true,
        };
        let budget = (Duration::from_secs(400 * 86_400), 10_000_000);
        let run = || {
            let read = |world: &World, _, now| read(world, now);
            execute(&setup, self.schedule_seed, budget, read).expect("all rows")
        };
        let finished = std::thread::scope(|scope| scope.spawn(run).join().expect("the run"));
        assert_eq!(finished.end, End::Done);
        finished.result
    }

    /// Runs it.
    pub fn run(&self) -> Ran {
        self.look(|world, now| Ran {
            record: RunRecord {
                cell: 0,
                replicate: self.replicate,
                outcome: models::measure::verdict(world).name().to_owned(),
                invalid: None,
                values: models::measure::values(world, now),
                failures: models::measure::failures(world),
                fired: world.faults.borrow().fired(),
            },
            effects: effects(world),
            bodies: bodies(world),
            counter: models::measure::counter_value(world),
            trace: Trace::of(world),
        })
    }
}

fn effects(world: &World) -> BTreeMap<String, u64> {
    let mut effects = BTreeMap::new();
    for effect in &world.ledger.borrow().effects {
        *effects.entry(effect.at.step.to_string()).or_default() += 1;
    }
    effects
}

fn bodies(world: &World) -> BTreeMap<String, u64> {
    let mut bodies = BTreeMap::new();
    for body in &world.ledger.borrow().bodies {
        *bodies.entry(body.at.step.to_string()).or_default() += 1;
    }
    bodies
}

/// What a run left.
#[derive(Clone, Debug)]
pub struct Ran {
    pub record: RunRecord,
    /// Effects by step, of all kinds.
    pub effects: BTreeMap<String, u64>,
    /// Bodies by step.
    pub bodies: BTreeMap<String, u64>,
    /// Value of the counter in the store.
    pub counter: i64,
    /// Row by row.
    pub trace: Trace,
}

impl Ran {
    /// A metric.
    pub fn get(&self, measure: Measure) -> f64 {
        self.record.values.get(measure)
    }

    /// A metric that counts.
    pub fn count(&self, measure: Measure) -> u64 {
        let value = self.get(measure);
        assert!(value.fract().abs() < 1e-9, "{measure:?} = {value}");
        value.round() as u64
    }

    /// A metric in seconds, to the nanosecond.
    pub fn time(&self, measure: Measure) -> Duration {
        Duration::from_nanos((self.get(measure) * 1e9).round() as u64)
    }

    /// How often a fault kind fired.
    pub fn fired(&self, kind: &str) -> u64 {
        self.record.fired[kind]
    }

    /// Whether all executions succeeded.
    pub fn succeeded(&self) -> bool {
        self.record.outcome == "succeeded"
    }
}
