//! Requests to the object store and their answers.

use crate::names::{Key, Partition};
use std::fmt;

/// One object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// Size.
    pub bytes: u64,
    /// Version: no two puts of a store get the same one.
    pub etag: u64,
    /// Who wrote it, as its writer said.
    pub tag: u64,
}

/// What must be true for a put to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutCondition {
    /// Nothing.
    Always,
    /// There is no object.
    IfAbsent,
    /// There is one with this etag.
    IfMatch(u64),
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectOp {
    /// Writes a whole object; answered by [`ObjectReply::Put`].
    Put {
        /// Its name.
        key: Key,
        /// Its size.
        bytes: u64,
        /// When it may happen.
        condition: PutCondition,
        /// Stamp of the writer.
        tag: u64,
    },
    /// Reads a whole object; answered by [`ObjectReply::Object`].
    Get {
        /// Its name.
        key: Key,
    },
    /// Names the objects of a prefix in order, and its uploads that were cut off; answered by
    /// [`ObjectReply::Objects`]. (`ListObjectsV2` and `ListMultipartUploads`; charged as one list.)
    List {
        /// Bucket and partition.
        place: Partition,
    },
    /// Removes an object, or does nothing if there is none; answered by [`ObjectReply::Done`].
    Delete {
        /// Its name.
        key: Key,
    },
    /// Gives up an upload that was cut off (`AbortMultipartUpload`, a delete request); an object of
    /// that name stays; answered by [`ObjectReply::Done`].
    Abort {
        /// Its name.
        key: Key,
    },
}

impl ObjectOp {
    /// What it is called in traces and crash points.
    pub fn name(&self) -> &'static str {
        match self {
            ObjectOp::Put { .. } => "object.put",
            ObjectOp::Get { .. } => "object.get",
            ObjectOp::List { .. } => "object.list",
            ObjectOp::Delete { .. } | ObjectOp::Abort { .. } => "object.delete",
        }
    }

    /// The row of the platform file with its latency, up to the first byte.
    pub fn latency_row(&self) -> &'static str {
        match self {
            ObjectOp::Put { .. } => "object.put_ms",
            ObjectOp::Get { .. } => "object.get_ms",
            ObjectOp::List { .. } => "object.list_ms",
            ObjectOp::Delete { .. } | ObjectOp::Abort { .. } => "object.delete_ms",
        }
    }

    /// The prefix it counts against.
    pub fn place(&self) -> Partition {
        match *self {
            ObjectOp::List { place } => place,
            ObjectOp::Put { key, .. }
            | ObjectOp::Get { key }
            | ObjectOp::Delete { key }
            | ObjectOp::Abort { key } => key.place(),
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectReply {
    /// The version that was written.
    Put {
        /// Its etag.
        etag: u64,
    },
    /// The object, if there is one.
    Object(Option<Object>),
    /// What a prefix holds.
    Objects {
        /// Its objects.
        objects: Vec<(Key, Object)>,
        /// Uploads that were cut off.
        partial: Vec<Key>,
    },
    /// It happened.
    Done,
}

/// Why a request was refused. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectError {
    /// The condition of the put was false (412). Charged.
    ConditionFailed,
    /// The prefix is over its rate (503); try again later.
    SlowDown,
}

impl ObjectError {
    /// Whether the same request may succeed later without any change of state: clients retry it.
    pub fn is_retryable(&self) -> bool {
        *self == ObjectError::SlowDown
    }
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ObjectError::ConditionFailed => "the condition was false",
            ObjectError::SlowDown => "the prefix is over its rate",
        })
    }
}

impl std::error::Error for ObjectError {}
