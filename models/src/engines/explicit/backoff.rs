//! Delays after a write that lost a race, by policy.
//!
//! The five policies of the AWS architecture blog, "Exponential Backoff And Jitter" (2015), as its simulator
//! has them (aws-samples/aws-arch-backoff-simulator). The delay that doubles is the base before the second
//! try.

use crate::host::Host;
use crate::settings::Settings;
use crate::streams::Purpose;
use crate::time::millis;
use std::time::Duration;

/// How delays follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// At once.
    None,
    /// Doubled each time up to the cap.
    Exponential,
    /// Half of that, and the other half at random.
    Equal,
    /// All of that at random.
    Full,
    /// Between the base and three times the delay before, up to the cap.
    Decorrelated,
}

/// As `explicit.conflict_backoff` names them.
pub const POLICIES: &[&str] = &["none", "exponential", "equal", "full", "decorrelated"];

impl Policy {
    /// Reads the key.
    pub fn new(settings: &Settings) -> Policy {
        match settings.text("explicit.conflict_backoff") {
            "none" => Policy::None,
            "exponential" => Policy::Exponential,
            "equal" => Policy::Equal,
            "decorrelated" => Policy::Decorrelated,
            _ => Policy::Full,
        }
    }
}

/// The delays of one writer.
#[derive(Debug)]
pub struct Delays {
    policy: Policy,
    base_ms: f64,
    cap_ms: f64,
    /// What the next exponential delay is at most, and what the last one was.
    longest_ms: f64,
    before_ms: f64,
}

impl Delays {
    /// No delay so far.
    pub fn new(policy: Policy, base: Duration, cap: Duration) -> Delays {
        let base_ms = base.as_secs_f64() * 1e3;
        Delays {
            policy,
            base_ms,
            cap_ms: cap.as_secs_f64() * 1e3,
            longest_ms: base_ms,
            before_ms: base_ms,
        }
    }

    /// The next delay of an execution's write.
    pub fn next<H: Host>(&mut self, host: &H, execution: u32) -> Duration {
        let longest = self.longest_ms.min(self.cap_ms);
        self.longest_ms = (self.longest_ms * 2.0).min(self.cap_ms);
        let is_random = matches!(
            self.policy,
            Policy::Equal | Policy::Full | Policy::Decorrelated
        );
        let u = match is_random && longest > 0.0 {
            true => host
                .world()
                .streams
                .next(Purpose::Backoff, u64::from(execution)),
            false => 0.0,
        };
        millis(self.length(longest, u))
    }

    fn length(&mut self, longest: f64, u: f64) -> f64 {
        match self.policy {
            Policy::None => 0.0,
            Policy::Exponential => longest,
            Policy::Equal => longest / 2.0 * (1.0 + u),
            Policy::Full => longest * u,
            Policy::Decorrelated => {
                let most = 3.0 * self.before_ms;
                self.before_ms = (self.base_ms + (most - self.base_ms) * u).min(self.cap_ms);
                self.before_ms
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(policy: Policy, u: f64) -> Vec<f64> {
        let (base, cap) = (Duration::from_millis(10), Duration::from_millis(60));
        let mut delays = Delays::new(policy, base, cap);
        let longest = [10.0, 20.0, 40.0, 60.0];
        longest.map(|most| delays.length(most, u)).to_vec()
    }

    #[test]
    fn each_policy_keeps_to_its_range() {
        assert_eq!(lengths(Policy::None, 0.5), [0.0; 4]);
        assert_eq!(lengths(Policy::Exponential, 0.5), [10.0, 20.0, 40.0, 60.0]);
        assert_eq!(lengths(Policy::Equal, 0.5), [7.5, 15.0, 30.0, 45.0]);
        assert_eq!(lengths(Policy::Full, 0.5), [5.0, 10.0, 20.0, 30.0]);
        // 10 to 30, then 10 to 60, and so on, at most 60.
        assert_eq!(lengths(Policy::Decorrelated, 0.5), [20.0, 35.0, 57.5, 60.0]);
    }
}
