//! Keys `staged.*`.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

const SECONDS: Kind = Kind::Float { min: 0.0, max: 1e6 };

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "staged",
    doc: "A hand-made pipeline of stages under a server: retries with back-off, time-outs, optional stages, circuit breakers, checkpoints, cancellation, progress events.",
    keys: &[
        Key {
            path: "staged.preset",
            kind: Kind::Choice(&["default", "debug", "quick-demo"]),
            default: "default",
            doc: "`default`: checkpoints, the stages' own retries and time-outs, breakers, clean-up; `debug`: no retries, time-outs ten times as long, no breaker, nothing removed; `quick-demo`: no checkpoints, one retry at most, time-outs half as long.",
        },
        Key {
            path: "staged.checkpoint",
            kind: Kind::Choice(&["preset", "store", "none"]),
            default: "preset",
            doc: "Whether the outputs of finished stages are written to the key-value store, so that a job whose worker died goes on after the last one.",
        },
        Key {
            path: "staged.retries",
            kind: Kind::Choice(&["preset", "stage", "one", "none"]),
            default: "preset",
            doc: "As often as each stage says, once at most, or not at all.",
        },
        Key {
            path: "staged.timeout_factor",
            kind: Kind::Float { min: 0.0, max: 1e3 },
            default: "0",
            doc: "Time-outs of stages are multiplied by this; 0 for the preset's.",
        },
        Key {
            path: "staged.step_retries",
            kind: Kind::Int { min: 0, max: 1_000 },
            default: "3",
            doc: "Retries of a step of a workflow without stages.",
        },
        Key {
            path: "staged.backoff_s",
            kind: SECONDS,
            default: "1",
            doc: "Delay before the first retry, in seconds (assumption).",
        },
        Key {
            path: "staged.backoff_rate",
            kind: Kind::Float {
                min: 1.0,
                max: 100.0,
            },
            default: "2",
            doc: "Growth of the delay from one retry to the next.",
        },
        Key {
            path: "staged.backoff_cap_s",
            kind: SECONDS,
            default: "30",
            doc: "Longest delay, in seconds (assumption).",
        },
        Key {
            path: "staged.backoff_jitter",
            kind: Kind::Choice(&["full", "half", "none"]),
            default: "half",
            doc: "How delays are spread: from nothing, or from half of the delay, up to it; or not.",
        },
        Key {
            path: "staged.recoveries",
            kind: Kind::Int {
                min: 0,
                max: 1_000_000,
            },
            default: "10",
            doc: "How often a job whose worker was lost is taken up again: after its last checkpoint, or from its beginning where there are none.",
        },
        Key {
            path: "staged.breaker",
            kind: Kind::Choice(&["preset", "on", "off"]),
            default: "preset",
            doc: "A circuit breaker per provider, shared by all jobs of the server.",
        },
        Key {
            path: "staged.breaker_ratio",
            kind: Kind::Float { min: 0.0, max: 1.0 },
            default: "0.5",
            doc: "Share of failed calls in the window at which the circuit opens (Polly: 0.1).",
        },
        Key {
            path: "staged.breaker_calls",
            kind: Kind::Int {
                min: 1,
                max: 1_000_000,
            },
            default: "5",
            doc: "Calls in the window below which it does not (Polly: 100, for far more traffic).",
        },
        Key {
            path: "staged.breaker_window_s",
            kind: SECONDS,
            default: "60",
            doc: "Length of the window, in seconds (Polly: 30).",
        },
        Key {
            path: "staged.breaker_break_s",
            kind: SECONDS,
            default: "30",
            doc: "How long the circuit stays open before a call is tried, in seconds (Polly: 5).",
        },
        Key {
            path: "staged.cleanup",
            kind: Kind::Choice(&["preset", "on", "off"]),
            default: "preset",
            doc: "Whether temporary objects are removed at the end of a job, whatever the end.",
        },
        Key {
            path: "staged.sweep_after_s",
            kind: SECONDS,
            default: "3600",
            doc: "After a worker was lost out of sight, what it may still have written is removed so long after the job's end, in seconds.",
        },
        Key {
            path: "staged.cancellation",
            kind: Kind::Choice(&["inside", "between"]),
            default: "inside",
            doc: "Whether a stage looks at the token while it works, or only the pipeline between attempts.",
        },
        crate::engines::broken::STAGED,
    ],
};
