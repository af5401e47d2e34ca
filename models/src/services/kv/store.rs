//! The store itself: the items and the rate of each partition.
//!
//! A request goes through four stages: it is planned against the stored items, admitted by its
//! partitions (or throttled, consuming nothing), metered, and only then carried out. So a refusal
//! leaves the items as they were, whatever the reason.

use super::item::Item;
use super::limits::KvLimits;
use super::meter::{KvMeter, Rate, half_read_units};
use super::op::{KvError, KvOp, KvReply, Read, Write};
use super::plan::{Plan, Verdict, plan};
use super::transact::Tokens;
use crate::names::{Key, Partition};
use crate::services::bucket::Bucket;
use std::collections::BTreeMap;
use std::time::Duration;

/// The last two versions of one item; a deleted one stays as an empty record.
#[derive(Clone, Debug, Default)]
struct Record {
    item: Option<Item>,
    bytes: u64,
    /// What a replica that lags behind still shows.
    before: Option<Item>,
    written: Duration,
}

impl Record {
    fn seen(&self, now: Duration, read: Read) -> Option<&Item> {
        match read {
            Read::Eventual { lag } if now.saturating_sub(self.written) < lag => {
                self.before.as_ref()
            }
            _ => self.item.as_ref(),
        }
    }
}

/// Rate limits of one partition.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) write_units: Bucket,
    pub(super) half_read_units: Bucket,
}

/// A key-value store.
///
/// # Examples
/// ```
/// # use models::{names::Key, services::kv::*};
/// # use std::time::Duration;
/// # let limits = KvLimits { item_bytes_max: 409_600, transact_items_max: 100,
/// #     transact_token: Duration::from_secs(600), write_unit_bytes: 1_024, read_unit_bytes: 4_096,
/// #     partition_write_units: 1_000, partition_read_units: 3_000 };
/// let mut store = KvStore::new(limits);
/// let add = Write::update(Key::new("counter", 1, 0), vec![Action::Add("value", 2)], Condition::Always);
/// let reply = store.apply(Duration::ZERO, &add.into()).unwrap();
/// assert_eq!(reply, KvReply::Item(Some(Item::new().with("value", Value::Int(2)))));
/// ```
#[derive(Clone, Debug)]
pub struct KvStore {
    pub(super) limits: KvLimits,
    records: BTreeMap<Key, Record>,
    gates: BTreeMap<Partition, Gate>,
    pub(super) tokens: Tokens,
    pub(super) meter: KvMeter,
}

impl KvStore {
    /// An empty store.
    pub fn new(limits: KvLimits) -> KvStore {
        KvStore {
            limits,
            records: BTreeMap::new(),
            gates: BTreeMap::new(),
            tokens: Tokens::default(),
            meter: KvMeter::default(),
        }
    }

    /// Carries out one request at `now`, which must not run backwards.
    ///
    /// # Errors
    /// See [`KvError`]; nothing was written.
    pub fn apply(&mut self, now: Duration, op: &KvOp) -> Result<KvReply, KvError> {
        match op {
            KvOp::Get { key, read } => self.get(now, *key, *read),
            KvOp::Query { place, read } => self.query(now, *place, *read),
            KvOp::Write(write) => self.write(now, write),
            KvOp::Transact { writes, token } => self.transact(now, writes, *token),
        }
    }

    /// What was consumed so far.
    pub fn meter(&self) -> &KvMeter {
        &self.meter
    }

    /// An item as it stands, without a request: for checks after a run.
    pub fn peek(&self, key: Key) -> Option<&Item> {
        self.records.get(&key)?.item.as_ref()
    }

    /// All items as they stand, in the order of their names: for checks after a run.
    pub fn items(&self) -> impl Iterator<Item = (Key, &Item)> {
        self.records
            .iter()
            .filter_map(|(key, record)| Some((*key, record.item.as_ref()?)))
    }

    /// Size of an item as it stands; 0 if there is none.
    pub(super) fn bytes(&self, key: Key) -> u64 {
        self.records.get(&key).map_or(0, |record| record.bytes)
    }

    fn get(&mut self, now: Duration, key: Key, read: Read) -> Result<KvReply, KvError> {
        let seen = self.records.get(&key).and_then(|r| r.seen(now, read));
        let bytes = seen.map_or(0, Item::bytes);
        let item = seen.cloned();
        self.read(now, key.place(), half_read_units(&self.limits, bytes, read))?;
        Ok(KvReply::Item(item))
    }

    fn query(&mut self, now: Duration, place: Partition, read: Read) -> Result<KvReply, KvError> {
        let items: Vec<(Key, Item)> = self
            .records
            .range(Key::all(place))
            .filter_map(|(key, record)| Some((*key, record.seen(now, read)?.clone())))
            .collect();
        let bytes = items.iter().map(|(_, item)| item.bytes()).sum();
        self.read(now, place, half_read_units(&self.limits, bytes, read))?;
        Ok(KvReply::Items(items))
    }

    fn read(&mut self, now: Duration, place: Partition, half_units: u64) -> Result<(), KvError> {
        if !self.gate(place).half_read_units.take(now, half_units) {
            return Err(self.throttled());
        }
        self.meter.reads += 1;
        self.meter.half_read_units += half_units;
        Ok(())
    }

    fn write(&mut self, now: Duration, write: &Write) -> Result<KvReply, KvError> {
        let plan = self.plan(write, Rate::Plain)?;
        let gate = self.gate(plan.key.place());
        if !gate.write_units.take(now, plan.units) {
            return Err(self.throttled());
        }
        self.meter.writes += 1;
        self.meter.write_units += plan.units;
        if let Verdict::Refused = plan.verdict {
            self.meter.conflicts += 1;
            return Err(KvError::ConditionFailed);
        }
        self.commit(now, plan);
        Ok(KvReply::Item(self.peek(write.key).cloned()))
    }

    /// Works out what `write` would do.
    pub(super) fn plan(&self, write: &Write, rate: Rate) -> Result<Plan, KvError> {
        let record = self.records.get(&write.key);
        let stored = record.and_then(|r| Some((r.item.as_ref()?, r.bytes)));
        plan(&self.limits, write, stored, rate)
    }

    /// Carries out a planned write.
    pub(super) fn commit(&mut self, now: Duration, plan: Plan) {
        let Verdict::Becomes(item, bytes) = plan.verdict else {
            return;
        };
        if item.is_none() && !self.records.contains_key(&plan.key) {
            return;
        }
        let record = self.records.entry(plan.key).or_default();
        self.meter.stored.replace(now, record.bytes, bytes);
        self.meter.bytes_written += bytes;
        record.before = std::mem::replace(&mut record.item, item);
        record.bytes = bytes;
        record.written = now;
    }

    /// The rate limits of a partition.
    pub(super) fn gate(&mut self, place: Partition) -> &mut Gate {
        let limits = &self.limits;
        self.gates.entry(place).or_insert_with(|| Gate {
            write_units: Bucket::new(limits.partition_write_units),
            half_read_units: Bucket::new(limits.partition_read_units * 2),
        })
    }

    /// Counts a refusal for the rate.
    pub(super) fn throttled(&mut self) -> KvError {
        self.meter.throttled += 1;
        KvError::Throttled
    }
}
