//! How much a store holds: now, at its peak, and integrated over time.
//!
//! Storage is billed in GB-months, prorated, so the integral is what costs. It is kept in whole
//! byte-nanoseconds and turned into byte-seconds only when it is read.

use std::time::Duration;

/// Bytes held over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    bytes: u64,
    peak: u64,
    byte_nanos: u128,
    at: Duration,
}

impl Stored {
    /// At `now`, `before` bytes were replaced by `after` bytes.
    pub fn replace(&mut self, now: Duration, before: u64, after: u64) {
        self.byte_nanos = self.byte_nanos_at(now);
        self.at = self.at.max(now);
        self.bytes = (self.bytes + after).saturating_sub(before);
        self.peak = self.peak.max(self.bytes);
    }

    /// Bytes held now.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The most bytes held at once.
    pub fn peak_bytes(&self) -> u64 {
        self.peak
    }

    /// Byte-seconds from the beginning until `now`.
    pub fn byte_seconds(&self, now: Duration) -> f64 {
        self.byte_nanos_at(now) as f64 / 1e9
    }

    fn byte_nanos_at(&self, now: Duration) -> u128 {
        let elapsed = now.saturating_sub(self.at).as_nanos();
        self.byte_nanos + u128::from(self.bytes) * elapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integral_counts_what_was_held_between_changes() {
        let second = Duration::from_secs;
        let mut stored = Stored::default();
        stored.replace(second(1), 0, 100);
        stored.replace(second(3), 100, 40);
        stored.replace(second(4), 40, 0);
        assert_eq!(stored.byte_seconds(second(9)), 240.0);
        assert_eq!((stored.bytes(), stored.peak_bytes()), (0, 100));
    }
}
