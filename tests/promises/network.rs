//! What the network and the services do to single requests.

use models::records::Measure::{
    CheckpointRequests, CheckpointUpdates, DurableOperations, Invocations, StoreWrites,
};
use promises::{Case, Ran, ms};

fn durable() -> Case {
    Case::new("counter", "durable")
        .set("counter.operations", "4")
        .set("counter.get", "false")
}

fn explicit(variant: &str) -> Case {
    Case::new("counter", "explicit")
        .set("explicit.variant", variant)
        .set("counter.operations", "1")
        .set("counter.get", "false")
}

fn checkpoints(ran: &Ran) -> (u64, u64, u64) {
    assert!(ran.succeeded());
    (
        ran.count(CheckpointUpdates),
        ran.count(CheckpointRequests),
        ran.count(DurableOperations),
    )
}

#[test]
fn a_delay_is_added_to_each_message_exactly() {
    let plain = durable().run();
    let slow = durable().set("faults.delay_ms", "20").run();
    assert_eq!(checkpoints(&slow), checkpoints(&plain));
    // The start of the execution and four checkpoints.
    assert_eq!(slow.fired("network_delay"), 2 * 5);
    assert_eq!(slow.trace.ended[0] - plain.trace.ended[0], ms(5.0 * 40.0));
    // By hand also the invocation itself: get, put and invoke.
    let plain = explicit("conditional").run();
    let slow = explicit("conditional").set("faults.delay_ms", "20").run();
    assert_eq!(slow.trace.ended[0] - plain.trace.ended[0], ms(3.0 * 40.0));
}

#[test]
fn a_message_that_is_held_back_comes_later() {
    let plain = durable().run();
    let held = durable()
        .set("faults.reorder_rate", "1")
        .set("faults.reorder_ms", "7")
        .run();
    assert_eq!(held.fired("reordering"), 2 * 5);
    assert_eq!(held.trace.ended[0] - plain.trace.ended[0], ms(5.0 * 14.0));
}

#[test]
fn requests_overtake_each_other() {
    // Two clients add in lockstep by the store's own addition: the one held back comes last.
    let ran = explicit("atomic")
        .set("counter.clients", "8")
        .set("counter.lockstep", "true")
        .set("faults.reorder_rate", "0.5")
        .run();
    assert_eq!(ran.counter, 8);
    let order: Vec<u32> = ran.trace.effects.iter().map(|e| e.at.execution).collect();
    assert!(ran.fired("reordering") > 0);
    assert!(!order.is_sorted(), "{order:?}");
}

#[test]
fn an_error_is_retried_by_the_client_library_without_effect() {
    for (case, request) in [
        (explicit("naive"), "kv.put"),
        (explicit("atomic"), "kv.update"),
        (explicit("idempotent"), "kv.transact"),
        (explicit("naive"), "kv.get"),
    ] {
        let keys = [("request", request), ("times", "3")];
        let ran = case.fault("error", &keys).run();
        assert!(ran.succeeded());
        assert_eq!((ran.fired("error"), ran.counter), (3, 1), "{request}");
        assert_eq!(ran.count(StoreWrites), 1, "{request}");
        assert_eq!(ran.count(Invocations), 1, "{request}");
    }
}

#[test]
fn the_sdk_gives_up_after_its_attempts_and_the_invocation_is_retried() {
    for (errors, invocations) in [(4, 1), (5, 2), (9, 2), (10, 3)] {
        let keys = [
            ("request", "durable.checkpoint"),
            ("times", &errors.to_string()),
        ];
        let ran = durable().fault("error", &keys).run();
        assert!(ran.succeeded());
        assert_eq!(ran.fired("error"), errors);
        assert_eq!(ran.count(Invocations), invocations, "{errors} errors");
        // An invocation that was retried counts as one operation.
        assert_eq!(ran.count(DurableOperations), 4 + invocations);
        assert_eq!(ran.bodies["increment-0"], invocations);
    }
}

#[test]
fn a_lost_acknowledgement_of_a_checkpoint_is_repeated_by_token() {
    let plain = durable().run();
    for occurrence in ["1", "3"] {
        let keys = [
            ("request", "durable.checkpoint"),
            ("occurrence", occurrence),
        ];
        let ran = durable().fault("lost_ack", &keys).run();
        assert_eq!(ran.fired("lost_ack"), 1);
        assert_eq!(checkpoints(&ran), checkpoints(&plain));
        assert!(ran.bodies.values().all(|times| *times == 1));
        // The client's time-out of 50 s, a back-off of at most 1 s, and the request again.
        let lost = ran.trace.ended[0] - plain.trace.ended[0];
        assert!((ms(50_000.0)..=ms(51_000.0)).contains(&lost), "{lost:?}");
    }
}

#[test]
fn a_lost_message_shows_as_a_time_out_and_is_repeated_where_that_is_safe() {
    let ran = explicit("idempotent")
        .set("load.executions", "300")
        .set("faults.loss_rate", "0.1")
        .set("explicit.client_attempts", "100")
        .run();
    assert!(ran.succeeded());
    assert!(ran.fired("loss") > 50);
    assert_eq!(ran.counter, 300);
    let lost = ran.trace.with(models::ledger::Outcome::Timeout);
    assert!(!lost.is_empty());
    // Durable: repeats carry the same token, so nothing is done twice.
    let ran = durable().set("faults.loss_rate", "0.2").run();
    assert!(ran.fired("loss") > 0);
    assert_eq!(checkpoints(&ran).0, 8);
}

#[test]
fn a_second_copy_of_a_request_is_applied_unless_something_tells_it_apart() {
    let plain = durable().run();
    let twice = durable().set("faults.duplicate_rate", "1").run();
    assert_eq!(
        twice.fired("duplication"),
        5,
        "the start and four checkpoints"
    );
    assert_eq!(checkpoints(&twice), checkpoints(&plain));
    assert_eq!(twice.trace.ended, plain.trace.ended);
    // By hand the invocation arrives twice too: two runs, each with its request twice.
    for (variant, value) in [
        ("naive", 1),
        ("conditional", 2),
        ("atomic", 4),
        ("idempotent", 1),
    ] {
        let ran = explicit(variant).set("faults.duplicate_rate", "1").run();
        assert!(ran.succeeded());
        assert_eq!(ran.counter, value, "{variant}");
    }
}
