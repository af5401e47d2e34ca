//! Delays between attempts (Python SDK `retries.py`, `config.py`; JavaScript rounds to nearest).

use std::time::Duration;

/// How a delay is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Uniform on the whole seconds from 1 to the base.
    Full,
    /// Between half the base and the base.
    Half,
    /// The base and as much again: the SDK before its commit 68fe4fb of 2025-11-27.
    Additive,
    None,
}

/// When to try again.
#[derive(Clone, Copy, Debug)]
pub struct RetryStrategy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    pub initial_s: f64,
    pub rate: f64,
    pub cap_s: f64,
    pub jitter: Jitter,
    pub rounding: fn(f64) -> f64,
    /// A base below this many seconds is not rounded to whole ones, and not raised to one.
    pub whole_from_s: f64,
}

impl RetryStrategy {
    /// The delay after attempt number `made` (from 1) failed, or `None` if it was the last.
    ///
    /// `u` is a uniform draw; the delay is in whole seconds, at least one, unless its base is shorter than that.
    pub fn delay(&self, made: u32, u: f64) -> Option<Duration> {
        if made >= self.attempts {
            return None;
        }
        let growth = libm::pow(self.rate, f64::from(made) - 1.0);
        let base = (self.initial_s * growth).min(self.cap_s);
        let spread = match self.jitter {
            Jitter::Full => u * base,
            Jitter::Half => base / 2.0 + u * base / 2.0,
            Jitter::Additive => base + u * base,
            Jitter::None => base,
        };
        let seconds = match base < self.whole_from_s {
            true => spread,
            false => (self.rounding)(spread).max(1.0),
        };
        Some(crate::time::seconds(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: RetryStrategy = RetryStrategy {
        attempts: 6,
        initial_s: 5.0,
        rate: 2.0,
        cap_s: 60.0,
        jitter: Jitter::Full,
        rounding: libm::ceil,
        whole_from_s: 0.0,
    };

    fn mean_delay(made: u32) -> f64 {
        let n = 60_000;
        let draw = |i| {
            DEFAULT
                .delay(made, (f64::from(i) + 0.5) / f64::from(n))
                .unwrap()
        };
        (0..n).map(|i| draw(i).as_secs_f64()).sum::<f64>() / f64::from(n)
    }

    #[test]
    fn default_delays_are_uniform_on_whole_seconds() {
        for (made, base) in [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60)] {
            assert!((mean_delay(made) - (f64::from(base) + 1.0) / 2.0).abs() < 1e-3);
            let range = [0.000_001, 0.999_999].map(|u| DEFAULT.delay(made, u).unwrap().as_secs());
            assert_eq!(range, [1, u64::from(base as u32)]);
        }
        assert_eq!(DEFAULT.delay(6, 0.5), None);
    }

    #[test]
    fn other_jitters_and_roundings() {
        let half = RetryStrategy {
            jitter: Jitter::Half,
            ..DEFAULT
        };
        assert_eq!(half.delay(2, 0.5).unwrap().as_secs(), 8);
        let none = RetryStrategy {
            jitter: Jitter::None,
            ..DEFAULT
        };
        assert_eq!(none.delay(9, 0.5), None);
        assert_eq!(none.delay(5, 0.5).unwrap().as_secs(), 60);
        let js = RetryStrategy {
            rounding: libm::round,
            ..DEFAULT
        };
        assert_eq!(js.delay(1, 0.49).unwrap().as_secs(), 2);
        let short = RetryStrategy {
            initial_s: 0.4,
            whole_from_s: 1.0,
            ..DEFAULT
        };
        let delays = [1, 2, 3].map(|made| short.delay(made, 0.5).unwrap().as_millis());
        assert_eq!(delays, [200, 400, 1000]);
    }
}
