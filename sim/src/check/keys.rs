//! Keys of `[check]`, which say how claims are searched, and of `[case]`, which says what was found.

use models::settings::{Key, Kind};

const fn whole(path: &'static str, default: &'static str, max: i64, doc: &'static str) -> Key {
    let kind = Kind::Int { min: 0, max };
    Key {
        path,
        kind,
        default,
        doc,
    }
}

const fn seconds(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    let kind = Kind::Float { min: 0.0, max: 1e9 };
    Key {
        path,
        kind,
        default,
        doc,
    }
}

const fn text(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    let kind = Kind::Text;
    Key {
        path,
        kind,
        default,
        doc,
    }
}

/// Keys of `[check]`.
pub const CHECK: &[Key] = &[
    text(
        "check.kinds",
        "crash, error, lost_ack, partition, one_way_partition, duplicate_start, short_freeze, freeze",
        "Kinds of faults to try, separated by commas.",
    ),
    whole(
        "check.depth",
        "2",
        4,
        "Longest combination of crashes that is tried at every boundary; other kinds are tried alone.",
    ),
    whole(
        "check.schedules",
        "1",
        1_000_000,
        "Orders of tasks that are ready at the same instant, tried for every plan.",
    ),
    whole(
        "check.plans_max",
        "20000",
        100_000_000,
        "Most plans of one kind and length in a cell; if there are more, they are tried evenly spread.",
    ),
    whole("check.random", "200", 100_000_000, "Random plans per cell."),
    whole(
        "check.swarm",
        "200",
        100_000_000,
        "Random plans per cell, each with a random subset of the kinds.",
    ),
    Key {
        path: "check.rate",
        kind: Kind::Float { min: 0.0, max: 1.0 },
        default: "0.02",
        doc: "Chance of a fault at each boundary of a random plan.",
    },
    seconds(
        "check.freeze_s",
        "10",
        "How long a frozen worker stands still, in seconds.",
    ),
    seconds(
        "check.short_freeze_s",
        "2",
        "How long a worker that is frozen shortly stands still, in seconds.",
    ),
    seconds(
        "check.given_up_s",
        "1",
        "When a frozen worker is given up, in seconds.",
    ),
    seconds(
        "check.partition_s",
        "3",
        "How long a link is cut, in seconds.",
    ),
    seconds(
        "check.progress_s",
        "900",
        "Bound of the claim `progress`, in seconds after the last fault.",
    ),
    text(
        "check.expect",
        "",
        "Names of claims that must be found violated, separated by commas: the scenario is a test of their checkers.",
    ),
    text(
        "check.mended",
        "",
        "A setting, `KEY=VALUE`, with which none of `check.expect` may be found violated: it is searched as well.",
    ),
];

/// Keys of `[case]`, written by `sim check`.
pub const CASE: &[Key] = &[
    text("case.claim", "", "Name of the violated claim."),
    text("case.verdict", "", "What the check said."),
    text("case.witness", "", "What was seen."),
    text("case.build", "", "The build that found it."),
    whole("case.replicate", "0", i64::MAX, "Replicate of the run."),
    whole(
        "case.schedule_seed",
        "1",
        i64::MAX,
        "Seed of the order of tasks that are ready at the same instant.",
    ),
];
