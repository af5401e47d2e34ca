//! W8 through the durable engine.

use super::clock;
use models::data::Table;
use models::faults::FaultSpec;
use models::records::Measure;
use models::registry;
use models::settings::Settings;
use models::world::{Setup, World};
use sim::kernel::{End, Machine};
use std::time::Duration;

const PLATFORM: &str = include_str!("../../../scenarios/platforms/constant.toml");
const PRICES: &str = include_str!("../../../scenarios/prices/aws-us-east-1-2026.toml");

/// What a run came to.
pub struct Left {
    pub executions: u64,
    pub succeeded: u64,
}

/// The workload, and the machine that runs it.
pub struct Workload {
    machine: Machine,
    executions: u64,
    settings: Settings,
    platform: Table,
    prices: Table,
    faults: Vec<FaultSpec>,
}

impl Workload {
    /// So many executions, so many at once.
    pub fn new(executions: u64, in_flight: u64) -> Workload {
        let mut settings = Settings::defaults(registry::keys());
        for (path, value) in [
            ("counter.operations", "8"),
            ("counter.get", "false"),
            ("counter.body_ms", "0"),
            ("durable.sdk", "js"),
            ("load.executions", &executions.to_string()),
            ("load.in_flight", &in_flight.to_string()),
            ("function.prewarmed", &in_flight.to_string()),
            ("faults.restart_s", "0.1"),
        ] {
            let key = registry::keys().find(|key| key.path == path).expect(path);
            settings.set(path, key.read(value).expect(path));
        }
        let mut platform = Table::parse(PLATFORM).expect("the platform file");
        for (row, value) in [
            // The state is loaded before the first write and after each crash.
            ("durable.start_ms", 5.0),
            ("function.init_durable_ms", 5.0),
            ("durable.checkpoint_ms", 5.0),
            ("function.crash_detect_ms", 0.0),
            ("function.concurrency", 1e6),
            ("function.scaling_per_10s", 1e9),
            ("durable.starts_per_s", 1e9),
            ("durable.checkpoints_per_s", 1e9),
        ] {
            platform
                .replace(row, models::Law::Constant(value))
                .expect(row);
        }
        Workload {
            machine: Machine::default(),
            executions,
            settings,
            platform,
            prices: Table::parse(PRICES).expect("the price file"),
            faults: vec![crash()],
        }
    }

    fn setup(&self, replicate: u64, keep: bool) -> Setup<'_> {
        Setup {
            seed: 1,
            replicate,
            workflow: "counter",
            engine: "durable",
            settings: &self.settings,
            faults: &self.faults,
            platform: &self.platform,
            prices: &self.prices,
            encoder: None,
            keep,
        }
    }
}

fn crash() -> FaultSpec {
    let kind = registry::FAULTS
        .iter()
        .find(|kind| kind.name == "crash")
        .expect("crash");
    let mut settings = Settings::defaults(kind.entry.iter().copied());
    for (path, value) in [
        ("point", "durable.checkpoint.send"),
        ("probability", "0.1"),
        ("times", "0"),
    ] {
        let key = kind.entry.iter().find(|key| key.path == path).expect(path);
        settings.set(path, key.read(value).expect(path));
    }
    FaultSpec {
        kind: kind.name,
        settings,
    }
}

const BUDGET: (Duration, u64) = (Duration::from_secs(365 * 86_400), u64::MAX);

impl Workload {
    /// Runs it once, with history, ledger and metrics.
    pub fn run(&self, replicate: u64) -> Left {
        let setup = self.setup(replicate, true);
        let read = |world: &World, _, now| {
            let values = models::measure::values(world, now);
            let executions = values.get(Measure::Executions);
            Left {
                executions: executions as u64,
                succeeded: (values.get(Measure::Succeeded) * executions).round() as u64,
            }
        };
        let finished = self.machine.execute(&setup, replicate, BUDGET, read);
        let finished = finished.expect("all rows");
        assert_eq!(finished.end, End::Done);
        finished.result
    }

    /// Memory that one more execution in flight takes, in bytes.
    pub fn bytes_in_flight(&self) -> Option<f64> {
        let before = clock::resident_bytes()?;
        let read = |_: &World, _, _| clock::resident_bytes();
        let setup = self.setup(0, false);
        let finished = self.machine.execute(&setup, 0, BUDGET, read);
        let after = finished.expect("all rows").result?;
        Some((after - before).max(0.0) / self.executions as f64)
    }
}
