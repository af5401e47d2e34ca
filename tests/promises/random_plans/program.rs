//! Random programs: steps of any size, waits, maps and branches in one another.

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
    prop_oneof![4 => step, 1 => wait]
}

fn part() -> impl Strategy<Value = Part> {
    leaf().prop_recursive(3, 10, 3, |inner| {
        let parts = prop::collection::vec(inner, 1..4);
        let child = parts.clone().prop_map(|parts| Part::Child { parts });
        let branches = prop::collection::vec(parts.clone(), 1..4);
        let parallel = (0..3_usize, branches)
            .prop_map(|(at_once, branches)| Part::Parallel { at_once, branches });
        let map = (1..4_u32, 0..3_usize, parts).prop_map(|(branches, at_once, parts)| Part::Map {
            branches,
            at_once,
            parts,
        });
        prop_oneof![2 => map, 1 => parallel, 1 => child]
    })
}

/// The text of a program with up to four parts one after the other.
pub fn program() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 1..5).prop_map(|parts| show(&parts))
}
