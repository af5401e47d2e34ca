//! How long one step takes, to the nanosecond, with constant latencies.

use promises::{Case, ms};
use std::time::Duration;

/// From the start of one step's body to that of the next.
fn period(case: Case) -> Duration {
    let case = case
        .set("counter.operations", "3")
        .set("counter.get", "false");
    let trace = case.run().trace;
    let [first, second, third] = ["0", "1", "2"].map(|i| {
        let starts = trace.starts(&format!("increment-{i}"));
        assert_eq!(starts.len(), 1, "no fault repeats a body");
        starts[0]
    });
    assert_eq!(third - second, second - first, "all steps take as long");
    third - second
}

fn durable(body: f64, round_trip: f64) -> Case {
    Case::new("counter", "durable")
        .set("counter.body_ms", &body.to_string())
        .platform("durable.checkpoint_ms", &round_trip.to_string())
}

#[test]
fn a_short_step_takes_its_body_one_millisecond_and_one_round_trip() {
    for body in [0.0, 0.25, 5.0, 95.0] {
        for round_trip in [0.0, 0.4, 5.0, 200.0] {
            let expected = ms(body + 1.0 + round_trip);
            assert_eq!(
                period(durable(body, round_trip)),
                expected,
                "{body}, {round_trip}"
            );
        }
    }
}

#[test]
fn the_result_of_a_long_step_waits_for_the_answer_to_its_start() {
    for (body, round_trip) in [(105.0, 2.0), (150.0, 5.0), (150.0, 49.0), (1000.0, 30.0)] {
        let expected = ms(f64::max(body + 1.0, 100.0 + round_trip) + round_trip);
        assert_eq!(
            period(durable(body, round_trip)),
            expected,
            "{body}, {round_trip}"
        );
    }
    // Queued while the start's request is under way, the result still waits its millisecond.
    for (body, round_trip) in [(105.0, 60.0), (150.0, 200.0)] {
        let expected = ms(100.0 + round_trip + 1.0 + round_trip);
        assert_eq!(
            period(durable(body, round_trip)),
            expected,
            "{body}, {round_trip}"
        );
    }
}

#[test]
fn at_most_once_adds_a_round_trip_before_the_body() {
    for body in [0.0, 5.0, 150.0] {
        for round_trip in [0.4, 5.0, 200.0] {
            let case = durable(body, round_trip).set("durable.semantics", "at_most_once");
            let expected = ms(round_trip + 1.0 + body + round_trip + 1.0);
            assert_eq!(period(case), expected, "{body}, {round_trip}");
        }
    }
}

#[test]
fn the_javascript_sdk_never_waits_before_it_sends() {
    for (body, round_trip) in [(0.0_f64, 5.0), (3.0, 5.0), (30.0, 5.0), (30.0, 200.0)] {
        let case = durable(body, round_trip).set("durable.sdk", "js");
        let expected = match body {
            0.0 => round_trip,
            body => body.max(round_trip) + round_trip,
        };
        assert_eq!(period(case), ms(expected), "{body}, {round_trip}");
    }
}

#[test]
fn without_checkpoints_a_step_takes_its_body() {
    let case = Case::new("counter", "local").set("counter.body_ms", "0.125");
    assert_eq!(period(case), ms(0.125));
}

#[test]
fn by_hand_a_step_takes_its_body_and_its_requests() {
    // Get and put of the counter, put of the progress; 5 ms each, a transaction 10 ms.
    for (variant, requests) in [
        ("naive", 15.0),
        ("conditional", 15.0),
        ("atomic", 10.0),
        ("idempotent", 10.0),
    ] {
        let case = Case::new("counter", "explicit").set("explicit.variant", variant);
        assert_eq!(period(case), ms(5.0 + requests), "{variant}");
    }
}

#[test]
fn a_latency_below_a_millisecond_is_kept() {
    let case = Case::new("counter", "explicit")
        .set("explicit.variant", "atomic")
        .set("counter.body_ms", "0.5")
        .platform("kv.update_ms", "0.25")
        .platform("kv.put_ms", "0.125");
    assert_eq!(period(case), ms(0.875));
}

#[test]
fn a_python_invocation_ends_when_the_collector_looks_for_the_end() {
    // Billed: the handler, and what is left of the 100 ms since the collector had nothing more to send.
    let billed = |sdk: &str, body: f64, poll: &str| {
        let case = durable(body, 5.0)
            .set("counter.operations", "3")
            .set("counter.get", "false")
            .set("durable.sdk", sdk)
            .platform("durable.stop_poll_ms", poll);
        case.run().get(models::records::Measure::BilledS)
    };
    for body in [5.0, 60.0] {
        let more = billed("python", body, "100") - billed("python", body, "0");
        assert!((more - 0.1).abs() < 1e-9, "{body}: {more}");
        assert_eq!(billed("js", body, "100"), billed("js", body, "0"));
    }
}
