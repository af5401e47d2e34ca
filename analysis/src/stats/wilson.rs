//! Wilson's score interval for a share of successes (Wilson 1927).
//!
//! Unlike the textbook `p ± 1.96 s` it stays inside 0..1 and says something useful when no
//! failure, or no success, was seen. It takes the trials as independent. Executions of one run share
//! its faults and are not: [`clustered`] counts as many trials as would vary as much as the runs do
//! (the design effect of survey statistics: Kish 1965; Rao and Scott 1992).

use super::Interval;

/// The 97.5 % point of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % interval of a success probability; unknown without trials.
///
/// `successes` may be fractional when shares were averaged before.
///
/// ```
/// let none_seen = analysis::stats::wilson::interval(0.0, 10.0);
/// assert_eq!(none_seen.low, 0.0);
/// assert!((none_seen.high - 0.2775).abs() < 1e-4);
/// ```
pub fn interval(successes: f64, trials: f64) -> Interval {
    if trials.is_nan() || trials <= 0.0 {
        return Interval::UNKNOWN;
    }
    let share = (successes / trials).clamp(0.0, 1.0);
    let z2 = Z * Z / trials;
    let centre = (share + z2 / 2.0) / (1.0 + z2);
    let spread = share * (1.0 - share) / trials + z2 / (4.0 * trials);
    let half = Z * libm::sqrt(spread) / (1.0 + z2);
    Interval {
        low: if share == 0.0 {
            0.0
        } else {
            (centre - half).max(0.0)
        },
        high: if share == 1.0 {
            1.0
        } else {
            (centre + half).min(1.0)
        },
    }
}

/// The same where trials come in clusters of (successes, trials), independent of each other.
///
/// Where all succeed, or all fail, or there is one cluster only, nothing is known of how the clusters differ,
/// and the trials count as independent.
///
/// ```
/// use analysis::stats::wilson::{clustered, interval};
/// // Ten runs of ten executions that all succeed or all fail: ten trials, not a hundred.
/// let runs: Vec<(f64, f64)> = (0..10).map(|run| (if run < 5 { 10.0 } else { 0.0 }, 10.0)).collect();
/// let wide = clustered(&runs).high - clustered(&runs).low;
/// assert!(wide > 0.9 * (interval(5.0, 10.0).high - interval(5.0, 10.0).low));
/// ```
pub fn clustered(clusters: &[(f64, f64)]) -> Interval {
    let successes: f64 = clusters.iter().map(|cluster| cluster.0).sum();
    let trials: f64 = clusters.iter().map(|cluster| cluster.1).sum();
    if clusters.len() < 2 {
        return interval(successes, trials);
    }
    let share = successes / trials;
    let count = clusters.len() as f64;
    let residual = |(successes, trials): &(f64, f64)| {
        let off = successes - share * trials;
        off * off
    };
    // Variances of the share, each times the square of the trials.
    let between = count / (count - 1.0) * clusters.iter().map(residual).sum::<f64>();
    let independent = trials * share * (1.0 - share);
    // Of no variance at all the quotient is no number, and `max` takes the other.
    let effect = (between / independent).max(1.0);
    interval(successes / effect, trials / effect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    fn close(interval: Interval, low: f64, high: f64) -> bool {
        (interval.low - low).abs() < 1e-4 && (interval.high - high).abs() < 1e-4
    }

    #[test]
    fn matches_textbook_values() {
        // Newcombe 1998, Statistics in Medicine 17, table I, method 3.
        assert!(close(interval(81.0, 263.0), 0.2553, 0.3662));
        assert!(close(interval(15.0, 148.0), 0.0624, 0.1605));
        assert!(close(interval(0.0, 20.0), 0.0, 0.1611));
        assert!(close(interval(1.0, 29.0), 0.0061, 0.1718));
    }

    #[test]
    fn zero_and_all_seen_keep_a_width() {
        assert!(close(interval(0.0, 10.0), 0.0, 0.2775));
        assert!(close(interval(10.0, 10.0), 0.7225, 1.0));
        assert!(!interval(0.0, 0.0).is_known());
    }

    /// 1 / 49 * 49 is not 1, and what is left is not how clusters differ.
    #[test]
    fn one_cluster_has_the_interval_of_its_trials() {
        assert_eq!(clustered(&[(1.0, 49.0)]), interval(1.0, 49.0));
        assert_eq!(clustered(&[(9.0, 9.0), (5.0, 5.0)]), interval(14.0, 14.0));
    }

    /// Runs of 80 executions whose share of successes differs from run to run.
    #[test]
    fn the_interval_of_clusters_covers_what_that_of_trials_does_not() {
        let mut draws = ChaCha8Rng::seed_from_u64(1);
        let mut uniform = || f64::from(draws.next_u32()) / 4_294_967_296.0;
        let (mut clusters_cover, mut trials_cover) = (0, 0);
        for _ in 0..2_000 {
            let mut run = || {
                let share = 0.2 + 0.6 * uniform();
                let good = (0..80).filter(|_| uniform() < share).count();
                (good as f64, 80.0)
            };
            let runs: Vec<(f64, f64)> = (0..30).map(|_| run()).collect();
            let all: f64 = runs.iter().map(|run| run.0).sum();
            let covers = |of: Interval| u32::from(of.low <= 0.5 && 0.5 <= of.high);
            clusters_cover += covers(clustered(&runs));
            trials_cover += covers(interval(all, 2_400.0));
        }
        assert!((1_840..1_940).contains(&clusters_cover), "{clusters_cover}");
        assert!(trials_cover < 1_400, "{trials_cover}");
    }
}
