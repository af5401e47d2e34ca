//! Delays between the attempts of a step, as the SDKs draw them.

use models::records::Measure::{Attempts, Bodies, Effects, Invocations};
use promises::{Case, ms};
use std::collections::BTreeSet;

const EXECUTIONS: usize = 1000;

fn failing(outcomes: &str) -> Case {
    Case::new("counter", "durable")
        .set("counter.operations", "1")
        .set("counter.get", "false")
        .set("counter.body_ms", "0")
        .fault("outcome", &[("step", "*"), ("outcomes", outcomes)])
}

/// The delays after the first, second, ... failing attempt of each execution, in whole seconds.
fn delays(case: Case, executions: usize, window_ms: f64) -> Vec<Vec<u64>> {
    let case = case.set("load.executions", &executions.to_string());
    let bodies = case.run().trace.bodies;
    let mut delays = Vec::new();
    for pair in bodies.windows(2) {
        if pair[0].at.execution != pair[1].at.execution {
            continue;
        }
        // The delay counts from when the service has the retry: half a round trip of 5 ms.
        let delay = pair[1].started - pair[0].ended_at - ms(window_ms + 2.5);
        assert_eq!(delay.subsec_nanos(), 0, "{delay:?}");
        let turn = pair[0].attempt as usize - 1;
        delays.resize_with(delays.len().max(turn + 1), Vec::new);
        delays[turn].push(delay.as_secs());
    }
    delays
}

fn moments(delays: &[u64]) -> (f64, f64) {
    let n = delays.len() as f64;
    let mean = delays.iter().sum::<u64>() as f64 / n;
    let squares = delays.iter().map(|d| (*d as f64 - mean).powi(2));
    (mean, (squares.sum::<f64>() / n).sqrt() / n.sqrt())
}

#[test]
fn the_default_delays_are_uniform_on_whole_seconds() {
    let all = delays(failing("FFFFFS"), EXECUTIONS, 1.0);
    assert_eq!(all.len(), 5);
    for (base, delays) in [5_u64, 10, 20, 40, 60].into_iter().zip(all) {
        assert_eq!(delays.len(), EXECUTIONS);
        let seen: BTreeSet<u64> = delays.iter().copied().collect();
        assert!(seen.iter().copied().eq(1..=base), "{base}: {seen:?}");
        let (mean, error) = moments(&delays);
        let expected = (base as f64 + 1.0) / 2.0;
        assert!((mean - expected).abs() < 3.0 * error, "{base}: {mean}");
    }
}

#[test]
fn the_javascript_sdk_rounds_to_the_nearest_second() {
    // U(0, 5) rounded, at least 1: 1 up to 1.5, 5 from 4.5 on.
    let all = delays(failing("FS").set("durable.sdk", "js"), EXECUTIONS, 0.0);
    for (second, share) in [(1, 0.3), (2, 0.2), (3, 0.2), (4, 0.2), (5, 0.1)] {
        let found = all[0].iter().filter(|d| **d == second).count() as f64 / EXECUTIONS as f64;
        let error = (share * (1.0 - share) / EXECUTIONS as f64).sqrt();
        assert!((found - share).abs() < 3.0 * error, "{second} s: {found}");
    }
}

#[test]
fn without_jitter_the_delays_double_up_to_the_cap() {
    let case = failing("FFFFFS").set("durable.retry_jitter", "none");
    let all = delays(case, 1, 1.0);
    assert_eq!(all, [[5], [10], [20], [40], [60]]);
}

#[test]
fn half_jitter_stays_in_the_upper_half() {
    let case = failing("FS").set("durable.retry_jitter", "half");
    let seen: BTreeSet<u64> = delays(case, 200, 1.0).remove(0).into_iter().collect();
    assert!(seen.into_iter().eq(3..=5));
}

#[test]
fn a_step_that_always_fails_is_tried_six_times() {
    let ran = failing("FFFFFFFFFFFF").run();
    assert!(!ran.succeeded());
    assert_eq!(ran.fired("outcome"), 6);
    // Each retry at top level costs an invocation.
    for measure in [Attempts, Bodies, Invocations] {
        assert_eq!(ran.count(measure), 6, "{measure:?}");
    }
    assert_eq!(ran.count(Effects), 0);
}

#[test]
fn delays_do_not_depend_on_the_order_of_ready_tasks() {
    let case = failing("FFFFFS");
    let [one, two] = [1, 2].map(|seed| delays(case.clone().schedule(seed), 5, 1.0));
    assert_eq!(one, two);
}
