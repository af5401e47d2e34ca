//! Callbacks: answers that somebody outside gives.

use models::ledger::Outcome;
use models::records::Measure::{
    ActivityTasks, BilledS, Bodies, CheckpointRequests, CheckpointUpdates, DurableOperations,
    HistoryEvents, Invocations, LatencyS, WorkflowTasks,
};
use promises::{Case, Ran, ms};

fn program(engine: &'static str, text: &str) -> Case {
    Case::new("program", engine).set("program.text", text)
}

/// Answers that reached the service, and how many of them it refused.
fn answers(ran: &Ran) -> (usize, usize) {
    let answers = ran.trace.at("durable.callback.applied");
    let refused = |answer: &&models::ledger::Crossing| answer.outcome == Outcome::Refused;
    (answers.len(), answers.iter().filter(refused).count())
}

#[test]
fn an_answer_is_waited_for_without_pay() {
    let ran = program("durable", "callback:3600 step").run();
    assert!(ran.succeeded());
    assert_eq!(ran.count(Invocations), 2);
    assert_eq!(answers(&ran), (1, 0));
    // The context's START and the callback's leave after 1 ms, which takes 5 ms; then the step, as the
    // one after the answer, takes 5 + 1 + 5 ms. The context's end is stored with the next START.
    let (first, step) = (ms(6.0), ms(11.0));
    assert_eq!(ran.time(BilledS), first + step + ms(6.0) + step);
    // The answer leaves an hour after the body, and needs 2.5 ms.
    let latency = ms(10.0) + first + ms(5.0 + 3_600_000.0 + 2.5) + ms(6.0) + step;
    assert_eq!(ran.time(LatencyS), latency);
}

#[test]
fn a_callback_is_three_operations() {
    let ran = program("durable", "callback:60").run();
    // Start, callback, submitter, context.
    assert_eq!(ran.count(DurableOperations), 4);
    assert_eq!(ran.count(CheckpointUpdates), 5);
    assert_eq!(ran.count(CheckpointRequests), 3);
}

#[test]
fn an_answer_that_comes_before_the_end_of_its_step_is_heard_with_that() {
    // Python's request leaves after a millisecond: its answer tells of the callback's. JavaScript's is there
    // before.
    for (sdk, invocations) in [("python", 1), ("js", 2)] {
        let ran = program("durable", "callback:0 step")
            .set("durable.sdk", sdk)
            .run();
        assert!(ran.succeeded());
        assert_eq!(ran.count(Invocations), invocations, "{sdk}");
    }
}

#[test]
fn who_asks_twice_is_answered_twice_and_hears_it_once() {
    for (sdk, point) in [("python", "effect.after"), ("js", "body.end")] {
        let case = program("durable", "callback:60 step").set("durable.sdk", sdk);
        let crash = [("point", point), ("step", "submit-0")];
        let ran = case.fault("crash", &crash).run();
        assert!(ran.succeeded());
        assert_eq!((ran.bodies["submit-0"], ran.effects["submit-0"]), (2, 2));
        assert_eq!(answers(&ran), (2, 1), "{sdk}");
        assert_eq!(ran.effects["step-0"], 1);
    }
}

#[test]
fn at_most_once_is_not_for_the_step_that_asks() {
    let case = program("durable", "callback:60 step").set("durable.semantics", "at_most_once");
    let crash = [("point", "body.end"), ("step", "submit-0")];
    let ran = case
        .set("durable.retry_attempts", "1")
        .fault("crash", &crash)
        .run();
    assert!(ran.succeeded());
    assert_eq!(ran.bodies["submit-0"], 2);
}

#[test]
fn an_answer_is_sent_until_it_arrives() {
    // From 55 s to 70 s nobody outside reaches the service.
    let cut = [
        ("from", "client"),
        ("to", "durable"),
        ("start_s", "55"),
        ("end_s", "70"),
    ];
    let ran = program("durable", "callback:60 step")
        .fault("cut", &cut)
        .run();
    assert!(ran.succeeded());
    assert_eq!(answers(&ran), (1, 0));
    assert!(ran.get(LatencyS) > 70.0, "{}", ran.get(LatencyS));
}

#[test]
fn without_an_answer_in_time_the_callback_fails() {
    for engine in ["durable", "local", "staged", "queue"] {
        let ran = program(engine, "callback:60/20 step").run();
        assert!(!ran.succeeded(), "{engine}");
        let failures = &ran.record.failures.0;
        assert!(
            failures.contains_key("callback timed out"),
            "{engine}: {failures:?}"
        );
        assert_eq!(ran.bodies.get("step-0"), None);
    }
    let ran = program("durable", "callback:60/20").run();
    assert_eq!(ran.count(Invocations), 2);
    // The late answer is refused.
    assert_eq!(answers(&ran), (1, 1));
    let tolerant = "parallel tolerated_failure_count:1 { callback:60/20 | step } step";
    assert!(program("durable", tolerant).run().succeeded());
}

#[test]
fn engines_without_callbacks_ask_and_wait() {
    for engine in ["local", "staged"] {
        let ran = program(engine, "callback:60 step").run();
        assert!(ran.succeeded(), "{engine}");
        assert_eq!(ran.count(Bodies), 2, "{engine}");
        assert_eq!(answers(&ran), (0, 0));
        assert!((60.0..70.0).contains(&ran.get(LatencyS)), "{engine}");
    }
}

#[test]
fn javascript_asks_for_the_answer_while_something_else_is_under_way() {
    let text = "parallel { callback:7 step | step step }";
    let long = |sdk| {
        let case = program("durable", text).set("program.body_ms", "20000");
        case.set("durable.sdk", sdk).run()
    };
    let (python, js) = (long("python"), long("js"));
    assert!(python.succeeded() && js.succeeded());
    // Python hears of it when the other branch has ended, in an invocation of its own.
    assert_eq!((python.count(Invocations), js.count(Invocations)), (2, 1));
    let empty = |ran: &Ran| {
        let sent = ran.trace.at("durable.checkpoint.send");
        let is_empty = |sent: &&models::ledger::Crossing| ran.trace.updates_of(sent).is_empty();
        sent.iter().filter(is_empty).count()
    };
    // After 1, 2, 4 and 7 seconds.
    assert_eq!((empty(&python), empty(&js)), (0, 4));
}

#[test]
fn python_may_wait_for_an_answer_that_nobody_needs() {
    // The answer to the second callback is heard of by the steps beside it. The first is open still, though
    // its branch is over: nothing else lets the execution go on.
    let text = "parallel { parallel min_successful:1 { callback:900 | step } callback:1 step \
                | step step step step step step }";
    let latency = |sdk| {
        let case = program("durable", text).set("program.body_ms", "400");
        case.set("durable.sdk", sdk).run().get(LatencyS)
    };
    let (python, js) = (latency("python"), latency("js"));
    assert!(python > 900.0 && js < 5.0, "{python} {js}");
}

#[test]
fn on_a_task_queue_the_answer_is_a_signal() {
    let ran = program("queue", "callback:60 step").run();
    assert!(ran.succeeded());
    assert_eq!((ran.count(Bodies), ran.count(ActivityTasks)), (2, 2));
    assert_eq!(ran.trace.at("orchestrator.signal.applied").len(), 1);
    // Start; three for each of four workflow tasks, of which the signal causes the third; three for each
    // activity; the signal; the end.
    assert_eq!(ran.count(WorkflowTasks), 4);
    assert_eq!(ran.count(HistoryEvents), 1 + 4 * 3 + 2 * 3 + 1 + 1);
    assert!((60.0..61.0).contains(&ran.get(LatencyS)));
}

#[test]
fn a_signal_that_comes_before_the_code_waits_is_not_lost() {
    let ran = program("queue", "callback:0 step").run();
    assert!(ran.succeeded());
    // The activity's end and the signal come one after the other, within the same workflow task or not.
    let tasks = ran.count(WorkflowTasks);
    assert!((3..=4).contains(&tasks), "{tasks}");
}

#[test]
fn a_signal_sent_twice_is_written_twice_and_heard_once() {
    let crash = [("point", "body.end"), ("step", "submit-0")];
    let ran = program("queue", "callback:60 step")
        .fault("crash", &crash)
        .run();
    assert!(ran.succeeded());
    assert_eq!((ran.bodies["submit-0"], ran.effects["step-0"]), (2, 1));
    assert_eq!(ran.trace.at("orchestrator.signal.applied").len(), 2);
}

#[test]
fn an_execution_that_waits_for_a_signal_continues_as_new() {
    let text =
        "step step callback:60 step step parallel { callback:30 step | wait:10 step step } step";
    let case = program("queue", text).set("queue.continue_as_new_events", "12");
    let ran = case.run();
    assert!(ran.succeeded());
    let one = program("queue", text).run();
    assert!(ran.count(HistoryEvents) > one.count(HistoryEvents));
    assert_eq!(ran.bodies, one.bodies);
}
