//! Crashes by rate and per busy hour, and what is lost without recovery.

use models::ledger::Outcome;
use models::records::Measure::{BilledS, Bodies, DuplicateEffects, RecoveryS};
use promises::Case;
use std::collections::BTreeMap;

fn counter(engine: &'static str) -> Case {
    Case::new("counter", engine)
        .set("counter.operations", "1")
        .set("counter.get", "false")
}

#[test]
fn a_crash_rate_kills_at_each_of_a_bodys_four_points_alike() {
    let ran = counter("durable")
        .set("load.executions", "2000")
        .set("faults.crash_rate", "0.25")
        .run();
    assert!(ran.succeeded());
    let crashes = ran.trace.with(Outcome::Crash);
    assert_eq!(crashes.len() as u64, ran.fired("crash"));
    // Until a body gets through: 1 / (1 - 0.25) tries, a quarter of them fatal.
    let n = crashes.len() as f64;
    let error = (2000.0 * 0.25_f64).sqrt() / 0.75;
    assert!((n - 2000.0 / 3.0).abs() < 3.0 * error, "{n} crashes");
    let mut points: BTreeMap<String, f64> = BTreeMap::new();
    for crash in &crashes {
        *points.entry(crash.point.to_string()).or_default() += 1.0;
    }
    let names = ["body.end", "body.start", "effect.after", "effect.before"];
    assert!(points.keys().map(String::as_str).eq(names), "{points:?}");
    for (point, times) in points {
        let error = (n * 0.25 * 0.75).sqrt();
        assert!((times - n / 4.0).abs() < 3.0 * error, "{point}: {times}");
    }
}

/// Work that is done again is no progress.
#[test]
fn an_engine_that_keeps_nothing_has_recovered_when_it_is_as_far_as_before() {
    let recovery = |engine| {
        let ran = Case::new("program", engine)
            .set("program.text", "step step step step")
            .set("program.body_ms", "1000")
            .set("local.max_restarts", "1")
            .fault("crash", &[("point", "effect.after"), ("step", "step-3")])
            .run();
        assert!(ran.succeeded(), "{engine}");
        ran.get(RecoveryS)
    };
    let (local, durable) = (recovery("local"), recovery("durable"));
    assert!((4.0..4.5).contains(&local), "{local}");
    assert!((1.0..3.0).contains(&durable), "{durable}");
}

/// The get has no effect, and so two of the four points only.
#[test]
fn a_body_without_an_effect_is_killed_as_often_as_another() {
    let ran = Case::new("counter", "durable")
        .set("counter.operations", "1")
        .set("load.executions", "2000")
        .set("faults.crash_rate", "0.25")
        .run();
    assert!(ran.succeeded());
    let error = (2000.0 * 0.25_f64).sqrt() / 0.75;
    let mut steps: BTreeMap<String, f64> = BTreeMap::new();
    for crash in ran.trace.with(Outcome::Crash) {
        *steps.entry(crash.at.step.to_string()).or_default() += 1.0;
    }
    assert_eq!(steps.len(), 2, "{steps:?}");
    for (step, count) in steps {
        let off = (count - 2000.0 / 3.0).abs();
        assert!(off < 3.0 * error, "{step}: {count} crashes");
    }
}

#[test]
fn a_crash_rate_strikes_nothing_but_bodies() {
    // Branches that go on at the same instant as one that dies are dead too.
    for semantics in ["at_least_once", "at_most_once"] {
        for replicate in 0..20 {
            let ran = Case::new("video", "durable")
                .set("video.media", "none")
                .set("durable.semantics", semantics)
                .set("durable.retry_attempts", "1000")
                .set("faults.crash_rate", "0.3")
                .replicate(replicate)
                .run();
            assert!(ran.succeeded());
            for crash in ran.trace.with(Outcome::Crash) {
                let point = crash.point.to_string();
                let body = point.starts_with("body") || point.starts_with("effect");
                assert!(body, "{semantics} {replicate}: {point} {}", crash.at.step);
            }
        }
    }
}

#[test]
fn crashes_per_hour_come_in_proportion_to_busy_time() {
    let ran = counter("durable")
        .set("load.executions", "3000")
        .set("counter.body_ms", "200")
        .set("faults.crash_per_hour", "3600")
        .run();
    assert!(ran.succeeded());
    let busy = ran.get(BilledS) * 3000.0;
    let crashes = ran.fired("crash") as f64;
    assert!(crashes > 400.0);
    assert!(
        (crashes - busy).abs() < 3.0 * crashes.sqrt(),
        "{crashes}, {busy} s"
    );
}

#[test]
fn a_crash_loses_everything_without_recovery() {
    let local = |restarts: &str| {
        Case::new("counter", "local")
            .set("counter.get", "false")
            .set("counter.operations", "4")
            .set("local.max_restarts", restarts)
            .fault("crash", &[("point", "body.end"), ("step", "increment-3")])
            .run()
    };
    assert!(!local("0").succeeded());
    let again = local("1");
    assert!(again.succeeded());
    assert_eq!(again.count(Bodies), 8);
    assert!(again.effects.values().all(|times| *times == 2));
}

#[test]
fn a_crashed_function_is_answered_as_an_error_and_sent_again_by_hand() {
    for (variant, progress) in [("conditional", 2), ("idempotent", 1)] {
        // After the write of the first operation's state, before its progress is written.
        let point = match variant {
            "idempotent" => "kv.transact.applied",
            _ => "kv.put.applied",
        };
        let ran = Case::new("counter", "explicit")
            .set("explicit.variant", variant)
            .set("counter.operations", "2")
            .set("counter.get", "false")
            .fault("crash", &[("point", point), ("occurrence", "1")])
            .run();
        assert!(ran.succeeded());
        assert_eq!(ran.bodies["increment-0"], progress, "{variant}");
        assert_eq!(ran.counter, 1 + progress as i64, "{variant}");
    }
}

/// A crash by time finds an effect without its record only if code follows the effect.
#[test]
fn what_a_body_does_after_its_effect_is_where_crashes_by_time_duplicate_it() {
    let duplicates = |engine, after: &str| {
        // A batch: it writes down how far it has come.
        let ran = counter(engine)
            .set("counter.operations", "3")
            .set("counter.body_ms", "50")
            .set("counter.after_ms", after)
            .set("explicit.variant", "idempotent")
            .set("load.executions", "300")
            .set("faults.crash_per_hour", "7200")
            .run();
        assert!(ran.fired("crash") > 10, "{engine}");
        ran.get(DuplicateEffects)
    };
    assert_eq!(duplicates("explicit", "0"), 0.0);
    assert!(duplicates("explicit", "50") > 0.0);
    assert!(duplicates("durable", "50") > duplicates("durable", "0"));
}
