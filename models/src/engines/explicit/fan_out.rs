//! Work fanned out by hand: a record per part, a record that counts them, an asynchronous invocation
//! per part, and a client that starts again what does not end.

use super::config::{Config, Variant};
use super::retry::back_off;
use super::store;
use super::{Call, Task};
use crate::body::Stamp;
use crate::engines::again::start_again;
use crate::engines::broken::Broken;
use crate::host::{Answer, CallError, Event, Host, Reply, Request};
use crate::invoke::{invoke, send_event};
use crate::names::Key;
use crate::point::At;
use crate::services::client;
use crate::services::kv::{Action, Condition, Item, KvError, KvOp, KvReply, Value, Write};
use crate::value::Value as Stored;
use crate::world::Outcome;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::Future;

pub const PENDING: Value = Value::Text("pending");
pub const ASSEMBLING: Value = Value::Text("assembling");
pub const DONE: Value = Value::Text("done");
/// Requests that one worker has under way at once, as for media.
const SIDE_BY_SIDE: usize = 10;

/// Why a handler cannot go on.
pub enum Stop {
    /// A step failed for good: so does the execution.
    Step(&'static str),
    /// A store or the platform was not reached: the platform or the client tries again.
    Store,
}

impl From<CallError> for Stop {
    fn from(_: CallError) -> Stop {
        Stop::Store
    }
}

/// The stamp of a request that belongs to no body.
pub fn stamp(at: At) -> Stamp {
    Stamp {
        at,
        attempt: 1,
        body: 0,
    }
}

/// Starts the work with its first task and waits for its end; after a while without one, starts it again.
pub async fn drive<H: Host>(host: &H, config: &Config, execution: u32, first: Task) -> Outcome {
    let start_event = |execution| {
        Event::Explicit(Call {
            execution,
            task: first,
        })
    };
    start_again(host, execution, |outside| async move {
        let start = Event::Explicit(Call {
            execution,
            task: first,
        });
        let _ = invoke(&outside, start, At::execution(execution)).await;
    });
    let at = At::execution(execution);
    let world = host.world();
    let mut error = "not acknowledged";
    for sent in 1..=config.client_attempts {
        let answer = invoke(host, start_event(execution), at).await;
        if let Some(outcome) = world.outcome(execution) {
            return outcome;
        }
        match answer {
            Ok(Answer::Succeeded(_)) => {
                error = "not completed";
                let before = host.now();
                world.until_finished(host, execution, config.watchdog).await;
                if let Some(outcome) = world.outcome(execution) {
                    return outcome;
                }
                debug_assert!(host.now() >= before + config.watchdog);
            }
            _ => back_off(host, config, at, sent).await,
        }
        world.fault_seen(execution, host.now());
    }
    Outcome::Failed(error)
}

/// Answers the platform: an error makes it deliver an event again.
pub fn answer<H: Host>(host: &H, execution: u32, result: Result<(), Stop>) -> Answer {
    match result {
        Ok(()) => Answer::Succeeded(Stored::Unit),
        Err(Stop::Store) => Answer::Retry("store not reached"),
        Err(Stop::Step(error)) => {
            host.world()
                .finish_execution(execution, host.now(), Outcome::Failed(error));
            Answer::Succeeded(Stored::Unit)
        }
    }
}

/// A part of a whole: its record, and the record that counts the parts.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub record: Key,
    pub whole: Key,
}

/// Writes down that a part is done, with what else is to be known of it. False if it was before.
pub async fn commit<H: Host>(
    host: &H,
    config: &Config,
    stamp: Stamp,
    part: Part,
    more: &[(&'static str, Value)],
) -> Result<bool, Stop> {
    let key = part.record;
    let mut done = vec![Action::Set("status", DONE)];
    done.extend(more.iter().map(|(name, value)| Action::Set(name, *value)));
    let pending = Condition::Equals("status", PENDING);
    let op = match config.variant {
        Variant::Naive => {
            let mut item = Item::new().with("status", DONE);
            for (name, value) in more {
                item = item.with(name, *value);
            }
            Write::put(key, item, Condition::Always).into()
        }
        Variant::Atomic => Write::update(key, done, Condition::Always).into(),
        Variant::Conditional => Write::update(key, done, pending).into(),
        Variant::Idempotent => KvOp::Transact {
            writes: vec![Write::update(key, done, pending), one_more(part.whole)],
            token: None,
        },
    };
    match client::send(host, Request::kv_effect(op, stamp), stamp.at).await {
        Ok(_) => Ok(true),
        Err(CallError::Kv(KvError::ConditionFailed | KvError::TransactionCancelled { .. })) => {
            Ok(false)
        }
        Err(_) => Err(Stop::Store),
    }
}

fn one_more(whole: Key) -> Write {
    Write::update(whole, vec![Action::Add("done", 1)], Condition::Exists)
}

/// Counts a part, unless its commit did, and tells whether all are done and this is who goes on.
pub async fn is_full<H: Host>(
    host: &H,
    config: &Config,
    stamp: Stamp,
    whole: Key,
) -> Result<bool, Stop> {
    let record = if config.variant == Variant::Idempotent {
        store::get(host, whole, stamp).await?
    } else {
        match client::send(host, Request::kv(one_more(whole)), stamp.at).await {
            Ok(Reply::Kv(KvReply::Item(item))) => item,
            // The record is gone: the whole is finished.
            Err(CallError::Kv(KvError::ConditionFailed)) => None,
            Ok(other) => unreachable!("an update is answered with an item, not {other:?}"),
            Err(_) => return Err(Stop::Store),
        }
    };
    let record = record.unwrap_or_default();
    let missing = i64::from(config.broken == Broken::AssembleEarly);
    let wanted = record.int("chunks").map(|chunks| chunks - missing);
    let full = wanted.is_some() && record.int("done") >= wanted;
    match config.variant {
        // The count was read after it was raised: several workers may have found it full.
        Variant::Idempotent if full => claim(host, stamp.at, whole).await,
        _ => Ok(full),
    }
}

/// Whether this worker, and no other, is to go on with the whole.
async fn claim<H: Host>(host: &H, at: At, whole: Key) -> Result<bool, Stop> {
    let claimed = vec![Action::Set("status", ASSEMBLING)];
    let pending = Condition::Equals("status", PENDING);
    let claim = Write::update(whole, claimed, pending);
    match client::send(host, Request::kv(claim), at).await {
        Ok(_) => Ok(true),
        Err(CallError::Kv(KvError::ConditionFailed)) => Ok(false),
        // Perhaps claimed by this very request: the client's watchdog goes on then.
        Err(_) => Err(Stop::Store),
    }
}

/// A write that does no harm when repeated; one refused by its condition was done before.
pub async fn write<H: Host>(host: &H, at: At, write: Write) -> Result<(), Stop> {
    let request = Request::kv(write);
    for _ in 0..2 {
        match client::send(host, request.clone(), at).await {
            Ok(_) | Err(CallError::Kv(KvError::ConditionFailed)) => return Ok(()),
            Err(CallError::Timeout) => {}
            Err(_) => break,
        }
    }
    Err(Stop::Store)
}

pub async fn send<H: Host>(host: &H, at: At, task: Task) -> Result<(), Stop> {
    let execution = at.execution;
    let event = Event::Explicit(Call { execution, task });
    match send_event(host, event.clone(), at).await {
        Ok(()) => Ok(()),
        // Perhaps accepted: a second one is detected by its receiver.
        Err(_) => send_event(host, event, at).await.map_err(Stop::from),
    }
}

/// Several requests, some of them under way at once.
pub async fn side_by_side<F: Future<Output = Result<(), Stop>>>(
    tasks: impl Iterator<Item = F>,
) -> Result<(), Stop> {
    let mut tasks = tasks;
    let mut running: FuturesUnordered<F> = tasks.by_ref().take(SIDE_BY_SIDE).collect();
    while let Some(result) = running.next().await {
        result?;
        running.extend(tasks.next());
    }
    Ok(())
}
