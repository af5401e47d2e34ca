//! The counter: its value and the order of a batch.

use super::{Claim, Evidence, Verdict, succeeded};
use crate::ledger::Effect;
use crate::measure::counter_value;
use crate::value::Value;
use crate::workflows::Workflow;
use crate::workflows::counter::Counter;
use crate::world::{Outcome, World};
use std::collections::BTreeMap;

pub(super) fn counter(world: &World) -> Option<&Counter> {
    match &world.workflow {
        Workflow::Counter(counter) => Some(counter),
        _ => None,
    }
}

/// The counter's value is the sum of the acknowledged operations.
#[derive(Debug)]
pub struct Sum;

impl Claim for Sum {
    fn name(&self) -> &'static str {
        "counter_sum"
    }

    fn doc(&self) -> &'static str {
        "The counter is the sum of the acknowledged operations; each one without acknowledgement may count or not."
    }

    fn concerns(&self, world: &World) -> bool {
        counter(world).is_some()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        let Some(counter) = counter(world) else {
            return Verdict::Holds;
        };
        Verdict::of(match counter.in_store(&world.engine) {
            true => wrong_in_store(world, counter),
            false => wrong_result(world, counter),
        })
    }
}

fn wrong_in_store(world: &World, counter: &Counter) -> Option<String> {
    let acknowledged = succeeded(world).len() as i64;
    let others = world.executions.borrow().len() as i64 - acknowledged;
    let deltas = (0..counter.operations).map(|index| counter.delta(index));
    let (up, down): (Vec<i64>, Vec<i64>) = deltas.partition(|delta| *delta > 0);
    let sum = acknowledged * counter.sum();
    let least = sum + others * down.iter().sum::<i64>();
    let most = sum + others * up.iter().sum::<i64>();
    let value = counter_value(world);
    let right = match least == most {
        true => sum.to_string(),
        false => format!("{least} to {most}"),
    };
    (value < least || value > most).then(|| format!("the counter is {value}, not {right}"))
}

fn wrong_result(world: &World, counter: &Counter) -> Option<String> {
    let executions = world.executions.borrow();
    let right = counter.sum();
    executions.iter().enumerate().find_map(|(number, state)| {
        let Some((_, Outcome::Succeeded(value))) = &state.ended else {
            return None;
        };
        let value = match value {
            Value::Int(int) | Value::Padded { int, .. } => *int,
            other => return Some(format!("execution {number} gave {other:?}")),
        };
        (value != right).then(|| format!("execution {number} gave {value}, not {right}"))
    })
}

/// The operations of a batch take effect in its order.
#[derive(Debug)]
pub struct BatchOrder;

impl Claim for BatchOrder {
    fn name(&self) -> &'static str {
        "batch_order"
    }

    fn doc(&self) -> &'static str {
        "The operations of a batch first take effect in the order of the batch."
    }

    fn concerns(&self, world: &World) -> bool {
        counter(world).is_some_and(|counter| counter.operations > 1)
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let ledger = evidence.world.ledger.borrow();
        let mut next: BTreeMap<(u32, bool), u32> = BTreeMap::new();
        for row in &ledger.effects {
            let Some(index) = row.at.step.index() else {
                continue;
            };
            let place = (row.at.execution, row.effect == Effect::Store);
            let expected = next.entry(place).or_default();
            if index > *expected {
                return Verdict::Violated(format!(
                    "{} of execution {} took effect before operation {expected}",
                    row.at.step, row.at.execution
                ));
            }
            *expected = (*expected).max(index + 1);
        }
        Verdict::Holds
    }
}
