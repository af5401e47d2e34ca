//! How store requests appear at the boundary: their kind, what they concern, their size.

use crate::names::Key;
use crate::point::RequestKind;
use crate::services::kv::{Change, KvOp, Write};
use crate::services::object::ObjectOp;

/// JSON around an item in a request (assumption).
const ENVELOPE_BYTES: u64 = 100;

impl KvOp {
    /// Its kind.
    pub fn kind(&self) -> RequestKind {
        match self {
            KvOp::Get { .. } => RequestKind::KvGet,
            KvOp::Query { .. } => RequestKind::KvQuery,
            KvOp::Transact { .. } => RequestKind::KvTransact,
            KvOp::Write(write) => match write.change {
                Change::Put(_) => RequestKind::KvPut,
                Change::Update(_) | Change::Check => RequestKind::KvUpdate,
                Change::Delete => RequestKind::KvDelete,
            },
        }
    }

    /// What it concerns; for several items, the first.
    pub fn key(&self) -> Key {
        match self {
            KvOp::Get { key, .. } => *key,
            KvOp::Query { place, .. } => Key::new(place.0, place.1, 0),
            KvOp::Write(write) => write.key,
            KvOp::Transact { writes, .. } => writes.first().map_or(Key::new("", 0, 0), |w| w.key),
        }
    }

    /// Bytes sent.
    pub fn bytes(&self) -> u64 {
        let item = |write: &Write| match &write.change {
            Change::Put(item) => item.bytes(),
            _ => 0,
        };
        ENVELOPE_BYTES
            + match self {
                KvOp::Write(write) => item(write),
                KvOp::Transact { writes, .. } => writes.iter().map(item).sum(),
                _ => 0,
            }
    }

    /// Whether sending it twice is as good as sending it once.
    pub fn is_repeatable(&self) -> bool {
        match self {
            KvOp::Get { .. } | KvOp::Query { .. } => true,
            KvOp::Write(_) => false,
            KvOp::Transact { token, .. } => token.is_some(),
        }
    }
}

impl ObjectOp {
    /// Its kind.
    pub fn kind(&self) -> RequestKind {
        match self {
            ObjectOp::Put { .. } => RequestKind::ObjectPut,
            ObjectOp::Get { .. } => RequestKind::ObjectGet,
            ObjectOp::List { .. } => RequestKind::ObjectList,
            ObjectOp::Delete { .. } | ObjectOp::Abort { .. } => RequestKind::ObjectDelete,
        }
    }

    /// What it concerns.
    pub fn key(&self) -> Key {
        match *self {
            ObjectOp::Put { key, .. }
            | ObjectOp::Get { key }
            | ObjectOp::Delete { key }
            | ObjectOp::Abort { key } => key,
            ObjectOp::List { place } => Key::new(place.0, place.1, 0),
        }
    }

    /// Bytes sent.
    pub fn bytes(&self) -> u64 {
        match self {
            ObjectOp::Put { bytes, .. } => *bytes,
            _ => 0,
        }
    }

    /// Whether sending it twice is as good as sending it once: everything but conditional puts.
    pub fn is_repeatable(&self) -> bool {
        use crate::services::object::PutCondition;
        !matches!(self, ObjectOp::Put { condition, .. } if *condition != PutCondition::Always)
    }
}
