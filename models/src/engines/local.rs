//! No recovery: steps in order in one process, nothing written down.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "local",
    doc: "Runs the steps in order with no checkpoint; an abort loses everything.",
    keys: &[Key {
        path: "local.max_restarts",
        kind: Kind::Int {
            min: 0,
            max: 1_000_000,
        },
        default: "0",
        doc: "How often an aborted execution is started again from the beginning.",
    }],
};
