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

/// The same service by workers that poll, with messages that take no time.
fn fleet(workers: &str, executions: &str) -> Case {
    let case = Case::new("counter", "queue")
        .set("counter.operations", "1")
        .set("counter.get", "false")
        .set("counter.body_ms", "exponential(mean = 1000)")
        .set("load.executions", executions)
        .set("load.interarrival_s", "exponential(mean = 0.4)")
        .set("queue.workers", workers);
    ["start", "request", "poll", "first_task"]
        .into_iter()
        .fold(case, |case, row| {
            case.platform(&format!("orchestrator.{row}_ms"), "0")
        })
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
        let number = slots.to_string();
        for case in [queue(&number, "3000"), fleet(&number, "3000")] {
            let path = path(&case);
            let waits: Vec<Duration> = path.iter().map(|(_, wait, _)| *wait).collect();
            assert!(waits.iter().any(|wait| !wait.is_zero()), "{slots}");
            assert_eq!(waits, recursion(&path, slots), "{slots} places");
            // One place more or less is noticed.
            assert_ne!(waits, recursion(&path, slots + 1), "{slots} places");
        }
    }
}

#[test]
fn the_metrics_are_those_of_the_path() {
    for case in [queue("3", "2000"), fleet("3", "2000")] {
        let case = case.set("load.warmup", "500");
        let path = path(&case);
        let late = || path.iter().skip(500);
        let mean = late().map(|(_, wait, _)| wait.as_secs_f64()).sum::<f64>() / 1500.0;
        let waited = late().filter(|(_, wait, _)| !wait.is_zero()).count();
        let run = case.run();
        assert!((run.get(WaitS) - mean).abs() < 1e-9);
        assert!((run.get(Waited) - waited as f64 / 1500.0).abs() < 1e-12);
        assert!(run.get(LatencyS) > run.get(WaitS));
    }
}

/// Erlang's C formula: the mean wait of M/M/c.
fn erlang_c(slots: u32, load: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 0.0;
    for k in 0..slots {
        sum += term;
        term *= load / f64::from(k + 1);
    }
    let last = term * f64::from(slots) / (f64::from(slots) - load);
    last / (sum + last) / (f64::from(slots) - load)
}

#[test]
fn a_fleet_of_workers_is_m_m_c_within_three_standard_errors() {
    let slots = 4;
    for load in [2.0, 3.2] {
        let mean = format!("exponential(mean = {})", 1.0 / load);
        let waits: Vec<f64> = (0..24)
            .map(|replicate| {
                let case = fleet(&slots.to_string(), "3000")
                    .set("load.interarrival_s", &mean)
                    .set("load.warmup", "300")
                    .replicate(replicate);
                case.run().get(WaitS)
            })
            .collect();
        let n = waits.len() as f64;
        let found = waits.iter().sum::<f64>() / n;
        let spread = waits.iter().map(|w| (w - found).powi(2)).sum::<f64>() / (n - 1.0);
        let (error, expected) = ((spread / n).sqrt(), erlang_c(slots, load));
        assert!(
            (found - expected).abs() < 3.0 * error,
            "{found} against {expected} +- {error}"
        );
        assert!(error < expected / 10.0, "too few draws to tell");
    }
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
