//! What steps that handle media share: transfers from and to the object store, and time spent.

use crate::Law;
use crate::body::{Body, Raise};
use crate::host::{Host, Reply, Request};
use crate::names::Key;
use crate::services::client;
use crate::services::object::{ObjectOp, ObjectReply, PutCondition};
use crate::streams::Purpose;
use crate::time::millis;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;

/// Transfers that one worker has under way at once (boto3 TransferConfig: 10 threads).
const TRANSFERS: usize = 10;

/// A body's own stores failed it.
const NOT_REACHED: Raise = Raise {
    permanent: false,
    error: "object store not reached",
};

/// Writes an object, whatever is there.
pub fn put(key: Key, bytes: u64, tag: u64) -> ObjectOp {
    ObjectOp::Put {
        key,
        bytes,
        condition: PutCondition::Always,
        tag,
    }
}

/// One request to the object store, by its client library.
pub async fn request<H: Host>(body: &Body<'_, H>, op: ObjectOp) -> Result<ObjectReply, Raise> {
    match client::send(body.host, Request::object(op), body.stamp.at).await {
        Ok(Reply::Object(reply)) => Ok(*reply),
        Ok(other) => unreachable!("the object store does not answer {other:?}"),
        Err(_) => Err(NOT_REACHED),
    }
}

/// Several requests, some of them under way at once.
pub async fn all<H: Host>(
    body: &Body<'_, H>,
    ops: impl Iterator<Item = ObjectOp>,
) -> Result<Vec<ObjectReply>, Raise> {
    let mut replies = Vec::new();
    each(body, ops, |place, reply| replies.push((place, reply))).await?;
    replies.sort_by_key(|(place, _)| *place);
    Ok(replies.into_iter().map(|(_, reply)| reply).collect())
}

/// Puts whose number that are done is the progress of the body: those that an earlier attempt has
/// done, as its last heartbeat said, are left out.
pub async fn put_further<H: Host>(
    body: &Body<'_, H>,
    ops: impl Iterator<Item = ObjectOp>,
) -> Result<(), Raise> {
    let before = body.progress() as usize;
    let (mut done, mut ahead) = (before, BTreeSet::new());
    each(body, ops.skip(before), |place, _| {
        ahead.insert(before + place);
        // What counts is what is done without a gap.
        while ahead.remove(&done) {
            done += 1;
        }
        body.note_progress(done as u64);
    })
    .await
}

async fn each<H: Host>(
    body: &Body<'_, H>,
    ops: impl Iterator<Item = ObjectOp>,
    mut take: impl FnMut(usize, ObjectReply),
) -> Result<(), Raise> {
    let numbered = async |(place, op)| (place, request(body, op).await);
    let mut ops = ops.enumerate().map(numbered);
    let mut running: FuturesUnordered<_> = ops.by_ref().take(TRANSFERS).collect();
    while let Some((place, reply)) = running.next().await {
        take(place, reply?);
        running.extend(ops.next());
    }
    Ok(())
}

/// Time drawn from a law for this body.
pub async fn sleep<H: Host>(body: &Body<'_, H>, law: &Law) {
    let ms = match law {
        Law::Constant(ms) => *ms,
        law => {
            let at = body.stamp.at;
            let streams = &body.host.world().streams;
            let turn = u64::from(body.stamp.body);
            let entity = u64::from(at.execution);
            law.quantile(streams.pick(Purpose::Work, entity, at.step.stamp(), turn))
        }
    };
    body.sleep(millis(ms)).await;
}
