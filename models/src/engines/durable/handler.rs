//! One invocation of a durable handler.

use super::config::{Config, Sdk as Kind};
use super::context::Durable;
use super::sdk::{Sdk, Termination};
use crate::host::{Answer, Host, Reply, Request};
use crate::point::At;
use crate::rare::rare;
use crate::services::client;
use crate::services::durable::Operations;
use crate::value::Value;
use crate::workflows::context::Failure;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// The JavaScript SDK waits this long after the last runnable operation before it ends the
/// invocation as pending (JS SDK 2.4.0, `dist/index.mjs` :987).
const JS_IDLE: Duration = Duration::from_millis(20);

/// Runs the workflow from its first line, over the stored results that the invocation was given.
pub async fn handle<H: Host>(
    host: &H,
    config: &Config,
    execution: u32,
    token: u64,
    state: Box<Operations>,
) -> Answer {
    let at = At::execution(execution);
    let operations = state.list().len();
    let more = operations > config.page;
    if more && !rare(fetch_pages(host, config, at, operations)).await {
        return Answer::Retry("state not read");
    }
    let sdk = Sdk::new(host, config, at, token, *state);
    // Boxed, because allocators are much faster with blocks of less than a kilobyte.
    let mut collector = Box::pin(sdk.collect());
    let mut collecting = true;
    let result = {
        let mut workflow = pin!(run(&sdk));
        poll_fn(|cx| {
            loop {
                if sdk.may_go_on() {
                    if let Poll::Ready(result) = workflow.as_mut().poll(cx) {
                        return Poll::Ready(result);
                    }
                }
                sdk.stirred.set(false);
                if collecting && collector.as_mut().poll(cx).is_ready() {
                    collecting = false;
                }
                if !sdk.stirred.get() {
                    return Poll::Pending;
                }
            }
        })
        .await
    };
    if collecting && config.sdk == Kind::Js && !sdk.is_settled() {
        // The JavaScript SDK answers when nothing is queued or under way (`waitForQueueCompletion`).
        let settle = poll_fn(|cx| match collector.as_mut().poll(cx) {
            Poll::Pending if !sdk.is_settled() => Poll::Pending,
            _ => Poll::Ready(()),
        });
        rare(settle).await;
    }
    let answer = answer(result);
    let rest = match config.sdk {
        Kind::Python if collecting => until_stopped(&sdk),
        Kind::Js if answer == Answer::Pending => JS_IDLE,
        _ => Duration::ZERO,
    };
    if !rest.is_zero() {
        host.wait(rest).await;
    }
    answer
}

/// The Python SDK ends the invocation when its collector's thread has ended, which looks for that only
/// once in a while when there is nothing to send (`state.py` `_wait_for_first_operation`, joined by
/// `execution.py`).
fn until_stopped<H: Host>(sdk: &Sdk<'_, H>) -> Duration {
    let poll = sdk.config.stop_poll;
    if poll.is_zero() {
        return poll;
    }
    let idle = sdk.host.now().saturating_sub(sdk.idle_since.get());
    poll - Duration::from_nanos((idle.as_nanos() % poll.as_nanos()) as u64)
}

/// Runs the workflow, again from its first line as often as the engine does so without a new invocation.
async fn run<H: Host>(sdk: &Sdk<'_, H>) -> Result<Value, Failure> {
    loop {
        let context = Durable::root(sdk);
        let result = sdk.host.world().workflow.run(&context).await;
        if !sdk.again.take() {
            return result;
        }
        sdk.replaying.set(true);
    }
}

/// The invocation's input holds one page of operations; the SDK reads the others one by one.
async fn fetch_pages<H: Host>(host: &H, config: &Config, at: At, operations: usize) -> bool {
    let mut read = config.page;
    while read < operations {
        let page = (operations - read).min(config.page) as u32;
        let request = Request::State {
            execution: at.execution,
            operations: page,
        };
        if !matches!(client::send(host, request, at).await, Ok(Reply::State)) {
            return false;
        }
        read += page as usize;
    }
    true
}

fn answer(result: Result<Value, Failure>) -> Answer {
    match result {
        Ok(value) => Answer::Succeeded(value),
        Err(Failure::Step(error) | Failure::Final(error)) => Answer::Failed(error),
        Err(Failure::Suspended(_)) => Answer::Pending,
        Err(Failure::Terminated(Termination::Retry(why))) => Answer::Retry(why),
        Err(Failure::Terminated(Termination::Fail(why))) => Answer::Failed(why),
        Err(Failure::Terminated(Termination::Stopped)) => Answer::Pending,
        Err(Failure::Orphaned) => Answer::Failed("orphaned context"),
    }
}
