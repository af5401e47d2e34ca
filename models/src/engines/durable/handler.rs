//! One invocation of a durable handler.

use super::config::{Config, Sdk as Kind};
use super::context::Durable;
use super::left::Left;
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
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// Runs the workflow from its first line, over the stored results that the invocation was given.
pub fn handle<'h, H: Host>(
    host: &'h H,
    config: &'h Config,
    execution: u32,
    token: u64,
    state: Operations,
) -> impl Future<Output = Answer> {
    let more = state.list().len() > config.page;
    let sdk = Sdk::new(host, config, At::execution(execution), token, state);
    async move {
        if more && !rare(fetch_pages(&sdk)).await {
            return Answer::Retry("state not read");
        }
        let mut collector = pin!(sdk.collect());
        let mut collecting = true;
        let left = Rc::new(Left::default());
        let result = {
            let mut workflow = pin!(run(&sdk, &left));
            poll_fn(|cx| {
                loop {
                    if sdk.may_go_on() {
                        if let Poll::Ready(result) = workflow.as_mut().poll(cx) {
                            return Poll::Ready(result);
                        }
                    }
                    sdk.stirred.set(false);
                    if !left.is_empty() {
                        let _ = left.poll(cx);
                    }
                    if sdk.wake_later() {
                        continue;
                    }
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
        // Python answers when all branches have ended (`state.py` `close`), the JavaScript SDK when nothing is
        // queued or under way (`waitForQueueCompletion`).
        let is_over = |collecting: bool| match sdk.config.sdk {
            Kind::Python => left.is_empty(),
            Kind::Js => !collecting || sdk.is_settled(),
        };
        if !is_over(collecting) {
            let settle = poll_fn(|cx| {
                loop {
                    // What the last answer let go on still begins. What it sends is collected after it.
                    let _ = left.poll(cx);
                    if sdk.wake_later() {
                        continue;
                    }
                    if is_over(collecting) {
                        return Poll::Ready(());
                    }
                    sdk.stirred.set(false);
                    if collecting && collector.as_mut().poll(cx).is_ready() {
                        collecting = false;
                    }
                    if !sdk.stirred.get() {
                        return Poll::Pending;
                    }
                }
            });
            rare(settle).await;
        }
        let answer = answer(result);
        let rest = match sdk.config.sdk {
            Kind::Python if collecting => until_stopped(&sdk),
            _ => Duration::ZERO,
        };
        if !rest.is_zero() {
            sdk.host.wait(rest).await;
        }
        answer
    }
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
async fn run<'s, H: Host>(sdk: &'s Sdk<'_, H>, left: &Rc<Left<'s>>) -> Result<Value, Failure> {
    loop {
        let context = Durable::root(sdk, left);
        let result = sdk.host.world().workflow.run(&context).await;
        match result {
            _ if sdk.again.take() => sdk.replaying.set(true),
            result => return result,
        }
    }
}

/// The invocation's input holds one page of operations; the SDK reads the others one by one.
async fn fetch_pages<H: Host>(sdk: &Sdk<'_, H>) -> bool {
    let operations = sdk.operations.borrow().list().len();
    let mut read = sdk.config.page;
    while read < operations {
        let more = (operations - read).min(sdk.config.page);
        let request = Request::State {
            execution: sdk.at.execution,
            operations: more as u32,
        };
        let answer = client::send(sdk.host, request, sdk.at).await;
        if !matches!(answer, Ok(Reply::State)) {
            return false;
        }
        read += more;
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
