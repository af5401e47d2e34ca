//! A crash at a time, whatever the worker is doing.

use models::records::Measure::{Attempts, BilledS, Bodies, Invocations};
use promises::{Case, ms};

fn counter(engine: &'static str) -> Case {
    Case::new("counter", engine)
        .set("counter.operations", "1")
        .set("counter.get", "false")
}

#[test]
fn a_crash_at_a_time_costs_what_was_under_way() {
    for restart_s in [0.0, 7.0] {
        let ran = counter("durable")
            .set("counter.body_ms", "1000")
            .set("faults.restart_s", &restart_s.to_string())
            .fault("crash", &[("at_s", "0.5")])
            .run();
        assert!(ran.succeeded());
        assert_eq!((ran.fired("crash"), ran.count(Invocations)), (1, 2));
        assert_eq!((ran.count(Bodies), ran.count(Attempts)), (2, 1));
        // Started at 10 ms; found dead after 10 ms, back-off of 1 s. The start was stored.
        let again = 500.0 + 10.0 + restart_s * 1e3 + 1000.0;
        assert_eq!(ran.trace.starts("increment-0"), [ms(10.0), ms(again)]);
        assert_eq!(ran.trace.ended, [ms(again + 1000.0 + 1.0 + 5.0)]);
        assert_eq!(ran.time(BilledS), ms(490.0 + 1006.0));
    }
}

#[test]
fn a_crash_at_the_instant_of_dispatch_leaves_nothing_behind() {
    for seed in 0..8 {
        let ran = counter("durable")
            .set("counter.body_ms", "1000")
            .fault("crash", &[("at_s", "0.01")])
            .schedule(seed)
            .run();
        assert!(ran.succeeded());
        if ran.fired("crash") == 0 {
            continue;
        }
        assert_eq!(ran.count(Invocations), 2);
        let entered = ran.trace.at("handler.start");
        for crossing in &entered[..entered.len() - 1] {
            assert!(crossing.time <= ms(10.0), "the dead worker went on");
        }
        assert_eq!(ran.trace.starts("increment-0").last(), Some(&ms(1020.0)));
    }
}

/// The step's body ends at 30 ms, its checkpoint leaves a millisecond later and is applied half of 5 ms after that.
#[test]
fn a_checkpoint_under_way_outlives_its_worker() {
    for (at_s, bodies) in [
        ("0.0305", 2),
        ("0.0311", 1),
        ("0.033", 1),
        ("0.0334", 1),
        ("0.0336", 1),
    ] {
        let ran = counter("durable")
            .set("counter.body_ms", "20")
            .fault("crash", &[("at_s", at_s)])
            .run();
        assert!(ran.succeeded());
        assert_eq!((ran.fired("crash"), ran.count(Invocations)), (1, 2));
        assert_eq!(ran.count(Bodies), bodies, "crash at {at_s} s");
    }
}
