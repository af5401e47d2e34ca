//! What the durable engine claims.
//!
//! AWS documents: an execution is started once per name; a step is run at least once per retry,
//! or at most once per retry; finished steps are not run again. It claims no exactly-once effects.

use super::config::{Config, Semantics};
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
    "replay_agrees",
    "repeats_bounded",
    "progress",
];

/// The claims.
pub fn pledges(config: &Config, workflow: &Workflow) -> Vec<&'static str> {
    let mut claims = ALWAYS.to_vec();
    if let Workflow::Ladder(ladder) = workflow {
        claims.extend(ladder.pledges());
    }
    let shared = matches!(workflow, Workflow::Counter(counter) if counter.shared());
    if !shared {
        claims.push("counter_sum");
    }
    match config.semantics {
        Semantics::AtLeastOnce => claims.push("succeeds"),
        Semantics::AtMostOnce if config.retry.attempts == 1 => {
            claims.extend(["plain_effects_at_most_once", "keyed_effects_at_most_once"]);
        }
        Semantics::AtMostOnce => {}
    }
    claims
}
