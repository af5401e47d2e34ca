//! Running totals per step, kept beside the ledger so that metrics need not search it.

use crate::ledger::Effect;
use smallvec::SmallVec;
use std::time::Duration;

/// The totals of all executions' steps. Those of an execution stand together, and they of executions that
/// began together: what is under way at a time is found in a few pages of memory.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    rows: Vec<StepTally>,
    executions: Vec<Steps>,
}

/// The steps of one execution, in the order in which they began.
#[derive(Clone, Debug, Default)]
struct Steps {
    /// Their stamps, apart: a search reads nothing else.
    stamps: SmallVec<[u64; FEW]>,
    /// Where the rows of each `FEW` of them begin.
    blocks: SmallVec<[u32; 2]>,
}

impl Steps {
    /// The row of the step that began as number `number`, from 0.
    fn row(&self, number: usize) -> usize {
        self.blocks[number / FEW] as usize + number % FEW
    }
}

/// As many steps as most executions have at most.
const FEW: usize = 8;

impl Tallies {
    /// Another execution.
    pub fn add_execution(&mut self) {
        self.executions.push(Steps::default());
    }

    /// The place of a step's totals, which are made if there are none.
    pub fn place(&mut self, execution: u32, step: u64) -> usize {
        let steps = &mut self.executions[execution as usize];
        let known = steps.stamps.iter().rposition(|known| *known == step);
        if let Some(number) = known {
            return steps.row(number);
        }
        let number = steps.stamps.len();
        if number % FEW == 0 {
            steps.blocks.push(self.rows.len() as u32);
            let more = self.rows.len() + FEW;
            self.rows.resize(more, StepTally::default());
        }
        steps.stamps.push(step);
        let row = steps.row(number);
        self.rows[row].step = step;
        row
    }

    /// The totals in a place.
    pub fn at(&mut self, place: usize) -> &mut StepTally {
        &mut self.rows[place]
    }

    /// The totals of an execution's steps.
    pub fn of(&self, execution: u32) -> impl Iterator<Item = &StepTally> {
        let steps = &self.executions[execution as usize];
        (0..steps.stamps.len()).map(|number| &self.rows[steps.row(number)])
    }

    /// Those of all executions, one after the other.
    pub fn all(&self) -> impl Iterator<Item = &StepTally> {
        (0..self.executions.len() as u32).flat_map(|execution| self.of(execution))
    }
}

/// What one step of an execution came to so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepTally {
    /// The step's stamp.
    pub step: u64,
    /// Time of the last body that returned, in nanoseconds, and that body.
    useful: u64,
    returned: u32,
    /// How often its code was about to run.
    pub tries: u32,
    /// How often it did.
    pub bodies: u32,
    /// As the retry policy counted.
    pub attempts: u32,
    /// Effects by kind.
    effects: [u32; 3],
}

impl StepTally {
    /// A body entered on this attempt; returns its number, from 1.
    pub fn enter(&mut self, attempt: u32) -> u32 {
        self.bodies += 1;
        self.attempts = self.attempts.max(attempt);
        self.bodies
    }

    /// A body returned.
    pub fn returned(&mut self, body: u32, time: Duration) {
        if body >= self.returned {
            (self.returned, self.useful) = (body, time.as_nanos() as u64);
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

    /// Effects on the outside world beyond the first of each kind.
    pub fn duplicates(&self) -> u64 {
        let kinds = [Effect::Plain, Effect::Keyed];
        kinds.map(|kind| self.repeats(kind)).iter().sum()
    }

    /// Effects of one class beyond the first.
    pub fn repeats(&self, class: Effect) -> u64 {
        u64::from(self.effects(class).saturating_sub(1))
    }

    /// Time that counted in the end: of the last body that returned.
    pub fn useful(&self) -> Duration {
        Duration::from_nanos(self.useful)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_keeps_its_place_among_those_of_other_executions() {
        let mut tallies = Tallies::default();
        (0..3).for_each(|_| tallies.add_execution());
        for step in 0..20 {
            for execution in 0..3 {
                let place = tallies.place(execution, step);
                tallies.at(place).bodies = 100 * execution + step as u32;
            }
        }
        for execution in 0..3 {
            let bodies: Vec<u32> = tallies.of(execution).map(|tally| tally.bodies).collect();
            let expected: Vec<u32> = (0..20).map(|step| 100 * execution + step).collect();
            assert_eq!(bodies, expected);
            let place = tallies.place(execution, 7);
            assert_eq!(tallies.at(place).step, 7);
        }
        assert_eq!(tallies.all().count(), 60);
    }
}
