//! A stage: a step that a pipeline tells more about than its name.

use crate::body::{Body, Raise};
use crate::host::Host;
use crate::point::StepName;
use crate::workflows::context::Failure;
use futures_util::future::{Either, select};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// What a pipeline says about one of its stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    pub name: StepName,
    /// For people.
    pub display: &'static str,
    /// Its part of the progress; the sum over the stages is the whole.
    pub weight: u32,
    /// Longest time of one attempt; zero for none.
    pub timeout: Duration,
    /// Attempts after the first.
    pub retries: u32,
    /// Whether the pipeline goes on without it.
    pub optional: bool,
}

/// The error of an attempt that took too long.
pub const TIMED_OUT: &str = "stage timed out";

impl Stage {
    /// A step as a stage: no weight, no time-out.
    pub fn plain(name: StepName, retries: u32) -> Stage {
        Stage {
            name,
            display: name.base(),
            weight: 0,
            timeout: Duration::ZERO,
            retries,
            optional: false,
        }
    }

    /// One attempt of it, with its time-out.
    pub async fn within<H: Host, T>(
        &self,
        body: &Body<'_, H>,
        code: impl Future<Output = Result<T, Raise>>,
    ) -> Result<T, Raise> {
        within(body, self.timeout, code).await
    }

    /// What a step that failed for good means for the pipeline.
    pub fn result<T>(&self, step: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match step {
            Ok(value) => Ok(Some(value)),
            Err(Failure::Step(_)) if self.optional => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

/// Lets code run for at most so long (zero: for ever). A request under way is awaited even so: one that
/// was abandoned could still arrive.
pub async fn within<H: Host, T>(
    body: &Body<'_, H>,
    longest: Duration,
    code: impl Future<Output = Result<T, Raise>>,
) -> Result<T, Raise> {
    if longest.is_zero() {
        return code.await;
    }
    let mut code = pin!(code);
    let limit = pin!(body.host.wait(longest));
    match select(code.as_mut(), limit).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => match until(code, || !body.is_busy()).await {
            Some(result) => result,
            None => Err(Raise::transient(TIMED_OUT)),
        },
    }
}

/// Lets code run until it ends or, after one of its turns, `over` is true: then `None`.
pub async fn until<T>(
    mut code: std::pin::Pin<&mut impl Future<Output = T>>,
    over: impl Fn() -> bool,
) -> Option<T> {
    std::future::poll_fn(|cx| {
        if over() {
            return std::task::Poll::Ready(None);
        }
        match code.as_mut().poll(cx) {
            std::task::Poll::Ready(value) => std::task::Poll::Ready(Some(value)),
            std::task::Poll::Pending if over() => std::task::Poll::Ready(None),
            std::task::Poll::Pending => std::task::Poll::Pending,
        }
    })
    .await
}
