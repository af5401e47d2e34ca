//! Waiting on a host: on a worker, the invocation's limit may come first, and it may die or stand
//! still meanwhile.

use super::boundary::SimHost;
use super::clock::Until;
use models::rare::{Rare, rare};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A wait. Written by hand because most of what a run does is waiting.
pub struct Wait<'h> {
    host: &'h SimHost,
    stage: Stage<'h>,
}

enum Stage<'h> {
    /// Nobody has asked yet.
    New(u64),
    Under(Until<'h>),
    /// What is rare has its memory elsewhere, so that a wait is small.
    Rare(Rare<'h, ()>),
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}

impl<'h> Wait<'h> {
    /// Waits for so many nanoseconds, from when it is first asked.
    pub fn new(host: &'h SimHost, length: u64) -> Wait<'h> {
        let stage = Stage::New(length);
        Wait { host, stage }
    }

    /// The wait under way; `None` if there is nothing to wait for.
    fn begin(&self, length: u64) -> Option<Stage<'h>> {
        let host = self.host;
        if host.is_held() {
            return Some(Stage::Rare(rare(async move {
                host.hold().await;
                Wait::new(host, length).await;
            })));
        }
        if length == 0 {
            return None;
        }
        let kernel = &host.kernel;
        let deadline = kernel.clock.nanos().saturating_add(length);
        let limit = host.worker().and_then(|worker| worker.limit.get());
        Some(match limit.filter(|(limit, _)| *limit < deadline) {
            None => Stage::Under(kernel.until_nanos(deadline)),
            Some((limit, what)) => Stage::Rare(rare(async move {
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
                self.stage = Stage::Rare(rare(host.hold()));
                self.poll(cx)
            }
            Stage::Rare(rare) => Pin::new(rare).poll(cx),
        }
    }
}
