//! Retries inside a map: in the same invocation while another branch runs, by suspension otherwise.

use models::ledger::Ended;
use models::records::Measure::{BilledS, DuplicateEffects, DurableOperations, Invocations};
use promises::{Case, ms};

/// Chunks of 200 s, which take 100 + 50 x 200 ms = 10.1 s each; retries after 1 s.
fn video(chunks: u64, limit: u64, step: &str) -> Case {
    Case::new("video", "durable")
        .set("video.length_s", &(200 * chunks).to_string())
        .set("video.chunk_s", "200")
        .set("video.media", "none")
        .set("video.max_concurrency", &limit.to_string())
        .set("durable.retry_jitter", "none")
        .set("durable.retry_initial_s", "1")
        .fault("outcome", &[("step", step), ("outcomes", "FS")])
}

#[test]
fn a_branch_goes_on_in_the_same_invocation_while_another_runs() {
    let ran = video(3, 2, "encode-0").run();
    assert!(ran.succeeded());
    assert_eq!(ran.count(Invocations), 1);
    let bodies = ran.trace.bodies_of("encode-0");
    // The service has the RETRY after 1 ms and half a round trip; when it is due, the branch
    // asks for news by a request without updates, which takes 1 ms and a round trip.
    let expected = bodies[0].ended_at + ms(1.0 + 2.5 + 1000.0 + 1.0 + 5.0);
    assert_eq!(bodies[1].started, expected);
    let third = ran.trace.starts("encode-2")[0];
    assert!(third < bodies[1].started, "the third chunk was running");
}

#[test]
fn a_map_suspends_when_no_branch_runs() {
    let ran = video(1, 0, "encode-0").run();
    assert_eq!(ran.count(Invocations), 2);
    let bodies = ran.trace.bodies_of("encode-0");
    // A new invocation at the due time, and no request for news.
    let expected = bodies[0].ended_at + ms(1.0 + 2.5 + 1000.0);
    assert_eq!(bodies[1].started, expected);
}

#[test]
fn branches_that_fail_together_share_one_more_invocation() {
    let ran = video(3, 0, "encode-*").run();
    assert!(ran.succeeded());
    assert_eq!(ran.count(Invocations), 2);
    assert_eq!(ran.fired("outcome"), 3);
    // 2 M + 5, and one for each retry.
    assert_eq!(ran.count(DurableOperations), 2 * 3 + 5 + 3);
}

#[test]
fn a_suspended_branch_keeps_its_place() {
    let ran = video(3, 1, "encode-0").run();
    assert_eq!(ran.count(Invocations), 2);
    let retried = ran.trace.bodies_of("encode-0")[1].started;
    assert!(ran.trace.starts("encode-1")[0] > retried);
}

#[test]
fn branches_due_at_the_same_time_share_one_request_for_news() {
    let empty = |failing: &[&str]| {
        // Four places: some fail together, the others go on, one of them to a fifth chunk.
        let case = video(5, 4, "none");
        let case = failing.iter().fold(case, |case, step| {
            case.fault("outcome", &[("step", step), ("outcomes", "FS")])
        });
        let ran = case.run();
        assert_eq!(ran.count(Invocations), 1);
        assert_eq!(ran.fired("outcome"), failing.len() as u64);
        let requests = ran.trace.at("durable.checkpoint.send");
        let empty = requests
            .iter()
            .filter(|c| ran.trace.updates_of(c).is_empty());
        empty.count()
    };
    assert_eq!(empty(&[]), 0);
    assert_eq!(empty(&["encode-0"]), 1);
    assert_eq!(empty(&["encode-0", "encode-1", "encode-2"]), 1);
}

/// Python joins its threads on every way out; JavaScript answers, and the environment stands still.
#[test]
fn a_checkpoint_that_fails_lets_pythons_bodies_in_flight_end() {
    for (sdk, ended) in [("python", Ended::Returned), ("js", Ended::Lost)] {
        let ran = Case::new("program", "durable")
            .set("program.text", "parallel { step | wait:1 }")
            .set("program.body_ms", "3000")
            .set("durable.sdk", sdk)
            .platform("durable.sdk_attempts", "1")
            .fault("error", &[("request", "durable.checkpoint")])
            .run();
        assert!(ran.succeeded(), "{sdk}");
        let first = ran.trace.bodies_of("step-0")[0];
        assert_eq!(first.ended, ended, "{sdk}");
        let twice = ended == Ended::Returned;
        assert_eq!(ran.count(DuplicateEffects), u64::from(twice), "{sdk}");
        assert_eq!(ran.get(BilledS) > 6.0, twice, "{sdk}");
    }
}

#[test]
fn a_branch_without_attempts_left_fails_the_map_and_the_others_end_their_bodies() {
    let case = Case::new("video", "durable")
        .set("video.length_s", "4")
        .set("video.media", "none")
        .set("durable.retry_attempts", "1")
        .fault("outcome", &[("step", "encode-0"), ("outcomes", "F")]);
    let ran = case.run();
    assert!(!ran.succeeded());
    assert_eq!(ran.record.failures.to_string(), "injected failure: 1");
    for chunk in 1..4 {
        assert_eq!(ran.effects[&format!("encode-{chunk}")], 1);
    }
    assert!(!ran.bodies.contains_key("assemble"));
}
