//! Counts of the durable engine without faults and with failing attempts, as measured on the real
//! SDK (closed forms for the Python SDK).

use models::records::Measure::{
    Bodies, CheckpointRequests, CheckpointUpdates, DurableOperations, Invocations,
};
use promises::{Case, Ran};

fn counts(ran: &Ran) -> (u64, u64, u64, u64) {
    assert!(ran.succeeded(), "{}", ran.record.outcome);
    (
        ran.count(CheckpointUpdates),
        ran.count(CheckpointRequests),
        ran.count(Invocations),
        ran.count(DurableOperations),
    )
}

fn counter(operations: u64) -> Case {
    Case::new("counter", "durable")
        .set("counter.operations", &operations.to_string())
        .set("counter.get", "false")
}

fn failing(case: Case, times: u64) -> Case {
    let outcomes = "F".repeat(times as usize) + "S";
    case.fault(
        "outcome",
        &[("step", "increment-0"), ("outcomes", &outcomes)],
    )
}

#[test]
fn counter_at_least_once_with_short_bodies() {
    for s in [1, 2, 7, 40] {
        for f in [0, 1, 3, 5] {
            for w in [0, 1] {
                let idle = if w == 1 { "30" } else { "0" };
                let case = failing(counter(s).set("counter.idle_s", idle), f);
                let expected = (2 * s + 2 * f + w, s + f + w, 1 + f + w, 1 + s + f + w);
                assert_eq!(counts(&case.run()), expected, "S = {s}, f = {f}, w = {w}");
            }
        }
    }
}

#[test]
fn counter_with_long_bodies_or_at_most_once_sends_each_start_alone() {
    for s in [1, 2, 7] {
        for f in [0, 1, 3] {
            for (key, value) in [
                ("counter.body_ms", "150"),
                ("durable.semantics", "at_most_once"),
            ] {
                let case = failing(counter(s).set(key, value), f);
                let expected = (2 * s + 2 * f, 2 * s + 2 * f, 1 + f, 1 + s + f);
                assert_eq!(counts(&case.run()), expected, "{value}: S = {s}, f = {f}");
            }
        }
    }
}

#[test]
fn the_edge_of_the_lazy_window_is_between_95_and_105_ms() {
    for latency in ["1", "30", "200"] {
        let requests = |ms| {
            let case = counter(1).set("counter.body_ms", ms);
            counts(&case.platform("durable.checkpoint_ms", latency).run()).1
        };
        assert_eq!(
            (requests("95"), requests("105")),
            (1, 2),
            "latency {latency}"
        );
    }
}

fn video(chunks: u64) -> Case {
    Case::new("video", "durable")
        .set("video.length_s", &chunks.to_string())
        .set("video.max_concurrency", "1")
        .set("video.media", "none")
        .set("video.assemble_ms", "50")
        .set("encoder.law", "constant")
        .set("encoder.ms_per_s", "50")
}

#[test]
fn video_one_chunk_at_a_time() {
    for m in [1, 2, 5, 30] {
        let nested = counts(&video(m).run());
        assert_eq!(
            nested,
            (4 * m + 8, 2 * m + 4, 1, 2 * m + 5),
            "nested, M = {m}"
        );
        let strict = video(m).set("durable.semantics", "at_most_once");
        assert_eq!(
            counts(&strict.run()),
            (4 * m + 8, 3 * m + 7, 1, 2 * m + 5),
            "strict, M = {m}"
        );
        let flat = counts(&video(m).set("durable.nesting", "flat").run());
        assert_eq!(flat, (2 * m + 8, m + 4, 1, m + 5), "flat, M = {m}");
    }
}

#[test]
fn video_side_by_side_sends_the_same_updates_in_few_requests() {
    for m in [3, 10, 50, 100] {
        for (semantics, nesting, range, per_chunk) in [
            ("at_least_once", "nested", 6..=13, 4),
            ("at_most_once", "nested", 10..=15, 4),
            ("at_least_once", "flat", 5..=11, 2),
        ] {
            let case = video(m)
                .set("video.max_concurrency", "0")
                .set("durable.semantics", semantics)
                .set("durable.nesting", nesting)
                .platform("durable.checkpoint_ms", "10");
            let (updates, requests, invocations, _) = counts(&case.run());
            assert_eq!((updates, invocations), (per_chunk * m + 8, 1));
            assert!(
                range.contains(&requests),
                "{semantics} {nesting} M = {m}: {requests}"
            );
        }
    }
}

#[test]
fn the_javascript_sdk_sends_at_the_next_turn_of_its_loop() {
    let js = |body| {
        counts(
            &counter(5)
                .set("durable.sdk", "js")
                .set("counter.body_ms", body)
                .run(),
        )
    };
    assert_eq!(
        js("0").1,
        5,
        "a body that does not yield shares its start's request"
    );
    assert_eq!(js("1").1, 10, "any wait makes it two requests");
}

/// Children one after the other, of two short steps each.
fn children(times: usize) -> Case {
    let text = vec!["child { step step }"; times].join(" ");
    Case::new("program", "durable").set("program.text", &text)
}

#[test]
fn a_child_context_costs_one_operation_and_one_request_more() {
    for c in [1, 3, 10] {
        // The context's START goes with the first step's, its SUCCEED goes alone.
        let expected = (6 * c, 3 * c, 1, 1 + 3 * c);
        assert_eq!(counts(&children(c as usize).run()), expected, "{c}");
        // A failing step suspends; finished children are replayed without entering them.
        let keys = [("step", "step-1"), ("outcomes", "FFS")];
        let failing = children(c as usize).fault("outcome", &keys);
        let expected = (6 * c + 4, 3 * c + 2, 3, 3 + 3 * c);
        assert_eq!(counts(&failing.run()), expected, "{c}");
    }
}

#[test]
fn a_failed_child_is_recorded_and_fails_the_execution() {
    let keys = [("step", "step-1"), ("outcomes", "P")];
    let ran = children(2).fault("outcome", &keys).run();
    assert!(!ran.succeeded());
    // START of the context; START and SUCCEED; START and FAIL; FAIL of the context.
    assert_eq!(ran.count(CheckpointUpdates), 6);
    assert_eq!(ran.count(Bodies), 2);
}
