//! Faults as data: what goes wrong, where and when.

mod network;
pub mod plan;
mod rule;

use crate::registry::FaultKind;
use crate::settings::{Key, Kind};

const PROBABILITY: Kind = Kind::Float { min: 0.0, max: 1.0 };
const SECONDS: Kind = Kind::Float { min: 0.0, max: 1e9 };
const ANY: Kind = Kind::Int {
    min: 0,
    max: i64::MAX,
};

const fn rate(path: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: PROBABILITY,
        default: "0",
        doc,
    }
}
const fn text(path: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Text,
        default: "",
        doc,
    }
}
const fn seconds(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: SECONDS,
        default,
        doc,
    }
}
const OCCURRENCE: Key = Key {
    path: "occurrence",
    kind: ANY,
    default: "0",
    doc: "The how-manieth crossing that matches, from 1; 0 for every one.",
};
const TIMES: Key = Key {
    path: "times",
    kind: ANY,
    default: "1",
    doc: "How often it fires at most; 0 for no limit.",
};
const POINT: Key = text(
    "point",
    "Name of the crash point, `*` for any part: `body.start`, `durable.checkpoint.*` (`sim list points`).",
);
const STEP: Key = text(
    "step",
    "Name of the step, `*` for any part; empty for any step.",
);
const CHANCE: Key = Key {
    path: "probability",
    kind: PROBABILITY,
    default: "1",
    doc: "Chance that it fires at a crossing that matches.",
};

const FROM: Key = text(
    "from",
    "`worker`, `client` or a service: `kv`, `object`, `durable`, `function`, `orchestrator`, or a provider: `llm`, `tts`, `image`, `llm_backup`, `tts_backup`, `image_backup`.",
);
const TO: Key = text("to", "The other party.");
const BOTH_WAYS: Key = Key {
    path: "both_ways",
    kind: Kind::Bool,
    default: "true",
    doc: "Both directions, or only from `from` to `to`.",
};

/// The table of fault kinds.
pub const KINDS: &[FaultKind] = &[
    FaultKind {
        name: "fail_rate",
        doc: "A body raises, before or after its effect.",
        rates: &[rate("faults.fail_rate", "Chance that a body raises.")],
        modifiers: &[
            rate(
                "faults.fail_after_effect",
                "Share of the raising bodies that had their effect before.",
            ),
            seconds(
                "faults.until_s",
                "0",
                "From this time on no fault is drawn from a rate any more, whatever its kind, in seconds; 0 for never.",
            ),
        ],
        entry: &[],
    },
    FaultKind {
        name: "outcome",
        doc: "The outcomes of a step written out.",
        rates: &[],
        modifiers: &[],
        entry: &[
            text("step", "Name of the step, `*` for any part."),
            text(
                "outcomes",
                "One letter a turn: `F` raises, `S` succeeds, `P` raises for good (not retried); after the last letter it succeeds.",
            ),
            Key {
                path: "by",
                kind: Kind::Choice(&["attempt", "body"]),
                default: "attempt",
                doc: "Whether a turn is an attempt, as the retry policy counts, or an entry into the code: a crash can make several bodies of one attempt.",
            },
            Key {
                path: "when",
                kind: Kind::Choice(&["before", "after"]),
                default: "before",
                doc: "Whether a raising body has had its effect.",
            },
        ],
    },
    FaultKind {
        name: "crash",
        doc: "A worker dies at a crash point, at a rate per body, at a rate per busy hour, or at a time.",
        rates: &[
            rate(
                "faults.crash_rate",
                "Chance that a body's worker dies, at its start, before its effect, after it or at its end, each as likely.",
            ),
            Key {
                path: "faults.crash_per_hour",
                kind: Kind::Float { min: 0.0, max: 1e6 },
                default: "0",
                doc: "Crashes per hour that a worker is busy (exponential). A worker process of `queue` counts as busy as long as it is up.",
            },
        ],
        modifiers: &[seconds(
            "faults.restart_s",
            "0",
            "Time that a crashed worker's place stays down, in seconds.",
        )],
        entry: &[
            POINT,
            STEP,
            OCCURRENCE,
            TIMES,
            CHANCE,
            seconds(
                "at_s",
                "0",
                "At this time instead of at a point: the busy worker with the lowest number dies. 0 for not by time.",
            ),
        ],
    },
    FaultKind {
        name: "freeze",
        doc: "A worker stops, is given up, and comes back later (a zombie).",
        rates: &[],
        modifiers: &[],
        entry: &[
            POINT,
            STEP,
            OCCURRENCE,
            TIMES,
            CHANCE,
            seconds("for_s", "10", "How long it stands still, in seconds."),
            seconds(
                "given_up_after_s",
                "1",
                "When its invocation is given up and started again, in seconds.",
            ),
        ],
    },
    FaultKind {
        name: "lost_ack",
        doc: "A request is applied, its answer is lost; the caller sees a time-out.",
        rates: &[rate(
            "faults.lost_ack_rate",
            "Chance for each request to a store.",
        )],
        modifiers: &[],
        entry: &[
            text(
                "request",
                "Which request, `*` for any part: `kv.put`, `durable.checkpoint`.",
            ),
            STEP,
            OCCURRENCE,
            TIMES,
            CHANCE,
        ],
    },
    FaultKind {
        name: "error",
        doc: "A service answers with an error and does nothing.",
        rates: &[rate(
            "faults.error_rate",
            "Chance for each request to a store.",
        )],
        modifiers: &[],
        entry: &[
            text("request", "Which request, `*` for any part."),
            STEP,
            OCCURRENCE,
            TIMES,
            CHANCE,
        ],
    },
    FaultKind {
        name: "network_delay",
        doc: "Messages take longer.",
        rates: &[Key {
            path: "faults.delay_ms",
            kind: Kind::Law,
            default: "0",
            doc: "Added to each message, each way, in milliseconds.",
        }],
        modifiers: &[],
        entry: &[
            FROM,
            TO,
            BOTH_WAYS,
            Key {
                path: "delay_ms",
                kind: Kind::Law,
                default: "50",
                doc: "Added to each message on this link, in milliseconds.",
            },
        ],
    },
    FaultKind {
        name: "loss",
        doc: "A message is lost; the caller sees a time-out.",
        rates: &[rate("faults.loss_rate", "Chance for each message.")],
        modifiers: &[],
        entry: &[
            FROM,
            TO,
            BOTH_WAYS,
            Key {
                path: "probability",
                kind: PROBABILITY,
                default: "0.1",
                doc: "Chance for each message on this link.",
            },
        ],
    },
    FaultKind {
        name: "duplication",
        doc: "A request arrives twice.",
        rates: &[rate("faults.duplicate_rate", "Chance for each request.")],
        modifiers: &[],
        entry: &[],
    },
    FaultKind {
        name: "reordering",
        doc: "A message is held back so that later ones overtake it.",
        rates: &[rate("faults.reorder_rate", "Chance for each message.")],
        modifiers: &[Key {
            path: "faults.reorder_ms",
            kind: Kind::Law,
            default: "50",
            doc: "How long it is held back, in milliseconds.",
        }],
        entry: &[],
    },
    FaultKind {
        name: "cut",
        doc: "No message passes between two parties for a while, in one or both directions.",
        rates: &[],
        modifiers: &[],
        entry: &[
            FROM,
            TO,
            BOTH_WAYS,
            seconds("start_s", "0", "When it begins, in seconds."),
            seconds("end_s", "10", "When it heals, in seconds."),
            text(
                "request",
                "It begins when this request leaves instead of at `start_s`. Without `from` and `to` it is between the request's sender and its service; one way is then what the service answers.",
            ),
            STEP,
            OCCURRENCE,
            TIMES,
            CHANCE,
            seconds("for_s", "10", "How long it then lasts, in seconds."),
        ],
    },
    FaultKind {
        name: "outage",
        doc: "A service refuses every request for a while.",
        rates: &[],
        modifiers: &[],
        entry: &[
            text(
                "service",
                "`kv`, `object`, `durable`, `function`, `orchestrator`, or a provider: `llm`, `tts`, `image`, `llm_backup`, `tts_backup`, `image_backup`.",
            ),
            seconds("start_s", "0", "When it begins, in seconds."),
            seconds("end_s", "10", "When it ends, in seconds."),
        ],
    },
    FaultKind {
        name: "duplicate_start",
        doc: "The same execution is started again.",
        rates: &[rate(
            "faults.duplicate_start_rate",
            "Chance for each execution to be started twice.",
        )],
        modifiers: &[],
        entry: &[
            Key {
                path: "copies",
                kind: Kind::Int { min: 1, max: 100 },
                default: "1",
                doc: "Further starts.",
            },
            seconds("after_s", "0", "Time after the first start, in seconds."),
        ],
    },
    FaultKind {
        name: "duplicate_event",
        doc: "The function platform delivers an asynchronous event twice; the rate is row `function.async_duplicate` of the platform file.",
        rates: &[],
        modifiers: &[],
        entry: &[],
    },
];

/// One `[[faults.<kind>]]` entry of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultSpec {
    /// Name of the kind, as in [`KINDS`].
    pub kind: &'static str,
    /// The entry's keys, relative to it, defaults filled in.
    pub settings: crate::settings::Settings,
}
