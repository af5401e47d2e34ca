//! Chained invocations: other functions that an execution invokes through the service.

use models::records::Measure::{
    BilledS, CheckpointUpdates, DurableOperations, Invocations, LatencyS,
};
use promises::{Case, Ran, ms};

fn program(text: &str) -> Case {
    Case::new("program", "durable").set("program.text", text)
}

fn handlers(ran: &Ran) -> usize {
    ran.trace.at("handler.start").len()
}

#[test]
fn an_invoked_function_is_paid_for_and_its_invoker_is_not() {
    let ran = program("invoke:30 step").run();
    assert!(ran.succeeded());
    // The handler, the function, and the handler again.
    assert_eq!((ran.count(Invocations), handlers(&ran)), (3, 3));
    // START leaves after 1 ms and takes 5 ms; the step 5 + 1 + 5 ms.
    assert_eq!(ran.time(BilledS), ms(6.0 + 30_000.0 + 11.0));
    // The service has the START 2.5 ms after it left, and hands an event over in 10 ms.
    let latency = ms(10.0 + 1.0 + 2.5 + 10.0 + 30_000.0 + 11.0);
    assert_eq!(ran.time(LatencyS), latency);
    // The start of the execution, the invocation, the step.
    assert_eq!(ran.count(DurableOperations), 3);
    assert_eq!(ran.count(CheckpointUpdates), 1 + 2);
}

#[test]
fn a_function_is_invoked_once_wherever_its_invoker_dies() {
    for sdk in ["python", "js"] {
        for point in ["send", "applied", "ack"] {
            let point = format!("durable.checkpoint.{point}");
            let crash = [("point", point.as_str()), ("step", "invoke-0")];
            let case = program("invoke:30 step").set("durable.sdk", sdk);
            let ran = case.fault("crash", &crash).run();
            assert!(ran.succeeded() && ran.fired("crash") == 1, "{sdk} {point}");
            // One invocation more than without the crash: of the handler.
            assert_eq!(handlers(&ran), 4, "{sdk} {point}");
            let latency = ran.get(LatencyS);
            assert!((30.0..40.0).contains(&latency), "{sdk} {point}: {latency}");
        }
    }
}

#[test]
fn a_function_that_dies_fails_the_operation() {
    let crash = [("point", "handler.start"), ("occurrence", "2")];
    let ran = program("invoke:30 step").fault("crash", &crash).run();
    assert!(!ran.succeeded());
    let failures = &ran.record.failures.0;
    assert!(
        failures.contains_key("invoked function failed"),
        "{failures:?}"
    );
    let tolerant = "parallel tolerated_failure_count:1 { invoke:30 | step } step";
    assert!(program(tolerant).fault("crash", &crash).run().succeeded());
}

#[test]
fn a_function_takes_no_longer_than_an_invocation_may() {
    let ran = program("invoke:901").run();
    assert!(!ran.succeeded());
    let ended = ran.trace.ended[0].as_secs_f64();
    assert!((900.0..901.0).contains(&ended), "{ended}");
}
