//! A fault plan in force: which of its faults fire at which crossing, and how often they did.
//!
//! The plan is compiled once per run from the scenario's rates and written-out entries. Nothing
//! here acts: it answers what should happen, and the host and the services do it.

use super::FaultSpec;
use super::network::{Message, Network};
use super::rule::{Action, Rule, first_hit, matching_points};
use crate::Law;
use crate::point::{At, Party, Point, RequestKind, fits};
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use std::collections::BTreeMap;
use std::time::Duration;

/// What happens to the worker that crosses a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strike {
    Crash,
    Freeze {
        stands_still: Duration,
        given_up_after: Duration,
    },
}

/// How a body is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Succeeds,
    /// Raises; `after_effect` tells whether its effect happened, `permanent` whether a retry is pointless.
    Raises {
        after_effect: bool,
        permanent: bool,
    },
}

/// What happens to a request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transit {
    Passes,
    /// It never arrives.
    RequestLost,
    /// It is applied, the answer never arrives.
    AnswerLost,
    /// The service answers with an error and does nothing.
    Error,
    /// It arrives twice.
    Twice,
}

/// Position of each fault kind in the counters.
macro_rules! kinds {
    ($($id:ident $name:literal)*) => {
        /// A fault kind, for counting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fired { $($id),* }
        const NAMES: &[&str] = &[$($name),*];
    };
}
kinds! {
    FailRate "fail_rate" Outcome "outcome" Crash "crash" Freeze "freeze" LostAck "lost_ack"
    Error "error" NetworkDelay "network_delay" Loss "loss" Duplication "duplication"
    Reordering "reordering" Cut "cut" Outage "outage" DuplicateStart "duplicate_start"
    DuplicateEvent "duplicate_event"
}

#[derive(Debug)]
struct Script {
    step: String,
    outcomes: Vec<u8>,
    by_attempt: bool,
    after_effect: bool,
}

/// How often each kind fired.
#[derive(Debug)]
pub(super) struct Counts {
    kinds: [u64; NAMES.len()],
    all: u64,
}

impl Counts {
    /// One more.
    pub fn add(&mut self, kind: Fired) {
        self.kinds[kind as usize] += 1;
        self.all += 1;
    }
}

/// The faults of one run.
#[derive(Debug)]
pub struct Faults {
    fail_rate: f64,
    fail_after_effect: f64,
    crash_rate: f64,
    crash_per_hour: f64,
    /// Time that a crashed worker's place stays down.
    pub restart: Duration,
    duplicate_start_rate: f64,
    rules: Vec<Rule>,
    network: Network,
    scripts: Vec<Script>,
    starts: Vec<(u64, Duration)>,
    /// Times at which a busy worker dies.
    pub crash_times: Vec<Duration>,
    watched: Vec<bool>,
    /// When the rates end.
    until: Duration,
    fired: Counts,
}

/// When the rates of a scenario end.
pub(super) fn until(settings: &Settings) -> Duration {
    match settings.number("faults.until_s") {
        0.0 => Duration::MAX,
        until => crate::time::seconds(until),
    }
}

impl Faults {
    /// Compiles the rates and entries of a scenario.
    pub fn new(settings: &Settings, entries: &[FaultSpec]) -> Faults {
        let rate = |key: &str| settings.number(&format!("faults.{key}"));
        let mut faults = Faults {
            fail_rate: rate("fail_rate"),
            fail_after_effect: rate("fail_after_effect"),
            crash_rate: rate("crash_rate"),
            crash_per_hour: rate("crash_per_hour"),
            restart: crate::time::seconds(rate("restart_s")),
            duplicate_start_rate: rate("duplicate_start_rate"),
            rules: Vec::new(),
            network: Network::new(settings),
            scripts: Vec::new(),
            starts: Vec::new(),
            crash_times: Vec::new(),
            watched: vec![false; Point::COUNT],
            until: until(settings),
            fired: Counts {
                kinds: [0; NAMES.len()],
                all: 0,
            },
        };
        for entry in entries {
            faults.add(entry);
        }
        for rule in &faults.rules {
            for (watched, point) in faults.watched.iter_mut().zip(&rule.points) {
                *watched |= point;
            }
        }
        faults
    }

    fn add(&mut self, entry: &FaultSpec) {
        let s = &entry.settings;
        match entry.kind {
            "crash" if s.seconds("at_s") > Duration::ZERO => {
                self.crash_times.push(s.seconds("at_s"))
            }
            "crash" => {
                let points = matching_points(s.text("point"));
                self.rules
                    .push(Rule::new(s, points, Action::Strike(Strike::Crash)));
            }
            "freeze" => {
                let strike = Strike::Freeze {
                    stands_still: s.seconds("for_s"),
                    given_up_after: s.seconds("given_up_after_s"),
                };
                let points = matching_points(s.text("point"));
                self.rules
                    .push(Rule::new(s, points, Action::Strike(strike)));
            }
            "outcome" => self.scripts.push(Script {
                step: s.text("step").to_owned(),
                outcomes: s.text("outcomes").bytes().collect(),
                by_attempt: s.text("by") == "attempt",
                after_effect: s.text("when") == "after",
            }),
            "duplicate_start" => self.starts.push((s.count("copies"), s.seconds("after_s"))),
            _ => self.network.add(entry),
        }
    }

    /// Counts a fault that happened.
    pub fn count(&mut self, kind: Fired) {
        self.fired.add(kind);
    }

    /// How often each kind fired.
    pub fn fired(&self) -> BTreeMap<&'static str, u64> {
        NAMES.iter().copied().zip(self.fired.kinds).collect()
    }

    /// How many faults fired in all.
    pub fn total(&self) -> u64 {
        self.fired.all
    }

    /// What strikes a worker that crosses this point.
    pub fn strike(&mut self, point: Point, at: At, streams: &Streams) -> Option<Strike> {
        if !self.watched[point.index()] {
            return None;
        }
        let Action::Strike(strike) = first_hit(&mut self.rules, point, at, streams)? else {
            unreachable!("rules of points strike workers")
        };
        self.count(match strike {
            Strike::Crash => Fired::Crash,
            Strike::Freeze { .. } => Fired::Freeze,
        });
        Some(strike)
    }

    /// Which points the plan looks at at all.
    pub fn watched(&self) -> Vec<bool> {
        self.watched.clone()
    }

    /// How body number `body` (from 1) of a step ends, on this attempt (from 1).
    pub fn fate(
        &mut self,
        at: At,
        attempt: u32,
        body: u32,
        now: Duration,
        streams: &Streams,
    ) -> Fate {
        if !self.scripts.is_empty() {
            if let Some(fate) = self.scripted(at, attempt, body) {
                return fate;
            }
        }
        if self.fail_rate == 0.0 || now >= self.until {
            return Fate::Succeeds;
        }
        self.drawn(at, body, streams)
    }

    /// What the script of a step says, if it has one.
    #[cold]
    fn scripted(&mut self, at: At, attempt: u32, body: u32) -> Option<Fate> {
        let name = at.step.to_string();
        let script = self.scripts.iter().find(|s| fits(&s.step, &name))?;
        let turn = if script.by_attempt { attempt } else { body };
        let letter = script.outcomes.get(turn as usize - 1).copied();
        let after_effect = script.after_effect;
        Some(match letter {
            Some(letter @ (b'F' | b'P')) => {
                self.count(Fired::Outcome);
                Fate::Raises {
                    after_effect,
                    permanent: letter == b'P',
                }
            }
            _ => Fate::Succeeds,
        })
    }

    /// What `fail_rate` says.
    fn drawn(&mut self, at: At, body: u32, streams: &Streams) -> Fate {
        let part = at.step.stamp();
        let entity = u64::from(at.execution);
        let turn = u64::from(body) * 2;
        if streams.pick(Purpose::Failure, entity, part, turn) >= self.fail_rate {
            return Fate::Succeeds;
        }
        self.count(Fired::FailRate);
        Fate::Raises {
            after_effect: streams.pick(Purpose::Failure, entity, part, turn + 1)
                < self.fail_after_effect,
            permanent: false,
        }
    }

    /// At which of its four points (0 start, 1 before the effect, 2 after it, 3 end) body number
    /// `body` loses its worker, by `crash_rate`.
    pub fn doom(&self, at: At, body: u32, now: Duration, streams: &Streams) -> Option<u8> {
        if self.crash_rate == 0.0 || now >= self.until {
            return None;
        }
        let part = at.step.stamp();
        let u = streams.pick(
            Purpose::Crash,
            u64::from(at.execution),
            part,
            u64::from(body),
        );
        (u < self.crash_rate).then(|| ((u / self.crash_rate * 4.0) as u8).min(3))
    }

    /// When a worker that becomes busy now dies, by `crash_per_hour`.
    pub fn hazard(&self, invocation: u64, now: Duration, streams: &Streams) -> Option<Duration> {
        if self.crash_per_hour == 0.0 {
            return None;
        }
        let hours = Law::Exponential {
            mean: 1.0 / self.crash_per_hour,
        }
        .quantile(streams.next(Purpose::Hazard, invocation));
        let time = now + crate::time::seconds(hours * 3600.0);
        (time < self.until).then_some(time)
    }

    /// What happens to a request, and how much longer its two messages take.
    pub fn transit(
        &mut self,
        kind: RequestKind,
        from: Party,
        at: At,
        now: Duration,
        streams: &Streams,
    ) -> (Transit, Duration, Duration) {
        let message = Message {
            kind,
            from,
            at,
            now,
        };
        self.network.transit(&message, streams, &mut self.fired)
    }

    /// Whether a service is out, which is then counted.
    pub fn is_out(&mut self, service: Party, now: Duration) -> bool {
        self.network.is_out(service, now, &mut self.fired)
    }

    /// Further starts of an execution: how long after the first.
    pub fn further_starts(&mut self, execution: u32, streams: &Streams) -> Vec<Duration> {
        let mut times: Vec<Duration> = Vec::new();
        for (copies, after) in &self.starts {
            times.extend((0..*copies).map(|_| *after));
        }
        let rate = self.duplicate_start_rate;
        if rate > 0.0 && streams.pick(Purpose::Load, u64::from(execution), 1, 0) < rate {
            times.push(Duration::ZERO);
        }
        times
    }
}

/// Problems of a written-out entry that its keys alone do not show.
pub fn check(entry: &FaultSpec) -> Result<(), (&'static str, String)> {
    let s = &entry.settings;
    let known_point = |key: &'static str, pattern: String| {
        let known = matching_points(&pattern).contains(&true);
        known.then_some(()).ok_or_else(|| {
            (
                key,
                format!("no crash point is named `{pattern}`; `sim list points` shows them"),
            )
        })
    };
    let known_request = |key: &'static str, pattern: &str| {
        let known = matching_points(&format!("{pattern}.send")).contains(&true);
        known.then_some(()).ok_or_else(|| {
            (
                key,
                format!("no request is named `{pattern}`; `sim list points` shows them"),
            )
        })
    };
    let known_party = |key: &'static str| {
        let found = Party::named(s.text(key));
        found.map(|_| ()).ok_or_else(|| {
            (
                key,
                format!(
                    "expected worker, client, kv, object, durable, function, orchestrator or a provider, found `{}`",
                    s.text(key)
                ),
            )
        })
    };
    match entry.kind {
        "crash" if s.number("at_s") > 0.0 => Ok(()),
        "crash" | "freeze" => known_point("point", s.text("point").to_owned()),
        "lost_ack" | "error" => known_request("request", s.text("request")),
        "network_delay" | "loss" => known_party("from").and_then(|()| known_party("to")),
        "outcome" if s.text("outcomes").bytes().any(|b| !b"FSP".contains(&b)) => {
            Err(("outcomes", "expected the letters F, S and P".to_owned()))
        }
        "cut" if !s.text("request").is_empty() => {
            known_request("request", s.text("request"))?;
            let between = !s.text("from").is_empty() || !s.text("to").is_empty();
            match between {
                true => known_party("from").and_then(|()| known_party("to")),
                false => Ok(()),
            }
        }
        "cut" => known_party("from").and_then(|()| known_party("to")),
        "outage" if matches!(s.text("service"), "worker" | "client") => {
            Err(("service", format!("`{}` is no service", s.text("service"))))
        }
        "outage" => known_party("service"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::KINDS;

    #[test]
    fn every_kind_is_counted_under_its_name() {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let mut both = [known, NAMES.to_vec()];
        both.iter_mut().for_each(|names| names.sort_unstable());
        assert_eq!(both[0], both[1]);
    }
}
