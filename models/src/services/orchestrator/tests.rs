//! The server by hand: a worker that answers at once.

use super::event::PENDING_LIMIT;
use super::*;
use crate::point::{StepName, Word};

const WORK: Word = Word::new("work");

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn server(change: impl FnOnce(&mut Limits, &mut Options, &mut Policy)) -> Orchestrator {
    let mut limits = Limits {
        events_max: 51_200,
        bytes_max: 50 << 20,
        payload_bytes_max: 2 << 20,
        pending_max: 2_000,
        task_timeout: seconds(10),
        sticky_timeout: seconds(5),
        event_bytes: 100,
    };
    let mut options = Options {
        schedule_to_start: Duration::ZERO,
        start_to_close: seconds(60),
        schedule_to_close: Duration::ZERO,
        heartbeat: Duration::ZERO,
        retry: Retry {
            attempts: 0,
            initial: seconds(1),
            coefficient: 2.0,
            maximum: seconds(100),
        },
    };
    let mut policy = Policy {
        new_run_events: 0,
        execution_timeout: Duration::ZERO,
        loses_events: false,
    };
    change(&mut limits, &mut options, &mut policy);
    let mut server = Orchestrator::new(limits, options, policy);
    server.open(2);
    server
        .apply(seconds(0), &Op::Start { execution: 0 })
        .expect("started");
    server
}

fn poll(server: &mut Orchestrator, now: u64, queue: u32, process: Process) -> Option<Task> {
    let seat = Seat::new(process);
    server.poll(seconds(now), queue, &seat);
    seat.gone.set(true);
    seat.task.take()
}

fn workflow_task(server: &mut Orchestrator, now: u64, process: Process) -> TaskToken {
    match poll(server, now, 0, process) {
        Some(Task::Workflow { token, .. }) => token,
        other => panic!("{other:?} instead of a workflow task"),
    }
}

fn activity(server: &mut Orchestrator, now: u64) -> (ActivityToken, u32, u64) {
    match poll(server, now, 1, 9) {
        Some(Task::Activity {
            token,
            attempt,
            progress,
            ..
        }) => (token, attempt, progress),
        other => panic!("{other:?} instead of an activity"),
    }
}

fn ask(number: u32) -> Command {
    Command::Activity {
        place: Place::root().child(number),
        name: StepName::at(WORK, number),
        version: 0,
        queue: 1,
    }
}

fn answer(
    server: &mut Orchestrator,
    now: u64,
    token: TaskToken,
    commands: Vec<Command>,
) -> Result<Reply, Refusal> {
    let (commands, sticky) = (commands.into(), Some(1));
    server.apply(
        seconds(now),
        &Op::CompleteTask {
            token,
            commands,
            sticky,
        },
    )
}

fn complete(server: &mut Orchestrator, now: u64, token: ActivityToken) -> Result<Reply, Refusal> {
    let result = Value::Int(1);
    server.apply(seconds(now), &Op::CompleteActivity { token, result })
}

use crate::value::Value;

fn history(server: &Orchestrator) -> Vec<What> {
    server.execution(0).expect("it was started").history.clone()
}

fn count(server: &Orchestrator, which: impl Fn(&What) -> bool) -> usize {
    history(server).iter().filter(|event| which(event)).count()
}

#[test]
fn an_activity_is_three_events_and_so_is_a_workflow_task() {
    let mut server = server(|_, _, _| {});
    for number in 0..3 {
        let token = workflow_task(&mut server, 0, 1);
        answer(&mut server, 0, token, vec![ask(number)]).expect("in time");
        let (token, ..) = activity(&mut server, 0);
        complete(&mut server, 0, token).expect("in time");
    }
    let token = workflow_task(&mut server, 0, 1);
    answer(&mut server, 0, token, vec![Command::Complete(Value::Unit)]).expect("in time");
    assert_eq!(history(&server).len(), 5 + 6 * 3);
}

#[test]
fn what_happens_during_a_workflow_task_is_buffered_and_needs_another_one() {
    let mut server = server(|_, _, _| {});
    let token = workflow_task(&mut server, 0, 1);
    answer(&mut server, 0, token, vec![ask(0), ask(1)]).expect("in time");
    let (first, ..) = activity(&mut server, 0);
    let (second, ..) = activity(&mut server, 0);
    complete(&mut server, 1, first).expect("in time");
    let token = workflow_task(&mut server, 1, 1);
    let before = history(&server).len();
    complete(&mut server, 1, second).expect("in time");
    assert_eq!(history(&server).len(), before, "buffered");
    let done = vec![Command::Complete(Value::Unit)];
    assert_eq!(
        answer(&mut server, 1, token, done),
        Err(Refusal::TaskFailed)
    );
    let token = workflow_task(&mut server, 1, 1);
    answer(&mut server, 1, token, vec![Command::Complete(Value::Unit)]).expect("nothing new");
}

#[test]
fn retries_write_no_events_and_carry_the_progress_of_the_last_heartbeat() {
    let mut server = server(|_, options, _| options.heartbeat = seconds(10));
    let token = workflow_task(&mut server, 0, 1);
    answer(&mut server, 0, token, vec![ask(0)]).expect("in time");
    let (token, attempt, progress) = activity(&mut server, 0);
    assert_eq!((attempt, progress), (1, 0));
    let before = history(&server).len();
    let beat = Op::Heartbeat {
        token: token.clone(),
        progress: 7,
    };
    server.apply(seconds(8), &beat).expect("alive");
    server.fire(seconds(17));
    server.apply(seconds(17), &beat).expect("still alive");
    server.fire(seconds(27));
    assert_eq!(
        complete(&mut server, 27, token),
        Err(Refusal::NotFound),
        "given up"
    );
    assert!(
        poll(&mut server, 27, 1, 9).is_none(),
        "it pauses for a second"
    );
    server.fire(seconds(28));
    let (token, attempt, progress) = activity(&mut server, 28);
    assert_eq!((attempt, progress), (2, 7));
    assert_eq!(history(&server).len(), before);
    complete(&mut server, 29, token).expect("in time");
    let started = What::ActivityStarted {
        place: Place::root().child(0),
        attempt: 2,
    };
    assert!(history(&server).contains(&started));
    assert_eq!(
        count(&server, |e| matches!(e, What::ActivityStarted { .. })),
        1
    );
}

#[test]
fn a_permanent_error_and_the_last_attempt_are_final() {
    for (attempts, permanent, tries) in [(0, true, 1), (2, false, 2)] {
        let mut server = server(|_, options, _| options.retry.attempts = attempts);
        let token = workflow_task(&mut server, 0, 1);
        answer(&mut server, 0, token, vec![ask(0)]).expect("in time");
        for turn in 0..tries {
            server.fire(seconds(turn * 10));
            let (token, ..) = activity(&mut server, turn * 10);
            let op = Op::FailActivity {
                token,
                error: "no",
                permanent,
            };
            server.apply(seconds(turn * 10), &op).expect("in time");
        }
        assert_eq!(
            count(&server, |e| matches!(e, What::ActivityFailed { .. })),
            1
        );
    }
}

#[test]
fn time_outs_of_the_queue_and_of_the_whole_activity_are_final() {
    let by_queue =
        |_: &mut Limits, o: &mut Options, _: &mut Policy| o.schedule_to_start = seconds(5);
    let whole = |_: &mut Limits, o: &mut Options, _: &mut Policy| o.schedule_to_close = seconds(5);
    for change in [by_queue, whole] {
        let mut server = server(change);
        let token = workflow_task(&mut server, 0, 1);
        answer(&mut server, 0, token, vec![ask(0)]).expect("in time");
        server.fire(seconds(4));
        assert_eq!(
            count(&server, |e| matches!(e, What::ActivityTimedOut { .. })),
            0
        );
        server.fire(seconds(5));
        assert_eq!(
            count(&server, |e| matches!(e, What::ActivityTimedOut { .. })),
            1
        );
        assert!(
            poll(&mut server, 5, 1, 9).is_none(),
            "it has left its queue"
        );
    }
}

#[test]
fn a_sticky_task_waits_five_seconds_for_its_process() {
    let mut server = server(|_, _, _| {});
    let token = workflow_task(&mut server, 0, 1);
    answer(&mut server, 0, token, vec![ask(0)]).expect("in time");
    let (token, ..) = activity(&mut server, 0);
    complete(&mut server, 1, token).expect("in time");
    assert!(
        poll(&mut server, 1, 0, 2).is_none(),
        "it waits for process 1"
    );
    server.fire(seconds(6));
    let Some(Task::Workflow {
        sticky, attempt, ..
    }) = poll(&mut server, 6, 0, 2)
    else {
        panic!("now anybody gets it")
    };
    assert_eq!((sticky, attempt), (false, 1));
    assert_eq!(count(&server, |e| *e == What::TaskTimedOut), 1);
}

#[test]
fn a_workflow_task_without_an_answer_is_given_to_another_worker_after_ten_seconds() {
    let mut server = server(|_, _, _| {});
    let lost = workflow_task(&mut server, 0, 1);
    server.fire(seconds(10));
    assert_eq!(
        answer(&mut server, 10, lost, vec![]),
        Err(Refusal::NotFound)
    );
    let before = history(&server).len();
    let token = workflow_task(&mut server, 10, 2);
    assert_eq!(history(&server).len(), before, "a second try is transient");
    answer(&mut server, 11, token, vec![ask(0)]).expect("in time");
    assert_eq!(count(&server, |e| *e == What::TaskScheduled), 2);
    assert_eq!(count(&server, |e| *e == What::TaskCompleted), 1);
}

#[test]
fn limits_of_events_of_open_activities_and_of_results() {
    let mut long = server(|limits, _, _| limits.events_max = 5);
    let token = workflow_task(&mut long, 0, 1);
    answer(&mut long, 0, token, vec![ask(0)]).expect("the fifth event");
    assert_eq!(
        long.execution(0).and_then(|e| e.closed.clone()),
        Some(Outcome::Failed("history too long"))
    );
    let mut wide = server(|limits, _, _| limits.pending_max = 2);
    let token = workflow_task(&mut wide, 0, 1);
    let three = vec![ask(0), ask(1), ask(2)];
    assert_eq!(answer(&mut wide, 0, token, three), Err(Refusal::TaskFailed));
    let mut heavy = server(|limits, _, _| limits.payload_bytes_max = 0);
    let token = workflow_task(&mut heavy, 0, 1);
    answer(&mut heavy, 0, token, vec![ask(0)]).expect("in time");
    let (token, ..) = activity(&mut heavy, 0);
    complete(&mut heavy, 0, token).expect("recorded as a failure");
    assert_eq!(
        count(&heavy, |e| matches!(e, What::ActivityFailed { .. })),
        1
    );
}

#[test]
fn a_cancelled_activity_that_runs_hears_of_it_with_its_heartbeat() {
    let mut server = server(|_, _, _| {});
    let token = workflow_task(&mut server, 0, 1);
    answer(&mut server, 0, token, vec![ask(0), ask(1)]).expect("in time");
    let (running, ..) = activity(&mut server, 0);
    server
        .apply(seconds(1), &Op::Cancel { execution: 0 })
        .expect("known");
    let token = workflow_task(&mut server, 1, 1);
    let cancel = |number| Command::CancelActivity {
        place: Place::root().child(number),
    };
    answer(&mut server, 1, token, vec![cancel(0), cancel(1)]).expect("in time");
    assert_eq!(
        count(&server, |e| matches!(e, What::ActivityCanceled { .. })),
        1
    );
    let beat = Op::Heartbeat {
        token: running.clone(),
        progress: 0,
    };
    let reply = server.apply(seconds(2), &beat);
    assert_eq!(reply, Ok(Reply::Recorded { cancel: true }));
    server
        .apply(seconds(2), &Op::CancelActivity { token: running })
        .expect("it runs");
    assert_eq!(
        count(&server, |e| matches!(e, What::ActivityCanceled { .. })),
        2
    );
}

/// A timer of ten seconds and an activity are open, and the workflow is asked to cancel at `asked`.
fn cancels(asked: u64) -> (Orchestrator, TaskToken) {
    let mut server = server(|_, _, _| {});
    let token = workflow_task(&mut server, 0, 1);
    let timer = Command::Timer {
        place: Place::root().child(1),
        length: seconds(10),
    };
    answer(&mut server, 0, token, vec![ask(0), timer]).expect("in time");
    server
        .apply(seconds(asked), &Op::Cancel { execution: 0 })
        .expect("known");
    let token = workflow_task(&mut server, asked, 1);
    (server, token)
}

fn cancel_timer() -> Command {
    let place = Place::root().child(1);
    Command::CancelTimer { place }
}

#[test]
fn a_cancelled_timer_is_one_event_that_needs_no_workflow_task_and_never_fires() {
    let (mut server, token) = cancels(5);
    let before = history(&server).len();
    answer(&mut server, 5, token, vec![cancel_timer()]).expect("in time");
    assert_eq!(history(&server).len(), before + 2, "the task and the timer");
    server.fire(seconds(10));
    assert!(poll(&mut server, 10, 0, 1).is_none());
    assert_eq!(count(&server, |e| matches!(e, What::TimerFired { .. })), 0);
    assert_eq!(
        count(&server, |e| matches!(e, What::TimerCanceled { .. })),
        1
    );
}

#[test]
fn a_timer_that_fires_while_it_is_cancelled_is_taken_back() {
    let (mut server, token) = cancels(9);
    server.fire(seconds(10));
    // Nothing is left that the run has not heard of, so it may end.
    let commands = vec![cancel_timer(), Command::Canceled];
    answer(&mut server, 11, token, commands).expect("in time");
    assert_eq!(count(&server, |e| matches!(e, What::TimerFired { .. })), 0);
    assert_eq!(
        server.execution(0).and_then(|e| e.closed.clone()),
        Some(Outcome::Failed(CANCELED))
    );
}

#[test]
fn refused_commands_are_written_once_and_tried_again_at_the_time_out_of_each_task() {
    let mut server = server(|limits, _, _| limits.pending_max = 0);
    let (mut tries, mut written) = (Vec::new(), 0);
    for now in 0..=700 {
        server.fire(seconds(now));
        while let Some(Task::Workflow { token, .. }) = poll(&mut server, now, 0, 1) {
            tries.push(now);
            let refused = answer(&mut server, now, token, vec![ask(0)]);
            assert_eq!(refused, Err(Refusal::TaskFailed));
            written = history(&server).len();
        }
    }
    // The second at once, then after the time-outs of 10, 20, 40, ... s.
    assert_eq!(tries, [0, 0, 10, 30, 70, 150, 310, 630]);
    assert_eq!(
        written, 4,
        "started, and the first try: scheduled, started, failed"
    );
    let failures = server.execution(0).map(|known| known.task_failures.clone());
    assert_eq!(failures, Some(vec![(seconds(0), PENDING_LIMIT)]));
}

#[test]
fn a_new_run_begins_with_an_empty_history_and_the_results_so_far() {
    let mut server = server(|_, _, _| {});
    let token = workflow_task(&mut server, 0, 1);
    answer(&mut server, 0, token, vec![ask(0)]).expect("in time");
    let (token, ..) = activity(&mut server, 0);
    complete(&mut server, 0, token).expect("in time");
    let token = workflow_task(&mut server, 0, 1);
    answer(&mut server, 0, token, vec![Command::ContinueAsNew]).expect("in time");
    assert_eq!(
        history(&server),
        [What::WorkflowStarted, What::TaskScheduled]
    );
    let state = server.execution(0).expect("it goes on");
    assert_eq!((state.run, state.carried.len()), (1, 1));
    assert_eq!(server.meter.events, 1 + 3 + 3 + 3 + 1 + 2);
}
