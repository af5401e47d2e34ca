//! What each way of writing state loses, repeats and refuses.

use models::records::Measure::{LostEffects, StoreConflicts, StoreWrites};
use promises::{Case, Ran};

fn lockstep(variant: &str, clients: u64, requests: u64) -> Ran {
    Case::new("counter", "explicit")
        .set("explicit.variant", variant)
        .set("explicit.backoff_s", "0")
        .set("counter.operations", "1")
        .set("counter.get", "false")
        .set("counter.clients", &clients.to_string())
        .set("counter.requests", &requests.to_string())
        .set("counter.lockstep", "true")
        .set("function.prewarmed", &clients.to_string())
        .run()
}

const SIZES: [(u64, u64); 5] = [(1, 4), (2, 3), (3, 5), (8, 4), (25, 2)];

fn total(ran: &Ran, measure: models::records::Measure) -> u64 {
    let executions = ran.get(models::records::Measure::Executions);
    (ran.get(measure) * executions).round() as u64
}

#[test]
fn naive_writes_in_lockstep_lose_all_but_one() {
    for (c, k) in SIZES {
        let ran = lockstep("naive", c, k);
        assert_eq!(ran.counter as u64, k, "C = {c}, K = {k}");
        assert_eq!(total(&ran, LostEffects), (c - 1) * k);
    }
}

#[test]
fn conditional_writes_in_lockstep_lose_none_and_are_refused_quadratically() {
    for (c, k) in SIZES {
        let ran = lockstep("conditional", c, k);
        assert_eq!(ran.counter as u64, c * k);
        assert_eq!(
            total(&ran, StoreWrites),
            k * c * (c + 1) / 2,
            "C = {c}, K = {k}"
        );
        assert_eq!(total(&ran, StoreConflicts), k * c * (c - 1) / 2);
    }
}

#[test]
fn atomic_and_idempotent_writes_in_lockstep_lose_none_and_never_conflict() {
    for variant in ["atomic", "idempotent"] {
        for (c, k) in SIZES {
            let ran = lockstep(variant, c, k);
            assert_eq!(ran.counter as u64, c * k, "{variant}");
            assert_eq!(total(&ran, StoreConflicts), 0);
        }
    }
}

#[test]
fn a_lost_acknowledgement_duplicates_without_a_key_and_never_with_one() {
    for (variant, request, expected) in [
        ("naive", "kv.put", 4),
        ("conditional", "kv.put", 4),
        ("atomic", "kv.update", 4),
        ("idempotent", "kv.transact", 3),
    ] {
        for occurrence in ["1", "2", "3"] {
            let case = Case::new("counter", "explicit")
                .set("explicit.variant", variant)
                .set("counter.operations", "1")
                .set("counter.requests", "3")
                .set("counter.get", "false")
                .fault(
                    "lost_ack",
                    &[("request", request), ("occurrence", occurrence)],
                );
            let ran = case.run();
            assert_eq!(ran.fired("lost_ack"), 1);
            assert!(ran.succeeded());
            assert_eq!(ran.counter, expected, "{variant}, answer {occurrence} lost");
        }
    }
}

#[test]
fn a_zombie_sets_state_back_unless_writes_are_conditional() {
    // A worker stands still between its read and its write while another client moves on.
    for (variant, expected) in [
        ("naive", 2),
        ("conditional", 4),
        ("atomic", 4),
        ("idempotent", 4),
    ] {
        let request = match variant {
            "atomic" => "kv.update.send",
            "idempotent" => "kv.transact.send",
            _ => "kv.put.send",
        };
        let case = Case::new("counter", "explicit")
            .set("explicit.variant", variant)
            .set("explicit.client_attempts", "1")
            .set("counter.operations", "1")
            .set("counter.requests", "4")
            .set("counter.get", "false")
            .fault(
                "freeze",
                &[
                    ("point", request),
                    ("occurrence", "2"),
                    ("for_s", "60"),
                    ("given_up_after_s", "1"),
                ],
            );
        let ran = case.run();
        assert_eq!(ran.fired("freeze"), 1, "{variant}");
        // The request whose worker was given up is not acknowledged, so three are; the zombie's
        // write lands last: naive sets the counter back to what it had read plus one.
        assert_eq!(ran.counter, expected, "{variant}");
    }
}
