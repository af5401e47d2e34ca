//! How often a step's effect happens, by what the effect touches.
//!
//! This is not the claim that the result is reported once: a result can be reported once while
//! the outside world was touched twice.

use super::{Claim, Evidence, Verdict, succeeded};
use crate::ledger::Effect;
use crate::world::World;

/// A bound on the number of effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    AtLeast,
    AtMost,
    Exactly,
}

/// A bound for one class of effects.
#[derive(Debug)]
pub struct Effects {
    name: &'static str,
    doc: &'static str,
    class: Effect,
    bound: Bound,
}

macro_rules! bounds {
    ($($id:ident $name:literal $class:ident $bound:ident $doc:literal)*) => {
        $(pub const $id: Effects = Effects {
            name: $name, doc: $doc, class: Effect::$class, bound: Bound::$bound,
        };)*
    };
}

bounds! {
    PLAIN_AT_LEAST_ONCE "plain_effects_at_least_once" Plain AtLeast "Every step of an execution that succeeded has touched the outside world."
    PLAIN_AT_MOST_ONCE "plain_effects_at_most_once" Plain AtMost "No step touches the outside world twice."
    PLAIN_EXACTLY_ONCE "plain_effects_exactly_once" Plain Exactly "No step touches the outside world twice, and every step of an execution that succeeded has done so."
    KEYED_AT_LEAST_ONCE "keyed_effects_at_least_once" Keyed AtLeast "Every step of an execution that succeeded has written its object."
    KEYED_AT_MOST_ONCE "keyed_effects_at_most_once" Keyed AtMost "No step writes its object twice, even though the key makes that harmless."
    KEYED_EXACTLY_ONCE "keyed_effects_exactly_once" Keyed Exactly "No step writes its object twice, and every step of an execution that succeeded has done so."
    STORE_AT_LEAST_ONCE "store_effects_at_least_once" Store AtLeast "Every step of an execution that succeeded has changed the engine's own store."
    STORE_AT_MOST_ONCE "store_effects_at_most_once" Store AtMost "No step changes the engine's own store twice."
    STORE_EXACTLY_ONCE "store_effects_exactly_once" Store Exactly "No step changes the engine's own store twice, and every step of an execution that succeeded has done so."
}

impl Claim for Effects {
    fn name(&self) -> &'static str {
        self.name
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn concerns(&self, world: &World) -> bool {
        !world.workflow.effects(&world.engine, self.class).is_empty()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let missing = || self.missing(evidence.world);
        let repeated = || self.repeated(evidence.world);
        Verdict::of(match self.bound {
            Bound::AtLeast => missing(),
            Bound::AtMost => repeated(),
            Bound::Exactly => repeated().or_else(missing),
        })
    }
}

impl Effects {
    fn missing(&self, world: &World) -> Option<String> {
        let steps = world.workflow.effects(&world.engine, self.class);
        let tallies = world.tallies.borrow();
        succeeded(world).into_iter().find_map(|execution| {
            let done = |stamp| {
                let mut steps = tallies.of(execution);
                let tally = steps.find(|tally| tally.step == stamp);
                tally.is_some_and(|tally| tally.effects(self.class) > 0)
            };
            let step = steps.iter().find(|step| !done(step.stamp()))?;
            let class = self.class.name();
            Some(format!(
                "execution {execution} succeeded without the {class} effect of {step}"
            ))
        })
    }

    fn repeated(&self, world: &World) -> Option<String> {
        let tallies = world.tallies.borrow();
        let count = world.executions.borrow().len() as u32;
        let twice = (0..count).find_map(|execution| {
            let mut steps = tallies.of(execution);
            let tally = steps.find(|tally| tally.effects(self.class) > 1)?;
            Some((execution, tally.step))
        });
        let (execution, stamp) = twice?;
        let ledger = world.ledger.borrow();
        let rows: Vec<_> = ledger
            .effects
            .iter()
            .filter(|row| row.at.execution == execution && row.at.step.stamp() == stamp)
            .filter(|row| row.effect == self.class)
            .collect();
        let bodies: Vec<String> = rows.iter().map(|row| row.body.to_string()).collect();
        let step = rows.first()?.at.step;
        let (count, class) = (rows.len(), self.class.name());
        let bodies = bodies.join(", ");
        Some(format!(
            "{step} of execution {execution} had {count} {class} effects (bodies {bodies})"
        ))
    }
}
