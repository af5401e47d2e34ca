//! Making a counterexample small: fewer faults, earlier, simpler, in a smaller workflow.
//!
//! Every candidate is run; it replaces the last one if it violates the same claim. Rounds go on
//! until nothing helps any more or the budget is used up.

use crate::explore::fault::label;
use crate::explore::lab::alone;
use crate::explore::{Fault, Kind, Place, Subject, Trial};
use crate::stop;
use models::settings::Setting;
use models::workflows::program;
use std::time::Duration;

/// Most candidates that are run.
const TRIES_MAX: u32 = 400;

/// Keys that make a workflow smaller, with their least values.
const SIZES: &[(&str, i64)] = &[
    ("load.executions", 1),
    ("counter.clients", 1),
    ("counter.requests", 1),
    ("counter.operations", 1),
];

/// A counterexample that could not be made smaller.
#[derive(Clone, Debug)]
pub struct Shrunk {
    pub subject: Subject,
    pub trial: Trial,
    pub witness: String,
    /// Candidates that were run.
    pub tries: u32,
}

/// Shrinks a trial that violates a claim; nothing if the process is told to stop.
///
/// # Panics
/// If the trial does not violate it.
pub fn shrink(subject: &Subject, trial: &Trial, claim: usize) -> Option<Shrunk> {
    let tried = alone(subject, trial, false);
    if stop::requested() {
        return None;
    }
    let witness = tried.witness(claim).expect("a violation").to_owned();
    let mut shrinker = Shrinker {
        claim,
        best: Shrunk {
            subject: subject.clone(),
            trial: trial.clone(),
            witness,
            tries: 0,
        },
    };
    while shrinker.round() {}
    Some(shrinker.best)
}

struct Shrinker {
    claim: usize,
    best: Shrunk,
}

impl Shrinker {
    /// Tries everything once; whether something helped.
    fn round(&mut self) -> bool {
        let steps: [fn(&mut Shrinker) -> bool; 5] = [
            Shrinker::fewer,
            Shrinker::smaller,
            Shrinker::plainer,
            Shrinker::simpler,
            Shrinker::earlier,
        ];
        steps.into_iter().fold(false, |any, step| step(self) | any)
    }

    /// Runs a candidate; takes it if the claim is violated still.
    fn accept(&mut self, subject: Subject, trial: Trial) -> bool {
        if self.best.tries >= TRIES_MAX {
            return false;
        }
        self.best.tries += 1;
        let tried = alone(&subject, &trial, false);
        let Some(witness) = tried.witness(self.claim) else {
            return false;
        };
        self.best.witness = witness.to_owned();
        self.best.subject = subject;
        self.best.trial = trial;
        true
    }

    fn accept_plan(&mut self, plan: Vec<Fault>) -> bool {
        let trial = Trial {
            plan,
            ..self.best.trial.clone()
        };
        self.accept(self.best.subject.clone(), trial)
    }

    /// Without some of the faults: halves first, then one by one.
    fn fewer(&mut self) -> bool {
        let mut any = false;
        let mut size = self.best.trial.plan.len();
        while size > 0 {
            let mut start = 0;
            while start < self.best.trial.plan.len() {
                let mut plan = self.best.trial.plan.clone();
                plan.drain(start..(start + size).min(plan.len()));
                match self.accept_plan(plan) {
                    true => any = true,
                    false => start += size,
                }
            }
            size /= 2;
        }
        any
    }

    /// A smaller workflow.
    fn smaller(&mut self) -> bool {
        let mut any = false;
        for (key, least) in SIZES {
            while let Some(value) = self.whole(key).filter(|value| value > least) {
                let candidates = [*least, value / 2, value - 1];
                let taken = candidates.into_iter().any(|smaller| {
                    smaller >= *least && smaller < value && self.set(key, Setting::Int(smaller))
                });
                if !taken {
                    break;
                }
                any = true;
            }
        }
        self.shorter_video() | self.shorter_program() | any
    }

    fn shorter_program(&mut self) -> bool {
        let mut any = false;
        while self.best.subject.spec.workflow == "program" {
            let text = self.best.subject.spec.settings.text("program.text");
            let parts = program::parse(text).expect("checked when the scenario was read");
            let candidates = program::smaller(&parts);
            let texts = candidates.iter().map(|parts| program::show(parts));
            let mut texts = texts.filter(|text| !text.is_empty());
            if !texts.any(|text| self.set("program.text", Setting::Text(text))) {
                break;
            }
            any = true;
        }
        any
    }

    fn shorter_video(&mut self) -> bool {
        let settings = &self.best.subject.spec.settings;
        let (length, chunk) = (
            settings.number("video.length_s"),
            settings.number("video.chunk_s"),
        );
        if self.best.subject.spec.workflow != "video" {
            return false;
        }
        let chunks = (length / chunk).round() as u32;
        (1..chunks)
            .any(|fewer| self.set("video.length_s", Setting::Float(f64::from(fewer) * chunk)))
    }

    fn whole(&self, key: &str) -> Option<i64> {
        match self.best.subject.spec.settings.get(key) {
            Some(Setting::Int(value)) => Some(*value),
            _ => None,
        }
    }

    fn set(&mut self, key: &str, value: Setting) -> bool {
        let mut subject = self.best.subject.clone();
        subject.spec.settings.set(key, value);
        self.accept(subject, self.best.trial.clone())
    }

    /// The first replicate and the first schedule.
    fn plainer(&mut self) -> bool {
        let plain = Trial {
            replicate: 0,
            schedule_seed: 1,
            ..self.best.trial.clone()
        };
        plain != self.best.trial && self.accept(self.best.subject.clone(), plain)
    }

    /// A simpler kind in the place of one of several.
    fn simpler(&mut self) -> bool {
        if label(&self.best.trial.plan) != "mixed" {
            return false;
        }
        let mut any = false;
        for at in 0..self.best.trial.plan.len() {
            let fault = self.best.trial.plan[at];
            let simpler = Kind::ALL.into_iter().filter(|kind| *kind < fault.kind);
            let candidates = simpler.map(|kind| Fault { kind, ..fault });
            any |= candidates
                .filter(Fault::is_possible)
                .any(|candidate| self.replace(at, candidate));
        }
        any
    }

    /// Each fault at an earlier crossing or time.
    fn earlier(&mut self) -> bool {
        let mut any = false;
        for at in 0..self.best.trial.plan.len() {
            while self.move_back(at) {
                any = true;
            }
        }
        any
    }

    fn move_back(&mut self, at: usize) -> bool {
        let fault = self.best.trial.plan[at];
        let places: Vec<Place> = match fault.place {
            Place::Crossing(point, n) => [1, n / 2, n.saturating_sub(1)]
                .into_iter()
                .filter(|earlier| *earlier >= 1 && *earlier < n)
                .map(|earlier| Place::Crossing(point, earlier))
                .collect(),
            Place::After(time) => [Duration::ZERO]
                .into_iter()
                .filter(|earlier| *earlier < time)
                .map(Place::After)
                .collect(),
        };
        let moved = places.into_iter().map(|place| Fault { place, ..fault });
        let candidates: Vec<Fault> = moved.collect();
        candidates
            .into_iter()
            .any(|candidate| self.replace(at, candidate))
    }

    fn replace(&mut self, at: usize, fault: Fault) -> bool {
        if self.best.trial.plan.contains(&fault) {
            return false;
        }
        let mut plan = self.best.trial.plan.clone();
        plan[at] = fault;
        self.accept_plan(plan)
    }
}
