//! Lengths of time from the numbers of scenarios and data files.
//!
//! A scenario may name any number. One that is longer than every run is cut to [`LONGEST`], so that
//! sums of a few such times still fit into 64 bits of nanoseconds.

use std::time::Duration;

/// A hundred years: for ever.
pub const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Seconds as a duration, to the nanosecond; less than none is none.
pub fn seconds(s: f64) -> Duration {
    match s > 0.0 {
        true => Duration::try_from_secs_f64(s).map_or(LONGEST, |length| length.min(LONGEST)),
        false => Duration::ZERO,
    }
}

/// Milliseconds as a duration, to the nanosecond; less than none is none.
pub fn millis(ms: f64) -> Duration {
    let nanos = ms * 1e6;
    let whole = nanos as u64;
    // Mostly there is nothing to round.
    let length = Duration::from_nanos(match whole as f64 == nanos {
        true => whole,
        false => libm::round(nanos) as u64,
    });
    length.min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_is_a_length() {
        for of in [seconds, millis] {
            for none in [0.0, -0.0, -1.0, -1e300, f64::NEG_INFINITY, f64::NAN] {
                assert_eq!(of(none), Duration::ZERO, "{none}");
            }
            for long in [1e15, 1e300, f64::INFINITY] {
                assert_eq!(of(long), LONGEST, "{long}");
            }
        }
        assert_eq!(seconds(0.25), Duration::from_millis(250));
        assert_eq!(millis(0.000_001_4), Duration::from_nanos(1));
        assert_eq!(millis(1.5), Duration::from_micros(1500));
    }
}
