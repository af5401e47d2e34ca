//! One attempt at a stage: with its time-out, and with an eye on the job's token.

use super::context::Staged;
use super::{CANCELLED, SUPERSEDED};
use crate::body::{Body, Raise};
use crate::host::Host;
use crate::workflows::stage::{Stage, within};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

const fn stop(error: &'static str) -> Raise {
    Raise {
        permanent: true,
        error,
    }
}

impl<H: Host> Staged<'_, H> {
    /// Runs a stage's code once.
    pub(super) async fn attempt<T>(
        &self,
        stage: &Stage,
        body: &Body<'_, H>,
        code: &impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> Result<T, Raise> {
        let timed = within(body, self.config.timeout(stage), code(body));
        if !self.config.cancels_inside {
            return timed.await;
        }
        match self.unless_stopped(timed, || body.is_busy()).await {
            Ok(result) => result,
            Err(error) => Err(stop(error)),
        }
    }

    /// Waits before the next attempt, unless the job is stopped meanwhile.
    pub(super) async fn back_off(&self, length: Duration) -> Result<(), &'static str> {
        let wait = self.host.wait(length);
        match self.config.cancels_inside {
            true => self.unless_stopped(wait, || false).await,
            false => {
                wait.await;
                Ok(())
            }
        }
    }

    /// Lets `work` run until it ends or the job is stopped. A request under way is awaited first: one
    /// that was abandoned could still arrive after the client was told that nothing more happens.
    async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = T>,
        busy: impl Fn() -> bool,
    ) -> Result<T, &'static str> {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let (Some(error), false) = (self.stopped(), busy()) {
                return Poll::Ready(Err(error));
            }
            if let Poll::Ready(value) = work.as_mut().poll(cx) {
                return Poll::Ready(Ok(value));
            }
            if let (Some(error), false) = (self.stopped(), busy()) {
                return Poll::Ready(Err(error));
            }
            let server = &self.host.world().jobs;
            server.borrow_mut().job(self.at.execution).watch(cx);
            Poll::Pending
        })
        .await
    }

    /// Why this worker must not go on, if it must not.
    pub(super) fn stopped(&self) -> Option<&'static str> {
        let mut server = self.host.world().jobs.borrow_mut();
        let job = server.job(self.at.execution);
        if job.epoch != self.epoch {
            return Some(SUPERSEDED);
        }
        job.cancellation.requested.map(|_| CANCELLED)
    }
}
