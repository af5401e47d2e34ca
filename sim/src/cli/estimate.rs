//! How long a grid will take: a few of its runs are timed and thrown away.
//!
//! The runs lie evenly over the grid, because cells differ by orders of magnitude, and run as the grid
//! will, side by side. The first ones read data and touch memory that all later ones find ready; they
//! do not count if there are others.

use crate::pool;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Most runs to time.
const PROBES: usize = 64;

/// No further run is timed after this long.
const PROBING_MAX: Duration = Duration::from_secs(2);

/// One run in so many is timed at most.
const SHARE: usize = 8;

/// With fewer runs than this, timing some would take a good part of them.
pub const RUNS_MIN: usize = 4 * SHARE;

/// The time that the runs of `range` will take, in seconds, from runs spread over it.
pub fn time_s<T: Send>(
    range: Range<usize>,
    jobs: usize,
    stop: &AtomicBool,
    work: &(impl Fn(usize) -> T + Sync),
) -> f64 {
    let numbers = spread(&range, (range.len() / SHARE).clamp(1, PROBES));
    // Those that bring everything into memory, one for each thread.
    let first: Vec<usize> = numbers.iter().copied().cycle().take(jobs).collect();
    let started = Instant::now();
    let mut times = timed(&first, jobs, stop, started, work);
    let counted = timed(&numbers, jobs, stop, started, work);
    if !counted.is_empty() {
        times = counted;
    }
    let mean_s = times.iter().sum::<f64>() / times.len().max(1) as f64;
    mean_s * range.len() as f64 / jobs as f64
}

/// The middles of `count` equal parts, in an order that jumps about: whatever is left out when time is
/// up is left out everywhere.
fn spread(range: &Range<usize>, count: usize) -> Vec<usize> {
    let middle = |part: usize| range.start + (2 * part + 1) * range.len() / (2 * count);
    // Bits of the place in reverse order: halves, quarters, eighths.
    let bits = count.next_power_of_two().trailing_zeros();
    let reversed = |place: usize| match bits {
        0 => 0,
        bits => place.reverse_bits() >> (usize::BITS - bits),
    };
    let parts = (0..1usize << bits).map(reversed);
    parts.filter(|part| *part < count).map(middle).collect()
}

/// Seconds of each of these runs, as far as there is time for them.
fn timed<T: Send>(
    numbers: &[usize],
    jobs: usize,
    stop: &AtomicBool,
    started: Instant,
    work: &(impl Fn(usize) -> T + Sync),
) -> Vec<f64> {
    let is_over = || started.elapsed() >= PROBING_MAX || stop.load(Ordering::Relaxed);
    let (enough, mut times) = (AtomicBool::new(is_over()), Vec::new());
    let run = |place: usize| {
        let begun = Instant::now();
        drop(work(numbers[place]));
        begun.elapsed().as_secs_f64()
    };
    let end = pool::run(0..numbers.len(), jobs, &enough, run, |batch| {
        times.extend(batch.into_iter().filter_map(|(_, time)| time.ok()));
        enough.store(is_over(), Ordering::Relaxed);
        Ok::<(), Infallible>(())
    });
    match end {
        Ok(_) => times,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_taken_from_everywhere_whenever_time_is_up() {
        let all = spread(&(100..900), 8);
        assert_eq!(all, [150, 550, 350, 750, 250, 650, 450, 850]);
        assert_eq!(spread(&(0..4), 1), [2]);
        let mut odd = spread(&(0..60), 6);
        odd.sort_unstable();
        assert_eq!(odd, [5, 15, 25, 35, 45, 55]);
    }

    #[test]
    fn a_first_run_that_is_slow_does_not_count() {
        let is_first = AtomicBool::new(true);
        let work = |number: usize| {
            let wait_ms = match is_first.swap(false, Ordering::Relaxed) {
                true => 300,
                false => number as u64 / 100,
            };
            std::thread::sleep(Duration::from_millis(wait_ms));
        };
        // Runs of 0 to 4 ms, 2 ms in the mean: 1 s for 500 runs; with the first one it would be 3.4 s.
        let time_s = time_s(0..500, 1, &AtomicBool::new(false), &work);
        assert!((0.8..2.5).contains(&time_s), "{time_s}");
    }

    #[test]
    fn long_runs_are_not_waited_for_one_after_the_other() {
        let runs = std::sync::atomic::AtomicUsize::new(0);
        let work = |_| {
            runs.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(2100));
        };
        let time_s = time_s(0..80, 1, &AtomicBool::new(false), &work);
        assert_eq!(runs.into_inner(), 1);
        assert!((160.0..200.0).contains(&time_s), "{time_s}");
    }
}
