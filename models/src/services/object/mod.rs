//! An object store that behaves and charges as S3 Standard does.
//!
//! A pure state machine, like the key-value store. Strongly consistent, lists included ("Amazon
//! S3 strong consistency"). A put may demand that there is no object (`If-None-Match: *`) or that
//! it is a known version (`If-Match`), and is refused with 412 otherwise ("Conditional writes").
//! Each prefix takes a number of requests per second and answers 503 Slow Down beyond it
//! ("Optimizing performance"); S3 then splits a prefix, which is not modelled. A refused put is
//! charged, a slowed-down request is not. Contents are not kept: an object is its size, its
//! version and an opaque stamp of its writer.

pub mod op;
mod store;
#[cfg(test)]
mod tests;

pub use op::{Object, ObjectError, ObjectOp, ObjectReply, PutCondition};
pub use store::{ObjectLimits, ObjectMeter, ObjectStore};

use std::time::Duration;

/// Time to move `bytes` at `mb_per_s` (1 MB = 1e6 bytes), rounded to the nanosecond.
///
/// It comes after the first-byte latency. At a speed of 0 it takes for ever: `Duration::MAX`.
pub fn transfer(bytes: u64, mb_per_s: f64) -> Duration {
    if bytes == 0 {
        return Duration::ZERO;
    }
    let seconds = bytes as f64 / (mb_per_s * 1e6);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
