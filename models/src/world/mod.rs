//! The state of one run that belongs to no process: services, faults, ledger, executions.

mod bodies;
mod environments;
mod executions;
mod requests;

pub use executions::{ExecutionState, Outcome};

use crate::Law;
use crate::cost::Prices;
use crate::cpu::Cpu;
use crate::data::Table;
use crate::engines::broken::Broken;
use crate::engines::{self, Engine, staged};
use crate::faults::FaultSpec;
use crate::faults::plan::Faults;
use crate::ledger::{History, Ledger, Logs};
use crate::point::Point;
use crate::services::durable::Backend;
use crate::services::function::{self, EnvironmentId, Platform};
use crate::services::kv::{KvLimits, KvStore, Read};
use crate::services::object::{ObjectLimits, ObjectStore};
use crate::services::orchestrator::Orchestrator;
use crate::services::{client, durable, provider};
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use crate::tally::Tallies;
use crate::time::millis;
use crate::workflows::{Load, Workflow};
use requests::Latency;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

/// What a run is made from.
#[derive(Debug)]
pub struct Setup<'a> {
    pub seed: u64,
    pub replicate: u64,
    pub workflow: &'a str,
    pub engine: &'a str,
    pub settings: &'a Settings,
    pub faults: &'a [FaultSpec],
    pub platform: &'a Table,
    pub prices: &'a Table,
    /// The calibration of the encoder; `None` for the one that comes with the program.
    pub encoder: Option<&'a Arc<crate::encoder::model::Model>>,
    pub keep: bool,
}

/// Everything shared in one run.
#[derive(Debug)]
pub struct World {
    pub workflow: Workflow,
    pub engine: Engine,
    pub load: Load,
    pub streams: Streams,
    pub clients: client::Clients,
    pub prices: Prices,
    pub encoder: crate::encoder::Encoder,
    pub faults: RefCell<Faults>,
    /// Which points the faults look at at all: most crossings need to know no more.
    watched: Vec<bool>,
    pub ledger: RefCell<Ledger>,
    pub history: RefCell<History>,
    pub backend: RefCell<Backend>,
    pub functions: RefCell<Platform>,
    pub kv: RefCell<KvStore>,
    /// What reads of hand-written programs may see.
    pub reads: Read,
    pub objects: RefCell<ObjectStore>,
    pub providers: RefCell<provider::Providers>,
    /// What the server of the engine `staged` has in memory.
    pub jobs: RefCell<staged::Server>,
    pub orchestrator: RefCell<Orchestrator>,
    /// Executions that the engine `queue` has taken to their end.
    pub drives: Cell<u64>,
    /// Environments that are workers of a fleet.
    hired: Cell<u32>,
    pub executions: RefCell<Vec<ExecutionState>>,
    /// What their steps came to so far.
    pub tallies: RefCell<Tallies>,
    /// Crossings of each point so far.
    pub ordinals: Vec<Cell<u32>>,
    /// Whether the history is kept.
    pub keep: bool,
    /// The next crossing kills its worker: set by a body whose fate it is.
    pub doomed: Cell<bool>,
    /// Faults that fired until now, and when that was last noticed.
    disturbed: Cell<(u64, Duration)>,
    /// When each environment's invocation began.
    invoked: RefCell<Vec<Duration>>,
    cpus: RefCell<Vec<Cpu>>,
    /// Environments with a connection to the durable backend.
    connected: RefCell<std::collections::BTreeSet<EnvironmentId>>,
    /// Bodies that run, by worker, as places in the ledger.
    open_bodies: RefCell<Vec<Vec<usize>>>,
    /// Time of all bodies that are over.
    pub body_time: Cell<Duration>,
    invocations: Cell<u64>,
    calls: Cell<u64>,
    latencies: Vec<Latency>,
    get_mb_per_s: f64,
    put_mb_per_s: f64,
}

impl World {
    /// Builds the state from the scenario and the data files, with empty logs. An error names a
    /// missing row, or says what is wrong with the workflow.
    pub fn new(setup: &Setup, logs: Logs) -> Result<World, String> {
        let Setup {
            settings, platform, ..
        } = setup;
        let engine = Engine::new(setup.engine, settings, platform)?;
        let workflow = Workflow::new(setup.workflow, settings)?;
        engines::accepts(setup.engine, setup.workflow)?;
        if matches!(&workflow, Workflow::Program(program) if program.invokes()) {
            engines::invokes(setup.engine)?;
        }
        let prices = Prices::from_table(setup.prices)?;
        let init = engine.init_row();
        let mut function = function::Config::new(platform, settings, init, prices.granularity())?;
        if engine.is_server() {
            function.timeout = function::NEVER;
        }
        // Services that nobody here asks are not set up: a search makes a world for each of its runs.
        let orchestrator = match &engine {
            Engine::Queue(config) => {
                Orchestrator::new(config.limits, config.options, config.policy)
            }
            _ => Orchestrator::default(),
        };
        let providers = match &workflow {
            Workflow::Generation(_) => provider::Providers::new(settings, platform)?,
            _ => provider::Providers::default(),
        };
        let mut limits = durable::Limits::from_table(platform)?;
        if let Engine::Durable(config) = &engine {
            limits.fencing = config.broken != Broken::NoTokenFencing;
        }
        let prewarmed = function.prewarmed as u32;
        let faults = Faults::new(settings, setup.faults);
        let world = World {
            jobs: RefCell::new(staged::Server::new(&engine)),
            workflow,
            engine,
            load: Load::new(settings),
            streams: Streams::new(setup.seed, setup.replicate),
            clients: client::Clients::from_table(platform)?,
            prices,
            encoder: crate::encoder::Encoder::new(settings, setup.encoder)?,
            watched: faults.watched(),
            faults: RefCell::new(faults),
            ledger: RefCell::new(logs.ledger),
            history: RefCell::new(logs.history),
            backend: RefCell::new(Backend::new(limits)),
            functions: RefCell::new(Platform::new(function)),
            kv: RefCell::new(KvStore::new(KvLimits::from_table(platform)?)),
            reads: match settings.text("explicit.reads") {
                "eventual" => Read::Eventual {
                    lag: millis(platform.number("kv.eventual_lag_ms")?),
                },
                _ => Read::Strong,
            },
            objects: RefCell::new(ObjectStore::new(ObjectLimits::from_table(platform)?)),
            providers: RefCell::new(providers),
            orchestrator: RefCell::new(orchestrator),
            drives: Cell::new(0),
            hired: Cell::new(0),
            executions: RefCell::default(),
            tallies: RefCell::default(),
            ordinals: vec![Cell::new(0); Point::COUNT],
            keep: setup.keep,
            doomed: Cell::new(false),
            disturbed: Cell::default(),
            invoked: RefCell::default(),
            connected: RefCell::default(),
            cpus: RefCell::default(),
            open_bodies: RefCell::default(),
            body_time: Cell::new(Duration::ZERO),
            invocations: Cell::new(0),
            calls: Cell::new(0),
            latencies: requests::latencies(platform)?,
            get_mb_per_s: platform.number("object.get_mb_per_s")?,
            put_mb_per_s: platform.number("object.put_mb_per_s")?,
        };
        for environment in 0..prewarmed {
            world.reset_cpu(EnvironmentId(environment));
        }
        Ok(world)
    }

    /// Takes the logs out, empty, for another run.
    pub fn take_logs(&self) -> Logs {
        let mut logs = Logs {
            ledger: self.ledger.take(),
            history: self.history.take(),
        };
        logs.clear();
        logs
    }

    /// A draw from a law in milliseconds.
    pub fn draw(&self, law: &Law, purpose: Purpose, entity: u64) -> Duration {
        let ms = match law {
            Law::Constant(ms) => *ms,
            law => law.quantile(self.streams.next(purpose, entity)),
        };
        millis(ms)
    }

    /// A number for the next invocation.
    pub fn next_invocation(&self) -> u64 {
        self.invocations.set(self.invocations.get() + 1);
        self.invocations.get()
    }

    /// A number for the next call of a client library, as an idempotency token.
    pub fn next_call(&self) -> u64 {
        self.calls.set(self.calls.get() + 1);
        self.calls.get()
    }

    /// Whether a fault may strike at this point.
    pub fn watches(&self, point: Point) -> bool {
        self.watched[point.index()]
    }

    /// Notes the time if faults fired since this was last asked: to be called before time goes on.
    pub fn note_faults(&self, now: Duration) {
        let total = self.faults.borrow().total();
        if total != self.disturbed.get().0 {
            self.disturbed.set((total, now));
        }
    }

    /// When the last fault fired.
    pub fn last_fault(&self) -> Duration {
        self.disturbed.get().1
    }
}
