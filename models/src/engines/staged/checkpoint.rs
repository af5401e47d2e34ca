//! The job's item in the key-value store: who has the job, and the outputs of its finished stages.
//!
//! A worker takes a job by writing its epoch on condition that the item is as it was read; every later
//! write is on condition that the epoch is still its own. So of two workers that believe to have the job,
//! only the later one gets on. A write whose answer is lost is looked up before it is repeated.

use super::server::Saved;
use crate::host::{CallError, Host, Reply, Request};
use crate::names::Key;
use crate::point::At;
use crate::services::client;
use crate::services::kv::{Condition, Item, KvError, KvOp, KvReply, Read, Value, Write};
use std::rc::Rc;

/// Why the item could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Another worker has the job.
    Superseded,
    /// The store was not reached.
    Store,
    /// The outputs do not fit into an item.
    TooLarge,
}

/// JSON around the outputs (assumption).
const ENVELOPE_BYTES: u64 = 64;

/// How often a write whose answer is lost is looked up and repeated.
const TRIES: u32 = 5;

fn key(at: At) -> Key {
    Key::new("job", u64::from(at.execution), 0)
}

/// Takes the job for this epoch; gives the outputs that are stored.
pub async fn take<H: Host>(host: &H, at: At, epoch: u32) -> Result<Rc<[Saved]>, Stop> {
    for _ in 0..TRIES {
        let known = read(host, at).await?;
        let (owner, contents) = match &known {
            None => (0, None),
            Some(item) => (item.int("epoch").unwrap_or(0), item.int("contents")),
        };
        if owner > i64::from(epoch) {
            return Err(Stop::Superseded);
        }
        let unchanged = match known {
            None => Condition::Absent,
            Some(_) => Condition::Equals("epoch", Value::Int(owner)),
        };
        let saved = contents
            .map(|place| content(host, place))
            .unwrap_or_default();
        if owner == i64::from(epoch) {
            return Ok(saved);
        }
        match put(host, at, epoch, contents, &saved, unchanged).await {
            Ok(()) => return Ok(saved),
            Err(CallError::Kv(KvError::ConditionFailed) | CallError::Timeout) => {}
            Err(error) => return Err(reason(&error)),
        }
    }
    Err(Stop::Store)
}

/// Stores the outputs.
pub async fn save<H: Host>(host: &H, at: At, epoch: u32, outputs: &[Saved]) -> Result<(), Stop> {
    let place = {
        let contents = &mut host.world().jobs.borrow_mut().contents;
        contents.push(outputs.into());
        contents.len() as i64 - 1
    };
    let mine = Condition::Equals("epoch", Value::Int(i64::from(epoch)));
    for _ in 0..TRIES {
        match put(host, at, epoch, Some(place), outputs, mine).await {
            Ok(()) => return Ok(()),
            Err(CallError::Kv(KvError::ConditionFailed)) => return Err(Stop::Superseded),
            Err(CallError::Timeout) => {}
            Err(error) => return Err(reason(&error)),
        }
        let stored = read(host, at).await?;
        if stored.and_then(|item| item.int("contents")) == Some(place) {
            return Ok(());
        }
    }
    Err(Stop::Store)
}

fn content<H: Host>(host: &H, place: i64) -> Rc<[Saved]> {
    Rc::clone(&host.world().jobs.borrow().contents[place as usize])
}

async fn read<H: Host>(host: &H, at: At) -> Result<Option<Item>, Stop> {
    let get = KvOp::Get {
        key: key(at),
        read: Read::Strong,
    };
    match client::send(host, Request::kv(get), at).await {
        Ok(Reply::Kv(KvReply::Item(item))) => Ok(item),
        Ok(other) => unreachable!("a get is answered with an item, not {other:?}"),
        Err(_) => Err(Stop::Store),
    }
}

async fn put<H: Host>(
    host: &H,
    at: At,
    epoch: u32,
    contents: Option<i64>,
    outputs: &[Saved],
    condition: Condition,
) -> Result<(), CallError> {
    let bytes = |(_, output): &Saved| 8 + output.as_ref().map_or(4, crate::value::Value::bytes);
    let size = ENVELOPE_BYTES + outputs.iter().map(bytes).sum::<u64>();
    let mut item = Item::new()
        .with("epoch", Value::Int(i64::from(epoch)))
        .with("outputs", Value::Bytes(size));
    if let Some(place) = contents {
        item = item.with("contents", Value::Int(place));
    }
    let write = Write::put(key(at), item, condition);
    client::send(host, Request::kv(write), at).await.map(|_| ())
}

fn reason(error: &CallError) -> Stop {
    match error {
        CallError::Kv(KvError::ItemTooLarge) => Stop::TooLarge,
        _ => Stop::Store,
    }
}
