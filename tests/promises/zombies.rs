//! Workers that stand still, are given up, and come back.

use models::ledger::Outcome;
use models::records::Measure::Invocations;
use promises::{Case, Ran, ms};

fn counter() -> Case {
    Case::new("counter", "durable")
        .set("counter.operations", "2")
        .set("counter.get", "false")
}

fn freeze(case: Case, point: &str, step: &str, for_s: &str, given_up_after_s: &str) -> Case {
    let keys = [
        ("point", point),
        ("step", step),
        ("for_s", for_s),
        ("given_up_after_s", given_up_after_s),
    ];
    case.fault("freeze", &keys)
}

fn refused(ran: &Ran) -> usize {
    let refused = ran.trace.with(Outcome::Refused);
    refused
        .iter()
        .filter(|c| c.point.to_string() == "durable.checkpoint.ack")
        .count()
}

#[test]
fn a_pause_shorter_than_the_patience_only_costs_time() {
    let plain = counter().run();
    let paused = freeze(counter(), "effect.before", "increment-1", "0.8", "1").run();
    assert_eq!(paused.fired("freeze"), 1);
    assert_eq!(paused.count(Invocations), 1);
    assert_eq!(paused.trace.ended[0] - plain.trace.ended[0], ms(800.0));
}

#[test]
fn a_zombie_has_its_effect_and_is_fenced_at_its_next_checkpoint() {
    let ran = freeze(counter(), "effect.before", "increment-1", "10", "1").run();
    assert!(ran.succeeded());
    assert_eq!(ran.count(Invocations), 2);
    assert_eq!(ran.effects["increment-1"], 2);
    assert_eq!(refused(&ran), 1);
    let bodies = ran.trace.bodies_of("increment-1");
    // Given up after 1 s, found out after 10 ms, back-off of 1 s.
    let froze = bodies[0].started + ms(5.0);
    assert_eq!(bodies[1].started, froze + ms(1000.0 + 10.0 + 1000.0));
    let times: Vec<_> = ran.trace.effects.iter().map(|e| (e.body, e.time)).collect();
    assert!(times.contains(&(1, froze + ms(10_000.0))), "after the thaw");
}

#[test]
fn a_worker_in_a_map_stands_still_as_a_whole() {
    for schedule in 0..4 {
        let video = Case::new("video", "durable")
            .set("video.length_s", "5")
            .set("video.media", "none")
            .schedule(schedule);
        let ran = freeze(video, "effect.before", "encode-1", "10", "1").run();
        assert!(ran.succeeded());
        assert_eq!(ran.fired("freeze"), 1);
        let froze = ran.trace.with(Outcome::Freeze)[0].time;
        let first =
            |e: &&models::ledger::EffectRow| e.at.step.to_string() == "encode-1" && e.body == 1;
        let effect = ran.trace.effects.iter().find(first).expect("the zombie's");
        assert_eq!(effect.time, froze + ms(10_000.0));
    }
}

#[test]
fn a_worker_with_many_requests_under_way_stands_still_as_a_whole() {
    // All puts of the chunks are answered at the same instant.
    let video = Case::new("video", "durable").set("video.length_s", "5");
    let ran = freeze(video, "object.put.ack", "chunk", "10", "1").run();
    assert!(ran.succeeded());
    let froze = ran.trace.with(Outcome::Freeze)[0].time;
    let effects = ran.trace.effects.iter();
    let split = effects.filter(|e| e.at.step.to_string() == "chunk");
    let of_zombie = split.filter(|e| e.body == 1).map(|e| e.time).next();
    assert_eq!(of_zombie, Some(froze + ms(10_000.0)));
}

#[test]
fn a_zombie_never_wins_over_a_finished_execution() {
    for point in [
        "body.start",
        "effect.after",
        "durable.checkpoint.send",
        "handler.end",
    ] {
        let ran = freeze(counter(), point, "", "5000", "1").run();
        assert!(ran.succeeded(), "{point}");
        assert_eq!(ran.count(Invocations), 2, "{point}");
        assert!(refused(&ran) <= 1, "{point}");
        assert!(ran.trace.ended[0] < ms(3000.0), "{point}");
    }
}

#[test]
fn a_worker_that_dies_while_it_stands_still_is_replaced() {
    for given_up_after_s in ["1", "50"] {
        let case = freeze(
            counter(),
            "effect.before",
            "increment-0",
            "100",
            given_up_after_s,
        );
        let ran = case
            .fault("crash", &[("at_s", "20")])
            .set("load.executions", "2")
            .set("load.think_s", "200")
            .run();
        assert!(ran.succeeded());
        assert_eq!(ran.fired("crash"), 1, "the zombie is the only busy worker");
        assert_eq!(ran.effects["increment-0"], 2, "one for each execution");
        let second = ran.trace.bodies_of("increment-0")[1].started;
        let expected = match given_up_after_s {
            "1" => ms(10.0 + 5.0 + 1000.0 + 10.0 + 1000.0),
            _ => ms(20_000.0 + 10.0 + 1000.0),
        };
        assert_eq!(second, expected);
    }
}
