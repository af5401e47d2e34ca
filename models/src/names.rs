//! Names of items and objects, made without allocating.
//!
//! A store's name has three parts, as DynamoDB's keys and the usual layout of S3 keys have: the
//! table or bucket, the partition (what is spread over machines and what has a rate limit of its
//! own), and the place inside the partition. Names of one partition are neighbours in the order.

use std::fmt;
use std::ops::RangeInclusive;

/// Name of one item or object.
///
/// # Examples
/// ```
/// let chunk = models::names::Key::new("chunk", 17, 3);
/// assert_eq!(chunk.to_string(), "chunk/17/3");
/// assert!(chunk < models::names::Key::new("chunk", 17, 4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Table or bucket.
    pub table: &'static str,
    /// Partition: usually the number of an execution or a counter.
    pub partition: u64,
    /// Place inside the partition: usually the number of a step or chunk.
    pub sort: u32,
}

/// A table and a partition: what rate limits apply to.
pub type Partition = (&'static str, u64);

impl Key {
    /// The name `table/partition/sort`.
    pub const fn new(table: &'static str, partition: u64, sort: u32) -> Key {
        Key {
            table,
            partition,
            sort,
        }
    }

    /// Where it lives.
    pub const fn place(&self) -> Partition {
        (self.table, self.partition)
    }

    /// All names of a partition, as a range of the order.
    pub const fn all(place: Partition) -> RangeInclusive<Key> {
        let (table, partition) = place;
        Key::new(table, partition, 0)..=Key::new(table, partition, u32::MAX)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.table, self.partition, self.sort)
    }
}
