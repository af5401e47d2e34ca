//! Encoding-time laws, one file each.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "encoder",
    doc: "How long one chunk takes to encode on one vCPU.",
    keys: &[
        Key {
            path: "encoder.law",
            kind: Kind::Choice(&["study", "constant", "lognormal"]),
            default: "study",
            doc: "`study`: 100 + 50 x seconds ms of sleep whatever the memory (WOSC 2026 workload); `constant`: encoder.ms_per_s x seconds; `lognormal`: the same times a lognormal factor per chunk. The last two are CPU work and scale with memory.",
        },
        Key {
            path: "encoder.ms_per_s",
            kind: Kind::Float { min: 0.0, max: 1e6 },
            default: "1000",
            doc: "CPU time per second of video on one vCPU, in ms (assumption: real time).",
        },
        Key {
            path: "encoder.sigma",
            kind: Kind::Float { min: 0.0, max: 3.0 },
            default: "0.3",
            doc: "Sigma of the log of the factor (lognormal); the factor's mean is 1 (assumption).",
        },
    ],
};
