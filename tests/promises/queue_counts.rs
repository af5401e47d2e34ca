//! What the task-queue engine counts, against the arithmetic of its protocol.

use models::claims::{End, Evidence, named};
use models::ledger::Ended;
use models::records::Measure as M;
use promises::Case;
use std::time::Duration;

fn counter(operations: u64) -> Case {
    Case::new("counter", "queue")
        .set("counter.operations", &operations.to_string())
        .set("counter.get", "false")
        .set("counter.body_ms", "0")
}

#[test]
fn a_sequence_of_n_activities_is_5_plus_6n_events() {
    for n in [1, 2, 10, 50] {
        let ran = counter(n).run();
        assert!(ran.succeeded());
        assert_eq!(ran.count(M::HistoryEvents), 5 + 6 * n);
        assert_eq!(ran.count(M::WorkflowTasks), n + 1);
        assert_eq!(ran.count(M::ActivityTasks), n);
        assert_eq!(ran.count(M::Bodies), n);
    }
}

/// Start: half of 20 ms. Each activity: two halves of requests of 13 ms and two polls of 18 ms.
/// First task: 22 ms more and a poll; last: half an answer, and the poll of the client.
#[test]
fn latency_is_the_sum_of_the_messages_on_the_path() {
    for n in [1, 5] {
        let ran = counter(n).run();
        let ms = 10.0 + 22.0 + 18.0 + n as f64 * (6.5 + 18.0 + 6.5 + 18.0) + 6.5 + 18.0;
        assert!(
            (ran.get(M::LatencyS) - ms / 1e3).abs() < 1e-9,
            "{n}: {}",
            ran.get(M::LatencyS)
        );
    }
}

#[test]
fn a_failed_attempt_is_tried_again_after_1_2_4_seconds_without_an_event() {
    let case = counter(1).fault("outcome", &[("step", "increment-0"), ("outcomes", "FFF")]);
    let (plain, ran) = (counter(1).run(), case.run());
    assert_eq!(ran.count(M::HistoryEvents), plain.count(M::HistoryEvents));
    assert_eq!(ran.count(M::ActivityTasks), 4);
    let more = ran.get(M::LatencyS) - plain.get(M::LatencyS);
    // Each further attempt: the pause, a poll and half a request.
    assert!((more - (7.0 + 3.0 * 0.0245)).abs() < 1e-9, "{more}");
}

#[test]
fn a_permanent_error_is_not_tried_again() {
    let case = counter(1).fault("outcome", &[("step", "increment-0"), ("outcomes", "P")]);
    let ran = case.run();
    assert!(!ran.succeeded());
    assert_eq!(ran.count(M::Bodies), 1);
}

#[test]
fn without_a_cache_every_workflow_task_replays_the_whole_history() {
    let n = 20_u64;
    let case = counter(n).platform("orchestrator.replay_event_ms", "1");
    let cached = case.clone().run();
    let bare = case.set("queue.cache", "0").run();
    assert_eq!(cached.get(M::ReplayS), 0.0);
    // Task k of k = 1..=n has 3 + 6k events.
    let events: u64 = (1..=n).map(|k| 3 + 6 * k).sum();
    assert!((bare.get(M::ReplayS) - events as f64 / 1e3).abs() < 1e-9);
    assert_eq!(bare.count(M::HistoryEvents), cached.count(M::HistoryEvents));
}

#[test]
fn a_long_history_continues_as_new_and_gives_the_same_result() {
    let n = 100;
    let ran = counter(n).set("queue.continue_as_new_events", "100").run();
    assert!(ran.succeeded());
    assert_eq!(ran.count(M::Bodies), n);
    // A run of k activities ends when its history has 100 events or more at the start of a task:
    // 3 + 6k >= 100, so after k = 17, with 5 + 6k events.
    let runs = n.div_ceil(17);
    assert_eq!(ran.count(M::HistoryEvents), 5 * runs + 6 * n);
}

#[test]
fn a_history_over_its_limit_ends_the_execution() {
    let case = counter(100)
        .set("queue.continue_as_new_events", "0")
        .platform("orchestrator.history_events_max", "100");
    assert!(!case.run().succeeded());
}

#[test]
fn the_crash_of_a_workflow_worker_costs_the_sticky_time_out_and_a_replay() {
    let case = counter(5);
    let crash = [
        ("point", "orchestrator.complete_task.ack"),
        ("occurrence", "3"),
    ];
    let (plain, ran) = (case.clone().run(), case.fault("crash", &crash).run());
    assert!(ran.succeeded());
    assert_eq!(ran.count(M::Bodies), 5, "no activity is repeated");
    // The task waits for the lost process, times out, and waits for the restarted one.
    assert_eq!(
        ran.count(M::HistoryEvents),
        plain.count(M::HistoryEvents) + 2
    );
    assert!(ran.get(M::LatencyS) > plain.get(M::LatencyS) + 5.0);
}

#[test]
fn a_lost_workflow_task_is_noticed_after_ten_seconds() {
    let case = counter(5).set("queue.workflow_workers", "2");
    let crash = [
        ("point", "orchestrator.complete_task.send"),
        ("occurrence", "3"),
    ];
    let (plain, ran) = (case.clone().run(), case.fault("crash", &crash).run());
    let more = ran.get(M::LatencyS) - plain.get(M::LatencyS);
    assert!((10.0..10.1).contains(&more), "{more}");
}

#[test]
fn code_that_asks_for_other_things_blocks_open_executions() {
    let case = counter(50)
        .set("queue.deploy_s", "1")
        .set("queue.execution_timeout_s", "3600");
    let ran = case.look(|world, _| world.orchestrator.borrow().meter.nondeterministic);
    assert_eq!(
        ran, 1,
        "reported once, then the task times out again and again"
    );
    assert!(!case.run().succeeded());
}

/// An activity of 20 s whose worker stands still from its effect on, for longer than the heartbeat time-out.
fn stands_still(for_s: &str) -> Case {
    let keys = [
        ("point", "effect.before"),
        ("for_s", for_s),
        ("given_up_after_s", "1000"),
    ];
    counter(1)
        .set("counter.body_ms", "20000")
        .set("queue.heartbeat_s", "5")
        .fault("freeze", &keys)
}

#[test]
fn the_answer_of_an_attempt_that_was_given_up_is_refused() {
    let ran = stands_still("10").run();
    assert!(ran.succeeded());
    assert_eq!(ran.fired("freeze"), 1);
    let bodies = ran.trace.bodies_of("increment-0");
    assert_eq!(bodies.len(), 2);
    // The first worker is back while the second attempt runs, whose answer is the one that counts.
    let back = ran.trace.at("orchestrator.complete_activity.send")[0].time;
    assert!(bodies[1].started < back && back < bodies[1].ended_at);
    assert!(ran.trace.ended[0] > bodies[1].ended_at);
}

/// The server had begun that attempt before the other was acknowledged; the worker enters it after.
#[test]
fn a_task_that_reaches_its_worker_late_was_begun_before_the_next_attempt_was_acknowledged() {
    let keys = [
        ("point", "orchestrator.poll.send"),
        ("occurrence", "2"),
        ("for_s", "10"),
        ("given_up_after_s", "1"),
    ];
    let case = counter(1)
        .set("queue.heartbeat_s", "4")
        .fault("freeze", &keys);
    let ran = case.run();
    let bodies = ran.trace.bodies_of("increment-0");
    let acknowledged = ran.trace.at("orchestrator.complete_activity.ack")[0].time;
    assert_eq!(bodies.len(), 2);
    assert!(bodies[1].started > acknowledged);
    // Half of a request after the start, the poll of the workflow task and half of its answer.
    let matched = Duration::from_micros(10_000 + 22_000 + 18_000 + 6_500);
    assert_eq!(bodies[1].invoked, matched);
    let claim = named("acknowledged_is_durable").expect("a claim");
    let verdict = case.look(|world, _| {
        let (end, patience) = (End::Quiet, Duration::from_secs(86_400));
        claim.check(&Evidence {
            world,
            end,
            patience,
        })
    });
    assert_eq!(verdict.witness(), None);
}

#[test]
fn a_cancelled_activity_stops_at_its_next_heartbeat() {
    let case = counter(1)
        .set("counter.body_ms", "100000")
        .set("queue.heartbeat_s", "5")
        .set("queue.cancel_s", "10");
    let ended = case.run().trace.ended[0];
    // Heartbeats are sent at 0, 4, 8 and 12 s.
    assert!((12.0..12.2).contains(&ended.as_secs_f64()), "{ended:?}");
}

/// A program that is asked to cancel after ten seconds.
fn cancelled(text: &str, mode: &str) -> Case {
    Case::new("program", "queue")
        .set("program.text", text)
        .set("queue.heartbeat_s", "10")
        .set("queue.cancel_s", "10")
        .set("queue.cancellation", mode)
}

#[test]
fn a_cancelled_workflow_does_not_wait_for_its_timers() {
    for mode in ["wait", "try"] {
        let ran = cancelled("wait:3600 step", mode).run();
        assert!(!ran.succeeded());
        let ended = ran.trace.ended[0].as_secs_f64();
        assert!((10.0..10.1).contains(&ended), "{mode}: {ended}");
        // Started; the first task and the timer; the request, its task, the timer's end and the run's.
        assert_eq!(ran.count(M::HistoryEvents), 1 + 3 + 1 + 1 + 3 + 1 + 1);
        assert_eq!(ran.count(M::Bodies), 0);
    }
}

#[test]
fn a_cancelled_workflow_ends_its_timers_and_waits_for_its_activities_if_it_is_to() {
    let (step, timer) = ("map:2 { step } wait:1", "map:2/2 { wait:3600 step } step");
    // Four workers: at 10 s four branches wait, the others work from 6 to 12 s.
    let both = "map:8 { step wait:3600 }";
    for (text, body_ms, mode, at_least) in [
        (step, "30000", "try", 10.0),
        // Heartbeats at 0, 8 and 16 s.
        (step, "30000", "wait", 16.0),
        (timer, "30000", "wait", 10.0),
        (both, "6000", "try", 10.0),
        (both, "6000", "wait", 12.0),
    ] {
        let case = cancelled(text, mode).set("program.body_ms", body_ms);
        let ended = case.run().trace.ended[0].as_secs_f64();
        assert!(
            (at_least..at_least + 0.2).contains(&ended),
            "{text} {mode}: {ended}"
        );
    }
}

#[test]
fn the_first_heartbeat_is_sent_at_once_and_the_others_when_the_throttle_allows() {
    let beats = |body_ms: &str, heartbeat_s: &str| {
        let case = counter(1)
            .set("counter.body_ms", body_ms)
            .set("queue.heartbeat_s", heartbeat_s);
        let ran = case.run();
        let sent = ran.trace.at("orchestrator.heartbeat.send");
        let body = ran.trace.bodies_of("increment-0")[0].started;
        let times = sent.iter().map(|row| (row.time - body).as_secs_f64());
        (times.collect::<Vec<f64>>(), ran.count(M::Heartbeats))
    };
    // A request takes 13 ms, and the throttle counts from its answer.
    let near = |found: &[f64], expected: &[f64]| {
        found.len() == expected.len()
            && found
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-9)
    };
    let (times, sent) = beats("20000", "10");
    assert!(near(&times, &[0.0, 8.013, 16.026]), "{times:?}");
    assert_eq!(sent, 3);
    let (times, _) = beats("150000", "3600");
    assert!(near(&times, &[0.0, 60.013, 120.026]), "{times:?}");
    // Short work sends one, too, and its answer follows that of the heartbeat.
    for body_ms in ["0", "1", "100"] {
        assert_eq!(beats(body_ms, "30"), (vec![0.0], 1), "{body_ms} ms");
    }
    assert_eq!(beats("1000", "0").1, 0);
}

#[test]
fn the_longest_pause_is_a_hundred_times_the_first_unless_it_is_set() {
    let fails = "F".repeat(12);
    let time = |cap: &str| {
        let outcomes = [("step", "increment-0"), ("outcomes", fails.as_str())];
        let case = counter(1).set("queue.retry_initial_s", "0.01");
        let case = case.set("queue.retry_cap_s", cap);
        case.fault("outcome", &outcomes).run().get(M::LatencyS)
    };
    // 0.01 x (1 + 2 + 4 + ... + 64) are 1.27 s, then five pauses of 1 s or 1.28, 2.56, ... 20.48 s.
    let more = time("1000") - time("0");
    let doubled: f64 = (7..12).map(|n| 0.01 * f64::from(1 << n)).sum();
    assert!((more - (doubled - 5.0)).abs() < 1e-9, "{more}");
}

#[test]
fn an_execution_with_too_many_open_activities_tries_again_by_time_outs_until_its_own() {
    let text = "map:11 { step }";
    let case = Case::new("program", "queue")
        .set("program.text", text)
        .set("queue.execution_timeout_s", "3600")
        .platform("orchestrator.pending_activities_max", "10");
    let ran = case.run();
    assert!(!ran.succeeded());
    assert_eq!(ran.count(M::Bodies), 0);
    // At 0, 0, 10, 30, 70, 150, 310, 630 s, then every ten minutes.
    assert_eq!(ran.count(M::WorkflowTasks), 8 + 4);
    // Started; scheduled, started, failed; the end.
    assert_eq!(ran.count(M::HistoryEvents), 5);
}

/// A worker that stood still has the task of an execution that is over, with its arguments: the code runs,
/// and its result is refused.
#[test]
fn an_attempt_of_an_execution_that_is_over_still_runs_and_gives_its_slot_free() {
    let late = |occurrence: u32| {
        let occurrence = occurrence.to_string();
        let point = ("point", "orchestrator.poll.applied");
        let keys = [point, ("occurrence", occurrence.as_str()), ("for_s", "5")];
        let ran = Case::new("program", "queue")
            .set("program.text", "map:2/2 { step step }")
            .set("program.body_ms", "120")
            .set("queue.retry_attempts", "1")
            .fault("freeze", &keys)
            .fault("outcome", &[("step", "step-1"), ("outcomes", "P")])
            .run();
        assert!(!ran.succeeded());
        let over = ran.trace.ended[0];
        let bodies = ran.trace.bodies.iter();
        let late: Vec<_> = bodies.filter(|body| body.started > over).collect();
        assert!(late.iter().all(|body| body.ended == Ended::Returned));
        late.len()
    };
    let all: usize = (1..=12).map(late).sum();
    assert!(all > 0, "none of the attempts came late");
}
