//! What the engine claims.

use super::config::Config;

/// What holds whatever the configuration.
const ALWAYS: &[&str] = &[
    "result_once",
    "plain_effects_at_least_once",
    "keyed_effects_at_least_once",
    "batch_order",
    "program_result",
    "progress",
    "progress_never_goes_back",
    "open_circuit_lets_nothing_through",
    "cancelled_is_final",
    "nothing_temporary_is_left",
];

/// What checkpoints add: a worker that takes a job over repeats the stage under way, and no other.
const WITH_CHECKPOINTS: &[&str] = &[
    "acknowledged_is_durable",
    "repeats_bounded",
    "video_complete",
];

/// The claims.
pub fn pledges(config: &Config) -> Vec<&'static str> {
    let mut claims = ALWAYS.to_vec();
    if config.checkpoint {
        claims.extend(WITH_CHECKPOINTS);
    }
    claims
}
