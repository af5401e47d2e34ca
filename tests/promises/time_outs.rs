//! Time-outs of an invocation and of an execution.

use models::records::Measure::{
    Attempts, BilledS, Bodies, CheckpointUpdates, Effects, Invocations,
};
use promises::{Case, ms};

#[test]
fn the_time_out_kills_and_is_billed() {
    for timeout_s in [3_u32, 900] {
        let ran = Case::new("counter", "local")
            .set("counter.body_ms", "2000000")
            .set("function.timeout_s", &timeout_s.to_string())
            .run();
        assert!(!ran.succeeded());
        assert_eq!(ran.time(BilledS), ms(f64::from(timeout_s) * 1e3));
        assert!(ran.effects.is_empty());
    }
}

#[test]
fn a_step_that_never_fits_is_run_until_the_execution_times_out() {
    let ran = Case::new("counter", "durable")
        .set("counter.operations", "1")
        .set("counter.body_ms", "2000000")
        .set("durable.execution_timeout_s", "10000")
        .run();
    assert_eq!(ran.record.outcome, "timed_out");
    assert!((9..=12).contains(&ran.count(Invocations)));
    // It uses no attempt: the interrupted body runs again under the same number.
    assert_eq!(
        (ran.count(Bodies), ran.count(Attempts)),
        (ran.count(Invocations), 1)
    );
}

#[test]
fn an_execution_never_succeeds_after_its_time_out() {
    for (timeout_s, success) in [("61", true), ("60", false)] {
        let ran = Case::new("counter", "durable")
            .set("counter.operations", "1")
            .set("counter.get", "false")
            .set("counter.body_ms", "60500")
            .set("durable.execution_timeout_s", timeout_s)
            .run();
        assert_eq!(ran.succeeded(), success, "{timeout_s}");
    }
}

/// The second body is under way at 30 s: its effect stays, its checkpoint is refused, and there is no third.
#[test]
fn an_execution_is_closed_at_its_time_out_and_refuses_later_checkpoints() {
    let ran = Case::new("program", "durable")
        .set("program.text", "step step step")
        .set("program.body_ms", "20000")
        .set("durable.execution_timeout_s", "30")
        .run();
    assert_eq!(ran.record.outcome, "timed_out");
    assert_eq!(ran.trace.ended, [ms(10.0 + 30_000.0)]);
    assert_eq!((ran.count(Bodies), ran.count(Effects)), (2, 2));
    assert_eq!(
        (ran.count(Invocations), ran.count(CheckpointUpdates)),
        (1, 3)
    );
}

#[test]
fn no_back_off_outlasts_the_execution() {
    let keys = [("point", "handler.start"), ("times", "0")];
    let ran = Case::new("counter", "durable")
        .set("durable.execution_timeout_s", "1000")
        .fault("crash", &keys)
        .run();
    assert!(!ran.succeeded());
    // The service counts from when it has the start.
    assert_eq!(ran.trace.ended, [ms(10.0 + 1_000_000.0)]);
}
