//! Keys `provider.*`.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

const RATE: Kind = Kind::Float { min: 0.0, max: 1.0 };

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "provider",
    doc: "Providers of text, speech and pictures and those that stand in for them; their latencies, limits and prices are rows `provider.*` of the platform and price files.",
    keys: &[
        Key {
            path: "provider.error_rate",
            kind: RATE,
            default: "0",
            doc: "Chance that a provider fails at a question (5xx); counts as the fault `error`.",
        },
        Key {
            path: "provider.backup_error_rate",
            kind: RATE,
            default: "0",
            doc: "The same of the providers that stand in.",
        },
        Key {
            path: "provider.failing",
            kind: Kind::Choice(&["all", "llm", "tts", "image"]),
            default: "all",
            doc: "Which providers the error rates are about.",
        },
        Key {
            path: "provider.rejection_rate",
            kind: RATE,
            default: "0",
            doc: "Chance that a question is one that a provider never answers (400).",
        },
        Key {
            path: "provider.fallback",
            kind: Kind::Bool,
            default: "true",
            doc: "A question that its provider fails at, or that the breaker keeps back, is put to the provider that stands in.",
        },
    ],
};
