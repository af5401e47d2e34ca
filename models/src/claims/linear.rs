//! The shared counter is linearizable.
//!
//! M. P. Herlihy, J. M. Wing, "Linearizability: a correctness condition for concurrent objects",
//! ACM TOPLAS 12(3), 1990. The search for an order is stateright's.

use super::counter::counter;
use super::{Claim, Evidence, Verdict};
use crate::measure::counter_value;
use crate::point::{At, StepName};
use crate::value::Value;
use crate::workflows::counter::Counter;
use crate::world::{Outcome, World};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};
use std::time::Duration;

/// Longer histories are not judged: the search grows exponentially with what overlaps.
const OPERATIONS_MAX: usize = 40;
const OVERLAP_MAX: usize = 6;

/// There is an order of the operations that explains what everybody was told.
#[derive(Debug)]
pub struct Linearizable;

impl Claim for Linearizable {
    fn name(&self) -> &'static str {
        "counter_linearizable"
    }

    fn doc(&self) -> &'static str {
        "Every operation on the shared counter takes effect once, at an instant between its start and its acknowledgement; one that was not acknowledged may take effect later or never."
    }

    fn concerns(&self, world: &World) -> bool {
        counter(world).is_some_and(|counter| counter.in_store(&world.engine))
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        let Some(counter) = counter(world) else {
            return Verdict::Holds;
        };
        let operations = operations(world, counter);
        judge(&operations, counter_value(world))
    }
}

/// What a client asked of the counter, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Operation {
    ask: Ask,
    asked: Duration,
    /// When it was answered and with what, if it was.
    answer: Option<(Duration, Told)>,
}

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ask {
    Add(i64),
    Get,
}

/// Its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Added,
    Value(i64),
}

/// A counter that does one thing at a time.
#[derive(Clone, Debug)]
struct OneAtATime(i64);

impl SequentialSpec for OneAtATime {
    type Op = Ask;
    type Ret = Told;

    fn invoke(&mut self, ask: &Ask) -> Told {
        match ask {
            Ask::Add(delta) => {
                self.0 += delta;
                Told::Added
            }
            Ask::Get => Told::Value(self.0),
        }
    }
}

/// What the executions did, from ledger and outcomes. Where an instant is not known exactly, the
/// longer interval is taken, which can only hide a violation, never make one up.
fn operations(world: &World, counter: &Counter) -> Vec<Operation> {
    let ledger = world.ledger.borrow();
    let executions = world.executions.borrow();
    let mut operations = Vec::new();
    for (execution, state) in executions.iter().enumerate() {
        let at = |step| At::execution(execution as u32).step(step);
        let success = match &state.ended {
            Some((at, Outcome::Succeeded(value))) => Some((*at, value)),
            _ => None,
        };
        let started = |step| {
            let mut bodies = ledger.bodies.iter();
            bodies.find(|b| b.at == at(step)).map(|b| b.started)
        };
        let acknowledged = |step| {
            let mut commits = ledger.commits.iter();
            commits.find(|c| c.at == at(step)).map(|c| c.time)
        };
        // A client does one thing after the other, even within an instant; what comes next shows
        // that an operation was done, even if its acknowledgement was lost.
        let steps = (0..counter.operations).map(|index| counter.step(index));
        let steps: Vec<StepName> = steps.chain([Counter::GET]).collect();
        let mut free = state.started;
        for index in 0..counter.operations {
            let step = steps[index as usize];
            let Some(asked) = started(step).map(|at| at.max(free)) else {
                continue;
            };
            let next = steps[index as usize + 1..].iter().find_map(|s| started(*s));
            let signs = [acknowledged(step), next, success.map(|(at, _)| at)];
            let done = signs.into_iter().flatten().min().map(|at| at.max(asked));
            operations.push(Operation {
                ask: Ask::Add(counter.delta(index)),
                asked,
                answer: done.map(|at| (at, Told::Added)),
            });
            free = done.map_or(free, |at| at + Duration::from_nanos(1));
        }
        let value = match success {
            Some((at, Value::Int(int) | Value::Padded { int, .. })) if counter.get => {
                Some((at, *int))
            }
            _ => None,
        };
        operations.extend(value.map(|(at, value)| Operation {
            ask: Ask::Get,
            asked: free,
            answer: Some((at.max(free), Told::Value(value))),
        }));
    }
    operations
}

/// Whether there is an order that ends at this value.
fn judge(operations: &[Operation], last: i64) -> Verdict {
    if operations.len() > OPERATIONS_MAX || overlap(operations) > OVERLAP_MAX {
        return Verdict::Unknown("too many operations at the same time to look for an order");
    }
    // Starts before answers at the same instant: they may overlap.
    let mut events: Vec<(Duration, bool, usize)> = Vec::new();
    for (number, operation) in operations.iter().enumerate() {
        events.push((operation.asked, false, number));
        events.extend(operation.answer.map(|(at, _)| (at, true, number)));
    }
    events.sort_unstable();
    let mut tester = LinearizabilityTester::new(OneAtATime(0));
    let recorded = events.iter().try_for_each(|(_, answered, number)| {
        let operation = &operations[*number];
        match (answered, operation.answer) {
            (true, Some((_, told))) => tester.on_return(*number, told),
            _ => tester.on_invoke(*number, operation.ask),
        }
        .map(drop)
    });
    recorded.expect("each operation has a thread of its own");
    // When all is over somebody looks.
    let all = operations.len();
    tester
        .on_invret(all, Ask::Get, Told::Value(last))
        .expect("another thread");
    Verdict::of((!tester.is_consistent()).then(|| {
        let unanswered = operations.iter().filter(|o| o.answer.is_none()).count();
        let gets: Vec<String> = operations
            .iter()
            .filter_map(|operation| match operation.answer {
                Some((at, Told::Value(value))) => {
                    Some(format!("{value} at {:.3} s", at.as_secs_f64()))
                }
                _ => None,
            })
            .collect();
        let gets = match gets.is_empty() {
            true => String::new(),
            false => format!(", gets of {}", gets.join(", ")),
        };
        format!(
            "no order of {all} operations ({unanswered} not acknowledged{gets}) leads to {last}"
        )
    }))
}

/// Most operations that were under way at one instant.
fn overlap(operations: &[Operation]) -> usize {
    let under_way = |at: Duration| {
        let open = |o: &&Operation| o.asked <= at && o.answer.is_none_or(|(end, _)| end >= at);
        operations.iter().filter(open).count()
    };
    operations
        .iter()
        .map(|operation| under_way(operation.asked))
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(asked: u64, answered: Option<u64>) -> Operation {
        Operation {
            ask: Ask::Add(1),
            asked: Duration::from_secs(asked),
            answer: answered.map(|at| (Duration::from_secs(at), Told::Added)),
        }
    }

    fn get(asked: u64, answered: u64, value: i64) -> Operation {
        Operation {
            ask: Ask::Get,
            asked: Duration::from_secs(asked),
            answer: Some((Duration::from_secs(answered), Told::Value(value))),
        }
    }

    #[test]
    fn what_overlaps_may_take_either_order() {
        for value in [1, 2] {
            let history = [add(0, Some(1)), add(2, Some(5)), get(3, 4, value)];
            assert_eq!(judge(&history, 2), Verdict::Holds);
        }
    }

    #[test]
    fn a_get_does_not_miss_what_was_acknowledged_before_it() {
        let history = [add(0, Some(1)), get(2, 3, 0)];
        assert!(judge(&history, 1).witness().is_some());
    }

    #[test]
    fn an_addition_does_not_count_twice_nor_get_lost() {
        for (last, holds) in [(1, false), (2, true), (3, false)] {
            let history = [add(0, Some(2)), add(1, Some(3))];
            assert_eq!(judge(&history, last) == Verdict::Holds, holds, "{last}");
        }
    }

    #[test]
    fn what_was_not_acknowledged_may_take_effect_late_or_never() {
        for (first, last) in [(0, 0), (0, 1), (1, 1)] {
            let history = [add(0, None), get(5, 6, first)];
            assert_eq!(judge(&history, last), Verdict::Holds, "{first} {last}");
        }
        assert_ne!(judge(&[add(0, None), get(5, 6, 1)], 0), Verdict::Holds);
    }

    #[test]
    fn what_is_too_much_to_search_is_unknown() {
        let history: Vec<Operation> = (0..9).map(|_| add(0, Some(9))).collect();
        assert!(matches!(judge(&history, 9), Verdict::Unknown(_)));
    }
}
