//! Quantiles with distribution-free intervals from order statistics.
//!
//! The number of runs below the true p-quantile is binomial(n, p), so two order statistics
//! enclose it with a probability that depends on their ranks alone (Hahn & Meeker, *Statistical
//! Intervals*, section 5.2). It is what a bootstrap of a quantile converges to, without the draws.
//!
//! Each end is a bound of its own, wrong in at most 2.5 % of samples, so that both together cover at
//! least 95 %. A small sample has no order statistic that is such a bound: the median needs 6
//! runs for either end, p95 needs 72 and p99 368 for the upper one. An end that cannot be given
//! is absent (`NaN`), not the sample's extreme; the other one still holds by itself.

use super::{CONFIDENCE, Interval};

/// The `p`-quantile of ascending values, interpolated between neighbours; `NaN` of nothing.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = p * last as f64;
    let below = (position as usize).min(last);
    let above = (below + 1).min(last);
    let weight = position - below as f64;
    if sorted[below] == sorted[above] {
        return sorted[below];
    }
    sorted[below] * (1.0 - weight) + sorted[above] * weight
}

/// Rank (from 0) of the order statistic that bounds a quantile from below and from above; none
/// where the sample has no such bound.
pub type Ranks = (Option<usize>, Option<usize>);

/// Ranks of the order statistics that enclose the `p`-quantile of `size` values.
pub fn ranks(size: usize, p: f64) -> Ranks {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let (mut low, mut cumulative) = (None, 0.0);
    // A bound above the estimate (p99 of two values) says nothing that a reader can use.
    let estimate = (p * size.saturating_sub(1) as f64) as usize;
    // After adding `below`, cumulative = P(at most `below` values lie under the quantile), which
    // is how often the quantile lies under the value of that rank.
    for below in 0..size {
        cumulative += binomial(size, below, p);
        if cumulative <= tail && below <= estimate {
            low = Some(below);
        }
        if cumulative >= 1.0 - tail {
            return (low, Some(below));
        }
    }
    (low, None)
}

/// The 95 % interval of the `p`-quantile of ascending values; an end that they do not bound is
/// absent.
pub fn interval(sorted: &[f64], p: f64) -> Interval {
    interval_at(sorted, ranks(sorted.len(), p))
}

/// The interval between two [`ranks`] of ascending values; unknown for fewer than two.
pub fn interval_at(sorted: &[f64], (low, high): Ranks) -> Interval {
    if sorted.len() < 2 {
        return Interval::UNKNOWN;
    }
    let value = |rank: Option<usize>| rank.map_or(f64::NAN, |rank| sorted[rank]);
    Interval {
        low: value(low),
        high: value(high),
    }
}

/// Probability of `hits` in `size` trials with success probability `p` inside (0, 1).
fn binomial(size: usize, hits: usize, p: f64) -> f64 {
    let (n, k) = (size as f64, hits as f64);
    let ways = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    libm::exp(ways + k * libm::log(p) + (n - k) * libm::log1p(-p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_neighbours() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile(&sorted, 0.5), 2.5);
        assert_eq!(quantile(&sorted, 1.0), 4.0);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn median_ranks_match_published_tables() {
        // Conover, Practical Nonparametric Statistics, table A3: order statistics (from 1).
        assert_eq!(ranks(10, 0.5), (Some(1), Some(8)));
        assert_eq!(ranks(20, 0.5), (Some(5), Some(14)));
        assert_eq!(ranks(100, 0.5), (Some(39), Some(60)));
    }

    #[test]
    fn a_sample_that_is_too_small_for_an_end_has_none() {
        // (1/2)^5 = 3.1 % is more than 2.5 %, (1/2)^6 is not; 0.95^72 = 2.49 %, 0.99^368 = 2.48 %.
        assert_eq!(ranks(5, 0.5), (None, None));
        assert_eq!(ranks(6, 0.5), (Some(0), Some(5)));
        assert_eq!((ranks(71, 0.95).1, ranks(72, 0.95).1), (None, Some(71)));
        assert_eq!((ranks(367, 0.99).1, ranks(368, 0.99).1), (None, Some(367)));
        assert_eq!(ranks(0, 0.5), (None, None));
    }

    #[test]
    fn the_other_end_is_given_by_itself() {
        let sorted: Vec<f64> = (0..100).map(f64::from).collect();
        let found = interval(&sorted, 0.99);
        // P(at most 96 of 100 under p99) = 1.8 %, of 97 it is 7.9 %.
        assert_eq!(found.low, 96.0);
        assert!(found.high.is_nan() && !found.is_known());
        let equal = interval(&[3.0, 3.0], 0.5);
        assert!(equal.low.is_nan() && equal.high.is_nan());
    }

    #[test]
    fn what_is_given_covers_95_percent_whatever_the_size() {
        for (size, p) in (1..400).flat_map(|size| [0.5, 0.95, 0.99].map(|p| (size, p))) {
            let (low, high) = ranks(size, p);
            // P(the quantile lies under the value of this rank).
            let under = |rank: usize| (0..=rank).map(|k| binomial(size, k, p)).sum::<f64>();
            let covered = high.map_or(1.0, under) - low.map_or(0.0, under);
            assert!(covered >= CONFIDENCE - 1e-12, "{size} {p}: {covered}");
        }
    }
}
