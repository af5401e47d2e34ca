//! Quotas of the durable backend.

use crate::data::Table;
use std::time::Duration;

/// Per-execution quotas and request rates, from rows `durable.*` of a platform file.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Durable operations per execution.
    pub operations: u64,
    /// Bytes written per execution.
    pub written_bytes: u64,
    /// Payload of one update.
    pub payload_bytes: u64,
    pub checkpoints_per_s: f64,
    pub starts_per_s: f64,
    /// Answers to callbacks; unlimited where a platform file has no such row.
    pub callbacks_per_s: f64,
    /// Whether the token of a request must be the latest one; only tests of the checkers say no.
    pub fencing: bool,
}

impl Limits {
    /// Reads the rows.
    pub fn from_table(table: &Table) -> Result<Limits, String> {
        Ok(Limits {
            operations: table.number("durable.operations_max")? as u64,
            written_bytes: table.number("durable.written_bytes_max")? as u64,
            payload_bytes: table.number("durable.payload_bytes_max")? as u64,
            checkpoints_per_s: table.number("durable.checkpoints_per_s")?,
            starts_per_s: table.number("durable.starts_per_s")?,
            callbacks_per_s: table
                .number("durable.callbacks_per_s")
                .unwrap_or(f64::INFINITY),
            fencing: true,
        })
    }
}

/// A request rate with one second of burst.
#[derive(Debug)]
pub struct PerSecond {
    rate: f64,
    tokens: f64,
    at: Duration,
}

impl PerSecond {
    /// Full at the beginning.
    pub fn new(rate: f64) -> PerSecond {
        PerSecond {
            rate,
            tokens: rate,
            at: Duration::ZERO,
        }
    }

    /// Takes one token, if there is one.
    pub fn admit(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.rate);
        self.at = now;
        let admitted = self.tokens >= 1.0;
        if admitted {
            self.tokens -= 1.0;
        }
        admitted
    }
}
