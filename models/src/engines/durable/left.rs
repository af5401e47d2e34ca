//! Branches that go on when what they belong to is over.
//!
//! A map or a parallel ends when enough of its branches did well or too many failed. Neither SDK can stop
//! the others: they run on beside the rest of the workflow. Python's invocation ends only when they
//! have ended (`state.py` `close`); JavaScript's leaves them where they are.

use futures_util::future::LocalBoxFuture;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem;
use std::task::{Context, Poll};

/// What runs on in one invocation.
#[derive(Default)]
pub(super) struct Left<'s> {
    running: RefCell<Vec<LocalBoxFuture<'s, ()>>>,
    /// With those that are polled just now.
    count: Cell<usize>,
}

impl fmt::Debug for Left<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Left").field("count", &self.count).finish()
    }
}

impl<'s> Left<'s> {
    pub fn add(&self, branches: LocalBoxFuture<'s, ()>) {
        self.count.set(self.count.get() + 1);
        self.running.borrow_mut().push(branches);
    }

    pub fn is_empty(&self) -> bool {
        self.count.get() == 0
    }

    /// Lets all go on as far as they can. Ready when none is left.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = Vec::new();
        loop {
            // Those that go on can leave further ones behind.
            let mut some = mem::take(&mut *self.running.borrow_mut());
            if some.is_empty() {
                break;
            }
            some.retain_mut(|branches| branches.as_mut().poll(cx).is_pending());
            waiting.append(&mut some);
        }
        self.count.set(waiting.len());
        *self.running.borrow_mut() = waiting;
        match self.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}
