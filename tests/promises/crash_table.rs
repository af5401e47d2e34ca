//! What one crash costs at each moment of a step, under both step semantics.

use models::point::{Phase, Point, RequestKind};
use models::records::Measure::{CheckpointUpdates, DuplicateEffects, Invocations};
use promises::{Case, Ran};

const STEP: &str = "increment-1";

fn counter(semantics: &str) -> Case {
    Case::new("counter", "durable")
        .set("counter.operations", "3")
        .set("counter.get", "false")
        .set("durable.semantics", semantics)
}

fn crash(case: Case, point: &str, occurrence: &str) -> Case {
    case.fault(
        "crash",
        &[("point", point), ("step", STEP), ("occurrence", occurrence)],
    )
}

/// Bodies and effects of the step; invocations and updates of the execution; success.
fn cost(ran: &Ran) -> (u64, u64, u64, u64, bool) {
    assert_eq!(ran.fired("crash"), 1);
    (
        ran.bodies.get(STEP).copied().unwrap_or(0),
        ran.effects.get(STEP).copied().unwrap_or(0),
        ran.count(Invocations),
        ran.count(CheckpointUpdates),
        ran.succeeded(),
    )
}

#[test]
fn at_least_once() {
    for (moment, point, expected) in [
        ("before the body", "body.start", (1, 1, 2, 6, true)),
        (
            "in the body, before the effect",
            "effect.before",
            (2, 1, 2, 6, true),
        ),
        ("after the effect", "effect.after", (2, 2, 2, 6, true)),
        ("at the end of the body", "body.end", (2, 2, 2, 6, true)),
        (
            "before the result leaves",
            "durable.checkpoint.send",
            (2, 2, 2, 6, true),
        ),
        (
            "when the result is stored",
            "durable.checkpoint.applied",
            (1, 1, 2, 6, true),
        ),
        (
            "when the answer is back",
            "durable.checkpoint.ack",
            (1, 1, 2, 6, true),
        ),
    ] {
        let ran = crash(counter("at_least_once"), point, "1").run();
        assert_eq!(cost(&ran), expected, "{moment}");
    }
}

#[test]
fn at_least_once_with_a_start_stored_before_the_crash() {
    // A body of 150 ms: its start is stored after 100 ms.
    for (point, expected) in [
        ("effect.after", (2, 2, 2, 6, true)),
        ("body.end", (2, 2, 2, 6, true)),
    ] {
        let ran = crash(
            counter("at_least_once").set("counter.body_ms", "150"),
            point,
            "1",
        )
        .run();
        assert_eq!(cost(&ran), expected, "{point}");
    }
}

#[test]
fn at_least_once_repeats_even_a_step_without_retry() {
    let once = counter("at_least_once").set("durable.retry_attempts", "1");
    assert_eq!(
        cost(&crash(once, "effect.after", "1").run()),
        (2, 2, 2, 6, true)
    );
}

#[test]
fn at_most_once() {
    for (moment, point, occurrence, expected) in [
        (
            "before the start is stored",
            "durable.checkpoint.send",
            "1",
            (1, 1, 2, 6, true),
        ),
        (
            "after the start, before the body",
            "durable.checkpoint.applied",
            "1",
            (1, 1, 3, 8, true),
        ),
        (
            "after the start's answer",
            "durable.checkpoint.ack",
            "1",
            (1, 1, 3, 8, true),
        ),
        ("before the body", "body.start", "1", (1, 1, 3, 8, true)),
        (
            "in the body, before the effect",
            "effect.before",
            "1",
            (2, 1, 3, 8, true),
        ),
        ("after the effect", "effect.after", "1", (2, 2, 3, 8, true)),
        (
            "at the end of the body",
            "body.end",
            "1",
            (2, 2, 3, 8, true),
        ),
        (
            "before the result leaves",
            "durable.checkpoint.send",
            "2",
            (2, 2, 3, 8, true),
        ),
        (
            "when the result is stored",
            "durable.checkpoint.applied",
            "2",
            (1, 1, 2, 6, true),
        ),
        (
            "when its answer is back",
            "durable.checkpoint.ack",
            "2",
            (1, 1, 2, 6, true),
        ),
    ] {
        let ran = crash(counter("at_most_once"), point, occurrence).run();
        assert_eq!(cost(&ran), expected, "{moment}");
    }
}

#[test]
fn at_most_once_without_retry_fails_with_its_effect_applied() {
    for (point, effects) in [("effect.before", 0), ("effect.after", 1)] {
        let once = counter("at_most_once").set("durable.retry_attempts", "1");
        let ran = crash(once, point, "1").run();
        // START and SUCCEED of the first step, START and FAIL of the second.
        assert_eq!(cost(&ran), (1, effects, 2, 4, false), "{point}");
    }
}

#[test]
fn a_crash_between_the_raise_and_its_record_repeats_or_uses_the_attempt() {
    // The first attempt raises whenever it runs; counted by bodies, the first two do.
    for (semantics, by, outcomes, bodies, invocations, updates) in [
        // The same attempt runs again, fails again, and its retry succeeds.
        ("at_least_once", "attempt", "FS", 3, 3, 8),
        ("at_least_once", "body", "FFS", 3, 3, 8),
        // The interruption counts as a failed attempt of its own.
        ("at_most_once", "attempt", "FS", 2, 3, 8),
        ("at_most_once", "body", "FFS", 3, 4, 10),
    ] {
        let outcomes = [("step", STEP), ("by", by), ("outcomes", outcomes)];
        let case = counter(semantics).fault("outcome", &outcomes);
        let ran = crash(case, "body.end", "1").run();
        let (b, _, i, u, success) = cost(&ran);
        assert_eq!(
            (b, i, u, success),
            (bodies, invocations, updates, true),
            "{semantics}"
        );
    }
}

#[test]
fn steps_in_flight_at_a_crash_are_all_repeated_and_no_others() {
    for width in [1, 3, 8] {
        let case = Case::new("video", "durable")
            .set("video.length_s", "8")
            .set("video.max_concurrency", &width.to_string())
            .set("video.media", "none")
            .fault("crash", &[("point", "effect.after"), ("step", "encode-*")]);
        let ran = case.run();
        let duplicates = ran.count(DuplicateEffects);
        assert!(ran.succeeded());
        assert!((1..=width).contains(&duplicates), "{duplicates} of {width}");
    }
}

#[test]
fn a_video_crashed_at_each_of_its_boundaries_ends_right() {
    let video = || {
        Case::new("video", "durable")
            .set("video.length_s", "4")
            .set("video.media", "none")
    };
    let boundaries = video().look(|world, _| world.ordinals.clone());
    let mut most = 0;
    for (point, times) in Point::all().zip(boundaries.iter().map(std::cell::Cell::get)) {
        if matches!(point.request(), Some((RequestKind::FunctionInvoke, _))) {
            continue; // The client's own: clients do not crash.
        }
        for ordinal in 1..=times {
            let name = point.to_string();
            let occurrence = ordinal.to_string();
            let case = video().fault("crash", &[("point", &name), ("occurrence", &occurrence)]);
            let ran = case.run();
            assert!(ran.succeeded(), "{name} {ordinal}");
            assert_eq!(ran.fired("crash"), 1, "{name} {ordinal}");
            let encodes = (0..4)
                .map(|i| ran.effects[&format!("encode-{i}")])
                .sum::<u64>();
            assert!((4..=8).contains(&encodes), "{name} {ordinal}: {encodes}");
            most = most.max(encodes);
        }
    }
    assert!(most > 4, "some crash repeats effects");
}

#[test]
fn a_stale_invocation_is_refused_by_its_token() {
    // The worker stands still after its effect, is given up, and comes back while the execution goes on.
    let case = counter("at_least_once")
        .set("counter.body_ms", "5000")
        .fault(
            "freeze",
            &[
                ("point", "effect.after"),
                ("step", STEP),
                ("for_s", "3"),
                ("given_up_after_s", "1"),
            ],
        );
    let refused = Point::of(RequestKind::DurableCheckpoint, Phase::Ack);
    let refusals = case.look(|world, _| {
        let history = world.history.borrow();
        let refused = history.crossings.iter().filter(|crossing| {
            crossing.point == refused && crossing.outcome == models::ledger::Outcome::Refused
        });
        refused.count()
    });
    assert_eq!(refusals, 1, "the zombie's request");
    let ran = case.run();
    assert!(ran.succeeded());
    assert_eq!(ran.effects[STEP], 2);
    assert_eq!(ran.count(CheckpointUpdates), 6);
    // What comes after the stale step is done once, by the live worker alone.
    assert_eq!(ran.effects["increment-2"], 1);
}
