//! What the key-value store promises.

use super::*;
use crate::names::Key;
use proptest::prelude::*;
use std::time::Duration;

const ZERO: Duration = Duration::ZERO;

fn limits() -> KvLimits {
    let text = include_str!("../../../../scenarios/platforms/aws-us-east-1.toml");
    let table = crate::data::Table::parse(text).expect("the platform file");
    KvLimits::from_table(&table).expect("its limits")
}

fn roomy() -> KvStore {
    KvStore::new(KvLimits {
        partition_write_units: 1_000_000,
        partition_read_units: 1_000_000,
        ..limits()
    })
}

fn key(sort: u32) -> Key {
    Key::new("t", 0, sort)
}

/// An item of exactly `bytes`.
fn blob(bytes: u64) -> Item {
    Item::new().with("b", Value::Bytes(bytes - 1))
}

fn put(sort: u32, item: Item) -> KvOp {
    Write::put(key(sort), item, Condition::Always).into()
}

fn add(sort: u32, more: i64) -> Write {
    Write::update(key(sort), vec![Action::Add("v", more)], Condition::Always)
}

fn get(sort: u32, read: Read) -> KvOp {
    KvOp::Get {
        key: key(sort),
        read,
    }
}

fn number(store: &KvStore, sort: u32) -> Option<i64> {
    store.peek(key(sort)).and_then(|item| item.int("v"))
}

#[test]
fn units_step_at_the_documented_boundaries() {
    for (bytes, writes, halves) in [
        (1_023, 1, 2),
        (1_024, 1, 2),
        (1_025, 2, 2),
        (4_096, 4, 2),
        (4_097, 5, 4),
    ] {
        let mut store = roomy();
        store.apply(ZERO, &put(0, blob(bytes))).expect("put");
        store.apply(ZERO, &get(0, Read::Strong)).expect("get");
        let meter = store.meter();
        assert_eq!((meter.write_units, meter.half_read_units), (writes, halves));
        let lag = ZERO;
        store
            .apply(ZERO, &get(0, Read::Eventual { lag }))
            .expect("get");
        assert_eq!(store.meter().half_read_units, halves + halves / 2);
        let writes_in_transaction = vec![Write::put(key(1), blob(bytes), Condition::Always)];
        let transact = KvOp::Transact {
            writes: writes_in_transaction,
            token: None,
        };
        store.apply(ZERO, &transact).expect("transact");
        assert_eq!(store.meter().write_units, writes * 3);
    }
}

#[test]
fn a_write_counts_the_larger_of_the_old_and_the_new_item() {
    let mut store = roomy();
    for (item, total) in [(blob(3_000), 3), (blob(10), 6), (blob(10), 7)] {
        store.apply(ZERO, &put(0, item)).expect("put");
        assert_eq!(store.meter().write_units, total);
    }
}

#[test]
fn a_false_condition_writes_nothing_and_counts_the_existing_item() {
    let mut store = roomy();
    let refused: KvOp = Write::put(key(0), blob(9_000), Condition::Exists).into();
    assert_eq!(store.apply(ZERO, &refused), Err(KvError::ConditionFailed));
    assert_eq!(store.meter().write_units, 1);
    store.apply(ZERO, &put(0, blob(2_048))).expect("put");
    let refused: KvOp = Write::put(key(0), blob(9_000), Condition::Absent).into();
    assert_eq!(store.apply(ZERO, &refused), Err(KvError::ConditionFailed));
    assert_eq!(store.meter().write_units, 1 + 2 + 2);
    assert_eq!(store.meter().conflicts, 2);
    assert_eq!(store.peek(key(0)), Some(&blob(2_048)));
}

#[test]
fn an_absent_item_reads_as_nothing_and_counts_as_the_smallest_read() {
    let mut store = roomy();
    let reply = store.apply(ZERO, &get(0, Read::Strong));
    assert_eq!(reply, Ok(KvReply::Item(None)));
    assert_eq!(store.meter().read_units(), 1.0);
}

#[test]
fn an_eventual_read_shows_the_version_before_until_the_replica_has_caught_up() {
    let (mut store, ms) = (roomy(), Duration::from_millis);
    store.apply(ZERO, &add(0, 1).into()).expect("add");
    store.apply(ms(100), &add(0, 1).into()).expect("add");
    let lag = ms(10);
    for (now, read, value) in [
        (105, Read::Eventual { lag }, 1),
        (105, Read::Strong, 2),
        (110, Read::Eventual { lag }, 2),
    ] {
        let item = Item::new().with("v", Value::Int(value));
        let reply = store.apply(ms(now), &get(0, read));
        assert_eq!(reply, Ok(KvReply::Item(Some(item))));
    }
    let delete: KvOp = Write::delete(key(0), Condition::Exists).into();
    store.apply(ms(200), &delete).expect("delete");
    let late = store.apply(ms(201), &get(0, Read::Eventual { lag }));
    assert!(matches!(late, Ok(KvReply::Item(Some(_)))), "{late:?}");
}

#[test]
fn a_query_shows_one_partition_in_sort_order() {
    let mut store = roomy();
    for (partition, sort) in [(7, 2), (7, 0), (8, 1), (6, 9), (7, 1)] {
        let key = Key::new("t", partition, sort);
        let write = Write::put(key, blob(2_000), Condition::Always);
        store.apply(ZERO, &write.into()).expect("put");
    }
    let query = KvOp::Query {
        place: ("t", 7),
        read: Read::Strong,
    };
    let Ok(KvReply::Items(items)) = store.apply(ZERO, &query) else {
        panic!("a query answers with items")
    };
    let sorts: Vec<u32> = items.iter().map(|(key, _)| key.sort).collect();
    assert_eq!(sorts, [0, 1, 2]);
    assert_eq!(store.meter().read_units(), 2.0);
}

#[test]
fn invalid_requests_are_refused_and_cost_nothing() {
    let mut store = roomy();
    let transact = |writes| KvOp::Transact {
        writes,
        token: None,
    };
    store
        .apply(ZERO, &put(5, Item::new().with("v", Value::Text("x"))))
        .expect("put");
    let before = store.meter().clone();
    let many = (0..101).map(|sort| add(sort, 1)).collect();
    for (op, error) in [
        (put(0, blob(409_601)), KvError::ItemTooLarge),
        (transact(many), KvError::TooManyItems),
        (transact(vec![add(0, 1), add(0, 2)]), KvError::SameItemTwice),
        (add(5, 1).into(), KvError::NotANumber),
    ] {
        assert_eq!(store.apply(ZERO, &op), Err(error));
    }
    assert_eq!(store.meter(), &before);
    assert_eq!(store.apply(ZERO, &put(0, blob(409_600))).err(), None);
}

#[test]
fn a_token_stands_for_one_transaction_for_ten_minutes() {
    let (mut store, second) = (roomy(), Duration::from_secs);
    let transact = |more| KvOp::Transact {
        writes: vec![add(0, more)],
        token: Some(9),
    };
    for (now, more, reply, value) in [
        (0, 1, Ok(KvReply::Done), 1),
        (599, 1, Ok(KvReply::Done), 1),
        (599, 2, Err(KvError::TokenMismatch), 1),
        (600, 2, Ok(KvReply::Done), 3),
        (1_199, 2, Ok(KvReply::Done), 3),
    ] {
        assert_eq!(store.apply(second(now), &transact(more)), reply);
        assert_eq!(number(&store, 0), Some(value));
    }
    let meter = store.meter();
    assert_eq!((meter.repeats, meter.write_units), (2, 4));
    assert_eq!(meter.read_units(), 4.0);
}

#[test]
fn a_hot_item_takes_a_thousand_small_writes_a_second_and_its_neighbours_are_free() {
    let mut store = KvStore::new(limits());
    let mut accepted = 0;
    for micros in (0..3_000_000).step_by(200) {
        let now = Duration::from_micros(micros);
        accepted += u64::from(store.apply(now, &add(0, 1).into()).is_ok());
    }
    assert!((3_999..=4_000).contains(&accepted), "{accepted}");
    assert_eq!(number(&store, 0), Some(accepted as i64));
    assert_eq!(store.meter().throttled, 15_000 - accepted);
    assert_eq!(store.meter().write_units, accepted);
    let other = Write::put(Key::new("t", 1, 0), blob(10), Condition::Always);
    let now = Duration::from_secs(3);
    assert!(store.apply(now, &other.into()).is_ok());
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        Just(Condition::Always),
        Just(Condition::Absent),
        Just(Condition::Exists),
        (0i64..3).prop_map(|v| Condition::Equals("v", Value::Int(v))),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    let item = |v| Item::new().with("v", Value::Int(v));
    (0u32..4, condition(), 0u8..4, -2i64..3).prop_map(move |(sort, condition, kind, v)| {
        let key = key(sort);
        match kind {
            0 => Write::put(key, item(v), condition),
            1 => Write::update(key, vec![Action::Add("v", v)], condition),
            2 => Write::delete(key, condition),
            _ => Write::check(key, condition),
        }
    })
}

fn distinct(writes: Vec<Write>) -> Vec<Write> {
    let mut kept: Vec<Write> = Vec::new();
    for write in writes {
        if kept.iter().all(|other| other.key != write.key) {
            kept.push(write);
        }
    }
    kept
}

fn snapshot(store: &KvStore) -> Vec<(Key, Item)> {
    store.items().map(|(k, item)| (k, item.clone())).collect()
}

proptest! {
    #[test]
    fn a_transaction_does_all_of_its_writes_or_none(
        first in prop::collection::vec(write(), 0..8),
        writes in prop::collection::vec(write(), 1..8).prop_map(distinct),
    ) {
        let mut store = roomy();
        for write in first {
            store.apply(ZERO, &write.into()).ok();
        }
        let before = snapshot(&store);
        let mut one_by_one = store.clone();
        let failed = writes.iter().position(|w| one_by_one.apply(ZERO, &w.clone().into()).is_err());
        let reply = store.apply(ZERO, &KvOp::Transact { writes, token: None });
        match failed {
            None => {
                prop_assert_eq!(reply, Ok(KvReply::Done));
                prop_assert_eq!(snapshot(&store), snapshot(&one_by_one));
            }
            Some(index) => {
                prop_assert_eq!(reply, Err(KvError::TransactionCancelled { index }));
                prop_assert_eq!(snapshot(&store), before);
            }
        }
    }

    #[test]
    fn a_conditional_write_never_loses_an_update(
        turns in prop::collection::vec((0usize..4, any::<bool>(), 0u64..20), 1..120),
    ) {
        let (mut store, mut now) = (roomy(), ZERO);
        store.apply(now, &add(0, 0).into()).expect("the first value");
        let (mut known, mut acknowledged) = ([None; 4], 0);
        for (client, stale, gap_ms) in turns {
            now += Duration::from_millis(gap_ms);
            match known[client].take() {
                None => {
                    let lag = Duration::from_millis(if stale { 10 } else { 0 });
                    let reply = store.apply(now, &get(0, Read::Eventual { lag })).expect("get");
                    let KvReply::Item(item) = reply else { panic!("an item") };
                    known[client] = Some(item.and_then(|item| item.int("v")).unwrap_or(0));
                }
                Some(seen) => {
                    let condition = Condition::Equals("v", Value::Int(seen));
                    let item = Item::new().with("v", Value::Int(seen + 1));
                    let write = Write::put(key(0), item, condition);
                    acknowledged += i64::from(store.apply(now, &write.into()).is_ok());
                }
            }
        }
        prop_assert_eq!(number(&store, 0), Some(acknowledged));
    }

    #[test]
    fn a_token_applies_once_however_often_it_is_repeated(
        sends in prop::collection::vec((0u64..5, 0u64..100), 1..60),
    ) {
        let (mut store, mut now) = (roomy(), ZERO);
        let mut last: [Option<Duration>; 5] = [None; 5];
        let mut expected = 0;
        for (token, gap_s) in sends {
            now += Duration::from_secs(gap_s);
            let slot = &mut last[token as usize];
            if slot.is_none_or(|at| now - at >= Duration::from_secs(600)) {
                *slot = Some(now);
                expected += 1;
            }
            let op = KvOp::Transact { writes: vec![add(0, 1)], token: Some(token) };
            prop_assert_eq!(store.apply(now, &op), Ok(KvReply::Done));
            prop_assert_eq!(number(&store, 0), Some(expected));
        }
    }

    #[test]
    fn what_is_held_is_the_sum_of_the_items(
        writes in prop::collection::vec((0u32..5, 0u64..3_000), 1..50),
    ) {
        let mut store = roomy();
        for (sort, bytes) in writes {
            let op = match bytes {
                0..1_000 => Write::delete(key(sort), Condition::Always).into(),
                _ => put(sort, blob(bytes)),
            };
            store.apply(ZERO, &op).expect("no condition");
            let sum: u64 = store.items().map(|(_, item)| item.bytes()).sum();
            prop_assert_eq!(store.meter().stored.bytes(), sum);
        }
    }
}
