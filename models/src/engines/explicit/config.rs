//! Parameters of the explicit engine.

use super::store::Patience;
use crate::engines::broken::Broken;
use crate::settings::Settings;
use std::time::Duration;

/// How state is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Read, change, write back.
    Naive,
    /// The same, on condition that nobody else wrote in between.
    Conditional,
    /// The store's own addition.
    Atomic,
    /// In one transaction with a key that says which operation it was.
    Idempotent,
}

/// How completion is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordination {
    /// The chunk that makes the count full starts the assembly.
    Counter,
    /// The coordinator looks again and again.
    Polling,
    /// One orchestrator runs the stages in turn, its state in one versioned item.
    Orchestrated,
}

/// Keys `explicit.*`.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    pub variant: Variant,
    pub coordination: Coordination,
    pub poll_interval: Duration,
    pub attempts: u32,
    pub backoff: Duration,
    pub backoff_cap: Duration,
    /// Of a write that lost a race.
    pub patience: Patience,
    pub client_attempts: u32,
    pub watchdog: Duration,
    pub cleanup: bool,
    /// Calling a stage's function, and the client library's CPU time per request (orchestrated).
    pub call: Duration,
    pub request_cpu: Duration,
    /// Whether reads see the last write.
    pub strong_reads: bool,
    pub broken: Broken,
}

impl Config {
    /// Reads the keys.
    pub fn new(settings: &Settings) -> Config {
        Config {
            variant: variant(settings),
            coordination: match settings.text("explicit.coordination") {
                "polling" => Coordination::Polling,
                "orchestrated" => Coordination::Orchestrated,
                _ => Coordination::Counter,
            },
            poll_interval: settings.seconds("explicit.poll_interval_s"),
            attempts: settings.count("explicit.attempts") as u32,
            backoff: settings.seconds("explicit.backoff_s"),
            backoff_cap: settings.seconds("explicit.backoff_cap_s"),
            patience: Patience::new(settings),
            client_attempts: settings.count("explicit.client_attempts") as u32,
            watchdog: settings.seconds("explicit.watchdog_s"),
            cleanup: settings.flag("explicit.cleanup"),
            strong_reads: settings.text("explicit.reads") == "strong",
            broken: Broken::new(settings, "explicit.broken"),
            call: crate::time::seconds(settings.number("explicit.call_ms") / 1e3),
            request_cpu: crate::time::seconds(settings.number("explicit.request_cpu_ms") / 1e3),
        }
    }
}

/// How state is written; other engines use it too when they share a counter.
pub fn variant(settings: &Settings) -> Variant {
    match settings.text("explicit.variant") {
        "naive" => Variant::Naive,
        "atomic" => Variant::Atomic,
        "idempotent" => Variant::Idempotent,
        _ => Variant::Conditional,
    }
}
