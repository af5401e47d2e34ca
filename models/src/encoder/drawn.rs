//! Chunks that take a time drawn from any distribution, without using a processor.

use super::Work;
use crate::Law;
use crate::point::At;
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use crate::time::millis;

/// The distribution of a chunk's time.
#[derive(Clone, Debug)]
pub struct Drawn {
    chunk_ms: Law,
}

impl Drawn {
    /// Reads the keys.
    pub fn new(settings: &Settings) -> Drawn {
        Drawn {
            chunk_ms: settings.law("encoder.chunk_ms"),
        }
    }

    /// The work of one chunk, whatever its length.
    pub fn work(&self, at: At, streams: &Streams) -> Work {
        let u = streams.pick(Purpose::Work, u64::from(at.execution), at.step.stamp(), 0);
        Work::Sleep(millis(self.chunk_ms.quantile(u)))
    }
}
