//! The video by hand: chunk records in the key-value store, media in the object store, one
//! asynchronous invocation per chunk.

use super::config::{Config, Coordination, Variant};
use super::retry::{attempts, back_off};
use super::store;
use super::{Call, Task};
use crate::body::{Body, Stamp};
use crate::engines::again::start_again;
use crate::engines::broken::Broken;
use crate::host::{Answer, CallError, Event, Host, Reply, Request};
use crate::invoke::{invoke, send_event};
use crate::names::Key;
use crate::point::At;
use crate::services::client;
use crate::services::kv::{Action, Condition, Item, KvError, KvOp, KvReply, Value, Write};
use crate::services::object::ObjectOp;
use crate::value::Value as Stored;
use crate::workflows::video::{CHUNK, SEGMENT, Video};
use crate::world::Outcome;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::Future;

const PENDING: Value = Value::Text("pending");
const ASSEMBLING: Value = Value::Text("assembling");
const DONE: Value = Value::Text("done");
/// Requests that one worker has under way at once, as for media.
const SIDE_BY_SIDE: usize = 10;

/// Why a handler cannot go on.
enum Stop {
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

fn record_key(execution: u32) -> Key {
    Key::new("video", u64::from(execution), 0)
}

fn chunk_key(execution: u32, chunk: u32) -> Key {
    Key::new("chunk", u64::from(execution), chunk)
}

fn stamp(at: At) -> Stamp {
    Stamp {
        at,
        attempt: 1,
        body: 0,
    }
}

/// Starts the video and waits for its end; after a while without one, starts it again.
pub async fn drive<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    start_again(host, execution, |outside| async move {
        let _ = invoke(&outside, start_event(execution), At::execution(execution)).await;
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

fn start_event(execution: u32) -> Event {
    Event::Explicit(Call {
        execution,
        task: Task::VideoStart,
    })
}

/// Answers the platform: an error makes it deliver an event again.
fn answer<H: Host>(host: &H, execution: u32, result: Result<(), Stop>) -> Answer {
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

/// Validates, cuts, writes the records and sends the chunks to their encoders. If that was done
/// before, sends what is missing again.
pub async fn start<H: Host>(host: &H, config: &Config, video: &Video, execution: u32) -> Answer {
    let result = run_start(host, config, video, execution).await;
    answer(host, execution, result)
}

async fn run_start<H: Host>(
    host: &H,
    config: &Config,
    video: &Video,
    execution: u32,
) -> Result<(), Stop> {
    let at = At::execution(execution);
    match store::get(host, record_key(execution), stamp(at)).await? {
        Some(record) if record.get("status") == Some(DONE) => return Ok(()),
        Some(_) => {}
        None => prepare(host, config, video, at).await?,
    }
    let mut missing = missing_chunks(host, at).await?;
    let together = missing.len().min(video.parallelism());
    let events = missing[..together].iter().map(|chunk| {
        let task = Task::VideoEncode { chunk: *chunk };
        send(host, at, task)
    });
    side_by_side(events).await?;
    if missing.is_empty() && config.coordination == Coordination::Counter {
        return send(host, at, Task::VideoAssemble).await;
    }
    if config.coordination == Coordination::Polling {
        while !missing.is_empty() {
            host.wait(config.poll_interval).await;
            missing = missing_chunks(host, at).await?;
        }
        return run_assemble(host, config, video, execution).await;
    }
    Ok(())
}

async fn prepare<H: Host>(host: &H, config: &Config, video: &Video, at: At) -> Result<(), Stop> {
    let validate = async |body: &Body<'_, H>| video.validate(body).await;
    attempts(host, config, at.step(Video::VALIDATE), validate)
        .await
        .map_err(Stop::Step)?;
    let split = async |body: &Body<'_, H>| video.split(body).await;
    let (chunks, _) = attempts(host, config, at.step(Video::SPLIT), split)
        .await
        .map_err(Stop::Step)?;
    // Records that are there already are left alone, except by the naive program.
    let condition = match config.variant {
        Variant::Naive => Condition::Always,
        _ => Condition::Absent,
    };
    let records = (0..chunks.len() as u32).map(|chunk| {
        let item = Item::new().with("status", PENDING);
        write(
            host,
            at,
            Write::put(chunk_key(at.execution, chunk), item, condition),
        )
    });
    side_by_side(records).await?;
    let item = Item::new()
        .with("status", PENDING)
        .with("chunks", Value::Int(chunks.len() as i64))
        .with("done", Value::Int(0));
    write(
        host,
        at,
        Write::put(record_key(at.execution), item, condition),
    )
    .await?;
    host.world().progress(at.execution, host.now());
    Ok(())
}

async fn missing_chunks<H: Host>(host: &H, at: At) -> Result<Vec<u32>, Stop> {
    let place = ("chunk", u64::from(at.execution));
    let request = Request::kv(KvOp::Query {
        place,
        read: host.world().reads,
    });
    match client::send(host, request, at).await? {
        Reply::Kv(KvReply::Items(items)) => {
            let missing = items
                .iter()
                .filter(|(_, item)| item.get("status") != Some(DONE));
            Ok(missing.map(|(key, _)| key.sort).collect())
        }
        other => unreachable!("a query is answered with items, not {other:?}"),
    }
}

/// Encodes one chunk and writes down that it is done.
pub async fn encode<H: Host>(
    host: &H,
    config: &Config,
    video: &Video,
    execution: u32,
    chunk: u32,
) -> Answer {
    let result = run_encode(host, config, video, execution, chunk).await;
    answer(host, execution, result)
}

async fn run_encode<H: Host>(
    host: &H,
    config: &Config,
    video: &Video,
    execution: u32,
    chunk: u32,
) -> Result<(), Stop> {
    let at = At::execution(execution).step(Video::encode_step(chunk));
    let item = store::get(host, chunk_key(execution, chunk), stamp(at)).await?;
    let status = item.and_then(|i| i.get("status"));
    let duplicate = status.is_none() || status == Some(DONE);
    if duplicate && config.variant != Variant::Naive {
        return Ok(());
    }
    let run = async |body: &Body<'_, H>| {
        let segment = video.encode(body, chunk).await?;
        Ok((segment, body.stamp))
    };
    let ((_, stamp), _) = attempts(host, config, at, run).await.map_err(Stop::Step)?;
    if !commit(host, config, stamp, chunk).await? {
        return Ok(());
    }
    host.world().commit(at, host.now());
    if config.broken == Broken::CleanUpEarly {
        clean_up(host, config, video, At::execution(execution)).await?;
    }
    // Where few are to be under way at once, each hands on to the one that many places further.
    let next = (chunk as usize).saturating_add(video.parallelism());
    if next < video.chunks() as usize {
        let chunk = next as u32;
        send(host, at, Task::VideoEncode { chunk }).await?;
    }
    if config.coordination == Coordination::Counter && is_full(host, config, stamp).await? {
        send(host, at, Task::VideoAssemble).await?;
    }
    Ok(())
}

/// Writes down that a chunk is done. False if it was before.
async fn commit<H: Host>(
    host: &H,
    config: &Config,
    stamp: Stamp,
    chunk: u32,
) -> Result<bool, Stop> {
    let key = chunk_key(stamp.at.execution, chunk);
    let done = vec![Action::Set("status", DONE)];
    let pending = Condition::Equals("status", PENDING);
    let op = match config.variant {
        Variant::Naive => {
            let item = Item::new().with("status", DONE);
            Write::put(key, item, Condition::Always).into()
        }
        Variant::Atomic => Write::update(key, done, Condition::Always).into(),
        Variant::Conditional => Write::update(key, done, pending).into(),
        Variant::Idempotent => KvOp::Transact {
            writes: vec![
                Write::update(key, done, pending),
                one_more(stamp.at.execution),
            ],
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

fn one_more(execution: u32) -> Write {
    Write::update(
        record_key(execution),
        vec![Action::Add("done", 1)],
        Condition::Exists,
    )
}

/// Counts the chunk, unless its commit did, and tells whether all are done.
async fn is_full<H: Host>(host: &H, config: &Config, stamp: Stamp) -> Result<bool, Stop> {
    let execution = stamp.at.execution;
    let record = if config.variant == Variant::Idempotent {
        store::get(host, record_key(execution), stamp).await?
    } else {
        match client::send(host, Request::kv(one_more(execution)), stamp.at).await {
            Ok(Reply::Kv(KvReply::Item(item))) => item,
            // The record is gone: the video is finished.
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
        // The count was read after it was raised: several encoders may have found it full.
        Variant::Idempotent if full => claim_assembly(host, stamp.at).await,
        _ => Ok(full),
    }
}

/// Whether this encoder, and no other, is to start the assembly.
async fn claim_assembly<H: Host>(host: &H, at: At) -> Result<bool, Stop> {
    let claimed = vec![Action::Set("status", ASSEMBLING)];
    let pending = Condition::Equals("status", PENDING);
    let claim = Write::update(record_key(at.execution), claimed, pending);
    match client::send(host, Request::kv(claim), at).await {
        Ok(_) => Ok(true),
        Err(CallError::Kv(KvError::ConditionFailed)) => Ok(false),
        // Perhaps claimed by this very request: the client's watchdog starts the assembly then.
        Err(_) => Err(Stop::Store),
    }
}

/// Joins the segments and finishes the execution.
pub async fn assemble<H: Host>(host: &H, config: &Config, video: &Video, execution: u32) -> Answer {
    let result = run_assemble(host, config, video, execution).await;
    answer(host, execution, result)
}

async fn run_assemble<H: Host>(
    host: &H,
    config: &Config,
    video: &Video,
    execution: u32,
) -> Result<(), Stop> {
    let at = At::execution(execution);
    let record = store::get(host, record_key(execution), stamp(at)).await?;
    let Some(record) = record else { return Ok(()) };
    if record.get("status") != Some(DONE) {
        let segments = vec![Stored::Unit; record.int("chunks").unwrap_or(0) as usize];
        let join = async |body: &Body<'_, H>| video.assemble(body, &segments).await;
        let step = at.step(Video::ASSEMBLE);
        let (output, _) = attempts(host, config, step, join)
            .await
            .map_err(Stop::Step)?;
        let done = vec![Action::Set("status", DONE)];
        write(
            host,
            at,
            Write::update(record_key(execution), done, Condition::Exists),
        )
        .await?;
        host.world().commit(step, host.now());
        host.world()
            .finish_execution(execution, host.now(), Outcome::Succeeded(output));
    }
    if config.cleanup {
        clean_up(host, config, video, at).await?;
    }
    Ok(())
}

/// Deletes chunks and segments. The records stay as receipts (to expire by themselves, as items of
/// a table can): without them a late second start would begin the video again.
async fn clean_up<H: Host>(host: &H, config: &Config, video: &Video, at: At) -> Result<(), Stop> {
    let execution = u64::from(at.execution);
    let first = u32::from(config.broken == Broken::CleanUpPartly);
    let objects =
        (first..video.chunks()).flat_map(|chunk| [CHUNK, SEGMENT].map(|table| (table, chunk)));
    let deletes = objects.map(|(table, chunk)| async move {
        let key = Key::new(table, execution, chunk);
        client::send(host, Request::Object(ObjectOp::Delete { key }), at).await?;
        Ok(())
    });
    side_by_side(deletes).await
}

/// A write that does no harm when repeated; one refused by its condition was done before.
async fn write<H: Host>(host: &H, at: At, write: Write) -> Result<(), Stop> {
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

async fn send<H: Host>(host: &H, at: At, task: Task) -> Result<(), Stop> {
    let execution = at.execution;
    let event = Event::Explicit(Call { execution, task });
    match send_event(host, event.clone(), at).await {
        Ok(()) => Ok(()),
        // Perhaps accepted: a second one is detected by its receiver.
        Err(_) => send_event(host, event, at).await.map_err(Stop::from),
    }
}

async fn side_by_side<F: Future<Output = Result<(), Stop>>>(
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
