//! An object store that behaves and charges as S3 Standard does.
//!
//! A pure state machine, like the key-value store. Strongly consistent, lists included ("Amazon
//! S3 strong consistency"). A put may demand that there is no object (`If-None-Match: *`) or that
//! it is a known version (`If-Match`), and is refused with 412 otherwise ("Conditional writes").
//! Each prefix takes a number of requests per second and answers 503 Slow Down beyond it
//! ("Optimizing performance"); S3 then splits a prefix, which is not modelled. A refused put is
//! charged, a slowed-down request is not. Contents are not kept: an object is its size, its
//! version and an opaque stamp of its writer.

use super::bucket::Bucket;
use super::limit::whole;
use super::stored::Stored;
use crate::data::Table;
use crate::names::{Key, Partition};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

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
    /// Names the objects of a prefix in order; answered by [`ObjectReply::Objects`].
    List {
        /// Bucket and partition.
        place: Partition,
    },
    /// Removes an object, or does nothing if there is none; answered by [`ObjectReply::Done`].
    Delete {
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
            ObjectOp::Delete { .. } => "object.delete",
        }
    }

    /// The row of the platform file with its latency, up to the first byte.
    pub fn latency_row(&self) -> &'static str {
        match self {
            ObjectOp::Put { .. } => "object.put_ms",
            ObjectOp::Get { .. } => "object.get_ms",
            ObjectOp::List { .. } => "object.list_ms",
            ObjectOp::Delete { .. } => "object.delete_ms",
        }
    }

    /// The prefix it counts against.
    pub fn place(&self) -> Partition {
        match *self {
            ObjectOp::List { place } => place,
            ObjectOp::Put { key, .. } | ObjectOp::Get { key } | ObjectOp::Delete { key } => {
                key.place()
            }
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
    /// The objects of a prefix.
    Objects(Vec<(Key, Object)>),
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

/// Rate limits, from the rows `object.*` of a platform file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectLimits {
    /// Puts and deletes per second of a prefix.
    pub put_per_s_per_prefix: u64,
    /// Gets and lists per second of a prefix.
    pub get_per_s_per_prefix: u64,
}

impl ObjectLimits {
    /// Reads the rows `object.*`. The error names the row.
    pub fn from_table(table: &Table) -> Result<ObjectLimits, String> {
        Ok(ObjectLimits {
            put_per_s_per_prefix: whole(table, "object.put_per_s_per_prefix")?,
            get_per_s_per_prefix: whole(table, "object.get_per_s_per_prefix")?,
        })
    }
}

/// Totals since the store was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMeter {
    /// Puts, those refused by their condition included.
    pub puts: u64,
    /// Gets, those of nothing included.
    pub gets: u64,
    /// Lists.
    pub lists: u64,
    /// Deletes.
    pub deletes: u64,
    /// Puts refused by their condition.
    pub conflicts: u64,
    /// Requests refused because a prefix was over its rate; they are not charged.
    pub slowed: u64,
    /// Bytes written by puts that happened.
    pub bytes_in: u64,
    /// Bytes read by gets.
    pub bytes_out: u64,
    /// Bytes held.
    pub stored: Stored,
}

/// An object store.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    limits: ObjectLimits,
    objects: BTreeMap<Key, Object>,
    /// Rates of puts and of gets of each prefix.
    gates: BTreeMap<Partition, (Bucket, Bucket)>,
    meter: ObjectMeter,
    etags: u64,
}

impl ObjectStore {
    /// An empty store.
    pub fn new(limits: ObjectLimits) -> ObjectStore {
        ObjectStore {
            limits,
            objects: BTreeMap::new(),
            gates: BTreeMap::new(),
            meter: ObjectMeter::default(),
            etags: 0,
        }
    }

    /// Carries out one request at `now`, which must not run backwards.
    ///
    /// # Errors
    /// See [`ObjectError`]; nothing was written.
    pub fn apply(&mut self, now: Duration, op: &ObjectOp) -> Result<ObjectReply, ObjectError> {
        self.admit(now, op)?;
        match *op {
            ObjectOp::Put {
                key,
                bytes,
                condition,
                tag,
            } => self.put(now, key, condition, (bytes, tag)),
            ObjectOp::Get { key } => Ok(self.get(key)),
            ObjectOp::List { place } => Ok(self.list(place)),
            ObjectOp::Delete { key } => Ok(self.delete(now, key)),
        }
    }

    /// What was consumed so far.
    pub fn meter(&self) -> &ObjectMeter {
        &self.meter
    }

    /// All objects as they stand, in the order of their names: for checks after a run.
    pub fn objects(&self) -> impl Iterator<Item = (Key, Object)> + '_ {
        self.objects.iter().map(|(key, object)| (*key, *object))
    }

    fn admit(&mut self, now: Duration, op: &ObjectOp) -> Result<(), ObjectError> {
        let limits = &self.limits;
        let (puts, gets) = self.gates.entry(op.place()).or_insert_with(|| {
            let puts = Bucket::new(limits.put_per_s_per_prefix);
            (puts, Bucket::new(limits.get_per_s_per_prefix))
        });
        let bucket = match op {
            ObjectOp::Put { .. } | ObjectOp::Delete { .. } => puts,
            ObjectOp::Get { .. } | ObjectOp::List { .. } => gets,
        };
        if bucket.take(now, 1) {
            return Ok(());
        }
        self.meter.slowed += 1;
        Err(ObjectError::SlowDown)
    }

    fn put(
        &mut self,
        now: Duration,
        key: Key,
        condition: PutCondition,
        (bytes, tag): (u64, u64),
    ) -> Result<ObjectReply, ObjectError> {
        self.meter.puts += 1;
        let old = self.objects.get(&key);
        let holds = match condition {
            PutCondition::Always => true,
            PutCondition::IfAbsent => old.is_none(),
            PutCondition::IfMatch(etag) => old.is_some_and(|object| object.etag == etag),
        };
        if !holds {
            self.meter.conflicts += 1;
            return Err(ObjectError::ConditionFailed);
        }
        let before = old.map_or(0, |object| object.bytes);
        self.etags += 1;
        let etag = self.etags;
        self.objects.insert(key, Object { bytes, etag, tag });
        self.meter.bytes_in += bytes;
        self.meter.stored.replace(now, before, bytes);
        Ok(ObjectReply::Put { etag })
    }

    fn get(&mut self, key: Key) -> ObjectReply {
        let object = self.objects.get(&key).copied();
        self.meter.gets += 1;
        self.meter.bytes_out += object.map_or(0, |object| object.bytes);
        ObjectReply::Object(object)
    }

    fn list(&mut self, place: Partition) -> ObjectReply {
        self.meter.lists += 1;
        let found = self.objects.range(Key::all(place));
        ObjectReply::Objects(found.map(|(key, object)| (*key, *object)).collect())
    }

    fn delete(&mut self, now: Duration, key: Key) -> ObjectReply {
        self.meter.deletes += 1;
        if let Some(old) = self.objects.remove(&key) {
            self.meter.stored.replace(now, old.bytes, 0);
        }
        ObjectReply::Done
    }
}

/// Time to move `bytes` at `mb_per_s` (1 MB = 1e6 bytes), rounded to the nanosecond.
///
/// It comes after the first-byte latency. At a speed of 0 it takes for ever: `Duration::MAX`.
pub fn transfer(bytes: u64, mb_per_s: f64) -> Duration {
    if bytes == 0 {
        return Duration::ZERO;
    }
    let seconds = bytes as f64 / (mb_per_s * 1e6);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZERO: Duration = Duration::ZERO;
    const LIMITS: ObjectLimits = ObjectLimits {
        put_per_s_per_prefix: 3_500,
        get_per_s_per_prefix: 5_500,
    };

    fn key(sort: u32) -> Key {
        Key::new("b", 0, sort)
    }

    fn put(sort: u32, bytes: u64, condition: PutCondition) -> ObjectOp {
        ObjectOp::Put {
            key: key(sort),
            bytes,
            condition,
            tag: 7,
        }
    }

    #[test]
    fn a_conditional_put_is_refused_when_somebody_was_faster() {
        let mut store = ObjectStore::new(LIMITS);
        let failed = Err(ObjectError::ConditionFailed);
        let etag = |etag| Ok(ObjectReply::Put { etag });
        for (condition, reply) in [
            (PutCondition::IfMatch(1), failed.clone()),
            (PutCondition::IfAbsent, etag(1)),
            (PutCondition::IfAbsent, failed.clone()),
            (PutCondition::IfMatch(1), etag(2)),
            (PutCondition::IfMatch(1), failed),
            (PutCondition::Always, etag(3)),
        ] {
            assert_eq!(store.apply(ZERO, &put(0, 10, condition)), reply);
        }
        let meter = store.meter();
        assert_eq!((meter.puts, meter.conflicts, meter.bytes_in), (6, 3, 30));
    }

    #[test]
    fn what_was_put_is_found_by_get_and_list_with_its_stamp() {
        let mut store = ObjectStore::new(LIMITS);
        for sort in [2, 0] {
            let reply = store.apply(ZERO, &put(sort, 100, PutCondition::Always));
            assert!(reply.is_ok(), "{reply:?}");
        }
        let object = |etag| Object {
            bytes: 100,
            etag,
            tag: 7,
        };
        let list = ObjectOp::List { place: ("b", 0) };
        let all = vec![(key(0), object(2)), (key(2), object(1))];
        assert_eq!(store.apply(ZERO, &list), Ok(ObjectReply::Objects(all)));
        let delete = ObjectOp::Delete { key: key(0) };
        for _ in 0..2 {
            assert_eq!(store.apply(ZERO, &delete), Ok(ObjectReply::Done));
        }
        for (sort, found) in [(0, None), (2, Some(object(1)))] {
            let get = ObjectOp::Get { key: key(sort) };
            assert_eq!(store.apply(ZERO, &get), Ok(ObjectReply::Object(found)));
        }
        assert_eq!(store.meter().bytes_out, 100);
    }

    #[test]
    fn a_prefix_over_its_rate_is_slowed_down_and_others_are_not() {
        let mut store = ObjectStore::new(LIMITS);
        let get = ObjectOp::Get { key: key(0) };
        let served = (0..6_000)
            .filter(|_| store.apply(ZERO, &get).is_ok())
            .count();
        assert_eq!(served, 5_500);
        assert_eq!(store.meter().slowed, 500);
        let other = ObjectOp::Get {
            key: Key::new("b", 1, 0),
        };
        assert!(store.apply(ZERO, &other).is_ok());
        assert!(store.apply(Duration::from_millis(1), &get).is_ok());
    }

    #[test]
    fn a_transfer_takes_its_bytes_over_the_speed() {
        assert_eq!(transfer(93_000_000, 93.0), Duration::from_secs(1));
        assert_eq!(transfer(0, 0.0), ZERO);
        assert_eq!(transfer(1, 0.0), Duration::MAX);
    }

    proptest! {
        #[test]
        fn what_is_held_is_the_sum_of_the_objects(
            ops in prop::collection::vec((0u32..5, 0u64..1_000, any::<bool>()), 1..60),
        ) {
            let mut store = ObjectStore::new(LIMITS);
            let mut byte_seconds = 0;
            for (second, (sort, bytes, is_put)) in ops.into_iter().enumerate() {
                let now = Duration::from_secs(second as u64);
                prop_assert_eq!(store.meter().stored.byte_seconds(now), byte_seconds as f64);
                let op = match is_put {
                    true => put(sort, bytes, PutCondition::Always),
                    false => ObjectOp::Delete { key: key(sort) },
                };
                store.apply(now, &op).expect("no condition, no limit");
                let sum: u64 = store.objects().map(|(_, object)| object.bytes).sum();
                prop_assert_eq!(store.meter().stored.bytes(), sum);
                byte_seconds += sum;
            }
        }
    }
}
