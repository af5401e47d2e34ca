//! Keys of the ladder workflow.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

const fn replicas(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Int {
            min: 1,
            max: 100_000,
        },
        default,
        doc,
    }
}

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "ladder",
    doc: "A transcoding ladder: optional download, metadata, split at key frames, chunks x renditions side by side, a merge per rendition, clean-up.",
    keys: &[
        Key {
            path: "ladder.length_s",
            kind: Kind::Float {
                min: 0.04,
                max: 86_400.0,
            },
            default: "60",
            doc: "Length of the video in seconds.",
        },
        Key {
            path: "ladder.chunk_s",
            kind: Kind::Float {
                min: 0.04,
                max: 86_400.0,
            },
            default: "4",
            doc: "Length of a chunk in seconds; the last one may be shorter.",
        },
        Key {
            path: "ladder.renditions",
            kind: Kind::Text,
            default: "720p, 480p, 320p",
            doc: "Renditions by their lines, separated by commas.",
        },
        Key {
            path: "ladder.download",
            kind: Kind::Bool,
            default: "false",
            doc: "Fetch the source from elsewhere first; otherwise the client has uploaded it.",
        },
        Key {
            path: "ladder.download_ms",
            kind: Kind::Law,
            default: "5000",
            doc: "Time to fetch the source, in ms (assumption).",
        },
        Key {
            path: "ladder.metadata_ms",
            kind: Kind::Law,
            default: "100",
            doc: "Time to read the metadata once the source is there, in ms (assumption: one start of ffprobe).",
        },
        Key {
            path: "ladder.max_concurrency",
            kind: Kind::Int {
                min: 0,
                max: 10_000,
            },
            default: "0",
            doc: "Transcodes in flight at once; 0 for no limit.",
        },
        Key {
            path: "ladder.segment_names",
            kind: Kind::Choice(&["by_attempt", "shared"]),
            default: "by_attempt",
            doc: "Whether each attempt writes its segment under a name of its own, and the merge reads the one that was recorded; or all attempts write over each other.",
        },
        Key {
            path: "ladder.cleanup",
            kind: Kind::Choice(&["all", "chunks", "none"]),
            default: "all",
            doc: "`all`: source chunks, segments of attempts that were not recorded, and uploads that were cut off; `chunks`: the source chunks by name; `none`: nothing.",
        },
        replicas(
            "ladder.download_workers",
            "2",
            "Replicas of the download worker on `queue`.",
        ),
        replicas(
            "ladder.metadata_workers",
            "1",
            "Replicas of the metadata worker on `queue`.",
        ),
        replicas(
            "ladder.split_workers",
            "1",
            "Replicas of the split worker on `queue`, which also cleans up.",
        ),
        replicas(
            "ladder.transcode_workers",
            "4",
            "Replicas of the transcode worker on `queue`.",
        ),
        replicas(
            "ladder.merge_workers",
            "2",
            "Replicas of the merge worker on `queue`.",
        ),
    ],
};
