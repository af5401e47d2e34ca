//! Encoding-time laws, one file each.

mod constant;
mod lognormal;
mod study;

use crate::point::At;
use crate::registry::Entry;
use crate::settings::{Key, Kind, Settings};
use crate::streams::Streams;
use std::time::Duration;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "encoder",
    doc: "How long one chunk takes to encode on one vCPU.",
    keys: &[
        Key {
            path: "encoder.law",
            kind: Kind::Choice(&["study", "constant", "lognormal"]),
            default: "study",
            doc: "`study`: 100 + 50 x seconds ms of sleep whatever the memory (WOSC 2026 workload); `constant`: encoder.ms_per_s x seconds; `lognormal`: the same times a lognormal factor per chunk. The last two are CPU work: they scale with memory, and chunks in one environment share its processor.",
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

/// How encoding spends its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    /// Waiting, as a simulated encoder does.
    Sleep(Duration),
    /// CPU time of one vCPU.
    Compute(Duration),
}

/// A law of encoding time.
#[derive(Clone, Debug)]
pub enum Encoder {
    Study,
    Constant(constant::Constant),
    Lognormal(lognormal::Lognormal),
}

impl Encoder {
    /// The law that the scenario names.
    pub fn new(settings: &Settings) -> Encoder {
        match settings.text("encoder.law") {
            "constant" => Encoder::Constant(constant::Constant::new(settings)),
            "lognormal" => Encoder::Lognormal(lognormal::Lognormal::new(settings)),
            _ => Encoder::Study,
        }
    }

    /// The work of a chunk of so many seconds. The draw belongs to the chunk, not to the body:
    /// encoding it again takes as long.
    pub fn work(&self, seconds: f64, at: At, streams: &Streams) -> Work {
        match self {
            Encoder::Study => study::work(seconds),
            Encoder::Constant(law) => law.work(seconds),
            Encoder::Lognormal(law) => law.work(seconds, at, streams),
        }
    }
}
