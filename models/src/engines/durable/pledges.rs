//! What the durable engine claims.
//!
//! AWS documents: an execution is started once per name; a step is run at least once per retry,
//! or at most once per retry; finished steps are not run again. It claims no exactly-once effects.

use super::config::{Config, Sdk, Semantics};
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
    let asks = matches!(workflow, Workflow::Program(program) if program.asks());
    // Python does not come back to a branch whose answer it heard of in another's, and the service sees
    // no reason to while a callback that nobody will answer is open.
    if !(asks && config.sdk == Sdk::Python) {
        claims.push("progress");
    }
    match config.semantics {
        // Without a retry a step fails for good with the first request that its client gives up.
        Semantics::AtLeastOnce if config.retry.attempts > 1 && !workflow.may_fail() => {
            claims.push("succeeds");
        }
        // The step that asks for an answer is always run at least once.
        Semantics::AtMostOnce if config.retry.attempts == 1 && !asks => {
            claims.extend(["plain_effects_at_most_once", "keyed_effects_at_most_once"]);
        }
        Semantics::AtLeastOnce | Semantics::AtMostOnce => {}
    }
    claims
}
