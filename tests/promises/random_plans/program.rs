//! Random programs: steps of any size, waits, callbacks, functions, maps and branches in one another.

use models::workflows::completion::{Branches, Completion};
use models::workflows::program::{Part, show};
use proptest::prelude::*;
use std::time::Duration;

fn leaf() -> impl Strategy<Value = Part> {
    // A map of two large results is over the size at which it is rebuilt from its branches.
    let bytes = prop_oneof![
        4 => Just(0_u64),
        2 => 1..2_000_u64,
        2 => Just(200_000),
    ];
    let step = bytes.prop_map(|bytes| Part::Step { bytes });
    let wait = (1..5_u64).prop_map(|seconds| Part::Wait {
        length: Duration::from_secs(seconds),
    });
    let callback = (0..5_u64).prop_map(|seconds| Part::Callback {
        after: Duration::from_secs(seconds),
        limit: None,
    });
    let invoke = (1..5_u64).prop_map(|seconds| Part::Invoke {
        length: Duration::from_secs(seconds),
    });
    prop_oneof![8 => step, 2 => wait, 2 => callback, 1 => invoke]
}

fn branches() -> impl Strategy<Value = Branches> {
    let none = Just(Completion::default());
    let enough = (1..4_u32).prop_map(|enough| Completion {
        min_successful: Some(enough),
        ..Completion::default()
    });
    let count = (0..3_u32).prop_map(|count| Completion {
        tolerated_failure_count: Some(count),
        ..Completion::default()
    });
    let share = (0..=4_u32).prop_map(|quarters| Completion {
        tolerated_failure_percentage: Some(f64::from(25 * quarters)),
        ..Completion::default()
    });
    let completion = prop_oneof![6 => none, 1 => enough, 1 => count, 1 => share];
    (1..4_u32, 0..3_usize, completion).prop_map(|(count, at_once, completion)| {
        let branches = Branches {
            count,
            at_once,
            completion,
        };
        of(branches, count)
    })
}

/// The same for so many.
fn of(branches: Branches, count: u32) -> Branches {
    let enough = branches.completion.min_successful;
    let completion = Completion {
        min_successful: enough.map(|enough| enough.min(count)),
        ..branches.completion
    };
    Branches {
        count,
        completion,
        ..branches
    }
}

fn parallel(branches: Branches, parts: Vec<Vec<Part>>) -> Part {
    let branches = of(branches, parts.len() as u32);
    Part::Parallel { branches, parts }
}

fn part() -> impl Strategy<Value = Part> {
    leaf().prop_recursive(3, 10, 3, |inner| {
        let parts = prop::collection::vec(inner, 1..4);
        let child = parts.clone().prop_map(|parts| Part::Child { parts });
        let several = prop::collection::vec(parts.clone(), 1..4);
        let parallel =
            (branches(), several).prop_map(|(branches, parts)| parallel(branches, parts));
        let map = (branches(), parts).prop_map(|(branches, parts)| Part::Map { branches, parts });
        prop_oneof![2 => map, 1 => parallel, 1 => child]
    })
}

/// The text of a program with up to four parts one after the other.
pub fn program() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 1..5).prop_map(|parts| show(&parts))
}
