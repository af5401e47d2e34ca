//! Deliberate breakages of the engines: what the checkers of `sim check` must find.
//!
//! Each takes one rule out of an engine. They are for tests of the checkers only (`scenarios/negative/`): no
//! scenario that compares engines sets them.

use crate::settings::{Key, Kind, Settings};

/// One rule that an engine does not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Nothing: the engine as it is.
    Nothing,
    /// `durable`: a stale invocation's checkpoints are accepted.
    NoTokenFencing,
    /// `durable`: an invocation that crashed is not started again.
    LostRetry,
    /// `durable`: attempts made before are forgotten.
    RetryBudgetReset,
    /// `durable`: an at-most-once step enters its body before its start is stored.
    StartNotStored,
    /// `durable`: the workflow asks for other operations when it is replayed.
    NondeterministicBody,
    /// `durable`: a replayed step gives the result of the first step.
    ResultsMixedUp,
    /// `explicit`: the idempotency key is written after the transaction, not in it.
    KeyOutsideTransaction,
    /// `explicit`: an operation is recorded as done before it has had its effect.
    ProgressBeforeEffect,
    /// `explicit`: the video is assembled when all chunks but one are done.
    AssembleEarly,
    /// `explicit`: segments are cleaned up while other chunks are still encoded.
    CleanUpEarly,
    /// `explicit`: the clean-up leaves the first segment.
    CleanUpPartly,
    /// `staged`: the server tells the progress that a worker reports, as it comes.
    ProgressAsReported,
    /// `staged`: a provider is asked although its circuit is open.
    CircuitIgnored,
    /// `staged`: a cancellation is acknowledged when it is asked for.
    CancelAcknowledgedEarly,
    /// `staged`: nothing is removed of a job whose workers all died.
    CrashLeavesFiles,
    /// `queue`: what happens while a workflow task is under way is forgotten.
    LostEvents,
}

/// The keys of the engines.
pub const DURABLE: Key = Key {
    path: "durable.broken",
    kind: Kind::Choice(&[
        "nothing",
        "no_token_fencing",
        "lost_retry",
        "retry_budget_reset",
        "start_not_stored",
        "nondeterministic_body",
        "results_mixed_up",
    ]),
    default: "nothing",
    doc: "A rule that the engine does not keep: for tests of the checkers only.",
};

/// See [`DURABLE`].
pub const EXPLICIT: Key = Key {
    path: "explicit.broken",
    kind: Kind::Choice(&[
        "nothing",
        "key_outside_transaction",
        "progress_before_effect",
        "assemble_early",
        "clean_up_early",
        "clean_up_partly",
    ]),
    default: "nothing",
    doc: "A rule that the program does not keep: for tests of the checkers only.",
};

/// See [`DURABLE`].
pub const STAGED: Key = Key {
    path: "staged.broken",
    kind: Kind::Choice(&[
        "nothing",
        "progress_as_reported",
        "circuit_ignored",
        "cancel_acknowledged_early",
        "crash_leaves_files",
    ]),
    default: "nothing",
    doc: "A rule that the engine does not keep: for tests of the checkers only.",
};

/// See [`DURABLE`].
pub const QUEUE: Key = Key {
    path: "queue.broken",
    kind: Kind::Choice(&["nothing", "lost_events"]),
    default: "nothing",
    doc: "A rule that the engine does not keep: for tests of the checkers only.",
};

impl Broken {
    /// Reads an engine's key.
    pub fn new(settings: &Settings, path: &str) -> Broken {
        match settings.text(path) {
            "no_token_fencing" => Broken::NoTokenFencing,
            "lost_retry" => Broken::LostRetry,
            "retry_budget_reset" => Broken::RetryBudgetReset,
            "start_not_stored" => Broken::StartNotStored,
            "nondeterministic_body" => Broken::NondeterministicBody,
            "results_mixed_up" => Broken::ResultsMixedUp,
            "key_outside_transaction" => Broken::KeyOutsideTransaction,
            "progress_before_effect" => Broken::ProgressBeforeEffect,
            "assemble_early" => Broken::AssembleEarly,
            "clean_up_early" => Broken::CleanUpEarly,
            "clean_up_partly" => Broken::CleanUpPartly,
            "progress_as_reported" => Broken::ProgressAsReported,
            "circuit_ignored" => Broken::CircuitIgnored,
            "cancel_acknowledged_early" => Broken::CancelAcknowledgedEarly,
            "crash_leaves_files" => Broken::CrashLeavesFiles,
            "lost_events" => Broken::LostEvents,
            _ => Broken::Nothing,
        }
    }
}
