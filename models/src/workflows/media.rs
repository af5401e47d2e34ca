//! What steps that handle media share: transfers from and to the object store, and time spent.

use crate::Law;
use crate::body::{Body, Raise};
use crate::host::{Host, Reply, Request};
use crate::names::Key;
use crate::services::client;
use crate::services::object::{ObjectOp, ObjectReply, PutCondition};
use crate::streams::Purpose;
use crate::world::millis;
use futures_util::stream::{FuturesUnordered, StreamExt};

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
    match client::send(body.host, Request::Object(op), body.stamp.at).await {
        Ok(Reply::Object(reply)) => Ok(reply),
        Ok(other) => unreachable!("the object store does not answer {other:?}"),
        Err(_) => Err(NOT_REACHED),
    }
}

/// Several requests, some of them under way at once.
pub async fn all<H: Host>(
    body: &Body<'_, H>,
    ops: impl Iterator<Item = ObjectOp>,
) -> Result<Vec<ObjectReply>, Raise> {
    let numbered = async |(place, op)| (place, request(body, op).await);
    let mut ops = ops.enumerate().map(numbered);
    let mut running: FuturesUnordered<_> = ops.by_ref().take(TRANSFERS).collect();
    let mut replies = Vec::new();
    while let Some((place, reply)) = running.next().await {
        replies.push((place, reply?));
        running.extend(ops.next());
    }
    replies.sort_by_key(|(place, _)| *place);
    Ok(replies.into_iter().map(|(_, reply)| reply).collect())
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
