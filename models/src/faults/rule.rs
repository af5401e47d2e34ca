//! Faults written out with a place: a point or request, a step, the how-manieth crossing.

use super::plan::{Strike, Transit};
use crate::point::{At, Party, Point, fits};
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use std::time::Duration;

/// A rule that fires at matching crossings.
#[derive(Debug)]
pub(super) struct Rule {
    pub points: Vec<bool>,
    step: String,
    occurrence: u64,
    times: u64,
    probability: f64,
    strike: Action,
    seen: u64,
    fired: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    Strike(Strike),
    Request(Transit),
    /// A link is cut from now on for so long.
    Cut(Cut),
}

/// A cut that begins with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cut {
    /// The parties, unless they are those of the request; one way is then the answers.
    pub link: Option<(Party, Party)>,
    pub both_ways: bool,
    pub lasts: Duration,
}

impl Rule {
    /// A rule that acts at these points.
    pub fn new(settings: &Settings, points: Vec<bool>, strike: Action) -> Rule {
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
        self.points[point.index()] && (self.step.is_empty() || self.names(at))
    }

    #[cold]
    fn names(&self, at: At) -> bool {
        fits(&self.step, &at.step.to_string())
    }

    /// Another rule has struck at this crossing.
    fn pass(&mut self, point: Point, at: At) {
        self.seen += u64::from(self.matches(point, at));
    }

    /// Whether it fires at this crossing.
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

/// What the first of the rules that fires here does. Every rule counts the crossing, so that the
/// occurrence in one rule means the same whatever other rules there are.
pub(super) fn first_hit(
    rules: &mut [Rule],
    point: Point,
    at: At,
    streams: &Streams,
) -> Option<Action> {
    let mut hit = None;
    for rule in rules {
        match hit {
            None => hit = rule.fires(point, at, streams).then_some(rule.strike),
            Some(_) => rule.pass(point, at),
        }
    }
    hit
}

/// Which points a pattern names.
pub(super) fn matching_points(pattern: &str) -> Vec<bool> {
    let whole = !pattern.contains('*');
    let matches = |point: Point| match whole {
        true => point.name() == pattern,
        false => fits(pattern, point.name()),
    };
    Point::all().map(matches).collect()
}
