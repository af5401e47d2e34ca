//! CPU time in proportion to the chunk's length.

use super::Work;
use crate::settings::Settings;
use crate::time::millis;

/// `encoder.ms_per_s` of CPU time per second of video.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    ms_per_s: f64,
}

impl Constant {
    /// Reads the keys.
    pub fn new(settings: &Settings) -> Constant {
        Constant {
            ms_per_s: settings.number("encoder.ms_per_s"),
        }
    }

    /// The work of one chunk.
    pub fn work(&self, seconds: f64) -> Work {
        Work::Compute(millis(self.ms_per_s * seconds))
    }
}
