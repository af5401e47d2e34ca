//! The object store itself: the objects, the rate of each prefix, and what was consumed.

use super::op::{Object, ObjectError, ObjectOp, ObjectReply, PutCondition};
use crate::data::Table;
use crate::names::{Key, Partition};
use crate::services::bucket::Bucket;
use crate::services::limit::whole;
use crate::services::stored::Stored;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

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
    /// Uploads that were cut off.
    pub cut_off: u64,
    /// Bytes held.
    pub stored: Stored,
}

/// An object store.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    limits: ObjectLimits,
    objects: BTreeMap<Key, Object>,
    /// Uploads that were cut off and not aborted.
    partial: BTreeSet<Key>,
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
            partial: BTreeSet::new(),
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
            ObjectOp::Abort { key } => Ok(self.abort(key)),
        }
    }

    /// One object, without a request.
    pub fn peek(&self, key: Key) -> Option<&Object> {
        self.objects.get(&key)
    }

    /// An object that is there from the beginning, put by nobody that is simulated.
    pub fn seed(&mut self, now: Duration, key: Key, bytes: u64) {
        self.meter.stored.replace(now, 0, bytes);
        self.objects.insert(
            key,
            Object {
                bytes,
                etag: 0,
                tag: 0,
            },
        );
    }

    /// What was consumed so far.
    pub fn meter(&self) -> &ObjectMeter {
        &self.meter
    }

    /// All objects as they stand, in the order of their names: for checks after a run.
    pub fn objects(&self) -> impl Iterator<Item = (Key, Object)> + '_ {
        self.objects.iter().map(|(key, object)| (*key, *object))
    }

    /// An upload ends with its sender, in the middle: its parts stay and are no object.
    pub fn cut_off(&mut self, key: Key) {
        self.meter.cut_off += 1;
        self.partial.insert(key);
    }

    /// Uploads that were cut off and not aborted.
    pub fn partial(&self) -> impl Iterator<Item = Key> + '_ {
        self.partial.iter().copied()
    }

    fn admit(&mut self, now: Duration, op: &ObjectOp) -> Result<(), ObjectError> {
        let limits = &self.limits;
        let (puts, gets) = self.gates.entry(op.place()).or_insert_with(|| {
            let puts = Bucket::new(limits.put_per_s_per_prefix);
            (puts, Bucket::new(limits.get_per_s_per_prefix))
        });
        let bucket = match op {
            ObjectOp::Put { .. } | ObjectOp::Delete { .. } | ObjectOp::Abort { .. } => puts,
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
        let objects = self.objects.range(Key::all(place));
        let partial = self.partial.range(Key::all(place));
        ObjectReply::Objects {
            objects: objects.map(|(key, object)| (*key, *object)).collect(),
            partial: partial.copied().collect(),
        }
    }

    fn delete(&mut self, now: Duration, key: Key) -> ObjectReply {
        self.meter.deletes += 1;
        if let Some(old) = self.objects.remove(&key) {
            self.meter.stored.replace(now, old.bytes, 0);
        }
        ObjectReply::Done
    }

    fn abort(&mut self, key: Key) -> ObjectReply {
        self.meter.deletes += 1;
        self.partial.remove(&key);
        ObjectReply::Done
    }
}
