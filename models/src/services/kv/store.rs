//! The store itself: items, tokens of past transactions, and the rate of each partition.
//!
//! A request goes through four stages: it is planned against the stored items, admitted by its
//! partitions (or throttled, consuming nothing), metered, and only then carried out. So a refusal
//! leaves the items as they were, whatever the reason.

use super::item::Item;
use super::limits::KvLimits;
use super::meter::{KvMeter, Rate, half_read_units, repeat_half_units};
use super::op::{KvError, KvOp, KvReply, Read, Write};
use super::plan::{Plan, Verdict, plan};
use crate::names::{Key, Partition};
use crate::services::bucket::Bucket;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
struct Gate {
    write_units: Bucket,
    half_read_units: Bucket,
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
    limits: KvLimits,
    records: BTreeMap<Key, Record>,
    gates: BTreeMap<Partition, Gate>,
    /// Writes of recent transactions by client token, and when each was carried out.
    tokens: BTreeMap<u64, Vec<Write>>,
    token_ages: VecDeque<(Duration, u64)>,
    meter: KvMeter,
}

impl KvStore {
    /// An empty store.
    pub fn new(limits: KvLimits) -> KvStore {
        KvStore {
            limits,
            records: BTreeMap::new(),
            gates: BTreeMap::new(),
            tokens: BTreeMap::new(),
            token_ages: VecDeque::new(),
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
        if !self
            .gate(plan.key.place())
            .write_units
            .take(now, plan.units)
        {
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

    fn transact(
        &mut self,
        now: Duration,
        writes: &[Write],
        token: Option<u64>,
    ) -> Result<KvReply, KvError> {
        if writes.len() as u64 > self.limits.transact_items_max {
            return Err(KvError::TooManyItems);
        }
        let mut keys = BTreeSet::new();
        if !writes.iter().all(|write| keys.insert(write.key)) {
            return Err(KvError::SameItemTwice);
        }
        self.forget_tokens(now);
        if let Some(past) = token.and_then(|token| self.tokens.get(&token)) {
            return match past == writes {
                true => self.repeat(now, writes),
                false => Err(KvError::TokenMismatch),
            };
        }
        let plans = writes
            .iter()
            .map(|write| self.plan(write, Rate::Transaction))
            .collect::<Result<Vec<Plan>, KvError>>()?;
        self.admit(now, &plans)?;
        self.meter.writes += 1;
        let refused = |plan: &Plan| matches!(plan.verdict, Verdict::Refused);
        if let Some(index) = plans.iter().position(refused) {
            self.meter.conflicts += 1;
            return Err(KvError::TransactionCancelled { index });
        }
        for plan in plans {
            self.commit(now, plan);
        }
        if let Some(token) = token {
            self.tokens.insert(token, writes.to_vec());
            self.token_ages.push_back((now, token));
        }
        Ok(KvReply::Done)
    }

    /// Answers a transaction that was carried out before: its items are read, not written
    /// ("TransactWriteItems", on the client request token).
    fn repeat(&mut self, now: Duration, writes: &[Write]) -> Result<KvReply, KvError> {
        let mut demand = BTreeMap::new();
        for write in writes {
            let bytes = self.records.get(&write.key).map_or(0, |r| r.bytes);
            *demand.entry(write.key.place()).or_insert(0) += repeat_half_units(&self.limits, bytes);
        }
        self.admit_all(now, &demand, |gate| &mut gate.half_read_units)?;
        self.meter.writes += 1;
        self.meter.repeats += 1;
        self.meter.half_read_units += demand.values().sum::<u64>();
        Ok(KvReply::Done)
    }

    fn plan(&self, write: &Write, rate: Rate) -> Result<Plan, KvError> {
        let record = self.records.get(&write.key);
        let stored = record.and_then(|r| Some((r.item.as_ref()?, r.bytes)));
        plan(&self.limits, write, stored, rate)
    }

    /// Takes the write units of a whole transaction from its partitions, or none.
    fn admit(&mut self, now: Duration, plans: &[Plan]) -> Result<(), KvError> {
        let mut demand = BTreeMap::new();
        for plan in plans {
            *demand.entry(plan.key.place()).or_insert(0) += plan.units;
        }
        self.admit_all(now, &demand, |gate| &mut gate.write_units)?;
        self.meter.write_units += demand.values().sum::<u64>();
        Ok(())
    }

    fn admit_all(
        &mut self,
        now: Duration,
        demand: &BTreeMap<Partition, u64>,
        bucket: fn(&mut Gate) -> &mut Bucket,
    ) -> Result<(), KvError> {
        let mut admits =
            |(place, units): (&Partition, &u64)| bucket(self.gate(*place)).admits(now, *units);
        if !demand.iter().all(&mut admits) {
            return Err(self.throttled());
        }
        for (place, units) in demand {
            bucket(self.gate(*place)).take(now, *units);
        }
        Ok(())
    }

    fn commit(&mut self, now: Duration, plan: Plan) {
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

    fn gate(&mut self, place: Partition) -> &mut Gate {
        let limits = &self.limits;
        self.gates.entry(place).or_insert_with(|| Gate {
            write_units: Bucket::new(limits.partition_write_units),
            half_read_units: Bucket::new(limits.partition_read_units * 2),
        })
    }

    fn throttled(&mut self) -> KvError {
        self.meter.throttled += 1;
        KvError::Throttled
    }

    fn forget_tokens(&mut self, now: Duration) {
        while let Some((at, token)) = self.token_ages.front().copied() {
            if now.saturating_sub(at) < self.limits.transact_token {
                return;
            }
            self.tokens.remove(&token);
            self.token_ages.pop_front();
        }
    }
}
