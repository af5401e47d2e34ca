//! What requests consume.
//!
//! DynamoDB Developer Guide, "Read and write operations": a write counts one unit per started
//! 1 KB of the larger of the old and the new item; a strongly consistent read one unit per
//! started 4 KB, an eventually consistent one half of it; in a transaction both count twice. A
//! write whose condition is false counts by the existing item, at least one unit ("Working with
//! items"), and so does each write of a cancelled transaction (assumed: the pages do not
//! say by which size). A read of nothing counts as the smallest read. Read units are kept in halves, so that
//! everything stays whole.

use super::limits::KvLimits;
use super::op::Read;
use crate::services::stored::Stored;

/// Totals since the store was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KvMeter {
    /// Read requests carried out.
    pub reads: u64,
    /// Write requests and transactions, those refused by their condition included.
    pub writes: u64,
    /// Write requests and transactions refused by their condition.
    pub conflicts: u64,
    /// Requests refused because a partition was over its rate; they consume nothing.
    pub throttled: u64,
    /// Transactions answered from their client token.
    pub repeats: u64,
    /// Write units consumed.
    pub write_units: u64,
    /// Half read units consumed.
    pub half_read_units: u64,
    /// Bytes of the items written.
    pub bytes_written: u64,
    /// Bytes held.
    pub stored: Stored,
}

impl KvMeter {
    /// Read units consumed: a multiple of one half.
    pub fn read_units(&self) -> f64 {
        self.half_read_units as f64 / 2.0
    }
}

/// How many times a request counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rate {
    Plain,
    Transaction,
}

impl Rate {
    fn factor(self) -> u64 {
        match self {
            Rate::Plain => 1,
            Rate::Transaction => 2,
        }
    }
}

/// Units of a write of an item of `bytes`.
pub(super) fn write_units(limits: &KvLimits, bytes: u64, rate: Rate) -> u64 {
    bytes.div_ceil(limits.write_unit_bytes).max(1) * rate.factor()
}

/// Half units of a read of `bytes`.
pub(super) fn half_read_units(limits: &KvLimits, bytes: u64, read: Read) -> u64 {
    let units = bytes.div_ceil(limits.read_unit_bytes).max(1);
    match read {
        Read::Strong => units * 2,
        Read::Eventual { .. } => units,
    }
}

/// Half units of the reads by which a repeated transaction is answered.
pub(super) fn repeat_half_units(limits: &KvLimits, bytes: u64) -> u64 {
    half_read_units(limits, bytes, Read::Strong) * Rate::Transaction.factor()
}
