//! Waits: suspended and unpaid, paid, or split by hand.

use models::records::Measure::{BilledS, Bodies, Invocations, LatencyS};
use promises::{Case, ms};

fn counter(engine: &'static str, idle_s: &str) -> Case {
    Case::new("counter", engine)
        .set("durable.execution_timeout_s", "31622400")
        .set("counter.operations", "2")
        .set("counter.get", "false")
        .set("counter.idle_s", idle_s)
}

#[test]
fn a_durable_wait_suspends_and_is_not_paid_for() {
    for (idle_s, whole) in [("30", 30.0), ("0.5", 1.0), ("2592000", 2_592_000.0)] {
        let ran = counter("durable", idle_s).run();
        assert_eq!(ran.count(Invocations), 2);
        // A step is 5 + 1 + 5 ms, the wait's start 1 + 5 ms.
        assert_eq!(ran.time(BilledS), ms(11.0 + 6.0 + 11.0), "{idle_s} s");
        // Start 10 ms; the service counts from when it has the wait.
        let latency = ms(10.0 + 11.0 + 1.0 + 2.5 + whole * 1e3 + 11.0);
        assert_eq!(ran.trace.ended, [latency], "{idle_s} s");
    }
}

#[test]
fn a_wait_without_recovery_is_paid_for() {
    let ran = counter("local", "30").run();
    assert_eq!(ran.count(Invocations), 1);
    assert_eq!(ran.time(BilledS), ms(5.0 + 30_000.0 + 5.0));
    assert_eq!(ran.time(LatencyS), ms(10.0 + 30_010.0));
}

#[test]
fn a_wait_without_recovery_dies_at_the_time_out() {
    for timeout_s in [20, 900] {
        let case = counter("local", "1000").set("function.timeout_s", &timeout_s.to_string());
        let ran = case.run();
        assert!(!ran.succeeded());
        assert_eq!(ran.time(BilledS), ms(f64::from(timeout_s) * 1e3));
        assert_eq!(ran.count(Bodies), 1);
    }
}

#[test]
fn by_hand_the_request_is_split_in_two() {
    for (variant, operation) in [
        ("naive", 20.0),
        ("conditional", 20.0),
        ("atomic", 15.0),
        ("idempotent", 15.0),
    ] {
        let ran = counter("explicit", "30")
            .set("explicit.variant", variant)
            .run();
        assert_eq!(ran.count(Invocations), 2);
        // Each reads the progress (5 ms) and does one operation; the first notes the wait.
        let (first, second) = (5.0 + operation + 5.0, 5.0 + operation);
        assert_eq!(ran.time(BilledS), ms(first + second), "{variant}");
        let latency = 10.0 + first + 30_000.0 + 10.0 + second;
        assert_eq!(ran.time(LatencyS), ms(latency), "{variant}");
        assert_eq!(ran.counter, 2);
    }
}

#[test]
fn a_wait_is_not_repeated_after_a_crash_behind_it() {
    for engine in ["durable", "explicit"] {
        let case = counter(engine, "1000").fault(
            "crash",
            &[("point", "effect.before"), ("step", "increment-1")],
        );
        let ran = case.run();
        assert!(ran.succeeded(), "{engine}");
        let latency = ran.time(LatencyS).as_secs();
        assert!((1000..1100).contains(&latency), "{engine}: {latency} s");
    }
}

#[test]
fn a_wait_is_not_cut_short_when_the_request_comes_again() {
    let faults: [(&str, &[(&str, &str)]); 3] = [
        ("crash", &[("point", "kv.put.applied")]),
        ("crash", &[("point", "kv.put.ack")]),
        (
            "lost_ack",
            &[("request", "function.invoke"), ("occurrence", "1")],
        ),
    ];
    for (kind, keys) in faults {
        let ran = counter("explicit", "1000").fault(kind, keys).run();
        assert_eq!(ran.fired(kind), 1, "{keys:?}");
        assert!(ran.succeeded(), "{keys:?}");
        let latency = ran.time(LatencyS).as_secs();
        assert!((1000..1100).contains(&latency), "{keys:?}: {latency} s");
    }
}
