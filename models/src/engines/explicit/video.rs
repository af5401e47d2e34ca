//! The video by hand: chunk records in the key-value store, media in the object store, one
//! asynchronous invocation per chunk.

use super::Task;
use super::config::{Config, Coordination, Variant};
use super::fan_out::{
    DONE, PENDING, Part, Stop, answer, commit, is_full, send, side_by_side, stamp, write,
};
use super::retry::attempts;
use super::store;
use crate::body::Body;
use crate::engines::broken::Broken;
use crate::host::{Answer, Host, Reply, Request};
use crate::names::Key;
use crate::point::At;
use crate::services::client;
use crate::services::kv::{Action, Condition, Item, KvOp, KvReply, Value, Write};
use crate::services::object::ObjectOp;
use crate::value::Value as Stored;
use crate::workflows::video::{CHUNK, SEGMENT, Video};
use crate::world::Outcome;

fn record_key(execution: u32) -> Key {
    Key::new("video", u64::from(execution), 0)
}

fn chunk_key(execution: u32, chunk: u32) -> Key {
    Key::new("chunk", u64::from(execution), chunk)
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
    let part = Part {
        record: chunk_key(execution, chunk),
        whole: record_key(execution),
    };
    if !commit(host, config, stamp, part, &[]).await? {
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
    if config.coordination == Coordination::Counter
        && is_full(host, config, stamp, part.whole).await?
    {
        send(host, at, Task::VideoAssemble).await?;
    }
    Ok(())
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
        client::send(host, Request::object(ObjectOp::Delete { key }), at).await?;
        Ok(())
    });
    side_by_side(deletes).await
}
