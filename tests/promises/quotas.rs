//! Limits of one durable execution.

use models::records::Measure::{DurableOperations, Invocations};
use promises::Case;

fn counter(operations: u64) -> Case {
    Case::new("counter", "durable")
        .set("counter.operations", &operations.to_string())
        .set("counter.get", "false")
        .set("counter.body_ms", "0")
}

#[test]
fn an_execution_of_more_than_3000_operations_fails() {
    // The start counts as one.
    let most = counter(2999).run();
    assert!(most.succeeded());
    assert_eq!(most.count(DurableOperations), 3000);
    let over = counter(3000).run();
    assert!(!over.succeeded());
    assert_eq!(over.count(DurableOperations), 3001);
    assert_eq!(over.count(Invocations), 1);
}

#[test]
fn retries_use_operations_up() {
    let keys = [("step", "increment-0"), ("outcomes", "FS")];
    assert!(counter(2998).fault("outcome", &keys).run().succeeded());
    assert!(!counter(2999).fault("outcome", &keys).run().succeeded());
}

#[test]
fn a_payload_of_more_than_1_mb_fails_the_execution() {
    // One digit of the value, and the payload.
    for (bytes, success) in [(1_048_575, true), (1_048_576, false)] {
        let case = counter(2).set("counter.payload_bytes", &bytes.to_string());
        let ran = case.run();
        assert_eq!(ran.succeeded(), success, "{bytes}");
        assert_eq!(ran.count(Invocations), 1, "not retried");
        let bodies = if success { 2 } else { 1 };
        assert_eq!(ran.bodies.values().sum::<u64>(), bodies);
    }
}

#[test]
fn an_execution_that_writes_more_than_100_mb_fails() {
    let written = |operations| {
        let case = counter(operations).set("counter.payload_bytes", "250000");
        case.run().succeeded()
    };
    assert!(written(399));
    assert!(!written(400));
}

#[test]
fn a_replay_fetches_the_pages_that_the_input_does_not_hold() {
    // Six steps, a wait, six steps: the second invocation is given seven operations.
    for (page, fetched) in [("100", 0), ("7", 0), ("6", 1), ("3", 2), ("2", 3), ("1", 6)] {
        let ran = counter(12)
            .set("counter.idle_s", "5")
            .platform("durable.page_operations", page)
            .run();
        assert!(ran.succeeded());
        let pages = ran.trace.at("durable.get_state.ack");
        assert_eq!(pages.len(), fetched, "pages of {page}");
    }
}

#[test]
fn a_map_whose_result_is_too_large_is_rebuilt_from_its_items() {
    // 5,400 chunks of some 50 bytes each are over both quotas, so these are raised.
    let case = Case::new("video", "durable")
        .set("video.length_s", "5400")
        .set("video.media", "none")
        .set("encoder.law", "constant")
        .set("encoder.ms_per_s", "0")
        .platform("durable.operations_max", "100000")
        .platform("durable.payload_bytes_max", "1000000")
        .platform("durable.page_operations", "100000")
        .fault("crash", &[("point", "body.start"), ("step", "assemble")]);
    let ran = case.run();
    assert!(ran.succeeded());
    let encoded = ran
        .bodies
        .iter()
        .filter(|(step, _)| step.starts_with("encode"));
    assert!(encoded.into_iter().all(|(_, times)| *times == 1));
}
