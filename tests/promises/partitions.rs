//! Links that are cut and services that are out, from one time to another.

use models::records::Measure::{LatencyS, StoreReads};
use promises::{Case, Ran, ms};

fn explicit(variant: &str) -> Case {
    Case::new("counter", "explicit")
        .set("explicit.variant", variant)
        .set("counter.operations", "1")
        .set("counter.get", "false")
}

/// The handler starts at 5 ms; the get leaves after a body of 5 ms.
fn cut(from: &str, to: &str, both_ways: &str, start_s: &str, end_s: &str) -> Ran {
    let keys = [
        ("from", from),
        ("to", to),
        ("both_ways", both_ways),
        ("start_s", start_s),
        ("end_s", end_s),
    ];
    explicit("conditional").fault("cut", &keys).run()
}

#[test]
fn a_cut_stops_one_direction_or_both_while_it_lasts() {
    let plain = explicit("conditional").run().time(LatencyS);
    for (from, to, both_ways, start_s, end_s, fired, reads) in [
        ("worker", "kv", "true", "0", "0.5", 1, 1),
        ("kv", "worker", "true", "0", "0.5", 1, 1),
        ("worker", "kv", "false", "0", "0.5", 1, 1),
        // The request arrives, its answer does not.
        ("kv", "worker", "false", "0", "0.5", 1, 2),
        ("worker", "kv", "true", "1", "2", 0, 1),
        ("worker", "object", "true", "0", "0.5", 0, 1),
        ("client", "kv", "true", "0", "0.5", 0, 1),
    ] {
        let ran = cut(from, to, both_ways, start_s, end_s);
        assert!(ran.succeeded());
        assert_eq!(ran.fired("cut"), fired, "{from} {to} {start_s}");
        assert_eq!(ran.count(StoreReads), reads, "{from} {to} {both_ways}");
        // The client's time-out of 1 s and a back-off of at most 50 ms.
        let late = ran.time(LatencyS) - plain;
        let longest = ms(1050.0 * fired as f64);
        assert!(
            (ms(1000.0 * fired as f64)..=longest).contains(&late),
            "{late:?}"
        );
        assert_eq!(ran.counter, 1);
    }
}

#[test]
fn a_cut_between_client_and_function_loses_the_request_or_its_answer() {
    for (both_ways, counter) in [("true", 1), ("false", 2)] {
        // The answer lost: the function ran, and the client sends the request again.
        let ran = cut("function", "client", both_ways, "0", "1");
        assert!(ran.succeeded());
        assert_eq!((ran.fired("cut"), ran.counter), (1, counter));
    }
}

#[test]
fn an_outage_refuses_every_request_until_it_ends() {
    let keys = [("service", "kv"), ("start_s", "0"), ("end_s", "1")];
    let ran = explicit("conditional").fault("outage", &keys).run();
    assert!(ran.succeeded());
    assert!(ran.fired("outage") >= 2);
    assert_eq!((ran.count(StoreReads), ran.counter), (1, 1));
    let got = ran.trace.at("kv.get.applied");
    assert!(got.iter().all(|crossing| crossing.time >= ms(1000.0)));
    let keys = [("service", "object"), ("start_s", "0"), ("end_s", "1")];
    assert_eq!(
        explicit("conditional")
            .fault("outage", &keys)
            .run()
            .fired("outage"),
        0
    );
}
