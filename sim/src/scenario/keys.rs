//! The keys of a scenario that belong to no workflow, engine, service or fault kind.

use models::registry::{ENGINES, WORKFLOWS, keys};
use models::settings::{Key, Kind};

/// Keys with one value for the whole scenario.
pub const SCENARIO: &[Key] = &[
    Key {
        path: "title",
        kind: Kind::Text,
        default: "",
        doc: "One line for people.",
    },
    Key {
        path: "question",
        kind: Kind::Text,
        default: "",
        doc: "What the scenario answers.",
    },
    Key {
        path: "seed",
        kind: Kind::Int {
            min: 0,
            max: i64::MAX,
        },
        default: "1",
        doc: "Seed of every random stream.",
    },
    Key {
        path: "replicates",
        kind: Kind::Int {
            min: 1,
            max: 10_000_000,
        },
        default: "100",
        doc: "Runs per cell; the same replicate has the same random draws in every cell.",
    },
    Key {
        path: "budget.virtual_days",
        kind: Kind::Float {
            min: 1e-6,
            max: 36_500.0,
        },
        default: "400",
        doc: "A run that lasts longer in virtual time is stopped, and marked as over budget.",
    },
    Key {
        path: "budget.steps",
        kind: Kind::Int {
            min: 1,
            max: i64::MAX,
        },
        default: "50000000",
        doc: "A run with more crossings of the host boundary is stopped, and marked as over budget.",
    },
];

/// Keys whose values are names, checked by code of their own.
pub const NAMES: &[(&str, &str)] = &[
    ("workflow", "The program, or a list of them."),
    ("engine", "The recovery semantics, or a list of them."),
    (
        "require",
        "Fault kinds that must fire where they are set up; a run or cell without is invalid.",
    ),
    (
        "platform.file",
        "Latencies and limits: NAME of platforms/NAME.toml or built in, or a path that ends with .toml.",
    ),
    (
        "prices.file",
        "Prices: NAME of prices/NAME.toml or built in, or a path that ends with .toml.",
    ),
];

/// Every key with one value for the whole scenario.
pub fn own() -> impl Iterator<Item = Key> {
    let check = crate::check::keys::CHECK.iter();
    let case = crate::check::keys::CASE.iter();
    SCENARIO.iter().chain(check).chain(case).copied()
}

/// Keys of one `[[figure]]`.
pub const FIGURE: &[Key] = &[
    figure("name", "", "Name of the file in `figures/`."),
    figure("kind", "lines", "What is drawn (`sim list figures`)."),
    figure("title", "", "Heading."),
    figure("caption", "", "What there is to see."),
    figure(
        "x",
        "",
        "The axis, `workflow` or `engine` along the abscissa.",
    ),
    scale("x_scale", "Scale of the abscissa."),
    scale("y_scale", "Scale of the ordinate."),
    figure(
        "facet",
        "",
        "One panel for each value of this axis, or for each `metric`.",
    ),
    figure(
        "band",
        "",
        "An axis of numbers whose values make a band about the line of the middle one, in the place of 95 % intervals (lines).",
    ),
];

/// Keys of a `[[figure]]` that are lists or tables.
pub const FIGURE_LISTS: &[(&str, &str)] = &[
    (
        "metrics",
        "Columns of the results (`sim list metrics`): means, or quantiles with `.p50`, `.p95`, `.p99`.",
    ),
    (
        "where",
        "Only cells with these values (or without the key): `where = { \"engine\" = \"durable\" }`.",
    ),
];

const fn figure(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Text,
        default,
        doc,
    }
}

const fn scale(path: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Choice(&["linear", "log"]),
        default: "linear",
        doc,
    }
}

/// A key of a workflow, engine, service or fault kind.
pub fn declared(path: &str) -> Option<Key> {
    keys().find(|key| key.path == path)
}

/// Every path that a scenario may set outside of lists of tables.
pub fn paths() -> impl Iterator<Item = &'static str> {
    let own = own().map(|key| key.path);
    let names = NAMES.iter().map(|(path, _)| *path);
    own.chain(names).chain(keys().map(|key| key.path))
}

/// The workflow or engine that a path belongs to.
pub fn owner(path: &str) -> super::Target {
    let head = path.split('.').next().unwrap_or_default();
    let find = |entries: &[models::registry::Entry]| {
        entries.iter().map(|e| e.name).find(|name| *name == head)
    };
    match (find(WORKFLOWS), find(ENGINES)) {
        (Some(name), _) => super::Target::Workflow(name),
        (_, Some(name)) => super::Target::Engine(name),
        _ => super::Target::Common,
    }
}
