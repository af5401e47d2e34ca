//! Keys of the explicit-state engine.

use super::backoff::POLICIES;
use crate::registry::Entry;
use crate::settings::{Key, Kind};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "explicit",
    doc: "Functions with a key-value store and an object store, state read and written by hand: retries, duplicate detection, coordination and clean-up are the program's own.",
    keys: &[
        Key {
            path: "explicit.variant",
            kind: Kind::Choice(&["naive", "conditional", "atomic", "idempotent"]),
            default: "conditional",
            doc: "How state is written: read, change and write back; the same on condition that the version is unchanged; the store's atomic add; a transaction with an idempotency key.",
        },
        Key {
            path: "explicit.reads",
            kind: Kind::Choice(&["strong", "eventual"]),
            default: "strong",
            doc: "Consistency of reads: of the last write, or of a replica behind by row `kv.eventual_lag_ms`, at half the price.",
        },
        Key {
            path: "explicit.coordination",
            kind: Kind::Choice(&["counter", "polling", "orchestrated"]),
            default: "counter",
            doc: "How the video's completion is found: the chunk that makes the count full starts the assembly, or a coordinator polls the chunk records; or one orchestrator runs all stages in turn, its state in one versioned item.",
        },
        crate::engines::broken::EXPLICIT,
        Key {
            path: "explicit.call_ms",
            kind: Kind::Float { min: 0.0, max: 1e6 },
            default: "0",
            doc: "Time to call a stage's function, in ms (orchestrated).",
        },
        Key {
            path: "explicit.request_cpu_ms",
            kind: Kind::Float { min: 0.0, max: 1e4 },
            default: "0",
            doc: "CPU time of the client library for one request to the key-value store, in ms of one vCPU (orchestrated): it is what small functions wait for.",
        },
        Key {
            path: "explicit.poll_interval_s",
            kind: Kind::Float {
                min: 0.05,
                max: 3600.0,
            },
            default: "1",
            doc: "Time between two looks of the polling coordinator, in seconds.",
        },
        Key {
            path: "explicit.attempts",
            kind: Kind::Int { min: 1, max: 1000 },
            default: "6",
            doc: "Tries of a step whose code raises (default as the durable SDK's, for comparison).",
        },
        Key {
            path: "explicit.backoff_s",
            kind: Kind::Float {
                min: 0.0,
                max: 3600.0,
            },
            default: "0.1",
            doc: "Back-off before the second try of a step or conflicting write, doubled each time with full jitter, in seconds.",
        },
        Key {
            path: "explicit.backoff_cap_s",
            kind: Kind::Float {
                min: 0.0,
                max: 3600.0,
            },
            default: "20",
            doc: "Longest back-off in seconds (AWS SDKs: 20 s).",
        },
        Key {
            path: "explicit.conflict_backoff",
            kind: Kind::Choice(POLICIES),
            default: "full",
            doc: "Delays of a write that lost a race: none; doubled up to the cap; half of that and half at random; all of it at random; at random between the base and three times the delay before.",
        },
        Key {
            path: "explicit.client_attempts",
            kind: Kind::Int {
                min: 1,
                max: 100_000,
            },
            default: "10",
            doc: "How often the client sends a request that was not acknowledged.",
        },
        Key {
            path: "explicit.watchdog_s",
            kind: Kind::Float {
                min: 1.0,
                max: 86_400.0,
            },
            default: "30",
            doc: "After this long without completion the client starts the video again; finished chunks are skipped.",
        },
        Key {
            path: "explicit.cleanup",
            kind: Kind::Bool,
            default: "true",
            doc: "Delete chunks and segments after the assembly; the records stay.",
        },
    ],
};
