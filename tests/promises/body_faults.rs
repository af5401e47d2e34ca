//! Bodies that raise: before or after their effect, for now or for good.

use models::records::Measure::{Attempts, Bodies};
use promises::{Case, Ran};

const STEP: &str = "increment-0";

fn counter(engine: &'static str) -> Case {
    Case::new("counter", engine)
        .set("counter.operations", "1")
        .set("counter.get", "false")
        .set("durable.retry_attempts", "3")
        .set("explicit.attempts", "3")
}

fn sums(ran: &Ran) -> (u64, u64, u64, bool) {
    let effects = ran.trace.effects.iter();
    let plain = effects.filter(|e| e.effect == models::ledger::Effect::Plain);
    (
        ran.count(Bodies),
        ran.count(Attempts),
        plain.count() as u64,
        ran.succeeded(),
    )
}

#[test]
fn a_body_raises_before_its_effect_or_after_it() {
    for engine in ["durable", "explicit"] {
        for (after, effects) in [("0", 0), ("1", 3)] {
            let ran = counter(engine)
                .set("faults.fail_rate", "1")
                .set("faults.fail_after_effect", after)
                .run();
            assert_eq!(sums(&ran), (3, 3, effects, false), "{engine}, {after}");
            assert_eq!(ran.fired("fail_rate"), 3);
        }
    }
}

#[test]
fn the_share_of_bodies_that_had_their_effect_is_as_set() {
    let ran = counter("durable")
        .set("load.executions", "1000")
        .set("durable.retry_attempts", "1")
        .set("faults.fail_rate", "1")
        .set("faults.fail_after_effect", "0.3")
        .run();
    let effects = ran.trace.effects.len() as f64;
    assert!(
        (effects - 300.0).abs() < 3.0 * 210.0_f64.sqrt(),
        "{effects}"
    );
}

#[test]
fn an_outcome_is_written_body_by_body() {
    for engine in ["durable", "explicit"] {
        for (outcomes, when, expected) in [
            ("S", "before", (1, 1, 1, true)),
            ("FS", "before", (2, 2, 1, true)),
            ("FS", "after", (2, 2, 2, true)),
            ("FFS", "after", (3, 3, 3, true)),
            ("FFF", "before", (3, 3, 0, false)),
            ("P", "before", (1, 1, 0, false)),
            ("FP", "after", (2, 2, 2, false)),
        ] {
            let keys = [("step", STEP), ("outcomes", outcomes), ("when", when)];
            let ran = counter(engine).fault("outcome", &keys).run();
            assert_eq!(sums(&ran), expected, "{engine} {outcomes} {when}");
            let raised = outcomes.bytes().filter(|b| *b != b'S').count() as u64;
            assert_eq!(ran.fired("outcome"), raised);
        }
    }
}

#[test]
fn without_an_engine_nothing_is_tried_again() {
    let keys = [("step", STEP), ("outcomes", "F"), ("when", "after")];
    let ran = counter("local").fault("outcome", &keys).run();
    assert_eq!(sums(&ran), (1, 1, 1, false));
}

#[test]
fn a_body_without_an_effect_raises_at_its_end() {
    for when in ["before", "after"] {
        let keys = [("step", "get"), ("outcomes", "FS"), ("when", when)];
        let ran = counter("durable")
            .set("counter.get", "true")
            .fault("outcome", &keys)
            .run();
        assert!(ran.succeeded());
        assert_eq!(ran.bodies["get"], 2, "{when}");
    }
}
