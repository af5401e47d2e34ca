//! Keys of the video workflow.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "video",
    doc: "A video cut into chunks that are encoded side by side or in turn and assembled in order.",
    keys: &[
        Key {
            path: "video.length_s",
            kind: Kind::Float {
                min: 0.04,
                max: 86_400.0,
            },
            default: "10",
            doc: "Length of the video in seconds.",
        },
        Key {
            path: "video.chunk_s",
            kind: Kind::Float {
                min: 0.04,
                max: 86_400.0,
            },
            default: "1",
            doc: "Length of a chunk in seconds; the last one may be shorter.",
        },
        Key {
            path: "video.order",
            kind: Kind::Choice(&["parallel", "sequential"]),
            default: "parallel",
            doc: "Encode chunks side by side (a map) or one step after the other.",
        },
        Key {
            path: "video.max_concurrency",
            kind: Kind::Int {
                min: 0,
                max: 10_000,
            },
            default: "0",
            doc: "Chunks in flight at once when parallel; 0 for no limit.",
        },
        Key {
            path: "video.validate_ms",
            kind: Kind::Law,
            default: "22",
            doc: "Time to validate, in ms (22 ms: WOSC 2026 study, validate function).",
        },
        Key {
            path: "video.split_ms",
            kind: Kind::Law,
            default: "20",
            doc: "Time to cut the video into chunks, in ms (20 ms: WOSC 2026 study, split function).",
        },
        Key {
            path: "video.assemble_ms",
            kind: Kind::Law,
            default: "200",
            doc: "Time to join the segments, in ms (200 ms: WOSC 2026 study, merge).",
        },
        Key {
            path: "video.register",
            kind: Kind::Bool,
            default: "false",
            doc: "A step before that registers the job, and one after that reports it done, as in the WOSC 2026 study.",
        },
        Key {
            path: "video.register_ms",
            kind: Kind::Law,
            default: "36",
            doc: "Time to register the job, in ms (36 ms: WOSC 2026 study, init function).",
        },
        Key {
            path: "video.media",
            kind: Kind::Choice(&["objects", "none"]),
            default: "objects",
            doc: "Whether bodies move media through the object store, or only pass small results on.",
        },
        Key {
            path: "video.source_kb_per_s",
            kind: Kind::Float { min: 0.0, max: 1e6 },
            default: "1000",
            doc: "Source size per second of video, in kB (assumption: 8 Mbit/s).",
        },
        Key {
            path: "video.output_kb_per_s",
            kind: Kind::Float { min: 0.0, max: 1e6 },
            default: "250",
            doc: "Encoded size per second of video, in kB (assumption: 2 Mbit/s).",
        },
    ],
};
