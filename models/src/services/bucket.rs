//! A token bucket: so many units a second, with one second of burst, or more.
//!
//! The level is kept in billionths of a unit, so that a refill of `rate` units per second over a
//! whole number of nanoseconds is exact and the answer depends on nothing but the times asked.

use std::time::Duration;

const NANO: i128 = 1_000_000_000;

/// Rate limit of one partition or prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    rate: u64,
    /// Units that it holds when it is full.
    holds: u64,
    level: i128,
    at: Duration,
}

impl Bucket {
    /// A full bucket that gains `rate` units a second and holds as many.
    pub fn new(rate: u64) -> Bucket {
        Bucket::holding(rate, rate)
    }

    /// A full bucket that gains `rate` units a second and holds so many.
    pub fn holding(rate: u64, holds: u64) -> Bucket {
        Bucket {
            rate,
            holds,
            level: i128::from(holds) * NANO,
            at: Duration::ZERO,
        }
    }

    /// Whether `units` could be taken at `now`.
    ///
    /// A request for more than the bucket holds passes when it is full, and is paid off later.
    /// Time that runs backwards counts as standing still.
    pub fn admits(&mut self, now: Duration, units: u64) -> bool {
        self.refill(now);
        self.level >= i128::from(units.min(self.holds)) * NANO
    }

    /// Takes `units` at `now`, or leaves the bucket as it is and says no.
    pub fn take(&mut self, now: Duration, units: u64) -> bool {
        let admitted = self.admits(now, units);
        if admitted {
            self.level -= i128::from(units) * NANO;
        }
        admitted
    }

    fn refill(&mut self, now: Duration) {
        let Some(elapsed) = now.checked_sub(self.at) else {
            return;
        };
        let full = i128::from(self.holds) * NANO;
        let gain = i128::from(self.rate).saturating_mul(elapsed.as_nanos() as i128);
        self.level = self.level.saturating_add(gain).min(full);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_larger_than_the_bucket_passes_when_full_and_is_paid_off() {
        let mut bucket = Bucket::new(10);
        assert!(bucket.take(Duration::ZERO, 30));
        assert!(!bucket.take(Duration::from_millis(2_099), 1));
        assert!(bucket.take(Duration::from_millis(2_100), 1));
    }

    #[test]
    fn a_bucket_of_a_minute_lets_a_burst_of_a_minute_through() {
        // Ten a minute: a sixth of a unit is one.
        let mut bucket = Bucket::holding(10, 600);
        let taken = (0..20).filter(|_| bucket.take(Duration::ZERO, 60)).count();
        assert_eq!(taken, 10);
        assert!(!bucket.take(Duration::from_millis(5_999), 60));
        assert!(bucket.take(Duration::from_secs(6), 60));
    }

    proptest! {
        #[test]
        fn no_interval_grants_more_than_its_rate_and_one_second_of_burst(
            rate in 1u64..50,
            requests in prop::collection::vec((0u64..300, 1u64..50), 1..200),
        ) {
            let mut bucket = Bucket::new(rate);
            let (mut now, mut granted) = (Duration::ZERO, Vec::new());
            for (gap_ms, units) in requests {
                now += Duration::from_millis(gap_ms);
                let units = units.min(rate);
                if bucket.take(now, units) {
                    granted.push((now, units));
                }
            }
            for from in 0..granted.len() {
                let mut sum = 0;
                for &(at, units) in &granted[from..] {
                    sum += units;
                    let elapsed_ms = (at - granted[from].0).as_millis() as u64;
                    prop_assert!(sum * 1_000 <= rate * (elapsed_ms + 1_000));
                }
            }
        }

        #[test]
        fn demand_above_the_rate_is_served_at_the_rate(rate in 1u64..50, seconds in 1u64..20) {
            let mut bucket = Bucket::new(rate);
            let served = (0..=seconds * 1_000)
                .filter(|ms| bucket.take(Duration::from_millis(*ms), 1))
                .count() as u64;
            prop_assert_eq!(served, rate + (rate * seconds).min(seconds * 1_000));
        }
    }
}
