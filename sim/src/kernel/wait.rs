//! Waiting on a host: on a worker, the invocation's limit may come first, and it may die or stand
//! still meanwhile.

use super::boundary::SimHost;
use super::clock::Until;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// A wait. Written by hand because most of what a run does is waiting.
pub struct Wait<'h> {
    host: &'h SimHost,
    stage: Stage<'h>,
}

enum Stage<'h> {
    /// Nobody has asked yet.
    New(Duration),
    Under(Until<'h>),
    /// What is rare has its memory elsewhere, so that a wait is small.
    Rare(Pin<Box<dyn Future<Output = ()> + 'h>>),
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}

impl<'h> Wait<'h> {
    /// Waits for so long, from when it is first asked.
    pub fn new(host: &'h SimHost, length: Duration) -> Wait<'h> {
        let stage = Stage::New(length);
        Wait { host, stage }
    }

    /// The wait under way; `None` if there is nothing to wait for.
    fn begin(&self, length: Duration) -> Option<Stage<'h>> {
        let host = self.host;
        if host.is_held() {
            return Some(Stage::Rare(Box::pin(async move {
                host.hold().await;
                Wait::new(host, length).await;
            })));
        }
        if length.is_zero() {
            return None;
        }
        let kernel = &host.kernel;
        let deadline = kernel.clock.now() + length;
        let limit = host.worker().and_then(|worker| worker.limit.get());
        Some(match limit.filter(|(limit, _)| *limit < deadline) {
            None => Stage::Under(kernel.until(deadline)),
            Some((limit, what)) => Stage::Rare(Box::pin(async move {
                host.wait_for_limit(limit, what).await;
                host.hold().await;
            })),
        })
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Stage::New(length) = self.stage {
            match self.begin(length) {
                Some(stage) => self.stage = stage,
                None => return Poll::Ready(()),
            }
        }
        let host = self.host;
        match &mut self.stage {
            Stage::New(_) => unreachable!("it has begun"),
            Stage::Under(until) => {
                ready!(Pin::new(until).poll(cx));
                if !host.is_held() {
                    return Poll::Ready(());
                }
                self.stage = Stage::Rare(Box::pin(host.hold()));
                self.poll(cx)
            }
            Stage::Rare(rare) => rare.as_mut().poll(cx),
        }
    }
}
