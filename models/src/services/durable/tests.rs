use super::*;
use crate::point::{StepName, Word};

const NAME: u32 = 1;
const STEP: Word = Word::new("step");

fn limits() -> Limits {
    Limits {
        operations: 3000,
        written_bytes: 100_000_000,
        payload_bytes: 262_144,
        checkpoints_per_s: 20_000.0,
        starts_per_s: 300.0,
        callbacks_per_s: 2.0,
        fencing: true,
    }
}

fn backend() -> (Backend, u64) {
    let mut backend = Backend::new(limits());
    assert_eq!(backend.start(NAME, 8, Duration::ZERO), Ok(true));
    let token = backend.begin(NAME, Duration::ZERO, false);
    (backend, token)
}

fn update(position: u32, op_type: OpType, action: Action) -> Update {
    inside(OpId::ROOT, position, op_type, action)
}

fn inside(parent: OpId, position: u32, op_type: OpType, action: Action) -> Update {
    let name = StepName::at(STEP, position);
    Update::new(parent.child(position), parent, op_type, name, action)
}

const START: Action = Action::Start { wait: None };

fn succeed(value: i64) -> Action {
    Action::Succeed {
        result: Value::Int(value),
        replay_children: false,
    }
}

/// A request of its own, as the SDK makes one call.
fn send(
    backend: &mut Backend,
    token: u64,
    updates: &[Update],
    now: Duration,
) -> Result<Rc<Checkpointed>, Refusal> {
    let call = 1000 * token + now.as_secs() + updates.len() as u64;
    backend.checkpoint(NAME, token, call, updates, now)
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_token_is_good_for_one_request() {
    let (mut backend, token) = backend();
    let next = send(&mut backend, token, &[], at(0)).unwrap().token;
    assert_eq!(
        send(&mut backend, token, &[], at(1)).unwrap_err(),
        Refusal::InvalidToken
    );
    assert!(send(&mut backend, next, &[], at(0)).is_ok());
}

#[test]
fn a_new_invocation_fences_the_old_one() {
    let (mut backend, old) = backend();
    let new = backend.begin(NAME, at(1), true);
    let updates = [update(0, OpType::Step, START)];
    assert_eq!(
        send(&mut backend, old, &updates, at(1)).unwrap_err(),
        Refusal::InvalidToken
    );
    assert!(backend.execution(NAME).operations().is_empty());
    assert!(send(&mut backend, new, &updates, at(1)).is_ok());
}

#[test]
fn starting_again_by_the_same_name_finds_the_first() {
    let (mut backend, _) = backend();
    assert_eq!(backend.start(NAME, 8, at(1)), Ok(false));
    assert_eq!(backend.execution(NAME).meters.operations, 1);
}

#[test]
fn a_wait_is_completed_by_the_service_and_reported_with_the_next_answer() {
    let (mut backend, token) = backend();
    let wait = Action::Start { wait: Some(at(10)) };
    let token = send(&mut backend, token, &[update(0, OpType::Wait, wait)], at(0))
        .unwrap()
        .token;
    assert_eq!(backend.next_due(NAME), Some(at(10)));
    let early = send(&mut backend, token, &[], at(9)).unwrap();
    assert!(early.changed.is_empty());
    let late = send(&mut backend, early.token, &[], at(10)).unwrap();
    assert_eq!(late.changed[0].status, Status::Succeeded);
    assert_eq!(
        backend.execution(NAME).meters.operations,
        2,
        "start and wait"
    );
}

#[test]
fn a_retry_becomes_ready_and_counts_each_attempt() {
    let (mut backend, token) = backend();
    let retry = Action::Retry {
        delay: at(3),
        error_bytes: 20,
    };
    let updates = [
        update(0, OpType::Step, START),
        update(0, OpType::Step, retry),
    ];
    send(&mut backend, token, &updates, at(0)).unwrap();
    assert!(!backend.unseen(NAME, at(2)));
    assert!(backend.unseen(NAME, at(3)));
    let token = backend.begin(NAME, at(3), false);
    assert_eq!(backend.state(NAME).list()[0].status, Status::Ready);
    let updates = [
        update(0, OpType::Step, START),
        update(0, OpType::Step, succeed(7)),
    ];
    send(&mut backend, token, &updates, at(4)).unwrap();
    let meters = backend.execution(NAME).meters;
    assert_eq!(
        (meters.operations, meters.updates, meters.requests),
        (3, 4, 2)
    );
    assert_eq!(meters.written, 8 + 20 + 1);
}

#[test]
fn children_of_a_finished_context_are_left_out_unless_they_rebuild_it() {
    for replay_children in [false, true] {
        let (mut backend, token) = backend();
        let map = OpId::ROOT.child(0);
        let inner = inside(map, 0, OpType::Step, succeed(1));
        let end = Action::Succeed {
            result: Value::Int(2),
            replay_children,
        };
        let updates = [
            update(0, OpType::Context, START),
            inner,
            update(0, OpType::Context, end),
        ];
        send(&mut backend, token, &updates, at(0)).unwrap();
        assert_eq!(
            backend.state(NAME).list().len(),
            if replay_children { 2 } else { 1 }
        );
    }
}

#[test]
fn over_quota_there_is_no_further_token() {
    let mut backend = Backend::new(Limits {
        operations: 2,
        ..limits()
    });
    backend.start(NAME, 0, at(0)).unwrap();
    let token = backend.begin(NAME, at(0), false);
    let updates: Vec<Update> = (0..2)
        .map(|i| update(i, OpType::Step, succeed(0)))
        .collect();
    assert_eq!(
        send(&mut backend, token, &updates, at(0)).unwrap_err(),
        Refusal::OverQuota
    );
}

#[test]
fn a_payload_over_the_limit_is_refused_whole() {
    let (mut backend, token) = backend();
    let large = Action::Succeed {
        result: Value::Padded {
            int: 0,
            bytes: 262_144,
        },
        replay_children: false,
    };
    let updates = [
        update(0, OpType::Step, succeed(1)),
        update(1, OpType::Step, large),
    ];
    assert_eq!(
        send(&mut backend, token, &updates, at(0)).unwrap_err(),
        Refusal::PayloadTooLarge
    );
    assert!(backend.execution(NAME).operations().is_empty());
}

#[test]
fn a_finished_step_cannot_be_started_again() {
    let (mut backend, token) = backend();
    let token = send(
        &mut backend,
        token,
        &[update(0, OpType::Step, succeed(1))],
        at(0),
    )
    .unwrap()
    .token;
    let again = [update(0, OpType::Step, START)];
    assert_eq!(
        send(&mut backend, token, &again, at(0)).unwrap_err(),
        Refusal::InvalidUpdate
    );
}

#[test]
fn a_repeat_within_one_call_is_answered_as_before() {
    let (mut backend, token) = backend();
    let updates = [update(0, OpType::Step, succeed(1))];
    let first = backend
        .checkpoint(NAME, token, 77, &updates, at(0))
        .unwrap();
    let second = backend
        .checkpoint(NAME, token, 77, &updates, at(1))
        .unwrap();
    assert_eq!(first.token, second.token);
    assert_eq!(backend.execution(NAME).meters.updates, 1);
}

/// A backend with an open callback, and the callback.
fn asked(limit: Option<Duration>) -> (Backend, OpId) {
    let (mut backend, token) = backend();
    let start = [update(0, OpType::Callback, Action::Start { wait: limit })];
    send(&mut backend, token, &start, at(0)).unwrap();
    assert!(backend.is_unanswered(NAME));
    assert!(!backend.unseen(NAME, at(0)));
    (backend, OpId::ROOT.child(0))
}

fn status(backend: &Backend) -> Status {
    backend.execution(NAME).operations()[0].status
}

#[test]
fn a_callback_is_answered_once() {
    let (mut backend, id) = asked(None);
    let meters = backend.execution(NAME).meters;
    assert_eq!(backend.answer(NAME, id, at(9)), Ok(()));
    assert!(backend.unseen(NAME, at(9)) && !backend.is_unanswered(NAME));
    assert_eq!(status(&backend), Status::Succeeded);
    // The answer is data written, and no operation.
    let now = backend.execution(NAME).meters;
    assert_eq!(now.operations, meters.operations);
    assert_eq!(now.written, meters.written + Value::Unit.bytes());
    let again = backend.answer(NAME, id, at(10));
    assert_eq!(again, Err(Refusal::InvalidUpdate));
    assert_eq!(backend.execution(NAME).meters.written, now.written);
}

#[test]
fn an_answer_after_the_time_out_is_refused() {
    let (mut backend, id) = asked(Some(at(5)));
    assert_eq!(backend.next_due(NAME), Some(at(5)));
    assert_eq!(backend.answer(NAME, id, at(5)), Err(Refusal::InvalidUpdate));
    assert_eq!(status(&backend), Status::TimedOut);
    assert!(backend.unseen(NAME, at(5)) && !backend.is_unanswered(NAME));
}

#[test]
fn an_answer_in_time_stops_the_time_out() {
    let (mut backend, id) = asked(Some(at(5)));
    assert_eq!(backend.answer(NAME, id, at(4)), Ok(()));
    assert_eq!(backend.next_due(NAME), None);
    assert!(backend.unseen(NAME, at(6)));
    assert_eq!(status(&backend), Status::Succeeded);
}

#[test]
fn answers_have_a_rate() {
    let (mut backend, id) = asked(None);
    let other = OpId::ROOT.child(7);
    let tries = [other, other, id].map(|id| backend.answer(NAME, id, at(0)));
    let expected = [
        Refusal::InvalidUpdate,
        Refusal::InvalidUpdate,
        Refusal::Throttled,
    ];
    assert_eq!(tries, expected.map(Err));
}

#[test]
fn nobody_answers_an_execution_that_has_ended() {
    let (mut backend, id) = asked(None);
    backend.end(NAME, End::Failed("stopped"), at(1));
    assert_eq!(backend.answer(NAME, id, at(2)), Err(Refusal::InvalidUpdate));
    backend.retire(NAME);
    assert_eq!(backend.answer(NAME, id, at(9)), Err(Refusal::InvalidUpdate));
}
