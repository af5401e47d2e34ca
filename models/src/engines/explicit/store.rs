//! Four ways to add to a number in the key-value store.

use super::backoff::{Delays, Policy};
use super::config::Variant;
use crate::body::Stamp;
use crate::host::{CallError, Host, Reply, Request};
use crate::names::Key;
use crate::services::client;
use crate::services::kv::{Action, Condition, Item, KvError, KvOp, KvReply, Value, Write};
use crate::settings::Settings;
use std::time::Duration;

/// The counter that all requests of a run share.
pub const COUNTER: Key = Key::new("counter", 0, 0);

/// One addition.
#[derive(Clone, Debug)]
pub struct Addition {
    pub delta: i64,
    /// Bytes that the item carries besides the number.
    pub payload: u64,
    /// Which operation of its execution it is.
    pub operation: u32,
    pub stamp: Stamp,
    /// Written in the same transaction, where there is one.
    pub along: Option<Write>,
    /// The key is written after the addition, not with it: for tests of the checkers only.
    pub key_outside: bool,
}

/// How to go on after a refusal or a lost answer.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub attempts: u32,
    pub backoff: Duration,
    pub cap: Duration,
    pub policy: Policy,
}

impl Patience {
    /// Reads the keys.
    pub fn new(settings: &Settings) -> Patience {
        Patience {
            attempts: settings.count("explicit.attempts") as u32,
            backoff: settings.seconds("explicit.backoff_s"),
            cap: settings.seconds("explicit.backoff_cap_s"),
            policy: Policy::new(settings),
        }
    }
}

/// Reads one item, as consistent as the scenario says.
pub async fn get<H: Host>(host: &H, key: Key, stamp: Stamp) -> Result<Option<Item>, CallError> {
    let read = host.world().reads;
    let request = Request::kv(KvOp::Get { key, read });
    match client::send(host, request, stamp.at).await? {
        Reply::Kv(KvReply::Item(item)) => Ok(item),
        other => unreachable!("a get is answered with an item, not {other:?}"),
    }
}

/// Adds to the counter. What a lost answer means is decided here, not by the client library: the
/// program reads and writes again, because it cannot know.
///
/// Conflicts are tried again without limit; lost answers and other failures as often as allowed.
pub async fn add<H: Host>(
    host: &H,
    variant: Variant,
    patience: Patience,
    addition: &Addition,
) -> Result<(), CallError> {
    let mut delays = Delays::new(patience.policy, patience.backoff, patience.cap);
    let mut lost = 0;
    loop {
        let error = match once(host, variant, addition).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if is_final(&error) {
            return Err(error);
        }
        if !is_conflict(&error) {
            lost += 1;
            if lost >= patience.attempts {
                return Err(error);
            }
        }
        let delay = delays.next(host, addition.stamp.at.execution);
        host.wait(delay).await;
    }
}

/// Whether the same request can never succeed.
pub fn is_final(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Kv(KvError::ItemTooLarge | KvError::TooManyItems | KvError::SameItemTwice)
    )
}

fn is_conflict(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Kv(KvError::ConditionFailed | KvError::TransactionCancelled { .. })
    )
}

async fn once<H: Host>(host: &H, variant: Variant, addition: &Addition) -> Result<(), CallError> {
    let stamp = addition.stamp;
    let op: KvOp = match variant {
        Variant::Naive => {
            let (value, _) = read(host, stamp).await?;
            Write::put(COUNTER, item(value, 0, addition), Condition::Always).into()
        }
        Variant::Conditional => {
            let (value, version) = read(host, stamp).await?;
            let unchanged = match version {
                None => Condition::Absent,
                Some(version) => Condition::Equals("version", Value::Int(version)),
            };
            let next = version.unwrap_or(0) + 1;
            Write::put(COUNTER, item(value, next, addition), unchanged).into()
        }
        Variant::Atomic => plus(addition).into(),
        Variant::Idempotent => {
            let key = Key::new(
                "operation",
                u64::from(stamp.at.execution),
                addition.operation,
            );
            let once = Write::put(
                key,
                Item::new().with("done", Value::Int(1)),
                Condition::Absent,
            );
            if addition.key_outside {
                let plus: KvOp = plus(addition).into();
                client::send(host, Request::kv_effect(plus, stamp), stamp.at).await?;
                let sent = client::send(host, Request::kv(once), stamp.at).await;
                if let Some(along) = &addition.along {
                    client::send(host, Request::kv(along.clone()), stamp.at).await?;
                }
                return sent.map(|_| ());
            }
            let mut writes = vec![plus(addition), once];
            writes.extend(addition.along.clone());
            KvOp::Transact {
                writes,
                token: None,
            }
        }
    };
    match client::send(host, Request::kv_effect(op, stamp), stamp.at).await {
        Ok(_) => Ok(()),
        // The key is there: an earlier try was applied, though its answer was lost.
        Err(CallError::Kv(KvError::TransactionCancelled { index: 1 })) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn read<H: Host>(host: &H, stamp: Stamp) -> Result<(i64, Option<i64>), CallError> {
    let item = get(host, COUNTER, stamp).await?;
    let value = item.as_ref().and_then(|i| i.int("value")).unwrap_or(0);
    Ok((value, item.and_then(|i| i.int("version"))))
}

fn item(value: i64, version: i64, addition: &Addition) -> Item {
    Item::new()
        .with("value", Value::Int(value + addition.delta))
        .with("version", Value::Int(version))
        .with("data", Value::Bytes(addition.payload))
}

fn plus(addition: &Addition) -> Write {
    let actions = vec![
        Action::Add("value", addition.delta),
        Action::Set("data", Value::Bytes(addition.payload)),
    ];
    Write::update(COUNTER, actions, Condition::Always)
}
