//! What the task-queue engine claims.
//!
//! Temporal documents: a workflow's code takes effect exactly once, an activity runs at least once
//! (docs.temporal.io "Activity Execution"). It claims no exactly-once effects of activities, and
//! with time-outs that are shorter than the work an attempt may run beside the one before.
//!
//! `acknowledged_is_durable` is about the server: it begins no attempt of an activity whose completion it has
//! recorded. An attempt begins when the server matches its task with a poll and records the start
//! (`RecordActivityTaskStarted`), so that is the time the claim goes by. The task may reach a worker's code much
//! later, if the worker stands still or the answer of its poll is slow; meanwhile the attempt is given up by
//! its time-out, and another one may have been acknowledged. The late body still enters, its answer is refused:
//! `one_attempt_at_a_time` and the claims of at-most-once effects show that.

use super::config::Config;
use crate::workflows::Workflow;

/// What holds whatever the configuration.
const ALWAYS: &[&str] = &[
    "result_once",
    "plain_effects_at_least_once",
    "keyed_effects_at_least_once",
    "store_effects_at_least_once",
    "batch_order",
    "video_complete",
    "program_result",
    "acknowledged_is_durable",
    "progress",
];

/// The claims.
pub fn pledges(config: &Config, workflow: &Workflow) -> Vec<&'static str> {
    let mut claims = ALWAYS.to_vec();
    let shared = matches!(workflow, Workflow::Counter(counter) if counter.shared());
    if !shared {
        claims.push("counter_sum");
    }
    if config.deploy.is_zero() {
        claims.push("replay_agrees");
    } else {
        claims.retain(|claim| *claim != "progress");
    }
    if let Workflow::Ladder(ladder) = workflow {
        claims.extend(ladder.pledges());
    }
    let cancels = !config.cancel.is_zero();
    let lasts = !cancels && config.deploy.is_zero() && !workflow.may_fail();
    if config.options.retry.attempts == 0 && lasts {
        claims.push("succeeds");
    }
    claims
}
