//! Virtual time, and waiting for it to pass.
//!
//! Time stands still while tasks run and then jumps to the next deadline, so a logical time is an
//! exact sum of the model's own delays. madsim's clock is set forward with it: code that asks the
//! operating system for the time gets virtual time too.

use super::Kernel;
use super::agenda::Agenda;
use super::tasks::TaskId;
use madsim::time::TimeHandle;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The clock of a run.
pub struct Clock {
    madsim: TimeHandle,
    now: Cell<Duration>,
    /// The same in nanoseconds.
    nanos: Cell<u64>,
    timers: RefCell<Timers>,
}

/// Armed timers, the next one first; those of equal deadlines in the order of their numbers.
#[derive(Default)]
struct Timers {
    due: Agenda,
    places: Vec<Timer>,
    free: Vec<u32>,
}

/// A time in nanoseconds; the last that there is for one beyond it.
pub fn nanos(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(u64::from(time.subsec_nanos()))
}

struct Timer {
    /// The number it was armed with; 0 if it is not armed.
    number: u64,
    wakes: Wakes,
}

/// Who is woken: mostly the task itself, otherwise a part of one.
enum Wakes {
    Task(TaskId),
    Part(Waker),
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock").field("now", &self.now).finish()
    }
}

impl Clock {
    /// A clock that starts at zero. To be made inside a runtime.
    pub fn new() -> Clock {
        Clock {
            madsim: TimeHandle::current(),
            now: Cell::new(Duration::ZERO),
            nanos: Cell::new(0),
            timers: RefCell::default(),
        }
    }

    /// Time since the start of the run.
    pub fn now(&self) -> Duration {
        self.now.get()
    }

    /// The same in nanoseconds.
    pub fn nanos(&self) -> u64 {
        self.nanos.get()
    }
}

impl Kernel {
    /// Waits until `deadline`. Ready at once if that is not after now.
    pub fn until(&self, deadline: Duration) -> Until<'_> {
        self.until_nanos(nanos(deadline))
    }

    /// The same with the deadline in nanoseconds.
    pub fn until_nanos(&self, deadline: u64) -> Until<'_> {
        Until {
            kernel: self,
            deadline,
            timer: None,
        }
    }

    /// Lets time jump to the next deadline and wakes everyone whose it is. False, and the time is
    /// `longest`, if there is none before.
    pub fn jump(&self, longest: Duration) -> bool {
        let clock = &self.clock;
        self.world.note_faults(clock.now());
        let mut timers = clock.timers.borrow_mut();
        timers.drop_unarmed();
        let next = timers.due.first().map(|first| first.deadline);
        let next = next.map(Duration::from_nanos);
        let to = next.unwrap_or(longest).min(longest);
        clock.madsim.advance(to - clock.now());
        clock.now.set(to);
        clock.nanos.set(nanos(to));
        // Requests that arrive until then, or just then, are applied before anybody has a turn.
        self.wire.borrow_mut().advance(nanos(to), &self.world);
        if next.is_none_or(|next| next >= longest) {
            return false;
        }
        let now = clock.nanos();
        while let Some(first) = timers.due.first() {
            if first.deadline > now {
                break;
            }
            timers.due.remove(first);
            let timer = &timers.places[first.place];
            if timer.number == first.number {
                match &timer.wakes {
                    Wakes::Task(task) => self.tasks.wake(*task),
                    Wakes::Part(waker) => waker.wake_by_ref(),
                }
            }
        }
        true
    }
}

impl Timers {
    fn arm(&mut self, now: u64, deadline: u64, wakes: Wakes) -> u32 {
        let place = self.free.pop().unwrap_or(self.places.len() as u32);
        let number = self.due.note(now, deadline, place as usize);
        let timer = Timer { number, wakes };
        match self.places.get_mut(place as usize) {
            Some(free) => *free = timer,
            None => self.places.push(timer),
        }
        place
    }

    fn drop_unarmed(&mut self) {
        while let Some(first) = self.due.first() {
            if self.places[first.place].number == first.number {
                return;
            }
            self.due.remove(first);
        }
    }
}

/// See [`Kernel::until`].
#[derive(Debug)]
pub struct Until<'k> {
    kernel: &'k Kernel,
    /// In nanoseconds.
    deadline: u64,
    timer: Option<u32>,
}

impl Future for Until<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let kernel = self.kernel;
        let now = kernel.clock.nanos();
        if self.deadline <= now {
            return Poll::Ready(());
        }
        let wakes = match kernel.tasks.running(cx.waker()) {
            Some(task) => Wakes::Task(task),
            None => Wakes::Part(cx.waker().clone()),
        };
        let mut timers = kernel.clock.timers.borrow_mut();
        match self.timer {
            Some(place) => timers.places[place as usize].wakes = wakes,
            None => {
                let place = timers.arm(now, self.deadline, wakes);
                drop(timers);
                self.timer = Some(place);
            }
        }
        Poll::Pending
    }
}

impl Drop for Until<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.timer {
            let mut timers = self.kernel.clock.timers.borrow_mut();
            timers.places[place as usize].number = 0;
            timers.free.push(place);
        }
    }
}
