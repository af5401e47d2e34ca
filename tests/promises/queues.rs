//! Open load at a function with c places: a line that is first come first served.
//!
//! Waits are compared path by path, to the nanosecond, with the recursion of Kiefer and Wolfowitz ("On the
//! theory of queues with many servers", 1955) over the same arrivals and service times.

use models::records::Measure::{LatencyS, Succeeded, WaitS, Waited};
use promises::Case;
use std::time::Duration;

fn queue(slots: &str, executions: &str) -> Case {
    Case::new("counter", "local")
        .set("counter.operations", "1")
        .set("counter.get", "false")
        .set("counter.body_ms", "exponential(mean = 1000)")
        .set("load.executions", executions)
        .set("load.interarrival_s", "exponential(mean = 0.4)")
        .set("function.excess", "queue")
        .set("function.prewarmed", slots)
        .platform("function.concurrency", slots)
        .platform("function.invoke_ms", "0")
        .platform("function.keep_alive_s", "1000000")
        .platform("function.scaling_per_10s", "1000000")
}

/// Arrival, wait and service time of each execution.
fn path(case: &Case) -> Vec<(Duration, Duration, Duration)> {
    case.look(|world, _| {
        let executions = world.executions.borrow();
        let ledger = world.ledger.borrow();
        let mut path = vec![Default::default(); executions.len()];
        for body in &ledger.bodies {
            let came = executions[body.at.execution as usize].started;
            path[body.at.execution as usize] =
                (came, body.started - came, body.ended_at - body.started);
        }
        path
    })
}

/// Waits by the recursion: a newcomer takes the place that is free first.
fn recursion(path: &[(Duration, Duration, Duration)], slots: usize) -> Vec<Duration> {
    let mut free_at = vec![Duration::ZERO; slots];
    let wait = |(came, _, service): &(Duration, Duration, Duration)| {
        let first = free_at.iter_mut().min().expect("there is a place");
        let begins = (*first).max(*came);
        *first = begins + *service;
        begins - *came
    };
    path.iter().map(wait).collect()
}

#[test]
fn every_wait_is_that_of_the_recursion() {
    for slots in [1, 3, 8] {
        let path = path(&queue(&slots.to_string(), "3000"));
        let waits: Vec<Duration> = path.iter().map(|(_, wait, _)| *wait).collect();
        assert!(waits.iter().any(|wait| !wait.is_zero()), "{slots}");
        assert_eq!(waits, recursion(&path, slots), "{slots} places");
        // One place more or less is noticed.
        assert_ne!(waits, recursion(&path, slots + 1), "{slots} places");
    }
}

#[test]
fn the_metrics_are_those_of_the_path() {
    let case = queue("3", "2000").set("load.warmup", "500");
    let path = path(&case);
    let late = || path.iter().skip(500);
    let mean = late().map(|(_, wait, _)| wait.as_secs_f64()).sum::<f64>() / 1500.0;
    let waited = late().filter(|(_, wait, _)| !wait.is_zero()).count();
    let run = case.run();
    assert!((run.get(WaitS) - mean).abs() < 1e-9);
    assert!((run.get(Waited) - waited as f64 / 1500.0).abs() < 1e-12);
    assert!(run.get(LatencyS) > run.get(WaitS));
}

#[test]
fn without_a_line_the_rest_is_refused() {
    let refused = queue("1", "200").set("function.excess", "refuse").run();
    assert!(refused.get(Succeeded) < 0.9);
    assert!(refused.get(WaitS).is_nan());
    assert_eq!(queue("1", "200").run().get(Succeeded), 1.0);
}

#[test]
fn the_dead_leave_their_place_to_the_line() {
    let run = queue("2", "500")
        .set("faults.crash_rate", "0.3")
        .set("local.max_restarts", "1000")
        .run();
    assert_eq!(run.get(Succeeded), 1.0);
}
