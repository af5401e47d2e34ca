//! Paired comparison of two engines under common random numbers.
//!
//! Replicate r of both engines met the same faults and latencies, so the runs are compared in
//! pairs: the spread that both share cancels and the interval of the difference is much
//! narrower than the two intervals side by side suggest. Pairs are resampled whole.
//!
//! Only replicates in which both engines have a value count. For a latency, which failed
//! executions do not have, the comparison is therefore conditional on success of both.

use super::bootstrap::{Draws, Resamples, percentile_interval};
use super::{Interval, mean};

/// Engine against baseline over the same replicates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Number of pairs.
    pub n: usize,
    /// Mean of (engine - baseline), in the metric's unit.
    pub difference: f64,
    pub difference_interval: Interval,
    /// Mean of the engine over mean of the baseline; `NaN` when the baseline's mean is 0.
    pub ratio: f64,
    pub ratio_interval: Interval,
}

/// Compares pairs `(baseline, engine)`; pairs with a value that is not finite are left out.
pub fn compare(pairs: impl IntoIterator<Item = (f64, f64)>, draws: &mut Draws) -> Comparison {
    let (baseline, engine): (Vec<f64>, Vec<f64>) = pairs
        .into_iter()
        .filter(|(baseline, engine)| baseline.is_finite() && engine.is_finite())
        .unzip();
    let differences: Vec<f64> = baseline.iter().zip(&engine).map(|(b, e)| e - b).collect();
    let draws = draws.of(differences.len());
    Comparison {
        n: differences.len(),
        difference: mean(&differences),
        difference_interval: draws.mean_interval(&differences),
        ratio: quotient(mean(&engine), mean(&baseline)),
        ratio_interval: ratio_interval(draws, &baseline, &engine),
    }
}

fn ratio_interval(draws: &Resamples, baseline: &[f64], engine: &[f64]) -> Interval {
    if draws.size() < 2 {
        return Interval::UNKNOWN;
    }
    let below = draws.means(baseline);
    let above = draws.means(engine);
    let ratios = above.iter().zip(&below).map(|(&e, &b)| quotient(e, b));
    percentile_interval(ratios.collect())
}

fn quotient(above: f64, below: f64) -> f64 {
    if below == 0.0 {
        f64::NAN
    } else {
        above / below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_factor_is_found_exactly_however_noisy_the_runs() {
        let pairs = (1..=50).map(|i| (f64::from(i), 2.0 * f64::from(i)));
        let found = compare(pairs, &mut Draws::default());
        assert_eq!((found.n, found.ratio, found.difference), (50, 2.0, 25.5));
        assert_eq!(
            (found.ratio_interval.low, found.ratio_interval.high),
            (2.0, 2.0)
        );
    }

    #[test]
    fn a_constant_difference_has_no_spread() {
        let pairs = (1..=50).map(|i| (f64::from(i), f64::from(i) + 3.0));
        let found = compare(pairs, &mut Draws::default()).difference_interval;
        assert_eq!((found.low, found.high), (3.0, 3.0));
    }

    #[test]
    fn missing_values_and_a_zero_baseline_are_left_out() {
        let found = compare(
            [(0.0, 1.0), (f64::NAN, 1.0), (0.0, 3.0)],
            &mut Draws::default(),
        );
        assert_eq!((found.n, found.difference), (2, 2.0));
        assert!(found.ratio.is_nan() && !found.ratio_interval.is_known());
    }
}
