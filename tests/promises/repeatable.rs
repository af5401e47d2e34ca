//! The same seed gives the same run, and the order of ready tasks changes no count.

use models::ledger::Crossing;
use models::records::{METRICS, Measure};
use promises::{Case, Ran};

fn everything(ran: &Ran) -> String {
    format!("{ran:?}")
}

fn cases() -> Vec<(&'static str, Case)> {
    let video = |engine| {
        Case::new("video", engine)
            .set("video.length_s", "6")
            .set("encoder.law", "lognormal")
            .platform("object.put_ms", "uniform(5, 50)")
    };
    vec![
        ("counter local", Case::new("counter", "local")),
        ("counter durable", Case::new("counter", "durable")),
        ("counter explicit", Case::new("counter", "explicit")),
        ("counter queue", Case::new("counter", "queue")),
        ("counter staged", Case::new("counter", "staged")),
        ("video local", video("local")),
        ("video durable", video("durable")),
        ("video explicit", video("explicit")),
        ("video queue", video("queue")),
        ("video staged", video("staged")),
    ]
}

#[test]
fn two_runs_of_a_replicate_are_the_same_in_everything() {
    for (name, case) in cases() {
        let case = case
            .set("faults.crash_rate", "0.1")
            .set("faults.fail_rate", "0.1")
            .set("faults.lost_ack_rate", "0.05")
            .set("local.max_restarts", "20")
            .replicate(3);
        let (one, two) = (case.run(), case.run());
        assert!(one.record.fired.values().sum::<u64>() > 0, "{name}");
        assert_eq!(everything(&one), everything(&two), "{name}");
    }
}

#[test]
fn another_replicate_is_another_run() {
    for (name, case) in cases() {
        let random = case.set("counter.body_ms", "exponential(5)");
        let [one, two] = [0, 1].map(|r| everything(&random.clone().replicate(r).run()));
        assert_ne!(one, two, "{name}");
    }
}

#[test]
fn the_order_of_ready_tasks_changes_no_count_of_a_run_without_faults() {
    for (name, case) in cases() {
        let plain = case.clone().schedule(0).run();
        for seed in 1..6 {
            let other = case.clone().schedule(seed).run();
            for (index, metric) in METRICS.iter().enumerate() {
                let of = |ran: &Ran| ran.record.values.at(index);
                let (a, b) = (of(&plain), of(&other));
                // This one is a sum in the order of the bodies.
                let rounded = metric.name == "encode_s" && (a - b).abs() <= 1e-12 * a;
                let same = a == b || rounded;
                assert!(
                    same || (a.is_nan() && b.is_nan()),
                    "{name}: {} is {a} or {b}",
                    metric.name
                );
            }
            assert_eq!(plain.bodies, other.bodies, "{name}");
        }
    }
}

#[test]
fn the_order_of_ready_tasks_is_explored() {
    let case = Case::new("video", "explicit").set("video.length_s", "6");
    let order = |seed| {
        let place = |c: &Crossing| (c.at.step.to_string(), c.point.to_string());
        let trace = case.clone().schedule(seed).run().trace;
        trace.crossings.iter().map(place).collect::<Vec<_>>()
    };
    let first = order(0);
    assert!((1..6).any(|seed| order(seed) != first));
}

#[test]
fn engines_meet_the_same_failing_bodies() {
    let failed = |engine| {
        let case = Case::new("counter", engine)
            .set("counter.operations", "1")
            .set("counter.get", "false")
            .set("load.executions", "200")
            .set("faults.fail_rate", "0.3")
            .set("durable.retry_attempts", "1")
            .set("explicit.attempts", "1");
        let ran = case.run();
        let raised = |b: &&models::ledger::BodyRow| b.ended == models::ledger::Ended::Raised;
        let failed = ran.trace.bodies.iter().filter(raised);
        let failed: Vec<u32> = failed.map(|b| b.at.execution).collect();
        assert_eq!(failed.len() as u64, ran.fired("fail_rate"));
        let share = failed.len() as f64 / 200.0;
        assert!((share - 0.3).abs() < 3.0 * (0.3_f64 * 0.7 / 200.0).sqrt());
        assert_eq!(ran.get(Measure::Succeeded), 1.0 - share);
        failed
    };
    let durable = failed("durable");
    assert_eq!(durable, failed("local"));
    assert_eq!(durable, failed("explicit"));
}
