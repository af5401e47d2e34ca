//! Threads over runs: parallel across runs, serial inside one.
//!
//! Each run has a fresh thread of its own, so nothing a run leaves on its thread reaches another
//! one; a thread costs about 25 us. When it is done it starts the thread of the next run, so that
//! nobody sleeps until a thread has ended. Results are handed to the sink in the order of their
//! numbers as soon as all earlier ones are there, so what is written does not depend on the number
//! of jobs. A job does not run ahead of the first missing result by more than a window: this bounds
//! memory and what an interruption loses.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};

/// Stack of a run, in bytes.
const STACK_BYTES: usize = 8 << 20;

/// Results that may wait for an earlier one, per job.
const WINDOW_PER_JOB: usize = 64;

/// Start of the names of the threads that runs are on.
pub const RUN_THREAD: &str = "run ";

/// What a run came to: its result, or the message of its panic.
pub type Ended<T> = Result<T, String>;

/// How the pool ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All runs were made.
    Done,
    /// The stop flag was seen; the sink has a prefix.
    Stopped,
}

/// Runs the numbers of `range` on `jobs` threads until done or `stop` is set; runs that are under
/// way then are dropped.
///
/// `sink` gets batches of consecutive results, in order; its error ends the pool.
pub fn run<T: Send, E>(
    range: Range<usize>,
    jobs: usize,
    stop: &AtomicBool,
    work: impl Fn(usize) -> T + Sync,
    mut sink: impl FnMut(Vec<(usize, Ended<T>)>) -> Result<(), E>,
) -> Result<End, E> {
    let queue = Queue::new(range.clone(), jobs.max(1) * WINDOW_PER_JOB);
    let (sender, receiver) = channel();
    let (end, first) = (range.end, range.start);
    let crew = Crew { queue, stop, work };
    let next = thread::scope(|scope| {
        for _ in 0..jobs.max(1).min(range.len()) {
            start_next(scope, &crew, sender.clone());
        }
        drop(sender);
        let result = in_order(first, &receiver, &crew.queue, &mut sink);
        crew.queue.close();
        result
    })?;
    Ok(if next == end { End::Done } else { End::Stopped })
}

/// Makes one run on a fresh thread.
pub fn isolated<T: Send>(number: usize, work: &(impl Fn(usize) -> T + Sync)) -> Ended<T> {
    thread::scope(|scope| match fresh_thread(scope, number, || work(number)) {
        Ok(thread) => thread.join().map_err(|panic| message(panic.as_ref())),
        Err(error) => Err(error),
    })
}

/// Starts the thread of a run.
fn fresh_thread<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    number: usize,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, String> {
    thread::Builder::new()
        .name(format!("{RUN_THREAD}{number}"))
        .stack_size(STACK_BYTES)
        .spawn_scoped(scope, work)
        .map_err(|error| format!("no thread for the run: {error}"))
}

/// What the threads of the runs share.
struct Crew<'a, W> {
    queue: Queue,
    stop: &'a AtomicBool,
    work: W,
}

/// Starts the next run on a thread of its own, which starts the one after it: nobody waits for a
/// thread to end.
fn start_next<'scope, T: Send + 'scope, W: Fn(usize) -> T + Sync>(
    scope: &'scope Scope<'scope, '_>,
    crew: &'scope Crew<'scope, W>,
    sender: Sender<(usize, Ended<T>)>,
) {
    while let Some(number) = crew.queue.take(crew.stop) {
        let mine = sender.clone();
        let run = move || {
            let ended = catch_unwind(AssertUnwindSafe(|| (crew.work)(number)));
            let ended = ended.map_err(|panic| message(panic.as_ref()));
            // What was under way when the flag was set may have been cut short.
            if !crew.stop.load(Ordering::Relaxed) && mine.send((number, ended)).is_ok() {
                start_next(scope, crew, mine);
            }
        };
        let Err(error) = fresh_thread(scope, number, run) else {
            return;
        };
        if sender.send((number, Err(error))).is_err() {
            return;
        }
    }
}

/// Hands results on in order; returns the number after the last one.
fn in_order<T, E>(
    mut next: usize,
    receiver: &Receiver<(usize, Ended<T>)>,
    queue: &Queue,
    sink: &mut impl FnMut(Vec<(usize, Ended<T>)>) -> Result<(), E>,
) -> Result<usize, E> {
    let mut waiting = BTreeMap::new();
    while let Ok((number, result)) = receiver.recv() {
        waiting.insert(number, result);
        waiting.extend(receiver.try_iter());
        let mut batch = Vec::new();
        while let Some(result) = waiting.remove(&next) {
            batch.push((next, result));
            next += 1;
        }
        if !batch.is_empty() {
            sink(batch)?;
            queue.written(next);
        }
    }
    Ok(next)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a message".to_owned())
}

/// The numbers that are still to be run.
struct Queue {
    state: Mutex<State>,
    moved: Condvar,
    window: usize,
}

struct State {
    next: usize,
    end: usize,
    written: usize,
}

impl Queue {
    fn new(range: Range<usize>, window: usize) -> Queue {
        Queue {
            state: Mutex::new(State {
                next: range.start,
                end: range.end,
                written: range.start,
            }),
            moved: Condvar::new(),
            window,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number, once it is inside the window; none when all are taken or on a stop.
    fn take(&self, stop: &AtomicBool) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if stop.load(Ordering::Relaxed) || state.next >= state.end {
                return None;
            }
            if state.next < state.written + self.window {
                state.next += 1;
                return Some(state.next - 1);
            }
            state = self
                .moved
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn written(&self, written: usize) {
        self.lock().written = written;
        self.moved.notify_all();
    }

    /// Lets no further number be taken.
    fn close(&self) {
        self.lock().end = 0;
        self.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn collect(jobs: usize, work: impl Fn(usize) -> usize + Sync) -> Vec<(usize, Ended<usize>)> {
        let mut all = Vec::new();
        let stop = AtomicBool::new(false);
        let end = run(3..500, jobs, &stop, work, |batch| {
            all.extend(batch);
            Ok::<(), Infallible>(())
        });
        assert_eq!(end, Ok(End::Done));
        all
    }

    #[test]
    fn results_arrive_in_order_whatever_the_number_of_jobs() {
        let slow_first = |number: usize| {
            if number % 97 == 0 {
                thread::sleep(std::time::Duration::from_millis(5));
            }
            number * 2
        };
        let one = collect(1, slow_first);
        assert_eq!(one.len(), 497);
        assert!(one.iter().enumerate().all(|(at, (n, _))| *n == at + 3));
        assert_eq!(one, collect(4, slow_first));
    }

    #[test]
    fn a_panic_ends_one_run_only() {
        let all = collect(2, |number| {
            assert!(number != 7, "seven");
            number
        });
        assert_eq!(all[4], (7, Err("seven".to_owned())));
        assert!(all.iter().filter(|(_, result)| result.is_err()).count() == 1);
    }

    #[test]
    fn a_stop_leaves_a_prefix() {
        let stop = AtomicBool::new(false);
        let mut count = 0;
        let end = run(
            0..100_000,
            2,
            &stop,
            |number| number,
            |batch| {
                count += batch.len();
                stop.store(count > 50, Ordering::Relaxed);
                Ok::<(), Infallible>(())
            },
        );
        assert_eq!(end, Ok(End::Stopped));
        assert!(count > 50 && count < 100_000);
    }

    #[test]
    fn an_error_of_the_sink_ends_the_pool() {
        let stop = AtomicBool::new(false);
        let end = run(0..100_000, 2, &stop, |number| number, |_| Err("full"));
        assert_eq!(end, Err("full"));
    }
}
