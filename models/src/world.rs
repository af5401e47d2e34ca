//! The state of one run that belongs to no process: services, faults, ledger, executions.

use crate::Law;
use crate::cost::Prices;
use crate::cpu::Cpu;
use crate::data::Table;
use crate::engines::broken::Broken;
use crate::engines::{self, Engine, staged};
use crate::faults::FaultSpec;
use crate::faults::plan::Faults;
use crate::host::{CallError, Host, Reply, Request};
use crate::ledger::{BodyRow, CommitRow, Effect, Ended, History, Ledger, Logs};
use crate::point::{At, Party, Point, RequestKind};
use crate::services::durable::Backend;
use crate::services::function::{self, EnvironmentId, Platform};
use crate::services::kv::{KvLimits, KvStore, Read};
use crate::services::object::{ObjectLimits, ObjectOp, ObjectStore, transfer};
use crate::services::orchestrator::{self, Orchestrator};
use crate::services::{client, durable, provider};
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use crate::tally::{StepTally, Tallies};
use crate::value::Value;
use crate::workflows::{Load, Workflow};
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
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

/// How an execution ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Succeeded(Value),
    Failed(&'static str),
}

impl Outcome {
    /// It took longer than an execution may.
    pub const TIMED_OUT: Outcome = Outcome::Failed("execution timed out");
}

/// One start-to-end life of a workflow instance.
#[derive(Clone, Debug, Default)]
pub struct ExecutionState {
    pub started: Duration,
    pub ended: Option<(Duration, Outcome)>,
    /// Every outcome that was reported, to whoever asked.
    pub told: SmallVec<[Outcome; 1]>,
    fault_at: Option<Duration>,
    /// Whoever waits for the outcome.
    waiting: Vec<Waker>,
    /// Sum and number of times from a fault to regained progress.
    pub recoveries: (Duration, u32),
    pub replay: Duration,
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
        let mut function = function::Config::new(platform, settings, engine.init_row())?;
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
        let latencies = RequestKind::ALL
            .iter()
            .map(|kind| platform.law(latency_row(*kind)).map(Latency::new));
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
            prices: Prices::from_table(setup.prices)?,
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
            latencies: latencies.collect::<Result<_, _>>()?,
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

    /// Time that a request to a service takes there and back.
    pub fn latency(&self, kind: RequestKind, at: At) -> Duration {
        let latency = match &self.latencies[kind as usize] {
            Latency::Always(length) => *length,
            Latency::Drawn(law) => self.draw(law, Purpose::Latency(kind), u64::from(at.execution)),
        };
        match &self.engine {
            Engine::Queue(config) if kind.service() == Party::Orchestrator => {
                latency.mul_f64(config.slowness)
            }
            _ => latency,
        }
    }

    /// Time that the contents of an object take to the store, and from it.
    pub fn transfer(&self, op: &ObjectOp) -> (Duration, Duration) {
        match op {
            ObjectOp::Put { bytes, .. } => (transfer(*bytes, self.put_mb_per_s), Duration::ZERO),
            ObjectOp::Get { key } => {
                let objects = self.objects.borrow();
                let bytes = objects.peek(*key).map_or(0, |object| object.bytes);
                (Duration::ZERO, transfer(bytes, self.get_mb_per_s))
            }
            _ => (Duration::ZERO, Duration::ZERO),
        }
    }

    /// Does a request, at the instant at which it reaches its service.
    pub fn apply(&self, request: &Request, now: Duration, worker: u32) -> Result<Reply, CallError> {
        match request {
            Request::Kv(op) => self.apply_kv(op, now),
            Request::KvEffect(op, stamp) => {
                let reply = self.apply_kv(op, now)?;
                crate::body::record_effect(self, *stamp, Effect::Store, now, worker);
                Ok(reply)
            }
            Request::Object(op) => {
                let reply = self.objects.borrow_mut().apply(now, op);
                let reply = reply.map(|reply| Reply::Object(Box::new(reply)));
                reply.map_err(CallError::Object)
            }
            Request::Checkpoint {
                execution,
                token,
                client_token,
                updates,
            } => {
                let mut backend = self.backend.borrow_mut();
                let answer = backend.checkpoint(*execution, *token, *client_token, updates, now);
                answer.map(Reply::Checkpoint).map_err(CallError::Durable)
            }
            Request::State { .. } => Ok(Reply::State),
            Request::Provider(ask) => provider::apply(self, ask, now),
            Request::Orchestrator(op) => self.apply_orchestrator(op, now),
        }
    }

    /// How many checkpoint requests of its execution were accepted so far, if it is one.
    pub fn checkpoints_of(&self, request: &Request) -> u32 {
        match request {
            Request::Checkpoint { execution, .. } => {
                self.backend.borrow().execution(*execution).meters.requests
            }
            _ => 0,
        }
    }

    fn apply_orchestrator(&self, op: &orchestrator::Op, now: Duration) -> Result<Reply, CallError> {
        let reply = self.orchestrator.borrow_mut().apply(now, op);
        if let (orchestrator::Op::CompleteActivity { token, .. }, Ok(_)) = (op, &reply) {
            self.commit(At::execution(token.execution).step(token.name), now);
        }
        reply
            .map(Reply::Orchestrator)
            .map_err(CallError::Orchestrator)
    }

    fn apply_kv(&self, op: &crate::services::kv::KvOp, now: Duration) -> Result<Reply, CallError> {
        let reply = self.kv.borrow_mut().apply(now, op);
        reply.map(Reply::Kv).map_err(CallError::Kv)
    }

    /// How long a caller waits for an answer of this service.
    pub fn patience(&self, party: Party) -> Duration {
        self.clients.of(party).timeout
    }

    /// The place of a step's running totals.
    pub fn tally(&self, at: At) -> usize {
        let mut tallies = self.tallies.borrow_mut();
        tallies.place(at.execution, at.step.stamp())
    }

    /// Counts that a step's code is about to run: the place of its totals, and the how-manieth time it is.
    pub fn try_step(&self, at: At) -> (usize, u32) {
        let mut tallies = self.tallies.borrow_mut();
        let place = tallies.place(at.execution, at.step.stamp());
        let tally = tallies.at(place);
        tally.tries += 1;
        (place, tally.tries)
    }

    /// The running totals in a place.
    pub fn with_tally<T>(&self, place: usize, act: impl FnOnce(&mut StepTally) -> T) -> T {
        act(self.tallies.borrow_mut().at(place))
    }

    /// An attempt that the retry policy counts though no body of it entered.
    pub fn count_attempt(&self, at: At, attempt: u32) {
        let place = self.tally(at);
        self.with_tally(place, |tally| {
            tally.attempts = tally.attempts.max(attempt);
        });
    }

    /// A body entered.
    #[inline]
    pub fn enter_body(&self, row: BodyRow) -> usize {
        let mut ledger = self.ledger.borrow_mut();
        let place = ledger.bodies.len();
        if row.worker != u32::MAX {
            let mut open = self.open_bodies.borrow_mut();
            let worker = row.worker as usize;
            if open.len() <= worker {
                open.resize_with(worker + 1, Vec::new);
            }
            open[worker].push(place);
        }
        ledger.bodies.push(row);
        place
    }

    /// A body returned or raised; `tally` is the place of its step's totals.
    pub fn end_body(&self, place: usize, tally: usize, now: Duration, ended: Ended) {
        let mut ledger = self.ledger.borrow_mut();
        let row = &mut ledger.bodies[place];
        row.ended_at = now;
        row.ended = ended;
        if row.worker != u32::MAX {
            let open = &mut self.open_bodies.borrow_mut()[row.worker as usize];
            if let Some(at) = open.iter().rposition(|open| *open == place) {
                open.swap_remove(at);
            }
        }
        let time = now.saturating_sub(row.started);
        self.body_time.set(self.body_time.get() + time);
        if ended == Ended::Returned {
            let body = row.body;
            self.with_tally(tally, |tally| tally.returned(body, time));
        }
    }

    /// A worker died: so did its bodies.
    pub fn lose_bodies(&self, worker: u32, now: Duration) {
        let mut open = self.open_bodies.borrow_mut();
        let Some(lost) = open.get_mut(worker as usize) else {
            return;
        };
        let mut ledger = self.ledger.borrow_mut();
        for place in lost.drain(..) {
            let row = &mut ledger.bodies[place];
            row.ended_at = now;
            let time = now.saturating_sub(row.started);
            self.body_time.set(self.body_time.get() + time);
        }
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

    /// Registers an execution.
    pub fn start_execution(&self, now: Duration) -> u32 {
        let mut executions = self.executions.borrow_mut();
        executions.push(ExecutionState {
            started: now,
            ..ExecutionState::default()
        });
        self.tallies.borrow_mut().add_execution();
        (executions.len() - 1) as u32
    }

    /// Reports an execution's outcome; the first report counts.
    pub fn finish_execution(&self, execution: u32, now: Duration, outcome: Outcome) {
        let mut executions = self.executions.borrow_mut();
        let state = &mut executions[execution as usize];
        state.told.push(outcome.clone());
        if state.ended.is_none() {
            state.ended = Some((now, outcome));
        }
        state.waiting.drain(..).for_each(Waker::wake);
    }

    /// Somebody who started an execution again is told its outcome.
    pub fn tell(&self, execution: u32, outcome: Outcome) {
        self.executions.borrow_mut()[execution as usize]
            .told
            .push(outcome);
    }

    /// The outcome, if there is one.
    pub fn outcome(&self, execution: u32) -> Option<Outcome> {
        let executions = self.executions.borrow();
        let ended = executions[execution as usize].ended.as_ref();
        ended.map(|(_, outcome)| outcome.clone())
    }

    /// Waits for the outcome, at most so long.
    pub async fn until_finished<H: Host>(&self, host: &H, execution: u32, longest: Duration) {
        let mut limit = pin!(host.wait(longest));
        poll_fn(|cx| {
            let state = &mut self.executions.borrow_mut()[execution as usize];
            if state.ended.is_some() {
                return Poll::Ready(());
            }
            if !state
                .waiting
                .iter()
                .any(|known| known.will_wake(cx.waker()))
            {
                state.waiting.push(cx.waker().clone());
            }
            limit.as_mut().poll(cx)
        })
        .await;
    }

    /// Frees what only a running execution needs.
    pub fn forget_execution(&self, execution: u32) {
        self.streams.forget(u64::from(execution));
        match self.engine {
            Engine::Durable(_) => self.backend.borrow_mut().retire(execution),
            Engine::Queue(_) => self.orchestrator.borrow_mut().forget(execution),
            _ => {}
        }
    }

    /// A body that is dropped before its end, without its worker's death.
    pub fn abandon_body<H: Host>(&self, host: &H, at: At) {
        let Some(environment) = host.environment() else {
            return;
        };
        let mut open = self.open_bodies.borrow_mut();
        let Some(open) = open.get_mut(environment.0 as usize) else {
            return;
        };
        let mut ledger = self.ledger.borrow_mut();
        let mine = open.iter().position(|row| ledger.bodies[*row].at == at);
        if let Some(mine) = mine {
            let row = &mut ledger.bodies[open.swap_remove(mine)];
            row.ended_at = host.now();
            let time = row.ended_at.saturating_sub(row.started);
            self.body_time.set(self.body_time.get() + time);
        }
    }

    /// Whether a worker runs a body.
    pub fn works(&self, worker: u32) -> bool {
        let open = self.open_bodies.borrow();
        open.get(worker as usize)
            .is_some_and(|open| !open.is_empty())
    }

    /// A fault struck a worker: so it did the executions that it worked for.
    pub fn fault_seen_by_bodies(&self, worker: u32, now: Duration) {
        let open = self.open_bodies.borrow();
        let ledger = self.ledger.borrow();
        for row in open.get(worker as usize).into_iter().flatten() {
            self.fault_seen(ledger.bodies[*row].at.execution, now);
        }
    }

    /// The number of a new worker of a fleet.
    pub fn hire(&self) -> u32 {
        self.hired.set(self.hired.get() + 1);
        self.hired.get() - 1
    }

    /// A fault struck an execution.
    pub fn fault_seen(&self, execution: u32, now: Duration) {
        let mut executions = self.executions.borrow_mut();
        if let Some(state) = executions.get_mut(execution as usize) {
            state.fault_at.get_or_insert(now);
        }
    }

    /// A step's completion was acknowledged by the engine's store.
    pub fn commit(&self, at: At, now: Duration) {
        let row = CommitRow { at, time: now };
        self.ledger.borrow_mut().commits.push(row);
        self.progress(at.execution, now);
    }

    /// An environment takes an invocation.
    pub fn begin_invocation(&self, environment: EnvironmentId, now: Duration) {
        let mut invoked = self.invoked.borrow_mut();
        let place = environment.0 as usize;
        if invoked.len() <= place {
            invoked.resize(place + 1, Duration::ZERO);
        }
        invoked[place] = now;
    }

    /// When the invocation that an environment works on began.
    pub fn invoked(&self, environment: Option<EnvironmentId>) -> Duration {
        let invoked = self.invoked.borrow();
        let place = environment.map(|e| e.0 as usize);
        place
            .and_then(|place| invoked.get(place).copied())
            .unwrap_or_default()
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

    /// An execution made progress that cannot be lost any more.
    pub fn progress(&self, execution: u32, now: Duration) {
        let mut executions = self.executions.borrow_mut();
        let state = &mut executions[execution as usize];
        if let Some(fault_at) = state.fault_at.take() {
            state.recoveries.0 += now.saturating_sub(fault_at);
            state.recoveries.1 += 1;
        }
    }

    /// Adds to the time an execution spent replaying.
    pub fn replayed(&self, execution: u32, time: Duration) {
        self.executions.borrow_mut()[execution as usize].replay += time;
    }

    /// Looks at an environment's processor.
    pub fn with_cpu(&self, environment: EnvironmentId, act: &mut dyn FnMut(&mut Cpu)) {
        let mut cpus = self.cpus.borrow_mut();
        act(&mut cpus[environment.0 as usize]);
    }

    /// Whether this is an environment's first request to the durable backend since it started.
    pub fn connects(&self, environment: EnvironmentId) -> bool {
        self.connected.borrow_mut().insert(environment)
    }

    /// A fresh processor, and no connections, for an environment that starts.
    pub fn reset_cpu(&self, environment: EnvironmentId) {
        self.connected.borrow_mut().remove(&environment);
        let functions = self.functions.borrow();
        let speed = functions.host_speed(environment, &self.streams);
        let mut cpus = self.cpus.borrow_mut();
        let place = environment.0 as usize;
        while cpus.len() <= place {
            let vcpus = match &self.engine {
                Engine::Queue(config) => config.worker_vcpus,
                _ => functions.config.vcpus,
            };
            cpus.push(Cpu::new(vcpus, speed));
        }
        cpus[place].restart(speed);
    }
}

/// How long requests of a kind take.
#[derive(Debug)]
enum Latency {
    Always(Duration),
    Drawn(Law),
}

impl Latency {
    fn new(law: Law) -> Latency {
        match law {
            Law::Constant(ms) => Latency::Always(millis(ms)),
            law => Latency::Drawn(law),
        }
    }
}

/// Milliseconds as a duration, to the nanosecond.
pub fn millis(ms: f64) -> Duration {
    let nanos = ms * 1e6;
    let whole = nanos as u64;
    // Mostly there is nothing to round.
    Duration::from_nanos(match whole as f64 == nanos {
        true => whole,
        false => libm::round(nanos) as u64,
    })
}

fn latency_row(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::KvGet => "kv.get_ms",
        RequestKind::KvPut => "kv.put_ms",
        RequestKind::KvUpdate | RequestKind::KvDelete => "kv.update_ms",
        RequestKind::KvTransact => "kv.transact_ms",
        RequestKind::KvQuery => "kv.query_ms",
        RequestKind::ObjectPut => "object.put_ms",
        RequestKind::ObjectGet => "object.get_ms",
        RequestKind::ObjectList => "object.list_ms",
        RequestKind::ObjectDelete => "object.delete_ms",
        RequestKind::DurableCheckpoint => "durable.checkpoint_ms",
        RequestKind::DurableState => "durable.get_state_ms",
        RequestKind::FunctionInvoke | RequestKind::FunctionEvent => "function.invoke_ms",
        RequestKind::ProviderLlm
        | RequestKind::ProviderLlmBackup
        | RequestKind::ProviderTts
        | RequestKind::ProviderTtsBackup
        | RequestKind::ProviderImage
        | RequestKind::ProviderImageBackup => "provider.request_ms",
        RequestKind::OrchestratorStart => "orchestrator.start_ms",
        RequestKind::OrchestratorPoll => "orchestrator.poll_ms",
        RequestKind::OrchestratorHistory
        | RequestKind::OrchestratorDecide
        | RequestKind::OrchestratorComplete
        | RequestKind::OrchestratorHeartbeat
        | RequestKind::OrchestratorCancel => "orchestrator.request_ms",
    }
}
