//! The service's control loop of one execution: start, invoke, wait, back off, end.
//!
//! At most one invocation at a time. A crashed or timed-out invocation, a throttled one and one
//! that could not reach the service are retried with exponential back-off (developer guide,
//! "Backend retries"); the service publishes neither schedule nor cap, so both are rows of the
//! platform file. Failures of the handler's own code are final.

use super::config::Config;
use crate::engines::again::start_again;
use crate::engines::broken::Broken;
use crate::host::{Answer, Event, Host, Invoked};
use crate::invoke::{self, full_jitter, place_and_run};
use crate::point::{At, Party};
use crate::rare::rare;
use crate::services::client::BACKOFF_CAP;
use crate::services::durable::End;
use crate::streams::Purpose;
use crate::world::Outcome;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Starts an execution by its name and takes it to its end.
pub async fn drive<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    let (longest, input) = (config.execution_timeout, config.input_bytes);
    start_again(host, execution, |outside| async move {
        let world = outside.world();
        // Whichever comes first creates it; the control loop below runs once.
        let _ = world
            .backend
            .borrow_mut()
            .start(execution, input, outside.now());
        world.until_finished(&outside, execution, longest).await;
        if let Some(outcome) = world.outcome(execution) {
            world.tell(execution, outcome);
        }
    });
    start(host, config, execution).await;
    let end = run(host, config, execution).await;
    let world = host.world();
    world.backend.borrow_mut().end(execution, end, host.now());
    let backend = world.backend.borrow();
    let (_, end) = backend
        .execution(execution)
        .end
        .as_ref()
        .expect("it has just ended");
    match end {
        End::Succeeded(value) => Outcome::Succeeded(value.clone()),
        End::Failed(error) => Outcome::Failed(error),
        End::TimedOut => Outcome::TIMED_OUT,
    }
}

async fn start<H: Host>(host: &H, config: &Config, execution: u32) {
    let world = host.world();
    let overhead = world.draw(&config.start, Purpose::Dispatch, u64::from(execution));
    let at = At::execution(execution);
    // Starting by name can be repeated until it is known to have been done.
    while !invoke::request(host, at, overhead).await {}
    // A start that is throttled is made again with the client's pauses, until it is taken.
    let pause = world.clients.of(Party::Durable).backoff;
    for turn in 1.. {
        let started = world
            .backend
            .borrow_mut()
            .start(execution, config.input_bytes, host.now());
        if started.is_ok() {
            return;
        }
        let pause = full_jitter(host, pause, BACKOFF_CAP, turn, execution);
        host.wait(pause.max(Duration::from_millis(1))).await;
    }
}

fn run<H: Host>(host: &H, config: &Config, execution: u32) -> impl Future<Output = End> {
    let world = host.world();
    let deadline = host.now() + config.execution_timeout;
    let mut failed_in_a_row = 0;
    async move {
        loop {
            if host.now() >= deadline {
                return End::TimedOut;
            }
            let retry = failed_in_a_row > 0;
            let event = {
                let mut backend = world.backend.borrow_mut();
                let token = backend.begin(execution, host.now(), retry);
                // A worker that starts late, or stands still before its first line, sees no more.
                let state = Box::new(backend.state(execution));
                Event::Durable {
                    execution,
                    token,
                    state,
                }
            };
            let longest = world.functions.borrow().config.timeout + LONG;
            let invoked = match deadline - host.now() > longest {
                true => place_and_run(host, event).await,
                false => rare(within(host, deadline, event)).await,
            };
            if let Some((_, end)) = &world.backend.borrow().execution(execution).end {
                return end.clone();
            }
            if host.now() >= deadline {
                return End::TimedOut;
            }
            let due = match &invoked {
                Some(Invoked::Answered(Answer::Pending)) => next_due(host, execution),
                _ => None,
            };
            if let Some(due) = due {
                failed_in_a_row = 0;
                let until = due.min(deadline);
                let unanswered = world.backend.borrow().is_unanswered(execution);
                match unanswered {
                    true => rare(answered(host, execution, until)).await,
                    false => host.wait(until.saturating_sub(host.now())).await,
                }
                if host.now() >= deadline {
                    return End::TimedOut;
                }
                // The dispatch of the invocation that the timer causes.
                let dispatch = world.draw(&config.resume, Purpose::Dispatch, u64::from(execution));
                host.wait(dispatch).await;
                continue;
            }
            match invoked {
                Some(Invoked::Answered(Answer::Succeeded(value))) => return End::Succeeded(value),
                Some(Invoked::Answered(Answer::Failed(error))) => return End::Failed(error),
                // A handler that waits for nothing gave an invalid answer and is invoked again (AWS's local
                // runner 1.4.0, `executor.py` `_finish_invocation`).
                Some(Invoked::Answered(Answer::Retry(_) | Answer::Pending) | Invoked::Crashed)
                | Some(Invoked::TimedOut | Invoked::GivenUp)
                | None => {
                    world.fault_seen(execution, host.now());
                    if config.broken == Broken::LostRetry {
                        host.wait(deadline.saturating_sub(host.now())).await;
                        return End::TimedOut;
                    }
                    failed_in_a_row += 1;
                    let entity = u64::from(execution);
                    let u = world.streams.next(Purpose::Dispatch, entity);
                    match config.crash_retry.delay(failed_in_a_row, u) {
                        Some(delay) => {
                            let dispatch = world.draw(&config.resume, Purpose::Dispatch, entity);
                            let delay = (delay + dispatch).min(deadline - host.now());
                            host.wait(delay).await;
                        }
                        None => return End::Failed("invocation retries used up"),
                    }
                }
            }
        }
    }
}

/// No invocation takes so long to begin.
const LONG: Duration = Duration::from_secs(3600);

/// Makes an invocation that may outlast its execution's time. If it does, the execution is closed then:
/// the invocation goes on to its next checkpoint, which is refused (developer guide, "Stop"; the same of
/// the time-out is an assumption).
async fn within<H: Host>(host: &H, deadline: Duration, event: Event) -> Option<Invoked> {
    let (world, execution) = (host.world(), event.execution());
    let mut invocation = pin!(place_and_run(host, event));
    let mut time = pin!(host.wait(deadline - host.now()));
    let ended = poll_fn(|cx| match invocation.as_mut().poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending => time.as_mut().poll(cx).map(|()| None),
    });
    match ended.await {
        Some(ended) => ended,
        None => {
            let now = host.now();
            world
                .backend
                .borrow_mut()
                .end(execution, End::TimedOut, now);
            world.finish_execution(execution, now, Outcome::TIMED_OUT);
            invocation.await
        }
    }
}

/// Waits for an answer to a callback of an execution, or for a time.
async fn answered<H: Host>(host: &H, execution: u32, until: Duration) {
    let mut time = pin!(host.wait(until.saturating_sub(host.now())));
    poll_fn(|cx| {
        let mut backend = host.world().backend.borrow_mut();
        if backend.unseen(execution, host.now()) {
            return Poll::Ready(());
        }
        backend.wake_at_answer(execution, cx.waker());
        drop(backend);
        time.as_mut().poll(cx)
    })
    .await;
}

/// When a suspended execution goes on: at once if something changed that its last invocation has not seen,
/// and at the end of time if nothing but somebody's answer lets it.
fn next_due<H: Host>(host: &H, execution: u32) -> Option<Duration> {
    let mut backend = host.world().backend.borrow_mut();
    match backend.unseen(execution, host.now()) {
        true => Some(host.now()),
        false => {
            let due = backend.next_due(execution);
            due.or_else(|| backend.is_unanswered(execution).then_some(Duration::MAX))
        }
    }
}
