//! The function platform.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "function",
    doc: "The function platform's configuration; its latencies and limits are rows `function.*` of the platform file.",
    keys: &[
        Key {
            path: "function.memory_mb",
            kind: Kind::Int {
                min: 128,
                max: 10_240,
            },
            default: "1769",
            doc: "Memory of the function in MB; 1,769 MB is one vCPU.",
        },
        Key {
            path: "function.arch",
            kind: Kind::Choice(&["x86", "arm64"]),
            default: "x86",
            doc: "Processor, for the price.",
        },
        Key {
            path: "function.timeout_s",
            kind: Kind::Int { min: 1, max: 900 },
            default: "900",
            doc: "Time-out of one invocation in seconds (Lambda: at most 900).",
        },
        Key {
            path: "function.prewarmed",
            kind: Kind::Int {
                min: 0,
                max: 100_000,
            },
            default: "0",
            doc: "Environments that are warm when the run starts.",
        },
    ],
};
