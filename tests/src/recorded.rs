//! Counts of the durable engine beside those of AWS's own SDKs, which `tests/recorded` ran and counted.

use crate::{Case, Ran};
use models::records::Measure;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

/// What was counted, by the name of its column.
const COUNTS: [(&str, Measure); 5] = [
    ("updates", Measure::CheckpointUpdates),
    ("requests", Measure::CheckpointRequests),
    ("invocations", Measure::Invocations),
    ("operations", Measure::DurableOperations),
    ("bodies", Measure::Bodies),
];

/// Who was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sdk {
    Python,
    Js,
}

impl Sdk {
    /// The SDK of that name, as in `durable.sdk`.
    pub fn named(name: &str) -> Option<Sdk> {
        [Sdk::Python, Sdk::Js]
            .into_iter()
            .find(|sdk| sdk.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Sdk::Python => "python",
            Sdk::Js => "js",
        }
    }

    /// Milliseconds that a request took when it was recorded.
    fn checkpoint_ms(self) -> &'static str {
        match self {
            Sdk::Python => "5",
            Sdk::Js => "30",
        }
    }

    /// The same with what a request takes besides, which differs from one to the next. Read off recordings.
    fn jittered_ms(self) -> &'static str {
        match self {
            Sdk::Python => "uniform(4.8, 8)",
            Sdk::Js => "uniform(30, 36)",
        }
    }
}

/// One program and what the SDK did.
#[derive(Debug)]
pub struct Row<'t> {
    /// The line it stands in.
    pub line: &'t str,
    cells: BTreeMap<&'t str, &'t str>,
}

/// The rows of a recording.
pub fn rows(text: &str) -> Vec<Row<'_>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let row = |line| Row {
        line,
        cells: header.iter().copied().zip(str::split(line, ',')).collect(),
    };
    lines.map(row).collect()
}

/// A count, or an outcome, that is not the recorded one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name of its column.
    pub what: &'static str,
    pub ours: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.ours)
    }
}

impl Row<'_> {
    /// What differs where every request takes the same time.
    pub fn differences(&self, sdk: Sdk) -> Vec<Difference> {
        self.apart_from(&self.run(sdk, sdk.checkpoint_ms(), 0))
    }

    /// The same, or nothing if one of `tries` runs whose requests take a little more or less agrees in every count.
    ///
    /// Where many things are under way, sums of the same times fall together in the model to the nanosecond, and
    /// which of two things is first decides a count. In a recording a millisecond here or there decides it.
    pub fn differences_in(&self, sdk: Sdk, tries: u64) -> Vec<Difference> {
        let first = self.differences(sdk);
        let agrees = |replicate| {
            let ran = self.run(sdk, sdk.jittered_ms(), replicate);
            self.apart_from(&ran).is_empty()
        };
        match first.is_empty() || (0..tries).any(agrees) {
            true => Vec::new(),
            false => first,
        }
    }

    fn run(&self, sdk: Sdk, checkpoint_ms: &str, replicate: u64) -> Ran {
        let cell = |name| self.cells[name];
        let mut case = Case::new("program", "durable")
            .set("durable.sdk", sdk.name())
            .set("durable.semantics", cell("semantics"))
            .set("durable.nesting", cell("nesting"))
            .set("durable.retry_attempts", cell("attempts"))
            .set("durable.retry_initial_s", "1")
            .set("durable.retry_rate", "1")
            .set("durable.retry_jitter", "none")
            .set("program.text", cell("program"))
            .set("program.body_ms", cell("body_ms"))
            .set("program.poll_s", "1")
            .platform("durable.checkpoint_ms", checkpoint_ms)
            // What ends at one instant is there when the next invocation begins.
            .platform("durable.resume_ms", "2")
            .replicate(replicate);
        for pair in cell("failing").split_whitespace() {
            let (step, times) = pair.split_once(':').expect("step:times");
            let outcomes = "F".repeat(times.parse().expect("times"));
            let step = format!("step-{step}");
            case = case.fault("outcome", &[("step", &step), ("outcomes", &outcomes)]);
        }
        let crashes = self.cells.get("crash").copied().unwrap_or_default();
        for crash in crashes.split_whitespace() {
            let (phase, occurrence) = crash.split_once(':').expect("phase:occurrence");
            let point = format!("durable.checkpoint.{phase}");
            case = case
                .fault("crash", &[("point", &point), ("occurrence", occurrence)])
                .platform("durable.retry_base_s", "0");
        }
        case.run()
    }

    fn apart_from(&self, ran: &Ran) -> Vec<Difference> {
        let outcome = &ran.record.outcome;
        let mut statuses = self.cells["status"].split("..");
        let status = statuses
            .all(|status| status != outcome)
            .then(|| Difference {
                what: "status",
                ours: outcome.clone(),
            });
        let counts = COUNTS
            .iter()
            .map(|(what, measure)| (*what, ran.count(*measure)));
        let apart = counts.filter(|(what, ours)| !self.recorded(what).contains(ours));
        let apart = apart.map(|(what, ours)| Difference {
            what,
            ours: ours.to_string(),
        });
        status.into_iter().chain(apart).collect()
    }

    /// A count that differed from run to run of the SDK is a range.
    fn recorded(&self, what: &str) -> RangeInclusive<u64> {
        let cell = self.cells[what];
        let (low, high) = cell.split_once("..").unwrap_or((cell, cell));
        low.parse().expect(what)..=high.parse().expect(what)
    }
}
