//! Running totals per step, kept beside the ledger so that metrics need not search it.

use crate::ledger::Effect;
use std::time::Duration;

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
