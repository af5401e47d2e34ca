//! Virtual time, and waiting for it to pass.
//!
//! Time stands still while tasks run and then jumps to the next deadline, so a logical time is an
//! exact sum of the model's own delays. madsim's clock is set forward with it: code that asks the
//! operating system for the time gets virtual time too.

use super::Kernel;
use super::tasks::TaskId;
use madsim::time::TimeHandle;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The clock of a run.
pub struct Clock {
    madsim: TimeHandle,
    now: Cell<Duration>,
    timers: RefCell<Timers>,
}

/// Armed timers, the next one first; those of equal deadlines in the order of their numbers.
#[derive(Default)]
struct Timers {
    due: BinaryHeap<Reverse<Due>>,
    places: Vec<Timer>,
    free: Vec<u32>,
    armed: u64,
}

/// A deadline in nanoseconds, and the timer's number with its place in the lowest bits.
type Due = (u64, u64);

/// Bits of a place.
const PLACE: u32 = 24;

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
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
            timers: RefCell::default(),
        }
    }

    /// Time since the start of the run.
    pub fn now(&self) -> Duration {
        self.now.get()
    }
}

impl Kernel {
    /// Waits until `deadline`. Ready at once if that is not after now.
    pub fn until(&self, deadline: Duration) -> Until<'_> {
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
        let mut timers = clock.timers.borrow_mut();
        timers.drop_unarmed();
        let next = timers.due.peek().map(|Reverse((deadline, _))| *deadline);
        let next = next.map(Duration::from_nanos);
        let to = next.unwrap_or(longest).min(longest);
        clock.madsim.advance(to - clock.now());
        clock.now.set(to);
        if next.is_none_or(|next| next >= longest) {
            return false;
        }
        let now = nanos(to);
        while let Some(Reverse((deadline, numbered))) = timers.due.peek().copied() {
            if deadline > now {
                break;
            }
            timers.due.pop();
            let timer = &timers.places[place(numbered)];
            if timer.number == numbered >> PLACE {
                match &timer.wakes {
                    Wakes::Task(task) => self.tasks.wake(*task),
                    Wakes::Part(waker) => waker.wake_by_ref(),
                }
            }
        }
        true
    }
}

fn place(numbered: u64) -> usize {
    (numbered & ((1 << PLACE) - 1)) as usize
}

impl Timers {
    fn arm(&mut self, deadline: Duration, wakes: Wakes) -> u32 {
        self.armed += 1;
        let number = self.armed;
        let timer = Timer { number, wakes };
        let place = match self.free.pop() {
            Some(place) => {
                self.places[place as usize] = timer;
                place
            }
            None => {
                self.places.push(timer);
                self.places.len() as u32 - 1
            }
        };
        assert!(place >> PLACE == 0, "too many timers at once");
        let numbered = number << PLACE | u64::from(place);
        self.due.push(Reverse((nanos(deadline), numbered)));
        place
    }

    fn drop_unarmed(&mut self) {
        while let Some(Reverse((_, numbered))) = self.due.peek() {
            if self.places[place(*numbered)].number == *numbered >> PLACE {
                return;
            }
            self.due.pop();
        }
    }
}

/// See [`Kernel::until`].
#[derive(Debug)]
pub struct Until<'k> {
    kernel: &'k Kernel,
    deadline: Duration,
    timer: Option<u32>,
}

impl Future for Until<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let kernel = self.kernel;
        if self.deadline <= kernel.clock.now() {
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
                let place = timers.arm(self.deadline, wakes);
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
