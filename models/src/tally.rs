//! Running totals per step, kept beside the ledger so that metrics need not search it.

use crate::ledger::Effect;
use smallvec::SmallVec;
use std::time::Duration;

/// The totals of an execution's steps, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    list: Vec<StepTally>,
    /// Their steps' stamps, apart: a search reads nothing else.
    stamps: SmallVec<[u64; FEW]>,
}

/// As many steps as most executions have at most.
const FEW: usize = 8;

impl Tallies {
    /// The place of a step's totals, which are made if there are none.
    pub fn place(&mut self, step: u64) -> usize {
        let place = self.stamps.iter().rposition(|known| *known == step);
        place.unwrap_or_else(|| {
            if self.list.is_empty() {
                self.list.reserve(FEW);
            }
            self.stamps.push(step);
            self.list.push(StepTally::new(step));
            self.list.len() - 1
        })
    }

    /// The totals in a place.
    pub fn at(&mut self, place: usize) -> &mut StepTally {
        &mut self.list[place]
    }

    /// All of them.
    pub fn list(&self) -> &[StepTally] {
        &self.list
    }
}

/// What one step of an execution came to so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepTally {
    /// The step's stamp.
    pub step: u64,
    /// How often its code was about to run.
    pub tries: u32,
    /// How often it did.
    pub bodies: u32,
    /// As the retry policy counted.
    pub attempts: u32,
    /// Effects by kind.
    effects: [u32; 3],
    /// The last body that returned, and its time.
    returned: (u32, Duration),
}

impl StepTally {
    /// Nothing yet of the step with this stamp.
    pub fn new(step: u64) -> StepTally {
        StepTally {
            step,
            ..StepTally::default()
        }
    }

    /// A body entered on this attempt; returns its number, from 1.
    pub fn enter(&mut self, attempt: u32) -> u32 {
        self.bodies += 1;
        self.attempts = self.attempts.max(attempt);
        self.bodies
    }

    /// A body returned.
    pub fn returned(&mut self, body: u32, time: Duration) {
        if body >= self.returned.0 {
            self.returned = (body, time);
        }
    }

    /// An effect happened.
    pub fn effect(&mut self, effect: Effect) {
        self.effects[effect as usize] += 1;
    }

    /// Effects of one class.
    pub fn effects(&self, class: Effect) -> u32 {
        self.effects[class as usize]
    }

    /// Effects on the outside world.
    pub fn outside_effects(&self) -> u64 {
        u64::from(self.effects[Effect::Plain as usize] + self.effects[Effect::Keyed as usize])
    }

    /// Effects beyond the first of each kind.
    pub fn duplicates(&self) -> u64 {
        self.effects
            .iter()
            .map(|n| u64::from(n.saturating_sub(1)))
            .sum()
    }

    /// Time that counted in the end: of the last body that returned.
    pub fn useful(&self) -> Duration {
        self.returned.1
    }
}
