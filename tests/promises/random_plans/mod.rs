//! Whatever goes wrong, a run repeats itself, comes to an end and keeps its engine's promises.

mod plan;

use models::ledger::Effect;
use models::records::Measure::{Executions, LostEffects};
use plan::{Plan, plan};
use promises::{Ran, Returned};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Effects on the outside world by execution and step.
fn effects(ran: &Ran) -> BTreeMap<(u32, String), u64> {
    let mut effects = BTreeMap::new();
    let outside = |e: &&models::ledger::EffectRow| e.effect != Effect::Store;
    for effect in ran.trace.effects.iter().filter(outside) {
        let place = (effect.at.execution, effect.at.step.to_string());
        *effects.entry(place).or_default() += 1;
    }
    effects
}

const COUNTER: &[&str] = &["increment-0", "increment-1", "increment-2", "increment-3"];
const VIDEO: &[&str] = &["chunk", "encode-0", "encode-1", "encode-2", "assemble"];

/// What must hold of any run.
fn check(plan: &Plan, ran: &Ran) -> Result<(), TestCaseError> {
    let executions = ran.get(Executions) as u32;
    prop_assert_eq!(ran.trace.ended.len() as u32, executions, "no outcome");
    let effects = effects(ran);
    if plan.workflow == "counter" && plan.variant != "naive" {
        prop_assert_eq!(ran.get(LostEffects), 0.0, "acknowledged, but not there");
    }
    if (plan.workflow, plan.engine, plan.variant) == ("counter", "explicit", "idempotent") {
        let sum = 4 * i64::from(executions);
        prop_assert!(ran.counter <= sum, "{} of {sum}", ran.counter);
        prop_assert!(!ran.succeeded() || ran.counter == sum);
    }
    if plan.engine == "durable" && plan.strict {
        let most = effects.values().max().copied().unwrap_or(0);
        prop_assert!(most <= 1, "at most once: {effects:?}");
    }
    if plan.engine == "durable" && !plan.strict && !plan.raises() {
        prop_assert!(ran.succeeded(), "crashes and the network only delay it");
    }
    let steps = if plan.workflow == "video" {
        VIDEO
    } else {
        COUNTER
    };
    for result in &ran.trace.results {
        for step in steps {
            let place = (result.execution, (*step).to_owned());
            prop_assert!(effects.contains_key(&place), "success without {place:?}");
        }
        check_result(plan, result)?;
    }
    Ok(())
}

/// A success comes with the right result. By hand the counter is shared, and may be ahead.
fn check_result(plan: &Plan, result: &Returned) -> Result<(), TestCaseError> {
    match (plan.workflow, plan.engine) {
        ("video", _) => prop_assert_eq!((result.number, result.bytes), (3, 750_000)),
        (_, "explicit") => prop_assert!(result.number >= 4 || plan.variant == "naive"),
        _ => prop_assert_eq!(result.number, 4),
    }
    Ok(())
}

/// Of each operation at most one end is accepted, and no retry after it.
fn check_updates(ran: &Ran) -> Result<(), TestCaseError> {
    let mut ends: BTreeMap<(u32, u64), u64> = BTreeMap::new();
    for crossing in &ran.trace.crossings {
        if crossing.point.to_string() != "durable.checkpoint.send" {
            continue;
        }
        for update in ran.trace.updates_of(crossing) {
            let place = (crossing.at.execution, update.id);
            let ended = ends.entry(place).or_default();
            prop_assert!(
                update.request == 0 || *ended == 0,
                "{update:?} after its end"
            );
            let end = matches!(update.update, "SUCCEED" | "FAIL");
            *ended += u64::from(end && update.request > 0);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(500),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_run_repeats_itself_ends_and_keeps_its_promises(plan in plan()) {
        let case = plan.case();
        let (one, two) = (case.run(), case.run());
        check(&plan, &one)?;
        check_updates(&one)?;
        prop_assert!(format!("{one:?}") == format!("{two:?}"), "two runs differ");
    }
}
