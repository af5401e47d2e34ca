//! The simulated encoder of the WOSC 2026 study: a chunk sleeps 100 + 50 x (its seconds) ms.
//!
//! Siguenas Pacheco and Garcia-Lopez, "Stateful Serverless in Practice", artifact
//! jcsp-research/aws-durable-functions-research @ d9c565d.

use super::Work;
use crate::time::millis;

const FIXED_MS: f64 = 100.0;
const MS_PER_S: f64 = 50.0;

/// The work of one chunk.
pub fn work(seconds: f64) -> Work {
    Work::Sleep(millis(FIXED_MS + MS_PER_S * seconds))
}
