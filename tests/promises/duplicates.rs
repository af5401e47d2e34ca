//! The same execution started again, the same event delivered again.

use models::ledger::Effect;
use models::records::Measure::{
    Bodies, DuplicateEffects, DuplicateWrites, DurableOperations, Effects, Invocations,
    QueueMessages,
};
use promises::{Case, Ran};

fn counter(engine: &'static str) -> Case {
    Case::new("counter", engine)
        .set("counter.operations", "2")
        .set("counter.get", "false")
}

#[test]
fn a_durable_execution_of_the_same_name_runs_once() {
    for after_s in ["0", "0.01", "0.02", "100"] {
        let keys = [("copies", "3"), ("after_s", after_s)];
        let ran = counter("durable").fault("duplicate_start", &keys).run();
        assert!(ran.succeeded());
        assert_eq!(ran.fired("duplicate_start"), 3);
        assert_eq!(ran.count(Bodies), 2);
        assert_eq!(ran.count(Invocations), 1);
        assert_eq!(ran.count(DurableOperations), 3);
        let reports = ran.trace.ended.len();
        assert_eq!(reports, 1);
    }
}

#[test]
fn a_request_by_hand_that_comes_again_later_is_told_apart_by_its_progress() {
    // A batch writes down how far it has come; a single operation has only its key, if any.
    for (variant, batch, single) in [
        ("naive", 2, 2),
        ("conditional", 2, 2),
        ("atomic", 2, 2),
        ("idempotent", 2, 1),
    ] {
        let keys = [("after_s", "100")];
        let case = counter("explicit").set("explicit.variant", variant);
        let ran = case.clone().fault("duplicate_start", &keys).run();
        assert_eq!(ran.fired("duplicate_start"), 1);
        assert_eq!(ran.counter, batch, "{variant}");
        let case = case.set("counter.operations", "1");
        let ran = case.fault("duplicate_start", &keys).run();
        assert_eq!(ran.counter, single, "{variant}");
    }
}

#[test]
fn requests_by_hand_at_the_same_time_are_told_apart_by_key_only() {
    let value = |variant: &str| {
        let case = counter("explicit").set("explicit.variant", variant);
        case.set("faults.duplicate_start_rate", "1").run().counter
    };
    assert_eq!(value("conditional"), 4);
    assert_eq!(value("atomic"), 4);
    assert_eq!(value("idempotent"), 2);
}

fn video(variant: &str, dispatch_ms: &str) -> Ran {
    let ran = Case::new("video", "explicit")
        .set("video.length_s", "5")
        .set("explicit.variant", variant)
        .set("explicit.watchdog_s", "3600")
        .set("explicit.cleanup", "false")
        .platform("function.async_duplicate", "1")
        .platform("function.async_dispatch_ms", dispatch_ms)
        .run();
    assert!(ran.succeeded());
    // Every event, the five chunks' and the assembly's.
    assert_eq!(ran.fired("duplicate_event"), ran.count(QueueMessages));
    ran
}

fn encodes(ran: &Ran, effect: Effect) -> usize {
    let of = |e: &&models::ledger::EffectRow| e.effect == effect && e.at.step.base() == "encode";
    ran.trace.effects.iter().filter(of).count()
}

#[test]
fn an_event_delivered_twice_encodes_twice_unless_the_record_is_looked_at() {
    // At the same instant nobody can tell; the commit is conditional all the same.
    for (variant, commits) in [
        ("naive", 10),
        ("atomic", 10),
        ("conditional", 5),
        ("idempotent", 5),
    ] {
        let ran = video(variant, "10");
        assert_eq!(encodes(&ran, Effect::Keyed), 10, "{variant}");
        assert_eq!(encodes(&ran, Effect::Store), commits, "{variant}");
    }
    // Minutes apart the second one finds the chunk done.
    for (variant, times) in [
        ("naive", 10),
        ("atomic", 5),
        ("conditional", 5),
        ("idempotent", 5),
    ] {
        let ran = video(variant, "uniform(0, 600000)");
        assert_eq!(encodes(&ran, Effect::Keyed), times, "{variant}");
    }
}

#[test]
fn a_write_that_is_repeated_is_no_effect_on_the_outside() {
    let ran = Case::new("counter", "explicit")
        .set("counter.operations", "3")
        .set("explicit.variant", "naive")
        .fault("lost_ack", &[("request", "kv.put")])
        .run();
    let counts = [Effects, DuplicateEffects, DuplicateWrites].map(|measure| ran.count(measure));
    assert_eq!(counts, [3, 0, 1]);
}

/// As botocore's legacy mode does for DynamoDB.
#[test]
fn the_stores_client_doubles_its_pauses_without_chance() {
    let ran = Case::new("counter", "explicit")
        .set("counter.operations", "1")
        .fault("error", &[("request", "kv.put"), ("times", "4")])
        .run();
    assert!(ran.succeeded());
    let sent: Vec<_> = ran.trace.at("kv.put.send").iter().map(|c| c.time).collect();
    let gaps: Vec<_> = sent
        .windows(2)
        .take(4)
        .map(|pair| pair[1] - pair[0])
        .collect();
    let more: Vec<_> = gaps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(more[1], more[0] * 2);
    assert_eq!(more[2], more[0] * 4);
    assert!(!more[0].is_zero());
}
