//! How long a grid will take: a few of its runs are timed and thrown away.

use crate::pool;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Runs to time.
const PROBES: usize = 8;

/// No further run is timed after this long.
const PROBING_MAX: Duration = Duration::from_secs(3);

/// With fewer runs than this, timing some would take a good part of them.
pub const RUNS_MIN: usize = 4 * PROBES;

/// The time that the runs of `range` will take, in seconds, from runs spread over it.
pub fn time_s<T: Send>(
    range: Range<usize>,
    jobs: usize,
    stop: &AtomicBool,
    work: &(impl Fn(usize) -> T + Sync),
) -> f64 {
    let started = Instant::now();
    let mut timed = 0;
    while timed < PROBES && started.elapsed() < PROBING_MAX && !stop.load(Ordering::Relaxed) {
        // The middles of equal parts, in an order that jumps about.
        let part = (timed * 5) % PROBES;
        let number = range.start + (2 * part + 1) * range.len() / (2 * PROBES);
        let _ = pool::isolated(number, work);
        timed += 1;
    }
    let mean_s = started.elapsed().as_secs_f64() / timed.max(1) as f64;
    mean_s * range.len() as f64 / jobs as f64
}
