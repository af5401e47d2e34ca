//! The numbers of a key-value store, from the rows `kv.*` of a platform file.

use crate::data::Table;
use crate::services::limit::whole;
use std::time::Duration;

/// Limits and unit sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvLimits {
    /// Largest item, in bytes.
    pub item_bytes_max: u64,
    /// Most writes in a transaction.
    pub transact_items_max: u64,
    /// How long a client token is remembered.
    pub transact_token: Duration,
    /// Bytes of a write unit.
    pub write_unit_bytes: u64,
    /// Bytes of a read unit.
    pub read_unit_bytes: u64,
    /// Write units per second of a partition.
    pub partition_write_units: u64,
    /// Read units per second of a partition.
    pub partition_read_units: u64,
}

impl KvLimits {
    /// Reads the rows `kv.*`. The error names the row.
    pub fn from_table(table: &Table) -> Result<KvLimits, String> {
        Ok(KvLimits {
            item_bytes_max: whole(table, "kv.item_bytes_max")?,
            transact_items_max: whole(table, "kv.transact_items_max")?,
            transact_token: Duration::from_secs(whole(table, "kv.transact_token_s")?),
            write_unit_bytes: whole(table, "kv.write_unit_bytes")?,
            read_unit_bytes: whole(table, "kv.read_unit_bytes")?,
            partition_write_units: whole(table, "kv.partition_write_units")?,
            partition_read_units: whole(table, "kv.partition_read_units")?,
        })
    }
}
