//! A fault plan in force: which of its faults fire at which crossing, and how often they did.
//!
//! The plan is compiled once per run from the scenario's rates and written-out entries. Nothing
//! here acts: it answers what should happen, and the host and the services do it.

use super::FaultSpec;
use crate::Law;
use crate::point::{At, Party, Phase, Point, RequestKind, fits};
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

/// A rule that fires at matching crossings.
#[derive(Debug)]
struct Rule {
    points: Vec<bool>,
    step: String,
    occurrence: u64,
    times: u64,
    probability: f64,
    strike: Action,
    seen: u64,
    fired: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Strike(Strike),
    Request(Transit),
}

impl Rule {
    fn new(settings: &Settings, points: Vec<bool>, strike: Action) -> Rule {
        Rule {
            points,
            step: settings.text("step").to_owned(),
            occurrence: settings.count("occurrence"),
            times: settings.count("times"),
            probability: settings.number("probability"),
            strike,
            seen: 0,
            fired: 0,
        }
    }

    fn matches(&self, point: Point, at: At) -> bool {
        self.points[point.index()]
            && (self.step.is_empty() || fits(&self.step, &at.step.to_string()))
    }

    /// Another rule has struck at this crossing.
    fn pass(&mut self, point: Point, at: At) {
        self.seen += u64::from(self.matches(point, at));
    }

    fn fires(&mut self, point: Point, at: At, streams: &Streams) -> bool {
        if !self.matches(point, at) {
            return false;
        }
        self.seen += 1;
        if self.times > 0 && self.fired >= self.times {
            return false;
        }
        let hit = (self.occurrence == 0 || self.occurrence == self.seen)
            && (self.probability >= 1.0
                || streams.next(Purpose::Crash, u64::from(at.execution)) < self.probability);
        self.fired += u64::from(hit);
        hit
    }
}

#[derive(Debug)]
struct Window {
    from: Party,
    to: Party,
    both_ways: bool,
    start: Duration,
    end: Duration,
}

#[derive(Debug)]
struct Script {
    step: String,
    outcomes: Vec<u8>,
    after_effect: bool,
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
    lost_ack_rate: f64,
    error_rate: f64,
    delay: Law,
    loss_rate: f64,
    duplicate_rate: f64,
    reorder_rate: f64,
    reorder: Law,
    duplicate_start_rate: f64,
    rules: Vec<Rule>,
    requests: Vec<Rule>,
    cuts: Vec<Window>,
    outages: Vec<Window>,
    scripts: Vec<Script>,
    starts: Vec<(u64, Duration)>,
    /// Times at which the busiest worker dies.
    pub crash_times: Vec<Duration>,
    watched: Vec<bool>,
    quiet_network: bool,
    fired: [u64; NAMES.len()],
    counted: u64,
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
            restart: Duration::from_secs_f64(rate("restart_s")),
            lost_ack_rate: rate("lost_ack_rate"),
            error_rate: rate("error_rate"),
            delay: settings.law("faults.delay_ms"),
            loss_rate: rate("loss_rate"),
            duplicate_rate: rate("duplicate_rate"),
            reorder_rate: rate("reorder_rate"),
            reorder: settings.law("faults.reorder_ms"),
            duplicate_start_rate: rate("duplicate_start_rate"),
            rules: Vec::new(),
            requests: Vec::new(),
            cuts: Vec::new(),
            outages: Vec::new(),
            scripts: Vec::new(),
            starts: Vec::new(),
            crash_times: Vec::new(),
            watched: vec![false; Point::COUNT],
            quiet_network: false,
            fired: [0; NAMES.len()],
            counted: 0,
        };
        for entry in entries {
            faults.add(entry);
        }
        for rule in &faults.rules {
            for (watched, point) in faults.watched.iter_mut().zip(&rule.points) {
                *watched |= point;
            }
        }
        let rates = [
            faults.lost_ack_rate,
            faults.error_rate,
            faults.loss_rate,
            faults.duplicate_rate,
            faults.reorder_rate,
        ];
        faults.quiet_network = rates.iter().all(|rate| *rate == 0.0)
            && faults.delay.is_zero()
            && faults.requests.is_empty()
            && faults.cuts.is_empty()
            && faults.outages.is_empty();
        faults
    }

    fn add(&mut self, entry: &FaultSpec) {
        let s = &entry.settings;
        let seconds = |key: &str| Duration::from_secs_f64(s.number(key));
        match entry.kind {
            "crash" if seconds("at_s") > Duration::ZERO => self.crash_times.push(seconds("at_s")),
            "crash" => {
                let points = matching_points(s.text("point"));
                self.rules
                    .push(Rule::new(s, points, Action::Strike(Strike::Crash)));
            }
            "freeze" => {
                let strike = Strike::Freeze {
                    stands_still: seconds("for_s"),
                    given_up_after: seconds("given_up_after_s"),
                };
                let points = matching_points(s.text("point"));
                self.rules
                    .push(Rule::new(s, points, Action::Strike(strike)));
            }
            "lost_ack" | "error" => {
                let transit = match entry.kind {
                    "error" => Transit::Error,
                    _ => Transit::AnswerLost,
                };
                let points = matching_points(&format!("{}.send", s.text("request")));
                self.requests
                    .push(Rule::new(s, points, Action::Request(transit)));
            }
            "outcome" => self.scripts.push(Script {
                step: s.text("step").to_owned(),
                outcomes: s.text("outcomes").bytes().collect(),
                after_effect: s.text("when") == "after",
            }),
            "cut" => self.cuts.push(Window {
                from: party(s.text("from")),
                to: party(s.text("to")),
                both_ways: s.flag("both_ways"),
                start: seconds("start_s"),
                end: seconds("end_s"),
            }),
            "outage" => self.outages.push(Window {
                from: Party::Client,
                to: party(s.text("service")),
                both_ways: true,
                start: seconds("start_s"),
                end: seconds("end_s"),
            }),
            "duplicate_start" => self.starts.push((s.count("copies"), seconds("after_s"))),
            other => unreachable!("fault kind `{other}` cannot be written out"),
        }
    }

    /// Counts a fault that happened.
    pub fn count(&mut self, kind: Fired) {
        self.fired[kind as usize] += 1;
        self.counted += 1;
    }

    /// How often each kind fired.
    pub fn fired(&self) -> BTreeMap<&'static str, u64> {
        NAMES.iter().copied().zip(self.fired).collect()
    }

    /// How many faults fired in all.
    pub fn total(&self) -> u64 {
        self.counted
    }

    /// The same, for whoever asks often.
    pub fn counted(&self) -> u64 {
        self.counted
    }

    /// What strikes a worker that crosses this point.
    pub fn strike(&mut self, point: Point, at: At, streams: &Streams) -> Option<Strike> {
        if !self.watched[point.index()] {
            return None;
        }
        let Action::Strike(strike) = first_hit(&mut self.rules, point, at, streams)? else {
            unreachable!("rules of points strike")
        };
        self.count(match strike {
            Strike::Crash => Fired::Crash,
            Strike::Freeze { .. } => Fired::Freeze,
        });
        Some(strike)
    }

    /// Whether a plan looks at this point at all.
    pub fn watches(&self, point: Point) -> bool {
        self.watched[point.index()]
    }

    /// How body number `body` (from 1) of a step ends.
    pub fn fate(&mut self, at: At, body: u32, streams: &Streams) -> Fate {
        if let Some(script) = self
            .scripts
            .iter()
            .find(|s| fits(&s.step, &at.step.to_string()))
        {
            let letter = script.outcomes.get(body as usize - 1).copied();
            let after_effect = script.after_effect;
            return match letter {
                Some(letter @ (b'F' | b'P')) => {
                    self.count(Fired::Outcome);
                    Fate::Raises {
                        after_effect,
                        permanent: letter == b'P',
                    }
                }
                _ => Fate::Succeeds,
            };
        }
        if self.fail_rate == 0.0 {
            return Fate::Succeeds;
        }
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
    pub fn doom(&self, at: At, body: u32, streams: &Streams) -> Option<u8> {
        if self.crash_rate == 0.0 {
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
    pub fn hazard(&self, invocation: u64, streams: &Streams) -> Option<Duration> {
        if self.crash_per_hour == 0.0 {
            return None;
        }
        let hours = Law::Exponential {
            mean: 1.0 / self.crash_per_hour,
        }
        .quantile(streams.next(Purpose::Hazard, invocation));
        Some(Duration::from_secs_f64(hours * 3600.0))
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
        if self.quiet_network {
            return (Transit::Passes, Duration::ZERO, Duration::ZERO);
        }
        let there = self.extra(at, streams);
        let back = self.extra(at, streams);
        let transit = self.fate_of_request(kind, from, at, now, streams);
        (transit, there, back)
    }

    fn extra(&mut self, at: At, streams: &Streams) -> Duration {
        let entity = u64::from(at.execution);
        let mut ms = 0.0;
        if !self.delay.is_zero() {
            ms += self.delay.quantile(streams.next(Purpose::Network, entity));
            self.count(Fired::NetworkDelay);
        }
        if self.chance(self.reorder_rate, entity, streams) {
            ms += self
                .reorder
                .quantile(streams.next(Purpose::Network, entity));
            self.count(Fired::Reordering);
        }
        Duration::from_secs_f64(ms / 1e3)
    }

    fn chance(&self, rate: f64, entity: u64, streams: &Streams) -> bool {
        rate > 0.0 && streams.next(Purpose::Network, entity) < rate
    }

    fn fate_of_request(
        &mut self,
        kind: RequestKind,
        from: Party,
        at: At,
        now: Duration,
        streams: &Streams,
    ) -> Transit {
        let to = kind.service();
        if let Some(transit) = self.cut(from, to, now) {
            self.count(Fired::Cut);
            return transit;
        }
        if self
            .outages
            .iter()
            .any(|w| w.to == to && (w.start..w.end).contains(&now))
        {
            self.count(Fired::Outage);
            return Transit::Error;
        }
        let send = Point::of(kind, Phase::Send);
        let written = first_hit(&mut self.requests, send, at, streams);
        if let Some(Action::Request(transit)) = written {
            self.count(match transit {
                Transit::Error => Fired::Error,
                _ => Fired::LostAck,
            });
            return transit;
        }
        let entity = u64::from(at.execution);
        let rates = [
            (self.lost_ack_rate, Fired::LostAck, Transit::AnswerLost),
            (self.error_rate, Fired::Error, Transit::Error),
            (self.loss_rate, Fired::Loss, Transit::RequestLost),
            (self.loss_rate, Fired::Loss, Transit::AnswerLost),
            (self.duplicate_rate, Fired::Duplication, Transit::Twice),
        ];
        for (rate, kind, transit) in rates {
            if self.chance(rate, entity, streams) {
                self.count(kind);
                return transit;
            }
        }
        Transit::Passes
    }

    /// Whether a cut link stops the request or its answer.
    fn cut(&self, from: Party, to: Party, now: Duration) -> Option<Transit> {
        let mut stopped = None;
        for window in self.cuts.iter().filter(|w| (w.start..w.end).contains(&now)) {
            let forth = window.from == from && window.to == to;
            let back = window.from == to && window.to == from;
            if forth || (back && window.both_ways) {
                return Some(Transit::RequestLost);
            }
            if back {
                stopped = Some(Transit::AnswerLost);
            }
        }
        stopped
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

/// What the first of the rules that fires here does. Every rule counts the crossing, so that the
/// occurrence in one rule means the same whatever other rules there are.
fn first_hit(rules: &mut [Rule], point: Point, at: At, streams: &Streams) -> Option<Action> {
    let mut hit = None;
    for rule in rules {
        match hit {
            None => hit = rule.fires(point, at, streams).then_some(rule.strike),
            Some(_) => rule.pass(point, at),
        }
    }
    hit
}

fn matching_points(pattern: &str) -> Vec<bool> {
    Point::all()
        .map(|point| fits(pattern, &point.to_string()))
        .collect()
}

fn party(name: &str) -> Party {
    Party::named(name).unwrap_or_else(|| panic!("party `{name}` was not checked"))
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
    let known_party = |key: &'static str| {
        let found = Party::named(s.text(key));
        found.map(|_| ()).ok_or_else(|| {
            (
                key,
                format!(
                    "expected worker, client, kv, object, durable or function, found `{}`",
                    s.text(key)
                ),
            )
        })
    };
    match entry.kind {
        "crash" if s.number("at_s") > 0.0 => Ok(()),
        "crash" | "freeze" => known_point("point", s.text("point").to_owned()),
        "lost_ack" | "error" => known_point("request", format!("{}.send", s.text("request"))),
        "outcome" if s.text("outcomes").bytes().any(|b| !b"FSP".contains(&b)) => {
            Err(("outcomes", "expected the letters F, S and P".to_owned()))
        }
        "cut" => known_party("from").and_then(|()| known_party("to")),
        "outage" => known_party("service"),
        _ => Ok(()),
    }
}
