//! The task-queue engine's parameters.

use crate::Law;
use crate::data::Table;
use crate::engines::broken::Broken;
use crate::services::limit::whole;
use crate::services::orchestrator::{Limits, Options, Policy, Retry};
use crate::settings::Settings;
use std::time::Duration;

/// Replicas that poll one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    pub name: &'static str,
    pub replicas: u32,
}

/// Where the orchestrator runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosting {
    Cloud,
    Own,
}

/// Keys `queue.*` and rows `orchestrator.*`.
#[derive(Clone, Debug)]
pub struct Config {
    pub workers: u32,
    pub slots: usize,
    pub workflow_workers: u32,
    pub workflow_slots: usize,
    pub pollers: usize,
    pub worker_vcpus: f64,
    pub worker_gb: f64,
    pub hosting: Hosting,
    /// Factor on the latencies of requests.
    pub slowness: f64,
    /// Servers of a self-hosted orchestrator.
    pub server_vcpus: f64,
    pub server_gb: f64,
    pub limits: Limits,
    pub options: Options,
    pub policy: Policy,
    /// Zero: activities send none.
    pub heartbeat_interval: Duration,
    pub cache: usize,
    pub cancel: Duration,
    pub waits_for_canceled: bool,
    pub deploy: Duration,
    /// What matching the first workflow task takes more than the others.
    pub first_task: Law,
    pub replay_event: Duration,
    pub page_events: u64,
    pub long_poll: Duration,
    /// From the death of a worker until its replacement polls.
    pub restart: Law,
    pub retention_s: f64,
}

/// The SDK sends a heartbeat after this share of the time-out, and at least this often.
const HEARTBEAT_SHARE: f64 = 0.8;
const HEARTBEAT_LONGEST: Duration = Duration::from_secs(60);

/// The longest pause between attempts in first pauses, unless it is set (Temporal's default).
const LONGEST_PAUSE: u32 = 100;

impl Config {
    /// Reads keys and rows.
    pub fn new(settings: &Settings, table: &Table) -> Result<Config, String> {
        let count = |key: &str| settings.count(key);
        let row = |key: &str| table.number(&format!("orchestrator.{key}"));
        let own = settings.text("queue.hosting") == "self";
        let heartbeat = settings.seconds("queue.heartbeat_s");
        let interval = heartbeat.mul_f64(HEARTBEAT_SHARE).min(HEARTBEAT_LONGEST);
        let first_pause = settings.seconds("queue.retry_initial_s");
        let sends = settings.text("queue.heartbeats") == "sent";
        Ok(Config {
            workers: count("queue.workers") as u32,
            slots: count("queue.slots") as usize,
            workflow_workers: count("queue.workflow_workers") as u32,
            workflow_slots: count("queue.workflow_slots") as usize,
            pollers: count("queue.pollers") as usize,
            worker_vcpus: settings.number("queue.worker_vcpus"),
            worker_gb: settings.number("queue.worker_gb"),
            hosting: if own { Hosting::Own } else { Hosting::Cloud },
            slowness: if own { row("self_hosted_factor")? } else { 1.0 },
            server_vcpus: row("self_hosted_vcpus")?,
            server_gb: row("self_hosted_gb")?,
            limits: Limits::from_table(table)?,
            options: Options {
                schedule_to_start: settings.seconds("queue.schedule_to_start_s"),
                start_to_close: settings.seconds("queue.start_to_close_s"),
                schedule_to_close: settings.seconds("queue.schedule_to_close_s"),
                heartbeat,
                retry: Retry {
                    attempts: count("queue.retry_attempts") as u32,
                    initial: first_pause,
                    coefficient: settings.number("queue.retry_rate"),
                    maximum: match settings.seconds("queue.retry_cap_s") {
                        Duration::ZERO => LONGEST_PAUSE * first_pause,
                        longest => longest,
                    },
                },
            },
            policy: Policy {
                new_run_events: count("queue.continue_as_new_events"),
                execution_timeout: settings.seconds("queue.execution_timeout_s"),
                loses_events: Broken::new(settings, "queue.broken") == Broken::LostEvents,
            },
            heartbeat_interval: if sends { interval } else { Duration::ZERO },
            cache: count("queue.cache") as usize,
            cancel: settings.seconds("queue.cancel_s"),
            waits_for_canceled: settings.text("queue.cancellation") == "wait",
            deploy: settings.seconds("queue.deploy_s"),
            first_task: table.law("orchestrator.first_task_ms")?,
            replay_event: crate::time::seconds(row("replay_event_ms")? / 1e3),
            page_events: whole(table, "orchestrator.page_events")?,
            long_poll: crate::time::seconds(row("long_poll_s")?),
            restart: table.law("worker.restart_ms")?,
            retention_s: row("retention_days")? * 86_400.0,
        })
    }
}
