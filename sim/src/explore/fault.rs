//! One fault of a plan: its kind and its coordinate.

use super::subject::Lengths;
use models::faults::FaultSpec;
use models::point::{Phase, Point};
use models::registry::FAULTS;
use models::settings::{Setting, Settings};
use std::fmt;
use std::time::Duration;

/// What happens, simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The worker dies.
    Crash,
    /// The service answers with an error and does nothing.
    Error,
    /// The request is applied, its answer is lost.
    LostAck,
    /// The request, and everything between its sender and its service for a while, is lost.
    Partition,
    /// The same, but only what the service answers is lost.
    OneWayPartition,
    /// The execution is started a second time.
    DuplicateStart,
    /// The worker stands still, is given up, and comes back soon after.
    ShortFreeze,
    /// The same, and it comes back late.
    Freeze,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::Crash,
        Kind::Error,
        Kind::LostAck,
        Kind::Partition,
        Kind::OneWayPartition,
        Kind::DuplicateStart,
        Kind::ShortFreeze,
        Kind::Freeze,
    ];

    /// As options, tables and plans name it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Crash => "crash",
            Kind::Error => "error",
            Kind::LostAck => "lost_ack",
            Kind::Partition => "partition",
            Kind::OneWayPartition => "one_way_partition",
            Kind::DuplicateStart => "duplicate_start",
            Kind::ShortFreeze => "short_freeze",
            Kind::Freeze => "freeze",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The fault kind of scenarios.
    fn registered(self) -> &'static str {
        match self {
            Kind::ShortFreeze => "freeze",
            Kind::Partition | Kind::OneWayPartition => "cut",
            kind => kind.name(),
        }
    }

    /// Whether it strikes the worker that crosses a point.
    pub fn strikes(self) -> bool {
        matches!(self, Kind::Crash | Kind::ShortFreeze | Kind::Freeze)
    }

    /// Whether it befalls a request.
    pub fn befalls(self) -> bool {
        matches!(
            self,
            Kind::Error | Kind::LostAck | Kind::Partition | Kind::OneWayPartition
        )
    }
}

/// Where a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The how-manieth crossing of a point by a worker; for requests, the how-manieth that left.
    Crossing(Point, u32),
    /// So long after the start.
    After(Duration),
}

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub place: Place,
}

impl Fault {
    /// As a written-out entry of a scenario.
    pub fn spec(&self, lengths: Lengths) -> FaultSpec {
        let kind = FAULTS
            .iter()
            .find(|kind| kind.name == self.kind.registered())
            .expect("a registered kind");
        let mut settings = Settings::defaults(kind.entry.iter().copied());
        for (key, value) in self.keys(lengths) {
            settings.set(key, value);
        }
        FaultSpec {
            kind: kind.name,
            settings,
        }
    }

    /// The keys of the entry that differ from their defaults.
    pub fn keys(&self, lengths: Lengths) -> Vec<(&'static str, Setting)> {
        let mut keys = Vec::new();
        match self.place {
            Place::Crossing(point, ordinal) => {
                let (key, name) = match (self.kind.befalls(), point.request()) {
                    (true, Some((request, _))) => ("request", request.name().to_owned()),
                    _ => ("point", point.to_string()),
                };
                keys.push((key, Setting::Text(name)));
                keys.push(("occurrence", Setting::Int(i64::from(ordinal))));
            }
            Place::After(time) => keys.push(("after_s", Setting::Float(time.as_secs_f64()))),
        }
        let seconds = |time: Duration| Setting::Float(time.as_secs_f64());
        let stands_still = match self.kind {
            Kind::Partition | Kind::OneWayPartition => {
                let both_ways = self.kind == Kind::Partition;
                keys.push(("both_ways", Setting::Bool(both_ways)));
                keys.push(("for_s", seconds(lengths.cut)));
                return keys;
            }
            Kind::ShortFreeze => lengths.short,
            Kind::Freeze => lengths.long,
            _ => return keys,
        };
        keys.push(("for_s", seconds(stands_still)));
        keys.push(("given_up_after_s", seconds(lengths.given_up)));
        keys
    }

    /// The name of the entry's list in a scenario.
    pub fn section(&self) -> String {
        format!("faults.{}", self.kind.registered())
    }

    /// Whether the coordinate makes sense for the kind.
    pub fn is_possible(&self) -> bool {
        match self.place {
            Place::After(_) => self.kind == Kind::DuplicateStart,
            Place::Crossing(point, _) if self.kind.befalls() => {
                matches!(point.request(), Some((_, Phase::Send)))
            }
            Place::Crossing(..) => self.kind.strikes(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.name();
        match self.place {
            Place::Crossing(point, ordinal) => match (self.kind.befalls(), point.request()) {
                (true, Some((request, _))) => write!(f, "{kind} {} #{ordinal}", request.name()),
                _ => write!(f, "{kind} {point} #{ordinal}"),
            },
            Place::After(time) => write!(f, "{kind} after {} s", time.as_secs_f64()),
        }
    }
}

/// A plan in one line.
pub fn show(plan: &[Fault]) -> String {
    match plan {
        [] => "no fault".to_owned(),
        plan => plan
            .iter()
            .map(Fault::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// The kinds in a plan: `none`, one name, or `mixed`.
pub fn label(plan: &[Fault]) -> &'static str {
    match plan {
        [] => "none",
        [first, rest @ ..] if rest.iter().all(|fault| fault.kind == first.kind) => {
            first.kind.name()
        }
        _ => "mixed",
    }
}
