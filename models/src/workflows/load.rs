//! How executions arrive.

use crate::Law;
use crate::registry::Entry;
use crate::settings::{Key, Kind, Settings};

/// Registry entry.
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
            path: "load.cancel_after_s",
            kind: Kind::Law,
            default: "0",
            doc: "The client cancels its job so long after the start, in seconds, on the engine `staged`; 0 for never.",
        },
        Key {
            path: "load.think_s",
            kind: Kind::Law,
            default: "0",
            doc: "Pause between the end of one execution and the start of the next, in seconds.",
        },
        Key {
            path: "load.interarrival_s",
            kind: Kind::Law,
            default: "0",
            doc: "Open load: time between the starts of two executions, in seconds, whether or not the first has ended (exponential: Poisson arrivals). 0: the load is closed, as `load.in_flight` says.",
        },
        Key {
            path: "load.rate_per_s",
            kind: Kind::Float { min: 0.0, max: 1e6 },
            default: "0",
            doc: "Open load at random (Poisson): executions per second. The same as `load.interarrival_s = exponential(mean = 1/rate)`; 0: as that key says.",
        },
        Key {
            path: "load.warmup",
            kind: Kind::Int {
                min: 0,
                max: 10_000_000,
            },
            default: "0",
            doc: "The first executions of a run that latencies and waits in line leave out.",
        },
    ],
};

/// Executions per run, and their timing.
#[derive(Clone, Debug)]
pub struct Load {
    pub executions: u64,
    pub in_flight: u64,
    /// In seconds.
    pub think: Law,
    /// In seconds; zero if the load is closed.
    pub interarrival: Law,
    pub warmup: u64,
    /// Side by side executions start each turn at the same instant.
    pub lockstep: bool,
}

impl Load {
    /// Reads the keys; concurrent clients of the counter replace them.
    pub fn new(settings: &Settings) -> Load {
        let clients = settings.count("counter.clients");
        let requests = settings.count("counter.requests");
        let load = Load {
            executions: settings.count("load.executions"),
            in_flight: settings.count("load.in_flight"),
            think: settings.law("load.think_s"),
            interarrival: match settings.number("load.rate_per_s") {
                0.0 => settings.law("load.interarrival_s"),
                rate => Law::Exponential { mean: 1.0 / rate },
            },
            warmup: settings.count("load.warmup"),
            lockstep: false,
        };
        if clients == 1 && requests == 1 {
            return load;
        }
        Load {
            executions: clients * requests,
            in_flight: clients,
            lockstep: settings.flag("counter.lockstep"),
            ..load
        }
    }
}
