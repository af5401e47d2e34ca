//! Recovery semantics: ways to run a workflow so that it survives a crash.

mod again;
pub mod broken;
pub mod durable;
pub mod explicit;
pub mod local;
pub mod queue;
pub mod staged;

use crate::data::Table;
use crate::host::{Answer, Event, Host};
use crate::settings::Settings;
use crate::value::Value;
use crate::workflows::Workflow;
use crate::world::Outcome;
use std::future::Future;
use std::pin::Pin;

/// Whether an engine can run a workflow, by their names. The error says why it cannot.
pub fn accepts(engine: &str, workflow: &str) -> Result<(), &'static str> {
    match (engine, workflow) {
        ("explicit", "program") => {
            Err("`program` needs an engine with a context: `explicit` has none")
        }
        ("explicit", "generation") => {
            Err("`generation` needs an engine with a context: `explicit` has none")
        }
        ("local", "excamera") => Ok(()),
        (_, "excamera") => Err("`excamera` runs on `local` only: its rendezvous is in memory"),
        _ => Ok(()),
    }
}

/// Whether programs can invoke another function on an engine, by its name. The error says that they cannot.
pub fn invokes(engine: &str) -> Result<(), &'static str> {
    match engine {
        "durable" => Ok(()),
        _ => Err("`invoke` needs the engine `durable`: the others invoke no function"),
    }
}

/// The engine of a run.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one in a run")]
pub enum Engine {
    Local(local::Config),
    Durable(durable::Config),
    Explicit(explicit::Config),
    Staged(Box<staged::Config>),
    Queue(Box<queue::Config>),
}

impl Engine {
    /// The engine of that name with its parameters.
    ///
    /// # Panics
    /// If there is no engine of that name.
    pub fn new(name: &str, settings: &Settings, table: &Table) -> Result<Engine, String> {
        Ok(match name {
            "local" => Engine::Local(local::Config::new(settings)),
            "durable" => Engine::Durable(durable::Config::new(settings, table)?),
            "explicit" => Engine::Explicit(explicit::Config::new(settings)),
            "staged" => Engine::Staged(Box::new(staged::Config::new(settings))),
            "queue" => Engine::Queue(Box::new(queue::Config::new(settings, table)?)),
            other => panic!("engine `{other}` was not checked"),
        })
    }

    /// Names of the claims that the engine makes for a workflow, whatever faults it meets.
    pub fn pledges(&self, workflow: &Workflow) -> Vec<&'static str> {
        match self {
            Engine::Local(_) => local::PLEDGES.to_vec(),
            Engine::Durable(config) => durable::pledges(config, workflow),
            Engine::Explicit(config) => explicit::pledges(config, workflow),
            Engine::Staged(config) => staged::pledges(config),
            Engine::Queue(config) => queue::pledges(config, workflow),
        }
    }

    /// Whether its workers are processes of a server, which no invocation time-out ends.
    pub fn is_server(&self) -> bool {
        matches!(self, Engine::Staged(_) | Engine::Queue(_))
    }

    /// Whether the workflow's code itself keeps its state in a store, which the engine's other effects
    /// are apart from.
    pub fn keeps_state_by_hand(&self) -> bool {
        match self {
            Engine::Explicit(_) => true,
            Engine::Local(_) | Engine::Durable(_) | Engine::Staged(_) | Engine::Queue(_) => false,
        }
    }

    /// The platform row with the initialisation time of this engine's functions.
    pub fn init_row(&self) -> &'static str {
        match self {
            Engine::Durable(_) => "init_durable_ms",
            _ => "init_plain_ms",
        }
    }
}

/// What an engine does: boxed, so that whoever waits for it is only as large as the engine.
pub type Doing<'h, T> = Pin<Box<dyn Future<Output = T> + 'h>>;

/// Takes an execution from its start to its outcome, from outside the workers.
pub fn drive<H: Host>(host: &H, execution: u32) -> Doing<'_, Outcome> {
    match &host.world().engine {
        Engine::Local(config) => Box::pin(local::drive(host, config, execution)),
        Engine::Durable(config) => Box::pin(durable::drive(host, config, execution)),
        Engine::Explicit(config) => Box::pin(explicit::drive(host, config, execution)),
        Engine::Staged(config) => Box::pin(staged::drive(host, config, execution)),
        Engine::Queue(config) => Box::pin(queue::drive(host, config, execution)),
    }
}

/// Handles an event in a worker.
pub fn handle<H: Host>(host: &H, event: Event) -> Doing<'_, Answer> {
    match (&host.world().engine, event) {
        (Engine::Local(_), Event::Local { execution }) => Box::pin(local::handle(host, execution)),
        (
            Engine::Durable(config),
            Event::Durable {
                execution,
                token,
                state,
            },
        ) => Box::pin(durable::handle(host, config, execution, token, *state)),
        (Engine::Explicit(config), Event::Explicit(call)) => {
            Box::pin(explicit::handle(host, config, call))
        }
        (Engine::Staged(config), Event::Staged { execution, epoch }) => {
            Box::pin(staged::handle(host, config, execution, epoch))
        }
        (Engine::Queue(config), Event::Worker { queue, process }) => {
            Box::pin(queue::serve(host, config, queue, process))
        }
        (_, Event::Invoked { length, .. }) => Box::pin(async move {
            host.wait(length).await;
            Answer::Succeeded(Value::Unit)
        }),
        (engine, event) => unreachable!("{engine:?} does not handle {event:?}"),
    }
}
