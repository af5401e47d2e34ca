//! Encoding-time laws, one file each.

mod calibrated;
mod constant;
mod drawn;
mod lognormal;
pub mod model;
mod replay;
mod study;

use crate::point::At;
use crate::registry::Entry;
use crate::settings::{Key, Kind, Settings};
use crate::streams::Streams;
use std::sync::Arc;
use std::time::Duration;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "encoder",
    doc: "How long one chunk takes to encode on one vCPU.",
    keys: &[
        Key {
            path: "encoder.law",
            kind: Kind::Choice(&[
                "calibrated",
                "replay",
                "study",
                "constant",
                "lognormal",
                "drawn",
            ]),
            default: "calibrated",
            doc: "`calibrated`: the x264 model measured by `sim calibrate`, time and bytes of a chunk from one draw of its content; `replay`: the measured chunks of a source in their order, for settings that were measured; `study`: 100 + 50 x seconds ms of sleep whatever the memory (WOSC 2026 workload); `constant`: encoder.ms_per_s x seconds; `lognormal`: the same times a lognormal factor per chunk; `drawn`: each chunk sleeps a draw of encoder.chunk_ms. All but `study` and `drawn` are CPU work: they scale with memory, and chunks in one environment share its processor.",
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
        Key {
            path: "encoder.chunk_ms",
            kind: Kind::Law,
            default: "1000",
            doc: "Time of a chunk in ms, whatever its length (drawn).",
        },
        Key {
            path: "encoder.file",
            kind: Kind::Text,
            default: "",
            doc: "Calibration: a .json file written by `sim calibrate`, relative to the scenario; empty for the one that comes with the program (scenarios/measured/x264.json).",
        },
        Key {
            path: "encoder.preset",
            kind: Kind::Choice(model::PRESETS),
            default: "medium",
            doc: "x264 preset (calibrated; measured are ultrafast, veryfast, medium and slow, the others follow from their neighbours).",
        },
        Key {
            path: "encoder.crf",
            kind: Kind::Float {
                min: 0.0,
                max: 51.0,
            },
            default: "23",
            doc: "Constant rate factor (calibrated; measured at 18, 23 and 28).",
        },
        Key {
            path: "encoder.height",
            kind: Kind::Int { min: 64, max: 4320 },
            default: "720",
            doc: "Lines of the output, 16:9 (calibrated; measured at 320 to 1080).",
        },
        Key {
            path: "encoder.source_height",
            kind: Kind::Int { min: 64, max: 4320 },
            default: "1080",
            doc: "Lines of the source, 16:9 (calibrated).",
        },
        Key {
            path: "encoder.fps",
            kind: Kind::Float {
                min: 1.0,
                max: 240.0,
            },
            default: "25",
            doc: "Frames per second (calibrated; measured at 10 to 30).",
        },
        Key {
            path: "encoder.content",
            kind: Kind::Text,
            default: "mixed",
            doc: "Content (calibrated): `mixed`, each video its own draw, or a source of the calibration, such as bbb (animation), tos (live action), vtest (fixed camera), titles (motion graphics).",
        },
        Key {
            path: "encoder.source_gop_s",
            kind: Kind::Float {
                min: 0.0,
                max: 600.0,
            },
            default: "0",
            doc: "Distance of the source's key frames in seconds; 0 if it can be cut anywhere. Chunks that are no multiple need an encode of the whole source before (calibrated).",
        },
        Key {
            path: "encoder.threads",
            kind: Kind::Int { min: 1, max: 64 },
            default: "1",
            doc: "Threads of one encoding process (calibrated): two are 1.40 times as fast as one.",
        },
        Key {
            path: "encoder.k",
            kind: Kind::Float {
                min: 0.01,
                max: 100.0,
            },
            default: "1.6",
            doc: "CPU seconds of one vCPU of the target per CPU second of the calibrated core (a guess: lognormal, median 1.6, sigma 0.25, so 1.06 to 2.41 with 90 %; make it an axis, or measure it with `sim calibrate --anchors-only`).",
        },
    ],
};

/// A chunk to be encoded.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    pub execution: u32,
    /// Its place in the video.
    pub index: u32,
    /// Where it begins in the video, and its length.
    pub from_s: f64,
    pub seconds: f64,
    /// Lines of the output, if not those of the scenario.
    pub height: Option<f64>,
}

/// What encoding a chunk takes and gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Encoded {
    pub work: Work,
    /// Size of the encoded chunk; `None` if the law does not say.
    pub bytes: Option<u64>,
}

/// How encoding spends its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    /// Waiting, as a simulated encoder does.
    Sleep(Duration),
    /// CPU time of one vCPU.
    Compute(Duration),
    /// The same of several threads, after a part that only one can do.
    Threads {
        serial: Duration,
        each: Duration,
        threads: u32,
    },
}

/// A law of encoding time.
#[derive(Clone, Debug)]
pub enum Encoder {
    Calibrated(Box<calibrated::Calibrated>),
    Replay(Box<replay::Replay>),
    Study,
    Constant(constant::Constant),
    Lognormal(lognormal::Lognormal),
    Drawn(drawn::Drawn),
}

impl Encoder {
    /// The law that the scenario names. `model` is the calibration of `encoder.file`.
    pub fn new(settings: &Settings, model: Option<&Arc<model::Model>>) -> Result<Encoder, String> {
        Ok(match settings.text("encoder.law") {
            "constant" => Encoder::Constant(constant::Constant::new(settings)),
            "lognormal" => Encoder::Lognormal(lognormal::Lognormal::new(settings)),
            "study" => Encoder::Study,
            "drawn" => Encoder::Drawn(drawn::Drawn::new(settings)),
            law => {
                let model = model.map_or_else(model::Model::reference, Arc::clone);
                match law {
                    "replay" => Encoder::Replay(Box::new(replay::Replay::new(settings, &model)?)),
                    _ => {
                        let law = calibrated::Calibrated::new(settings, &model)?;
                        Encoder::Calibrated(Box::new(law))
                    }
                }
            }
        })
    }

    /// What encoding a chunk takes and gives. The draw belongs to the chunk, not to the body:
    /// encoding it again takes as long.
    pub fn chunk(&self, chunk: &Chunk, at: At, streams: &Streams) -> Encoded {
        let unsized_work = |work| Encoded { work, bytes: None };
        match self {
            Encoder::Calibrated(law) => law.chunk(chunk, streams),
            Encoder::Replay(law) => law.chunk(chunk, streams),
            Encoder::Study => unsized_work(study::work(chunk.seconds)),
            Encoder::Constant(law) => unsized_work(law.work(chunk.seconds)),
            Encoder::Lognormal(law) => unsized_work(law.work(chunk.seconds, at, streams)),
            Encoder::Drawn(law) => unsized_work(law.work(at, streams)),
        }
    }

    /// The measured model, if the law rests on it.
    fn measured(&self) -> Option<&calibrated::Calibrated> {
        match self {
            Encoder::Calibrated(law) => Some(law),
            Encoder::Replay(law) => Some(&law.model),
            _ => None,
        }
    }

    /// Work of cutting a source into chunks, if the law says.
    pub fn split(&self, length_s: f64, chunks: u32) -> Option<Work> {
        Some(self.measured()?.split(length_s, chunks))
    }

    /// Bytes of a source's chunks against the source's own.
    pub fn source_ratio(&self, chunk_s: f64) -> f64 {
        self.measured().map_or(1.0, |law| law.source_ratio(chunk_s))
    }

    /// Work of joining segments, if the law says.
    pub fn join(&self, segments: usize) -> Option<Work> {
        Some(self.measured()?.join(segments))
    }

    /// Loss of PSNR (dB) of chunks against an encode of the whole, if the law says.
    pub fn psnr_loss_db(&self, chunk_s: f64) -> Option<f64> {
        Some(self.measured()?.psnr_loss_db(chunk_s))
    }
}
