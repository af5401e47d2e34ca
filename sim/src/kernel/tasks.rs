//! Tasks outside the workers: control loops, clients, deliveries. They share the main task.

use futures_util::stream::{FuturesUnordered, StreamExt};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Tasks that run, and tasks that were started since the last look.
#[derive(Default)]
pub struct Tasks {
    running: RefCell<FuturesUnordered<Task>>,
    started: RefCell<Vec<Task>>,
    main: RefCell<Option<Waker>>,
    count: Cell<usize>,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("count", &self.count).finish()
    }
}

impl Tasks {
    /// Starts a task.
    pub fn start(&self, task: impl Future<Output = ()> + 'static) {
        self.started.borrow_mut().push(Box::pin(task));
        self.count.set(self.count.get() + 1);
        self.wake();
    }

    /// Lets the main task look again.
    pub fn wake(&self) {
        if let Some(waker) = &*self.main.borrow() {
            waker.wake_by_ref();
        }
    }

    /// How many have not ended.
    pub fn count(&self) -> usize {
        self.count.get()
    }

    /// Runs what is ready.
    pub fn poll(&self, cx: &mut Context<'_>) {
        let mut main = self.main.borrow_mut();
        if !main
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            *main = Some(cx.waker().clone());
        }
        drop(main);
        loop {
            let started = std::mem::take(&mut *self.started.borrow_mut());
            let mut running = self.running.borrow_mut();
            running.extend(started);
            match running.poll_next_unpin(cx) {
                Poll::Ready(Some(())) => self.count.set(self.count.get() - 1),
                Poll::Ready(None) | Poll::Pending if self.started.borrow().is_empty() => return,
                Poll::Ready(None) | Poll::Pending => {}
            }
        }
    }

    /// Drops all tasks.
    pub fn clear(&self) {
        *self.running.borrow_mut() = FuturesUnordered::new();
        self.started.borrow_mut().clear();
        *self.main.borrow_mut() = None;
    }
}
