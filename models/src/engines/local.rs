//! No recovery: steps in order in one process, nothing written down.
//!
//! What the `FakeContext` of local tests is: it allows the workflow's logic to be run, and shows
//! what the other engines add. A failed step fails the execution; a crash loses everything.

use crate::body::{self, Body, Raise};
use crate::engines::again::start_again;
use crate::host::{Answer, Event, Host};
use crate::invoke::{self, invoke};
use crate::point::{At, StepName};
use crate::registry::Entry;
use crate::settings::{Key, Kind, Settings};
use crate::value::Payload;
use crate::workflows::completion::Branches;
use crate::workflows::context::{Context, Failure, side_by_side};
use crate::world::Outcome;
use std::time::Duration;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "local",
    doc: "Runs the steps in order with no checkpoint; an abort loses everything.",
    keys: &[Key {
        path: "local.max_restarts",
        kind: Kind::Int {
            min: 0,
            max: 1_000_000,
        },
        default: "0",
        doc: "How often an aborted execution is started again from the beginning.",
    }],
};

/// What it claims: hardly anything.
pub const PLEDGES: &[&str] = &[
    "plain_effects_at_least_once",
    "keyed_effects_at_least_once",
    "batch_order",
    "program_result",
    "progress",
];

/// Parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    max_restarts: u64,
}

impl Config {
    /// Reads the keys.
    pub fn new(settings: &Settings) -> Config {
        Config {
            max_restarts: settings.count("local.max_restarts"),
        }
    }
}

/// Runs an execution, again from the beginning as often as allowed.
pub async fn drive<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    let again = *config;
    start_again(host, execution, |outside| async move {
        let outcome = run(&outside, &again, execution).await;
        outside.world().tell(execution, outcome);
    });
    run(host, config, execution).await
}

async fn run<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    let world = host.world();
    let mut restarts = 0;
    loop {
        let at = At::execution(execution);
        let error = match invoke(host, Event::Local { execution }, at).await {
            Ok(Answer::Succeeded(value)) => return Outcome::Succeeded(value),
            Ok(Answer::Failed(error) | Answer::Retry(error)) => error,
            Ok(Answer::Pending) => "cannot be resumed",
            Err(invoke::Failure::Crashed) => "worker lost",
            Err(invoke::Failure::TimedOut) => "invocation timed out",
            Err(_) => "not answered",
        };
        world.fault_seen(execution, host.now());
        if restarts == config.max_restarts {
            return Outcome::Failed(error);
        }
        restarts += 1;
    }
}

/// Runs the whole workflow in one process.
pub async fn handle<H: Host>(host: &H, execution: u32) -> Answer {
    host.world().starts_from(execution, 0);
    match host.world().workflow.run(&Local { host, execution }).await {
        Ok(value) => Answer::Succeeded(value),
        Err(Failure::Step(error) | Failure::Final(error)) => Answer::Failed(error),
        Err(_) => Answer::Failed("cannot be resumed"),
    }
}

/// A context that writes nothing down.
#[derive(Debug)]
struct Local<'h, H> {
    host: &'h H,
    execution: u32,
}

impl<'w, H: Host> Context<'w> for Local<'_, H> {
    type Host = H;

    async fn step<T: Payload>(
        &self,
        name: StepName,
        body: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> Result<T, Failure> {
        let at = At::execution(self.execution).step(name);
        let result = body::enter(self.host, at, 1, body).await;
        if result.is_ok() {
            self.host.world().commit(at, self.host.now());
        }
        result.map_err(|raise| Failure::Step(raise.error))
    }

    async fn map<T: Payload>(
        &self,
        _: StepName,
        branches: Branches,
        branch: impl AsyncFn(&Self, u32) -> Result<T, Failure> + 'w,
    ) -> Result<Vec<T>, Failure> {
        side_by_side(branches, async |item| branch(self, item).await).await
    }

    async fn wait(&self, _: StepName, length: Duration) -> Result<(), Failure> {
        self.host.wait(length).await;
        Ok(())
    }

    fn host(&self) -> &H {
        self.host
    }

    fn execution(&self) -> u32 {
        self.execution
    }
}
