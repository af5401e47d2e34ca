//! Percentile bootstrap of a mean (Efron 1979).
//!
//! Draw n of the n runs with replacement, take the mean, repeat 1000 times; the interval is the
//! middle 95 % of those means. It assumes nothing about the shape of the distribution. With
//! few runs it is too narrow, as every percentile bootstrap is (see the tests for by how much).
//!
//! The draws depend on the size of the sample only: equal data have equal intervals, in whatever
//! cell, and what two cells of a size have by the luck of the draws they have in common.
//!
//! The draws are kept as counts, one row per run: `counts[run][resample]` says how often the
//! resample contains the run. All metrics of a cell then share one set of draws, which keeps
//! their joint behaviour, and a metric costs one multiply-add per run and resample in an order
//! that the compiler can vectorise without changing a bit of the result.

use super::Interval;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Resamples per interval: the ends are then order statistics 25 and 976.
pub const RESAMPLES: usize = 1000;

/// Seed of all draws.
const SEED: u64 = u64::from_le_bytes(*b"bootstrp");

/// The draws for samples of one size.
#[derive(Debug)]
pub struct Resamples {
    size: usize,
    /// `size` rows of [`RESAMPLES`] counts.
    counts: Vec<f32>,
}

impl Resamples {
    /// Draws for samples of `size` values, the same whenever they are made.
    pub fn new(size: usize) -> Resamples {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        rng.set_stream(size as u64);
        let mut counts = vec![0.0; size * RESAMPLES];
        for resample in 0..RESAMPLES {
            for _ in 0..size {
                counts[below(&mut rng, size) * RESAMPLES + resample] += 1.0;
            }
        }
        Resamples { size, counts }
    }

    /// Number of values in a sample.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The mean of every resample of `values`, in the order of the draws.
    ///
    /// # Panics
    /// If the sample has another size than the draws.
    pub fn means(&self, values: &[f64]) -> Vec<f64> {
        assert_eq!(values.len(), self.size, "draws made for another size");
        let mut sums = vec![0.0; RESAMPLES];
        for (value, counts) in values.iter().zip(self.counts.chunks_exact(RESAMPLES)) {
            for (sum, &count) in sums.iter_mut().zip(counts) {
                *sum += value * f64::from(count);
            }
        }
        let size = self.size as f64;
        sums.iter_mut().for_each(|sum| *sum /= size);
        sums
    }

    /// The 95 % interval of the mean of `values`; unknown for fewer than two values.
    pub fn mean_interval(&self, values: &[f64]) -> Interval {
        match values {
            [] | [_] => Interval::UNKNOWN,
            [first, rest @ ..] if rest.iter().all(|value| value == first) => Interval {
                low: *first,
                high: *first,
            },
            _ => percentile_interval(self.means(values)),
        }
    }

    /// The 95 % interval of the sum of `over` divided by the sum of `under`, run by run the same
    /// draws; unknown for fewer than two runs. Resamples with nothing below are beyond every
    /// number: if they reach into an end, it is absent.
    pub fn quotient_interval(&self, over: &[f64], under: &[f64]) -> Interval {
        if over.len() < 2 {
            return Interval::UNKNOWN;
        }
        let (over, under) = (self.means(over), self.means(under));
        let quotient = |(over, under): (f64, f64)| match under > 0.0 {
            true => over / under,
            false => f64::INFINITY,
        };
        percentile_interval(over.into_iter().zip(under).map(quotient).collect())
    }
}

/// Draws for samples of any size, each made once.
#[derive(Debug, Default)]
pub struct Draws {
    known: Vec<Resamples>,
}

impl Draws {
    /// The draws for samples of `size` values.
    pub fn of(&mut self, size: usize) -> &Resamples {
        let found = self.known.iter().position(|known| known.size() == size);
        let index = found.unwrap_or_else(|| {
            self.known.push(Resamples::new(size));
            self.known.len() - 1
        });
        &self.known[index]
    }
}

/// The middle 95 % of the statistics of all resamples; unknown if one of them is not a number, and
/// without an end that is infinite.
pub fn percentile_interval(mut statistics: Vec<f64>) -> Interval {
    if statistics.is_empty() || statistics.iter().any(|value| value.is_nan()) {
        return Interval::UNKNOWN;
    }
    let last = statistics.len() - 1;
    let cut = statistics.len() * 25 / 1000;
    let mut end = |rank| {
        let value = *statistics.select_nth_unstable_by(rank, f64::total_cmp).1;
        if value.is_finite() { value } else { f64::NAN }
    };
    Interval {
        low: end(cut),
        high: end(last - cut),
    }
}

/// A whole number below `bound`; the bias of at most `bound` in 2^32 is far below the noise.
fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    ((u64::from(rng.next_u32()) * bound as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exponential draws with mean 1: skewed, as latencies are.
    fn sample(seed: u64, size: usize) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let draw = |rng: &mut ChaCha8Rng| (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0;
        (0..size).map(|_| -libm::log(draw(&mut rng))).collect()
    }

    #[test]
    fn intervals_cover_the_true_mean_with_few_runs_less_often_than_they_say() {
        for (size, expected) in [
            (2, 380..=480),
            (5, 730..=820),
            (10, 830..=900),
            (100, 915..=970),
        ] {
            let draws = Resamples::new(size);
            let covered = (0..1000)
                .map(|seed| draws.mean_interval(&sample(seed, size)))
                .filter(|interval| interval.low <= 1.0 && 1.0 <= interval.high)
                .count();
            assert!(expected.contains(&covered), "{covered} of 1000 at {size}");
        }
    }

    #[test]
    fn equal_data_have_equal_intervals() {
        let values = sample(7, 40);
        let mut draws = Draws::default();
        draws.of(39);
        let first = Resamples::new(40).mean_interval(&values);
        assert_eq!(first, draws.of(40).mean_interval(&values));
    }

    #[test]
    fn a_constant_has_a_point_and_a_single_run_has_no_interval() {
        let constant = Resamples::new(3).mean_interval(&[2.0, 2.0, 2.0]);
        assert_eq!((constant.low, constant.high), (2.0, 2.0));
        assert!(!Resamples::new(1).mean_interval(&[2.0]).is_known());
    }
}
