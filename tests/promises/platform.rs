//! The function platform in action: cold starts, limits, scaling, bills.

use models::records::Measure::{BilledS, ColdStarts, Invocations, LatencyS};
use promises::{Case, Ran, ms};

fn local() -> Case {
    Case::new("counter", "local")
        .set("counter.operations", "1")
        .set("counter.get", "false")
}

#[test]
fn an_environment_starts_cold_once_and_is_warm_while_it_is_kept() {
    // Idle for the pause and the 10 ms of two half ways of an invocation.
    for (pause_s, cold) in [("0", 1.0), ("599.99", 1.0), ("600", 3.0)] {
        let ran = local()
            .set("load.executions", "3")
            .set("load.think_s", pause_s)
            .platform("function.cold_platform_ms", "100")
            .platform("function.init_plain_ms", "200")
            .run();
        assert_eq!(ran.get(ColdStarts) * 3.0, cold, "{pause_s}");
        // Initialisation is billed, the platform's own part of a cold start is not.
        let billed = (5.0 * 3.0 + 200.0 * cold) / 3e3;
        assert!((ran.get(BilledS) - billed).abs() < 1e-9, "{pause_s}");
        let latency = (15.0 * 3.0 + 300.0 * cold) / 3e3;
        assert!((ran.get(LatencyS) - latency).abs() < 1e-9, "{pause_s}");
    }
}

#[test]
fn each_invocation_is_rounded_up_to_a_millisecond_with_its_initialisation() {
    for (body, init, billed) in [
        ("0.25", "0", 1.0),
        ("1", "0", 1.0),
        ("5", "200.4", 206.0),
        ("5.6", "200.4", 206.0),
    ] {
        let ran = local()
            .set("counter.body_ms", body)
            .platform("function.init_plain_ms", init)
            .run();
        assert_eq!(ran.time(BilledS), ms(billed), "{body} + {init}");
    }
}

fn clients(count: u64, limit: &str) -> (Ran, u64, u64) {
    let case = Case::new("counter", "explicit")
        .set("explicit.variant", "atomic")
        .set("explicit.client_attempts", "1000")
        .set("counter.operations", "1")
        .set("counter.clients", &count.to_string())
        .set("counter.lockstep", "true")
        .platform("function.concurrency", limit);
    let meters = case.look(|world, _| world.functions.borrow().meters);
    (case.run(), meters.throttled, meters.requests)
}

#[test]
fn no_more_invocations_run_at_once_than_the_limit_allows() {
    for (limit, most) in [("1", 1), ("3", 3), ("100", 12)] {
        let (ran, throttled, _) = clients(12, limit);
        assert!(ran.succeeded());
        assert_eq!(ran.counter, 12);
        assert_eq!(ran.trace.most_at_once(), most);
        assert_eq!(throttled > 0, most < 12);
    }
}

#[test]
fn an_invocation_that_was_throttled_is_not_charged() {
    let (ran, throttled, requests) = clients(12, "2");
    assert!(throttled > 0);
    assert_eq!(requests, 12);
    assert_eq!(ran.get(Invocations), 1.0);
}

#[test]
fn environments_appear_at_the_scaling_rate() {
    // Two at once, then one every five seconds.
    let ran = Case::new("counter", "explicit")
        .set("explicit.client_attempts", "100000")
        .set("explicit.backoff_cap_s", "0.1")
        .set("counter.operations", "1")
        .set("counter.body_ms", "60000")
        .set("counter.clients", "4")
        .set("counter.lockstep", "true")
        .platform("function.scaling_per_10s", "2")
        .run();
    assert!(ran.succeeded());
    let starts = ran.trace.starts("increment-0");
    assert_eq!(starts[..2], [ms(5.0), ms(5.0)]);
    for (start, earliest) in starts[2..].iter().zip([5000.0, 10_000.0]) {
        let late = *start - ms(earliest);
        assert!(late <= ms(115.0), "{late:?} after {earliest} ms");
    }
}
