//! Wilson's score interval for a share of successes (Wilson 1927).
//!
//! Unlike the textbook `p ± 1.96 s` it stays inside 0..1 and says something useful when no
//! failure, or no success, was seen. It takes the trials as independent; executions of one run
//! that share a fault are not quite, and then it is somewhat too narrow.

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
