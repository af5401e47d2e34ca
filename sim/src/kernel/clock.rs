//! Virtual time.
//!
//! madsim moves its clock by 50 to 100 ns for every poll of a task, and wakes a sleeper 50 ns
//! late. The time that the models see is the deadline of the last wait that ended: exact as long as
//! polls take a small part of the virtual time. That part is measured, as a metric of the run.

use madsim::time::{Sleep, TimeHandle};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Mean virtual time that madsim charges for a poll.
const POLL: Duration = Duration::from_nanos(75);

/// The clock of a run.
#[derive(Debug)]
pub struct Clock {
    handle: Handle,
    zero: Instant,
    now: Cell<Duration>,
    /// Timers that nobody waits for, to be armed again: making one costs an allocation.
    spare: RefCell<Vec<Pin<Box<Sleep>>>>,
    waits: Cell<u64>,
}

struct Handle(TimeHandle);

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TimeHandle")
    }
}

impl Clock {
    /// A clock that starts at zero. To be made inside a runtime.
    pub fn new() -> Clock {
        let handle = TimeHandle::current();
        Clock {
            zero: handle.now_instant(),
            handle: Handle(handle),
            now: Cell::new(Duration::ZERO),
            spare: RefCell::default(),
            waits: Cell::new(0),
        }
    }

    /// Time since the start of the run.
    pub fn now(&self) -> Duration {
        self.now.get()
    }

    /// Waits until `deadline`. Ready at once if that is not after now.
    pub fn until(&self, deadline: Duration) -> Until<'_> {
        Until {
            clock: self,
            deadline,
            sleep: None,
            waker: None,
        }
    }

    /// Share of virtual time that the executor's polls took, at about two polls a wait.
    pub fn poll_load(&self) -> f64 {
        let spent = POLL.as_secs_f64() * 2.0 * self.waits.get() as f64;
        spent / self.now().as_secs_f64().max(1e-9)
    }

    fn arrive(&self, deadline: Duration) {
        self.now.set(self.now.get().max(deadline));
    }
}

/// See [`Clock::until`].
#[derive(Debug)]
pub struct Until<'c> {
    clock: &'c Clock,
    deadline: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Who is woken; a poll by the same task need not arm the timer again.
    waker: Option<Waker>,
}

impl Future for Until<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock;
        if self.deadline <= clock.now() {
            return Poll::Ready(());
        }
        if self
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            let sleep = self.sleep.as_ref().expect("an armed timer");
            if !sleep.is_elapsed() {
                return Poll::Pending;
            }
            clock.arrive(self.deadline);
            return Poll::Ready(());
        }
        let deadline = clock.zero + self.deadline;
        let spare = || clock.spare.borrow_mut().pop();
        let mut sleep = self
            .sleep
            .take()
            .or_else(spare)
            .unwrap_or_else(|| Box::pin(clock.handle.0.sleep(Duration::ZERO)));
        sleep.as_mut().reset(deadline);
        if sleep.as_mut().poll(cx).is_ready() {
            clock.arrive(self.deadline);
            self.sleep = Some(sleep);
            return Poll::Ready(());
        }
        clock.waits.set(clock.waits.get() + 1);
        self.sleep = Some(sleep);
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Until<'_> {
    fn drop(&mut self) {
        if let Some(sleep) = self.sleep.take() {
            self.clock.spare.borrow_mut().push(sleep);
        }
    }
}
