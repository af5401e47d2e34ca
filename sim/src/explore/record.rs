//! What a search has seen: how much was tried, what was violated, what was never reached.

use super::fault::{Kind, label};
use super::subject::{Trial, Tried};
use models::point::Point;
use std::collections::BTreeMap;

/// How much of one kind was tried.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effort {
    /// Plans there are by the length of the plan, for exhaustive searches.
    pub possible: BTreeMap<usize, u64>,
    /// Plans that ran, by the length of the plan.
    pub tried: BTreeMap<usize, u64>,
    /// Plans that were drawn at random.
    pub drawn: u64,
}

impl Effort {
    /// The greatest length of which every plan ran.
    pub fn exhaustive_to(&self) -> usize {
        let whole = |(length, possible): (&usize, &u64)| {
            let tried = self.tried.get(length).copied().unwrap_or_default();
            (tried >= *possible).then_some(*length)
        };
        self.possible
            .iter()
            .map_while(whole)
            .last()
            .unwrap_or_default()
    }

    /// All plans that ran.
    pub fn total(&self) -> u64 {
        self.tried.values().sum::<u64>() + self.drawn
    }
}

/// The first violation of a claim by faults of one kind.
#[derive(Clone, Debug)]
pub struct Hit {
    pub trial: Trial,
    pub witness: String,
}

/// Everything a search has seen of one subject.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// By kind of fault.
    pub efforts: BTreeMap<&'static str, Effort>,
    /// By claim and kind of fault.
    pub hits: BTreeMap<(usize, &'static str), Hit>,
    /// Trials that violated a claim, by claim and kind of fault.
    pub counts: BTreeMap<(usize, &'static str), u64>,
    /// Trials that say nothing about a claim.
    pub unknown: BTreeMap<usize, u64>,
    /// Most crossings of each point in one run.
    pub crossed: BTreeMap<Point, u32>,
    /// Faults that fired, by kind.
    pub fired: BTreeMap<&'static str, u64>,
    /// Faults planned at each point, by kind.
    pub aimed: BTreeMap<(Point, Kind), u64>,
}

impl Record {
    /// Says how many plans of a kind and length there are.
    pub fn announce(&mut self, kind: &'static str, length: usize, possible: u64) {
        let effort = self.efforts.entry(kind).or_default();
        effort.possible.insert(length, possible);
    }

    /// Takes the result of a trial; `drawn` if its plan was drawn at random.
    pub fn take(&mut self, trial: &Trial, tried: &Tried, drawn: bool) {
        let kind = label(&trial.plan);
        let effort = self.efforts.entry(kind).or_default();
        match drawn {
            true => effort.drawn += 1,
            false => *effort.tried.entry(trial.plan.len()).or_default() += 1,
        }
        for (claim, witness) in &tried.violated {
            *self.counts.entry((*claim, kind)).or_default() += 1;
            self.hit(*claim, kind, trial, witness);
        }
        for claim in &tried.unknown {
            *self.unknown.entry(*claim).or_default() += 1;
        }
        for (point, times) in Point::all().zip(&tried.crossings) {
            let most = self.crossed.entry(point).or_default();
            *most = (*most).max(*times);
        }
        for (kind, times) in &tried.fired {
            *self.fired.entry(kind).or_default() += times;
        }
        for fault in &trial.plan {
            if let super::Place::Crossing(point, _) = fault.place {
                *self.aimed.entry((point, fault.kind)).or_default() += 1;
            }
        }
    }

    /// Keeps the shortest plan, and of those the first.
    fn hit(&mut self, claim: usize, kind: &'static str, trial: &Trial, witness: &str) {
        let known = self.hits.get(&(claim, kind));
        if known.is_none_or(|known| trial.plan.len() < known.trial.plan.len()) {
            let hit = Hit {
                trial: trial.clone(),
                witness: witness.to_owned(),
            };
            self.hits.insert((claim, kind), hit);
        }
    }

    /// All plans that ran.
    pub fn total(&self) -> u64 {
        self.efforts.values().map(Effort::total).sum()
    }

    /// Points that no run crossed, of workers and of the services that some run used at all.
    pub fn never_crossed(&self) -> Vec<Point> {
        let crossed = |point: &Point| self.crossed.get(point).is_some_and(|times| *times > 0);
        let service = |point: Point| point.request().map(|(kind, _)| kind.service());
        let is_used = |point: &Point| {
            service(*point).is_none_or(|wanted| {
                let mut used = Point::all().filter(crossed).filter_map(service);
                used.any(|service| service == wanted)
            })
        };
        let all = Point::all().filter(|point| !crossed(point));
        all.filter(is_used).collect()
    }
}
