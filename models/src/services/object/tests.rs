//! What the object store promises.

use super::*;
use crate::names::Key;
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
    let listed = |objects, partial| Ok(ObjectReply::Objects { objects, partial });
    assert_eq!(store.apply(ZERO, &list), listed(all.clone(), vec![]));
    // An upload that was cut off writes nothing, and stays until it is aborted.
    store.cut_off(key(5));
    assert_eq!(store.apply(ZERO, &list), listed(all, vec![key(5)]));
    assert_eq!(store.meter().cut_off, 1);
    // One of a name that has an object: the object stays when the upload is aborted.
    store.cut_off(key(0));
    for sort in [0, 5] {
        let abort = ObjectOp::Abort { key: key(sort) };
        assert_eq!(store.apply(ZERO, &abort), Ok(ObjectReply::Done));
    }
    assert_eq!(store.partial().count(), 0);
    assert!(store.peek(key(0)).is_some());
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
