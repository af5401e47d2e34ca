//! The published alternative: a queue message per turn, checkpoints and a header in a key-value table, large
//! checkpoints in the object store.
//!
//! Every request is applied to the key-value store here and metered by it. A checkpoint writes its item (or,
//! over 16 KB, an object and an item that points to it) and updates the header; a replay reads the header with
//! the items in one query, or the pointers and each object.

use crate::validate::csv::Row;
use crate::validate::experiment::tables;
use crate::validate::study::Effort;
use models::cost::{Prices, Usage, cost as priced};
use models::names::Key;
use models::services::kv::{Action, Condition, Item, KvLimits, KvOp, KvStore, Read, Value, Write};
use std::time::Duration;

const KB: u64 = 1024;

/// The cost of one checkpoint or replay of a row.
pub fn cost(effort: &Effort, row: &Row) -> Result<f64, String> {
    let text = &row["checkpoint_kb"];
    let kb: u64 = match text.trim_end_matches('+').parse() {
        Ok(kb) => kb,
        Err(_) => return Err(format!("`{text}` is not a size")),
    };
    let is_replay = row["quantity"].contains("replay");
    metered(effort, kb, count(&row["quantity"]), is_replay)
}

/// The cost of a checkpoint of a size.
pub fn checkpoint_usd(effort: &Effort, kb: u64) -> Result<f64, String> {
    metered(effort, kb, 1, false)
}

fn metered(effort: &Effort, kb: u64, count: u32, is_replay: bool) -> Result<f64, String> {
    let [platform, prices] = tables(effort, "money")?;
    let mut store = KvStore::new(KvLimits::from_table(&platform)?);
    // From 16 KB on an object is cheaper than the item's write units.
    let in_object = kb >= 16;
    for number in 0..count {
        let bytes = if in_object { 64 } else { kb * KB };
        checkpoint(&mut store, number, bytes)?;
    }
    let written = store.meter().clone();
    let mut usage = Usage {
        queue_requests: 1,
        ..Usage::default()
    };
    if is_replay {
        let query = KvOp::Query {
            place: key(0).place(),
            read: Read::Strong,
        };
        store
            .apply(Duration::ZERO, &query)
            .map_err(|error| format!("{error:?}"))?;
        usage.kv_read_units = store.meter().read_units() - written.read_units();
        usage.object_gets = if in_object { u64::from(count) } else { 0 };
    } else {
        usage.kv_write_units = written.write_units;
        usage.object_puts = u64::from(in_object);
    }
    Ok(priced(&usage, &Prices::from_table(&prices)?).total())
}

/// How many checkpoints a replay reads.
fn count(quantity: &str) -> u32 {
    let words = quantity.split_once(',').map_or("", |(_, words)| words);
    words
        .split_whitespace()
        .find_map(|word| word.parse().ok())
        .unwrap_or(1)
}

fn key(number: u32) -> Key {
    Key::new("checkpoint", 0, number)
}

fn checkpoint(store: &mut KvStore, number: u32, bytes: u64) -> Result<(), String> {
    let name = "data";
    let item = Item::new().with(name, Value::Bytes(bytes - name.len() as u64));
    let header = vec![Action::Set("last", Value::Int(i64::from(number)))];
    let writes = [
        Write::put(key(number), item, Condition::Always),
        Write::update(Key::new("header", 0, 0), header, Condition::Always),
    ];
    for write in writes {
        store
            .apply(Duration::ZERO, &write.into())
            .map_err(|error| format!("{error:?}"))?;
    }
    Ok(())
}
