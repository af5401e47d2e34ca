//! Quantiles with distribution-free intervals from order statistics.
//!
//! The number of runs below the true p-quantile is binomial(n, p), so two order statistics
//! enclose it with a probability that depends on their ranks alone (Hahn & Meeker, *Statistical
//! Intervals*, section 5.2). It is what a bootstrap of a quantile converges to, without the draws.
//!
//! A small sample has no such pair: the median needs 6 runs, p95 needs 73 and p99 needs 368 for
//! both ends to exist. The missing end is then the sample's extreme, and the interval covers
//! less than 95 %.

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

/// Ranks (from 0) of the order statistics that enclose the `p`-quantile of `size` values.
pub fn ranks(size: usize, p: f64) -> (usize, usize) {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let mut low = 0;
    let mut high = size.saturating_sub(1);
    let mut cumulative = 0.0;
    // After adding `below`, cumulative = P(at most `below` values lie under the quantile).
    for below in 0..size {
        cumulative += binomial(size, below, p);
        if cumulative <= tail {
            low = below;
        }
        if cumulative >= 1.0 - tail {
            high = below;
            break;
        }
    }
    (low.min(high), high)
}

/// The 95 % interval of the `p`-quantile of ascending values; unknown for fewer than two.
pub fn interval(sorted: &[f64], p: f64) -> Interval {
    interval_at(sorted, ranks(sorted.len(), p))
}

/// The interval between two [`ranks`] of ascending values; unknown for fewer than two.
pub fn interval_at(sorted: &[f64], (low, high): (usize, usize)) -> Interval {
    if sorted.len() < 2 {
        return Interval::UNKNOWN;
    }
    Interval {
        low: sorted[low],
        high: sorted[high],
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
        assert_eq!(ranks(10, 0.5), (1, 8));
        assert_eq!(ranks(20, 0.5), (5, 14));
        assert_eq!(ranks(100, 0.5), (39, 60));
    }

    #[test]
    fn a_small_sample_falls_back_to_its_extremes() {
        assert_eq!(ranks(5, 0.5), (0, 4));
        assert_eq!(ranks(200, 0.99).1, 199);
        assert!(!interval(&[1.0], 0.5).is_known());
    }
}
