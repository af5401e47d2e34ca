//! A counter: increment, decrement, get.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "counter",
    doc: "A counter driven by increment, decrement and get; single operations, batches, concurrent clients, an idle wait in the middle.",
    keys: &[
        Key {
            path: "counter.operations",
            kind: Kind::Int {
                min: 1,
                max: 1_000_000,
            },
            default: "10",
            doc: "Operations in one request; each is a step.",
        },
        Key {
            path: "counter.mix",
            kind: Kind::Choice(&["increment", "mixed"]),
            default: "increment",
            doc: "`increment`: only increments; `mixed`: every third operation is a decrement.",
        },
        Key {
            path: "counter.get",
            kind: Kind::Bool,
            default: "true",
            doc: "End each request with a get, which is one more step.",
        },
        Key {
            path: "counter.body_ms",
            kind: Kind::Law,
            default: "5",
            doc: "Time inside one operation's code, in milliseconds.",
        },
        Key {
            path: "counter.payload_bytes",
            kind: Kind::Int {
                min: 0,
                max: 10_000_000,
            },
            default: "0",
            doc: "Bytes that each operation adds to the state besides the value.",
        },
        Key {
            path: "counter.idle_s",
            kind: Kind::Float {
                min: 0.0,
                max: 31_622_400.0,
            },
            default: "0",
            doc: "Idle wait in the middle of a request, in whole seconds; 0 for none.",
        },
        Key {
            path: "counter.clients",
            kind: Kind::Int {
                min: 1,
                max: 10_000,
            },
            default: "1",
            doc: "Clients that work on one counter at the same time.",
        },
        Key {
            path: "counter.requests",
            kind: Kind::Int {
                min: 1,
                max: 1_000_000,
            },
            default: "1",
            doc: "Requests that each client makes, one after the other (used when clients > 1).",
        },
        Key {
            path: "counter.lockstep",
            kind: Kind::Bool,
            default: "false",
            doc: "Clients start each request at the same instant.",
        },
        Key {
            path: "counter.shared",
            kind: Kind::Bool,
            default: "false",
            doc: "On `local` and `durable`: keep the value in one item of the key-value store that all executions share, updated from inside the step as `explicit.variant` says. `explicit` always does.",
        },
    ],
};
