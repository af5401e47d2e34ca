//! CPU time in proportion to the chunk's length, times a lognormal factor of mean 1 per chunk.

use super::Work;
use crate::Law;
use crate::point::At;
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use crate::time::millis;

/// The law's parameters.
#[derive(Clone, Debug)]
pub struct Lognormal {
    ms_per_s: f64,
    factor: Law,
}

impl Lognormal {
    /// Reads the keys.
    pub fn new(settings: &Settings) -> Lognormal {
        let sigma = settings.number("encoder.sigma");
        Lognormal {
            ms_per_s: settings.number("encoder.ms_per_s"),
            factor: Law::Lognormal {
                shift: 0.0,
                mu: -sigma * sigma / 2.0,
                sigma,
            },
        }
    }

    /// The work of one chunk.
    pub fn work(&self, seconds: f64, at: At, streams: &Streams) -> Work {
        let u = streams.pick(Purpose::Work, u64::from(at.execution), at.step.stamp(), 0);
        Work::Compute(millis(self.ms_per_s * seconds * self.factor.quantile(u)))
    }
}
