//! The durable engine's parameters.

use super::retry::{Jitter, RetryStrategy};
use crate::Law;
use crate::data::Table;
use crate::engines::broken::Broken;
use crate::settings::Settings;
use std::time::Duration;

/// When a step's start is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Semantics {
    /// With its result, or 100 ms later: a crash runs the body again under the same attempt.
    AtLeastOnce,
    /// Before the body runs: a crash uses the attempt up.
    AtMostOnce,
}

/// Whether the items of a map are contexts of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    Nested,
    Flat,
}

/// Whose batching rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sdk {
    Python,
    Js,
}

/// Parameters from the scenario's `durable.*` keys and the platform's `durable.*` rows.
#[derive(Clone, Debug)]
pub struct Config {
    pub semantics: Semantics,
    pub nesting: Nesting,
    pub sdk: Sdk,
    pub retry: RetryStrategy,
    pub execution_timeout: Duration,
    pub retention: Duration,
    /// Size of an execution's input.
    pub input_bytes: u64,
    pub resume: Law,
    /// What the first request of an environment takes more: its connection is opened.
    pub connect: Law,
    pub start: Law,
    /// Quiet time after a blocking update before the request leaves.
    pub sync_window: Duration,
    /// Quiet time after lazy updates only.
    pub lazy_window: Duration,
    /// How often the collector of the Python SDK looks whether the invocation is over.
    pub stop_poll: Duration,
    /// Longest collection of one batch.
    pub longest_window: Duration,
    pub batch_updates: usize,
    pub batch_bytes: u64,
    pub page: usize,
    pub replay_operation: Duration,
    /// The workflow runs again from its first line after each finished step.
    pub replay_every_step: bool,
    pub broken: Broken,
    /// Back-off of the service after an invocation that crashed.
    pub crash_retry: RetryStrategy,
}

impl Config {
    /// Reads keys and rows.
    pub fn new(settings: &Settings, table: &Table) -> Result<Config, String> {
        let number = |key: &str| table.number(&format!("durable.{key}"));
        let millis = |key: &str| number(key).map(|ms| crate::time::seconds(ms / 1e3));
        let word = |key: &str| settings.text(key) == "at_most_once";
        let js = settings.text("durable.sdk") == "js";
        // The JavaScript SDK sends at the next turn of the event loop.
        let window = |key: &str| match js {
            true => Ok(Duration::ZERO),
            false => millis(key),
        };
        let attempts = number("retry_attempts")? as u32;
        Ok(Config {
            semantics: match word("durable.semantics") {
                true => Semantics::AtMostOnce,
                false => Semantics::AtLeastOnce,
            },
            nesting: match settings.text("durable.nesting") {
                "flat" => Nesting::Flat,
                _ => Nesting::Nested,
            },
            sdk: if js { Sdk::Js } else { Sdk::Python },
            retry: RetryStrategy {
                attempts: settings.count("durable.retry_attempts") as u32,
                initial_s: settings.number("durable.retry_initial_s"),
                rate: settings.number("durable.retry_rate"),
                cap_s: settings.number("durable.retry_cap_s"),
                jitter: match settings.text("durable.retry_jitter") {
                    "half" => Jitter::Half,
                    "additive" => Jitter::Additive,
                    "none" => Jitter::None,
                    _ => Jitter::Full,
                },
                rounding: if js { libm::round } else { libm::ceil },
                whole_from_s: 0.0,
            },
            execution_timeout: Duration::from_secs(settings.count("durable.execution_timeout_s")),
            retention: Duration::from_secs(86_400 * settings.count("durable.retention_days")),
            input_bytes: settings.count("durable.input_bytes"),
            resume: table.law("durable.resume_ms")?,
            connect: table.law("durable.connect_ms")?,
            start: table.law("durable.start_ms")?,
            sync_window: window("batch_sync_window_ms")?,
            lazy_window: window("batch_window_ms")?,
            stop_poll: millis("stop_poll_ms")?,
            longest_window: millis("batch_window_max_ms")?,
            batch_updates: number("request_updates_max")? as usize,
            batch_bytes: number("request_bytes_max")? as u64,
            page: number("page_operations")? as usize,
            replay_operation: millis("replay_operation_ms")?,
            replay_every_step: settings.text("durable.replay") == "every_step",
            broken: Broken::new(settings, "durable.broken"),
            crash_retry: RetryStrategy {
                attempts: if attempts == 0 { u32::MAX } else { attempts },
                initial_s: number("retry_base_s")?,
                rate: number("retry_rate")?,
                cap_s: number("retry_cap_s")?,
                jitter: match settings.text("durable.crash_retry_jitter") {
                    "none" => Jitter::None,
                    _ => Jitter::Full,
                },
                rounding: libm::ceil,
                whole_from_s: 1.0,
            },
        })
    }
}
