//! What a write would do, worked out before anything is touched.

use super::item::Item;
use super::limits::KvLimits;
use super::meter::{Rate, write_units};
use super::op::{Action, Change, KvError, Write};
use crate::names::Key;

/// The outcome of one write, not yet applied.
#[derive(Debug)]
pub(super) struct Plan {
    pub key: Key,
    /// Write units it consumes, whatever its condition says.
    pub units: u64,
    pub verdict: Verdict,
}

#[derive(Debug)]
pub(super) enum Verdict {
    /// The condition is false.
    Refused,
    /// The condition is true and nothing changes.
    Unchanged,
    /// The item becomes this, of this size.
    Becomes(Option<Item>, u64),
}

/// Works out `write` against the stored item and its size.
///
/// # Errors
/// [`KvError::ItemTooLarge`] and [`KvError::NotANumber`]: such a request is invalid and consumes nothing.
pub(super) fn plan(
    limits: &KvLimits,
    write: &Write,
    stored: Option<(&Item, u64)>,
    rate: Rate,
) -> Result<Plan, KvError> {
    let before = stored.map_or(0, |(_, bytes)| bytes);
    let verdict = verdict(write, stored.map(|(item, _)| item))?;
    let after = match &verdict {
        Verdict::Becomes(_, bytes) => *bytes,
        Verdict::Refused | Verdict::Unchanged => 0,
    };
    if after > limits.item_bytes_max {
        return Err(KvError::ItemTooLarge);
    }
    Ok(Plan {
        key: write.key,
        units: write_units(limits, before.max(after), rate),
        verdict,
    })
}

fn verdict(write: &Write, stored: Option<&Item>) -> Result<Verdict, KvError> {
    if !write.condition.holds(stored) {
        return Ok(Verdict::Refused);
    }
    Ok(match &write.change {
        Change::Check => Verdict::Unchanged,
        Change::Delete => Verdict::Becomes(None, 0),
        Change::Put(item) => Verdict::Becomes(Some(item.clone()), item.bytes()),
        Change::Update(actions) => {
            let item = updated(stored.cloned().unwrap_or_default(), actions)?;
            let bytes = item.bytes();
            Verdict::Becomes(Some(item), bytes)
        }
    })
}

fn updated(mut item: Item, actions: &[Action]) -> Result<Item, KvError> {
    for action in actions {
        match *action {
            Action::Set(name, value) => item.set(name, value),
            Action::Add(name, more) => {
                let sum = added(&item, name, more).ok_or(KvError::NotANumber)?;
                item.set(name, super::item::Value::Int(sum));
            }
        }
    }
    Ok(item)
}

fn added(item: &Item, name: &str, more: i64) -> Option<i64> {
    match item.get(name) {
        None => Some(more),
        Some(_) => item.int(name)?.checked_add(more),
    }
}
