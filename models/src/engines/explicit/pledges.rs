//! What the programs with state by hand claim.

use super::config::{Config, Variant};
use crate::workflows::Workflow;

/// What holds whatever the variant.
const ALWAYS: &[&str] = &["plain_effects_at_least_once", "batch_order", "progress"];

/// What counting chunks without condition spoils: a chunk counted twice makes the count full too
/// early, and the assembly ends the video before all chunks are encoded.
const COMPLETE: &[&str] = &[
    "keyed_effects_at_least_once",
    "store_effects_at_least_once",
    "video_complete",
];

/// The claims.
pub fn pledges(config: &Config, workflow: &Workflow) -> Vec<&'static str> {
    let mut claims = ALWAYS.to_vec();
    let counts_twice = matches!(config.variant, Variant::Naive | Variant::Atomic);
    let counts = matches!(workflow, Workflow::Video(_) | Workflow::Ladder(_));
    if !(counts_twice && counts) {
        claims.extend(COMPLETE);
    }
    if let (false, Workflow::Ladder(ladder)) = (counts_twice, workflow) {
        claims.extend(ladder.pledges());
    }
    match (workflow, config.variant) {
        (Workflow::Counter(counter), Variant::Idempotent) => {
            claims.extend([
                "counter_sum",
                "store_effects_at_most_once",
                "store_effects_exactly_once",
            ]);
            // Without a record of progress the key protects the store only: the code runs again.
            if counter.operations > 1 || counter.idles() {
                claims.push("acknowledged_is_durable");
            }
            if config.strong_reads {
                claims.push("counter_linearizable");
            }
        }
        (Workflow::Video(_) | Workflow::Ladder(_), Variant::Conditional | Variant::Idempotent) => {
            claims.extend([
                "store_effects_at_most_once",
                "store_effects_exactly_once",
                "acknowledged_is_durable",
            ])
        }
        _ => {}
    }
    claims
}
