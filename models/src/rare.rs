//! What seldom happens, out of the way of what often does.
//!
//! A run goes through the same few lines at each of its steps, and they have to fit into the
//! processor's cache of instructions. Whatever is rare there is awaited as a [`Rare`]: its memory and
//! its code are elsewhere, and the compiler lays out the lines around it for the case without.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is seldom there.
pub struct Rare<'f, T>(Pin<Box<dyn Future<Output = T> + 'f>>);

/// Makes a future a rare one.
#[cold]
#[inline(never)]
pub fn rare<'f, T>(future: impl Future<Output = T> + 'f) -> Rare<'f, T> {
    Rare(Box::pin(future))
}

impl<T> Future for Rare<'_, T> {
    type Output = T;

    #[cold]
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Rare<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rare").finish_non_exhaustive()
    }
}
