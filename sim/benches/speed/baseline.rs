//! The baseline: W8 as a binary heap of events and a state machine, with ChaCha draws as ours and
//! the mean latency of an execution as its only result.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const MS: u64 = 1_000_000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Loaded,
    Written,
    Crashed,
    Up,
}

struct Slot {
    step: u8,
    started: u64,
}

/// Runs so many executions, so many at once; returns their mean latency in nanoseconds.
pub fn run(executions: u64, in_flight: u64, seed: u64) -> f64 {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut crash = || draws.next_u64() < u64::MAX / 10;
    let mut latency = 0.0;
    let mut events = BinaryHeap::new();
    let mut slots: Vec<Slot> = (0..in_flight)
        .map(|_| Slot {
            step: 0,
            started: 0,
        })
        .collect();
    let (mut number, mut started, mut done) = (0, in_flight, 0);
    for slot in 0..in_flight as u32 {
        events.push(Reverse((5 * MS, number, slot, Next::Loaded)));
        number += 1;
    }
    while let Some(Reverse((now, _, slot, what))) = events.pop() {
        let state = &mut slots[slot as usize];
        if what == Next::Written {
            state.step += 1;
        }
        let (after, next) = match what {
            Next::Crashed => (100 * MS, Next::Up),
            Next::Up => (5 * MS, Next::Loaded),
            Next::Written if state.step == 8 => {
                done += 1;
                latency += (now - state.started) as f64;
                if started == executions {
                    continue;
                }
                started += 1;
                *state = Slot {
                    step: 0,
                    started: now,
                };
                (5 * MS, Next::Loaded)
            }
            Next::Loaded | Next::Written if crash() => (5 * MS / 2, Next::Crashed),
            Next::Loaded | Next::Written => (5 * MS, Next::Written),
        };
        number += 1;
        events.push(Reverse((now + after, number, slot, next)));
    }
    assert_eq!(done, executions);
    latency / done as f64
}
