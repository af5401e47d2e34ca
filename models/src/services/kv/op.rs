//! Requests to the key-value store and their answers.

use super::item::{Item, Value};
use crate::names::{Key, Partition};
use std::fmt;
use std::time::Duration;

/// What a read may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The last write.
    Strong,
    /// A replica that is `lag` behind: the version before the last write, if that is younger.
    Eventual {
        /// How far the replica asked is behind.
        lag: Duration,
    },
}

/// What must be true of the stored item for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is no item.
    Absent,
    /// There is one.
    Exists,
    /// The attribute has this value; false if there is no such item or attribute.
    Equals(&'static str, Value),
}

impl Condition {
    /// Whether it is true of `item`.
    pub fn holds(&self, item: Option<&Item>) -> bool {
        match self {
            Condition::Always => true,
            Condition::Absent => item.is_none(),
            Condition::Exists => item.is_some(),
            Condition::Equals(name, value) => item.and_then(|i| i.get(name)) == Some(*value),
        }
    }
}

/// One action of an update, applied in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Gives an attribute a value.
    Set(&'static str, Value),
    /// Adds to a number; a missing attribute counts as 0.
    Add(&'static str, i64),
}

/// What a write does to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Replaces the whole item.
    Put(Item),
    /// Changes some attributes; makes the item if there is none.
    Update(Vec<Action>),
    /// Removes the item; nothing happens if there is none.
    Delete,
    /// Only checks the condition (of use in a transaction).
    Check,
}

/// A write to one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Which item.
    pub key: Key,
    /// When it may happen.
    pub condition: Condition,
    /// What happens.
    pub change: Change,
}

impl Write {
    /// Replaces the item.
    pub fn put(key: Key, item: Item, condition: Condition) -> Write {
        let change = Change::Put(item);
        Write {
            key,
            condition,
            change,
        }
    }

    /// Changes attributes of the item.
    pub fn update(key: Key, actions: Vec<Action>, condition: Condition) -> Write {
        let change = Change::Update(actions);
        Write {
            key,
            condition,
            change,
        }
    }

    /// Removes the item.
    pub fn delete(key: Key, condition: Condition) -> Write {
        let change = Change::Delete;
        Write {
            key,
            condition,
            change,
        }
    }

    /// Checks the item.
    pub fn check(key: Key, condition: Condition) -> Write {
        let change = Change::Check;
        Write {
            key,
            condition,
            change,
        }
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KvOp {
    /// Reads one item; answered by [`KvReply::Item`].
    Get {
        /// Which item.
        key: Key,
        /// What it may see.
        read: Read,
    },
    /// Reads a partition; answered by [`KvReply::Items`] in sort order.
    Query {
        /// Table and partition.
        place: Partition,
        /// What it may see.
        read: Read,
    },
    /// Writes one item; answered by [`KvReply::Item`] with the new item (none after a delete).
    Write(Write),
    /// Writes several distinct items or none of them; answered by [`KvReply::Done`].
    Transact {
        /// The writes.
        writes: Vec<Write>,
        /// Client request token: a repeat within ten minutes succeeds without writing again.
        token: Option<u64>,
    },
}

impl From<Write> for KvOp {
    fn from(write: Write) -> KvOp {
        KvOp::Write(write)
    }
}

impl KvOp {
    /// What it is called in traces and crash points.
    pub fn name(&self) -> &'static str {
        match self {
            KvOp::Get { .. } => "kv.get",
            KvOp::Query { .. } => "kv.query",
            KvOp::Transact { .. } => "kv.transact",
            KvOp::Write(write) => match write.change {
                Change::Put(_) => "kv.put",
                Change::Update(_) => "kv.update",
                Change::Delete => "kv.delete",
                Change::Check => "kv.check",
            },
        }
    }

    /// The row of the platform file with its latency.
    pub fn latency_row(&self) -> &'static str {
        match self {
            KvOp::Get { .. } => "kv.get_ms",
            KvOp::Query { .. } => "kv.query_ms",
            KvOp::Transact { .. } => "kv.transact_ms",
            KvOp::Write(write) => match write.change {
                Change::Put(_) => "kv.put_ms",
                Change::Update(_) | Change::Delete | Change::Check => "kv.update_ms",
            },
        }
    }

    /// Whether it may change something or is charged in write units.
    pub fn is_write(&self) -> bool {
        matches!(self, KvOp::Write(_) | KvOp::Transact { .. })
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KvReply {
    /// The item, if there is one.
    Item(Option<Item>),
    /// The items of a partition.
    Items(Vec<(Key, Item)>),
    /// It happened.
    Done,
}

/// Why a request was refused. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KvError {
    /// The condition of a write was false. Consumes write units.
    ConditionFailed,
    /// The condition of the write at this index of a transaction was false. Consumes write units.
    TransactionCancelled {
        /// Position of the first write whose condition was false.
        index: usize,
    },
    /// The partition is over its rate; try again later.
    Throttled,
    /// The item would be larger than the store allows.
    ItemTooLarge,
    /// More writes in a transaction than the store allows.
    TooManyItems,
    /// Two writes of a transaction name the same item.
    SameItemTwice,
    /// The client token was used for another transaction.
    TokenMismatch,
    /// An addition to something that is no number, or beyond 64 bits.
    NotANumber,
}

impl KvError {
    /// Whether the same request may succeed later without any change of state: clients retry it.
    pub fn is_retryable(&self) -> bool {
        *self == KvError::Throttled
    }
}

impl fmt::Display for KvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KvError::ConditionFailed => f.write_str("the condition was false"),
            KvError::TransactionCancelled { index } => {
                write!(f, "the condition of write {index} was false")
            }
            KvError::Throttled => f.write_str("the partition is over its rate"),
            KvError::ItemTooLarge => f.write_str("the item would be too large"),
            KvError::TooManyItems => f.write_str("too many writes in one transaction"),
            KvError::SameItemTwice => f.write_str("two writes of one item in one transaction"),
            KvError::TokenMismatch => f.write_str("the token was used for another transaction"),
            KvError::NotANumber => f.write_str("an addition without a number"),
        }
    }
}

impl std::error::Error for KvError {}
