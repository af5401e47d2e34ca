//! Transactions: several writes or none, and a client token that makes a repeat harmless.
//!
//! "TransactWriteItems" of the DynamoDB API Reference: the writes name distinct items; every
//! condition must hold or nothing is written; a request with the token of a transaction that was
//! carried out in the last ten minutes succeeds without writing again and is charged for reading
//! its items; the same token with other writes is refused. A cancelled transaction is not
//! remembered: its token may be used again.

use super::meter::{Rate, repeat_half_units};
use super::op::{KvError, KvReply, Write};
use super::plan::{Plan, Verdict};
use super::store::{Gate, KvStore};
use crate::names::Partition;
use crate::services::bucket::Bucket;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Recent transactions by client token.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    writes: BTreeMap<u64, Vec<Write>>,
    /// When each was carried out, the oldest first.
    ages: VecDeque<(Duration, u64)>,
}

impl Tokens {
    fn past(&self, token: Option<u64>) -> Option<&[Write]> {
        self.writes.get(&token?).map(Vec::as_slice)
    }

    fn remember(&mut self, now: Duration, token: u64, writes: &[Write]) {
        self.writes.insert(token, writes.to_vec());
        self.ages.push_back((now, token));
    }

    fn forget(&mut self, now: Duration, older_than: Duration) {
        while let Some((at, token)) = self.ages.front().copied() {
            if now.saturating_sub(at) < older_than {
                return;
            }
            self.writes.remove(&token);
            self.ages.pop_front();
        }
    }
}

/// Units wanted from each partition.
type Demand = BTreeMap<Partition, u64>;

impl KvStore {
    pub(super) fn transact(
        &mut self,
        now: Duration,
        writes: &[Write],
        token: Option<u64>,
    ) -> Result<KvReply, KvError> {
        self.check_shape(writes)?;
        self.tokens.forget(now, self.limits.transact_token);
        match self.tokens.past(token) {
            Some(past) if past == writes => return self.repeat(now, writes),
            Some(_) => return Err(KvError::TokenMismatch),
            None => self.commit_all(now, writes)?,
        }
        if let Some(token) = token {
            self.tokens.remember(now, token, writes);
        }
        Ok(KvReply::Done)
    }

    fn check_shape(&self, writes: &[Write]) -> Result<(), KvError> {
        if writes.len() as u64 > self.limits.transact_items_max {
            return Err(KvError::TooManyItems);
        }
        let mut keys = BTreeSet::new();
        match writes.iter().all(|write| keys.insert(write.key)) {
            true => Ok(()),
            false => Err(KvError::SameItemTwice),
        }
    }

    fn commit_all(&mut self, now: Duration, writes: &[Write]) -> Result<(), KvError> {
        let plan = |write| self.plan(write, Rate::Transaction);
        let plans: Vec<Plan> = writes.iter().map(plan).collect::<Result<_, _>>()?;
        let units = plans.iter().map(|plan| (plan.key.place(), plan.units));
        let units = self.admit(now, units, |gate| &mut gate.write_units)?;
        self.meter.writes += 1;
        self.meter.write_units += units;
        let refused = |plan: &Plan| matches!(plan.verdict, Verdict::Refused);
        if let Some(index) = plans.iter().position(refused) {
            self.meter.conflicts += 1;
            return Err(KvError::TransactionCancelled { index });
        }
        for plan in plans {
            self.commit(now, plan);
        }
        Ok(())
    }

    fn repeat(&mut self, now: Duration, writes: &[Write]) -> Result<KvReply, KvError> {
        let read = |write: &Write| {
            let bytes = self.bytes(write.key);
            (write.key.place(), repeat_half_units(&self.limits, bytes))
        };
        let units: Vec<(Partition, u64)> = writes.iter().map(read).collect();
        let half_units = self.admit(now, units.into_iter(), |gate| &mut gate.half_read_units)?;
        self.meter.writes += 1;
        self.meter.repeats += 1;
        self.meter.half_read_units += half_units;
        Ok(KvReply::Done)
    }

    /// Takes units from all partitions, or from none; returns their sum.
    fn admit(
        &mut self,
        now: Duration,
        units: impl Iterator<Item = (Partition, u64)>,
        bucket: fn(&mut Gate) -> &mut Bucket,
    ) -> Result<u64, KvError> {
        let mut demand = Demand::new();
        for (place, units) in units {
            *demand.entry(place).or_insert(0) += units;
        }
        let mut admits =
            |(place, units): (&Partition, &u64)| bucket(self.gate(*place)).admits(now, *units);
        if !demand.iter().all(&mut admits) {
            return Err(self.throttled());
        }
        for (place, units) in &demand {
            bucket(self.gate(*place)).take(now, *units);
        }
        Ok(demand.values().sum())
    }
}
