//! Keys of the durable engine.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "durable",
    doc: "AWS Lambda durable functions: each step's result is checkpointed; after a crash, a retry or a wait the handler runs again from its first line and finished steps return their stored result.",
    keys: &[
        Key {
            path: "durable.semantics",
            kind: Kind::Choice(&["at_least_once", "at_most_once"]),
            default: "at_least_once",
            doc: "Per retry: the step's start is recorded lazily, or stored before the body runs.",
        },
        Key {
            path: "durable.nesting",
            kind: Kind::Choice(&["nested", "flat"]),
            default: "nested",
            doc: "Whether each item of a map has a context of its own.",
        },
        Key {
            path: "durable.sdk",
            kind: Kind::Choice(&["python", "js"]),
            default: "python",
            doc: "Whose SDK: `python` waits 1 ms after a blocking update and up to 100 ms for more lazy ones, and waits for the end of a context to be stored; `js` sends at the next turn of the event loop, and waits neither for a context's end nor for the branches of a failed map.",
        },
        Key {
            path: "durable.replay",
            kind: Kind::Choice(&["on_resume", "every_step"]),
            default: "on_resume",
            doc: "When the workflow runs again from its first line: `on_resume`, in each new invocation; `every_step`, also after each finished step of one invocation, as engines do that keep nothing of the workflow in memory (vercel/workflow).",
        },
        Key {
            path: "durable.retry_attempts",
            kind: Kind::Int {
                min: 1,
                max: 100_000,
            },
            default: "6",
            doc: "Attempts of a step, the first included (SDK default 6).",
        },
        Key {
            path: "durable.retry_initial_s",
            kind: Kind::Float {
                min: 1.0,
                max: 31_622_400.0,
            },
            default: "5",
            doc: "First retry delay in seconds (SDK default 5).",
        },
        Key {
            path: "durable.retry_rate",
            kind: Kind::Float {
                min: 1.0,
                max: 100.0,
            },
            default: "2",
            doc: "Factor from one delay to the next (SDK default 2).",
        },
        Key {
            path: "durable.retry_cap_s",
            kind: Kind::Float {
                min: 1.0,
                max: 31_622_400.0,
            },
            default: "60",
            doc: "Longest delay in seconds (SDK default 60).",
        },
        Key {
            path: "durable.retry_jitter",
            kind: Kind::Choice(&["full", "half", "additive", "none"]),
            default: "full",
            doc: "How the delay is spread (SDK default full: 1 to the whole delay, in whole seconds; additive: the default before December 2025, from the delay to twice as much).",
        },
        Key {
            path: "durable.crash_retry_jitter",
            kind: Kind::Choice(&["full", "none"]),
            default: "full",
            doc: "How the service's delay after an invocation that crashed is spread (not published; AWS's local runner waits a constant 5 s: `none`, with the platform's rows `durable.retry_*`).",
        },
        crate::engines::broken::DURABLE,
        Key {
            path: "durable.execution_timeout_s",
            kind: Kind::Int {
                min: 1,
                max: 31_622_400,
            },
            default: "86400",
            doc: "The service ends an execution after this long.",
        },
        Key {
            path: "durable.input_bytes",
            kind: Kind::Int {
                min: 0,
                max: 6_000_000,
            },
            default: "64",
            doc: "Size of an execution's input: by default a small JSON object (assumption).",
        },
        Key {
            path: "durable.retention_days",
            kind: Kind::Int { min: 1, max: 90 },
            default: "14",
            doc: "Days the history is kept, and paid for, after the end (service default 14).",
        },
    ],
};
