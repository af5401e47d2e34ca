//! What the engine claims.

use super::config::Config;
use crate::workflows::Workflow;

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

/// The claims.
pub fn pledges(_config: &Config, _workflow: &Workflow) -> Vec<&'static str> {
    ALWAYS.to_vec()
}
