//! The transcoding ladder by hand: a record per segment, one that counts them per rendition, one per
//! merge, and one that counts the merges; an asynchronous invocation per transcode and merge.
//!
//! A record says which attempt it is of, so a merge reads the segments that were recorded. Completion is
//! found by counting, whatever `explicit.coordination` says.

use super::Task;
use super::config::{Config, Variant};
use super::fan_out::{
    DONE, PENDING, Part, Stop, answer, commit, is_full, send, side_by_side, stamp, write,
};
use super::retry::attempts;
use super::store;
use crate::body::Body;
use crate::host::{Answer, Host, Reply, Request};
use crate::names::{Key, Partition};
use crate::point::At;
use crate::services::client;
use crate::services::kv::{Action, Condition, Item, KvOp, KvReply, Value, Write};
use crate::value::Value as Stored;
use crate::workflows::ladder::{CleanUp, Ladder};
use crate::world::Outcome;

/// Renditions that one execution may have, for the names of their records.
const RENDITIONS_MAX: u64 = 64;

/// Counts the merges.
fn whole_key(execution: u32) -> Key {
    Key::new("ladder", u64::from(execution), 0)
}

/// Counts a rendition's segments.
fn rendition_key(execution: u32, rendition: u32) -> Key {
    Key::new("rendition", u64::from(execution), rendition)
}

fn merge_key(execution: u32, rendition: u32) -> Key {
    Key::new("merge", u64::from(execution), rendition)
}

/// Where a rendition's segment records are.
fn records(execution: u32, rendition: u32) -> Partition {
    let place = u64::from(execution) * RENDITIONS_MAX + u64::from(rendition);
    ("segment", place)
}

fn record_key(ladder: &Ladder, execution: u32, segment: u32) -> Key {
    let (rendition, chunk) = (segment / ladder.chunks(), segment % ladder.chunks());
    let (table, partition) = records(execution, rendition);
    Key::new(table, partition, chunk)
}

/// Does what is not done yet and sends the rest to its workers; also if that was done before.
pub async fn start<H: Host>(host: &H, config: &Config, ladder: &Ladder, execution: u32) -> Answer {
    let result = run_start(host, config, ladder, execution).await;
    answer(host, execution, result)
}

async fn run_start<H: Host>(
    host: &H,
    config: &Config,
    ladder: &Ladder,
    execution: u32,
) -> Result<(), Stop> {
    let at = At::execution(execution);
    match store::get(host, whole_key(execution), stamp(at)).await? {
        Some(record) if record.get("status") == Some(DONE) => return Ok(()),
        Some(_) => {}
        None => prepare(host, config, ladder, at).await?,
    }
    let mut tasks = Vec::new();
    let mut merged = 0;
    for rendition in 0..ladder.renditions() {
        let recorded = recorded(host, at, rendition).await?;
        let first = rendition * ladder.chunks();
        let missing = recorded.iter().filter(|(_, segment)| segment.is_none());
        let missing: Vec<u32> = missing.map(|(chunk, _)| first + chunk).collect();
        if missing.is_empty() {
            let record = store::get(host, merge_key(execution, rendition), stamp(at)).await?;
            match record.and_then(|item| item.get("status")) == Some(DONE) {
                true => merged += 1,
                false => tasks.push(Task::LadderMerge { rendition }),
            }
        }
        let transcodes = missing.into_iter();
        tasks.extend(transcodes.map(|segment| Task::LadderTranscode { segment }));
    }
    if merged == ladder.renditions() {
        return finish(host, ladder, config, execution).await;
    }
    tasks.truncate(ladder.parallelism());
    side_by_side(tasks.into_iter().map(|task| send(host, at, task))).await
}

async fn prepare<H: Host>(host: &H, config: &Config, ladder: &Ladder, at: At) -> Result<(), Stop> {
    if ladder.downloads() {
        let download = async |body: &Body<'_, H>| ladder.download(body).await;
        attempts(host, config, at.step(Ladder::DOWNLOAD), download)
            .await
            .map_err(Stop::Step)?;
    }
    let metadata = async |body: &Body<'_, H>| ladder.metadata(body).await;
    attempts(host, config, at.step(Ladder::METADATA), metadata)
        .await
        .map_err(Stop::Step)?;
    let split = async |body: &Body<'_, H>| ladder.split(body).await;
    attempts(host, config, at.step(Ladder::SPLIT), split)
        .await
        .map_err(Stop::Step)?;
    // Records that are there already are left alone, except by the naive program.
    let condition = match config.variant {
        Variant::Naive => Condition::Always,
        _ => Condition::Absent,
    };
    let execution = at.execution;
    let count = |parts: u32| {
        Item::new()
            .with("status", PENDING)
            .with("chunks", Value::Int(i64::from(parts)))
            .with("done", Value::Int(0))
    };
    let pending = || Item::new().with("status", PENDING);
    let segments =
        (0..ladder.segments()).map(|segment| (record_key(ladder, execution, segment), pending()));
    let renditions = (0..ladder.renditions()).flat_map(|rendition| {
        let counts = (rendition_key(execution, rendition), count(ladder.chunks()));
        [counts, (merge_key(execution, rendition), pending())]
    });
    let items = segments.chain(renditions);
    let writes = items.map(|(key, item)| write(host, at, Write::put(key, item, condition)));
    side_by_side(writes).await?;
    // Last, so that a start that finds it finds the others.
    let whole = Write::put(whole_key(execution), count(ladder.renditions()), condition);
    write(host, at, whole).await?;
    host.world().progress(execution, host.now());
    Ok(())
}

/// A rendition's chunks, and of those that are done the segment that was recorded.
async fn recorded<H: Host>(
    host: &H,
    at: At,
    rendition: u32,
) -> Result<Vec<(u32, Option<(u32, u64)>)>, Stop> {
    let request = Request::kv(KvOp::Query {
        place: records(at.execution, rendition),
        read: host.world().reads,
    });
    match client::send(host, request, at).await? {
        Reply::Kv(KvReply::Items(items)) => Ok(items
            .iter()
            .map(|(key, item)| {
                let body = item.int("body").zip(item.int("bytes"));
                let done = body.filter(|_| item.get("status") == Some(DONE));
                (
                    key.sort,
                    done.map(|(body, bytes)| (body as u32, bytes as u64)),
                )
            })
            .collect()),
        other => unreachable!("a query is answered with items, not {other:?}"),
    }
}

/// Encodes one segment and writes down which attempt did.
pub async fn transcode<H: Host>(
    host: &H,
    config: &Config,
    ladder: &Ladder,
    execution: u32,
    segment: u32,
) -> Answer {
    let result = run_transcode(host, config, ladder, execution, segment).await;
    answer(host, execution, result)
}

async fn run_transcode<H: Host>(
    host: &H,
    config: &Config,
    ladder: &Ladder,
    execution: u32,
    segment: u32,
) -> Result<(), Stop> {
    let at = At::execution(execution).step(Ladder::transcode_step(segment));
    let record = record_key(ladder, execution, segment);
    let item = store::get(host, record, stamp(at)).await?;
    let status = item.and_then(|i| i.get("status"));
    let duplicate = status.is_none() || status == Some(DONE);
    if duplicate && config.variant != Variant::Naive {
        return Ok(());
    }
    let run = async |body: &Body<'_, H>| {
        let segment = ladder.transcode(body, segment).await?;
        Ok((segment, body.stamp))
    };
    let ((encoded, stamp), _) = attempts(host, config, at, run).await.map_err(Stop::Step)?;
    let rendition = segment / ladder.chunks();
    let part = Part {
        record,
        whole: rendition_key(execution, rendition),
    };
    let more = [
        ("body", Value::Int(i64::from(stamp.body))),
        ("bytes", Value::Int(encoded.segment_bytes() as i64)),
    ];
    if !commit(host, config, stamp, part, &more).await? {
        return Ok(());
    }
    host.world().commit(at, host.now());
    // Where few are to be under way at once, each hands on to the one that many places further.
    let next = (segment as usize).saturating_add(ladder.parallelism());
    if next < ladder.segments() as usize {
        let segment = next as u32;
        send(host, at, Task::LadderTranscode { segment }).await?;
    }
    if is_full(host, config, stamp, part.whole).await? {
        send(host, at, Task::LadderMerge { rendition }).await?;
    }
    Ok(())
}

/// Joins a rendition; the last one finishes the execution.
pub async fn merge<H: Host>(
    host: &H,
    config: &Config,
    ladder: &Ladder,
    execution: u32,
    rendition: u32,
) -> Answer {
    let result = run_merge(host, config, ladder, execution, rendition).await;
    answer(host, execution, result)
}

async fn run_merge<H: Host>(
    host: &H,
    config: &Config,
    ladder: &Ladder,
    execution: u32,
    rendition: u32,
) -> Result<(), Stop> {
    let at = At::execution(execution).step(Ladder::merge_step(rendition));
    let record = store::get(host, merge_key(execution, rendition), stamp(at)).await?;
    if record.and_then(|item| item.get("status")) == Some(DONE) {
        return Ok(());
    }
    let segments = segments(host, ladder, at, rendition).await?;
    let run = async |body: &Body<'_, H>| {
        let output = ladder.merge(body, rendition, &segments).await?;
        Ok((output, body.stamp))
    };
    let ((output, stamp), _) = attempts(host, config, at, run).await.map_err(Stop::Step)?;
    let part = Part {
        record: merge_key(execution, rendition),
        whole: whole_key(execution),
    };
    let more = [
        ("body", Value::Int(i64::from(stamp.body))),
        ("bytes", Value::Int(output.segment_bytes() as i64)),
    ];
    if !commit(host, config, stamp, part, &more).await? {
        return Ok(());
    }
    host.world().commit(at, host.now());
    if is_full(host, config, stamp, part.whole).await? {
        finish(host, ladder, config, execution).await?;
    }
    Ok(())
}

/// The recorded segments of a rendition; those that are not recorded are looked for as the first
/// attempt's.
async fn segments<H: Host>(
    host: &H,
    ladder: &Ladder,
    at: At,
    rendition: u32,
) -> Result<Vec<Stored>, Stop> {
    let recorded = recorded(host, at, rendition).await?;
    let segment = |(chunk, done): (u32, Option<(u32, u64)>)| {
        let (body, bytes) = done.unwrap_or((1, 0));
        Stored::Segment {
            index: rendition * ladder.chunks() + chunk,
            bytes,
            body,
        }
    };
    Ok(recorded.into_iter().map(segment).collect())
}

/// Reports the outputs, and removes what is not needed any more. The records stay as receipts.
async fn finish<H: Host>(
    host: &H,
    ladder: &Ladder,
    config: &Config,
    execution: u32,
) -> Result<(), Stop> {
    let at = At::execution(execution);
    let mut outputs = Vec::new();
    let mut all = Vec::new();
    for rendition in 0..ladder.renditions() {
        let record = store::get(host, merge_key(execution, rendition), stamp(at)).await?;
        let int = |name| record.as_ref().and_then(|item| item.int(name)).unwrap_or(0);
        outputs.push(Stored::Segment {
            index: rendition,
            bytes: int("bytes") as u64,
            body: int("body") as u32,
        });
        all.extend(segments(host, ladder, at, rendition).await?);
    }
    if ladder.cleanup != CleanUp::Nothing {
        let clean = async |body: &Body<'_, H>| ladder.clean_up(body, &all).await;
        attempts(host, config, at.step(Ladder::CLEAN_UP), clean)
            .await
            .map_err(Stop::Step)?;
    }
    let done = vec![Action::Set("status", DONE)];
    let write_done = Write::update(whole_key(execution), done, Condition::Exists);
    write(host, at, write_done).await?;
    let outcome = Outcome::Succeeded(Stored::List(outputs.into()));
    host.world()
        .finish_execution(execution, host.now(), outcome);
    Ok(())
}
