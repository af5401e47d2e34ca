//! The programs that must finish despite faults.

pub mod counter;
pub mod video;

use crate::registry::Entry;
use crate::settings::{Key, Kind};

/// How executions arrive.
pub const LOAD: Entry = Entry {
    name: "load",
    doc: "How many executions one run starts, and when.",
    keys: &[
        Key {
            path: "load.executions",
            kind: Kind::Int {
                min: 1,
                max: 10_000_000,
            },
            default: "1",
            doc: "Executions per run (for `counter` with clients: replaced by clients x requests).",
        },
        Key {
            path: "load.in_flight",
            kind: Kind::Int {
                min: 1,
                max: 10_000,
            },
            default: "1",
            doc: "Executions that run side by side; the next one starts when one ends.",
        },
        Key {
            path: "load.think_s",
            kind: Kind::Law,
            default: "0",
            doc: "Pause between the end of one execution and the start of the next, in seconds.",
        },
    ],
};
