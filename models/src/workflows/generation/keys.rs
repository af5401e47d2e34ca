//! Keys `generation.*`.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

const fn time_out(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Float { min: 0.0, max: 1e6 },
        default,
        doc,
    }
}

const fn retries(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Int { min: 0, max: 100 },
        default,
        doc,
    }
}

const RATE: Kind = Kind::Float { min: 0.0, max: 1.0 };

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "generation",
    doc: "A video made from a brief in five stages: brief, script, voice, visuals (optional), composition; content comes from providers. On engines with a context.",
    keys: &[
        Key {
            path: "generation.length_s",
            kind: Kind::Float {
                min: 1.0,
                max: 3_600.0,
            },
            default: "60",
            doc: "Length of the video in seconds.",
        },
        Key {
            path: "generation.scene_s",
            kind: Kind::Float {
                min: 1.0,
                max: 3_600.0,
            },
            default: "8",
            doc: "Length of a scene in seconds (assumption): each has a clip of speech and a picture.",
        },
        Key {
            path: "generation.brief_ms",
            kind: Kind::Law,
            default: "200",
            doc: "Time to check the brief and what the system has, in ms (assumption).",
        },
        Key {
            path: "generation.words_per_minute",
            kind: Kind::Float {
                min: 1.0,
                max: 1_000.0,
            },
            default: "150",
            doc: "Speed of the narration (assumption: the usual one of narrators); six characters and 1.33 tokens to a word.",
        },
        Key {
            path: "generation.script_tokens_per_word",
            kind: Kind::Float { min: 0.1, max: 1e3 },
            default: "3",
            doc: "Tokens asked for to a word of narration (assumption: 1.33 for the word, the rest for scenes and directions).",
        },
        Key {
            path: "generation.visuals",
            kind: Kind::Choice(&["provider", "none"]),
            default: "provider",
            doc: "Whether there is a provider of pictures; without one the stage is skipped.",
        },
        Key {
            path: "generation.picture_kb",
            kind: Kind::Float { min: 0.0, max: 1e6 },
            default: "1500",
            doc: "Size of a picture in kB (assumption: 1024 x 1024, PNG).",
        },
        Key {
            path: "generation.speech_kb_per_s",
            kind: Kind::Float { min: 0.0, max: 1e6 },
            default: "16",
            doc: "Size of speech in kB/s (assumption: 128 kbit/s).",
        },
        Key {
            path: "generation.output_kb_per_s",
            kind: Kind::Float { min: 0.0, max: 1e6 },
            default: "250",
            doc: "Encoded size in kB per second of video, where the law of encoding times gives none (assumption: 2 Mbit/s).",
        },
        Key {
            path: "generation.bad_brief_rate",
            kind: RATE,
            default: "0",
            doc: "Share of briefs that validation refuses; refused again if tried again.",
        },
        Key {
            path: "generation.bad_content_rate",
            kind: RATE,
            default: "0",
            doc: "Chance that a script or a narration does not pass the validation of its stage, each attempt anew.",
        },
        time_out(
            "generation.brief_timeout_s",
            "30",
            "Longest attempt at the brief, in seconds; 0 for no limit.",
        ),
        time_out(
            "generation.script_timeout_s",
            "120",
            "The same of the script.",
        ),
        time_out(
            "generation.voice_timeout_s",
            "180",
            "The same of the voice.",
        ),
        time_out(
            "generation.visuals_timeout_s",
            "300",
            "The same of the visuals.",
        ),
        time_out(
            "generation.composition_timeout_s",
            "600",
            "The same of the composition.",
        ),
        retries(
            "generation.script_retries",
            "2",
            "Attempts at the script after the first.",
        ),
        retries("generation.voice_retries", "3", "The same of the voice."),
        retries(
            "generation.visuals_retries",
            "2",
            "The same of the visuals.",
        ),
        retries(
            "generation.composition_retries",
            "0",
            "The same of the composition: none, it is expensive.",
        ),
    ],
};
