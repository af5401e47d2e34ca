//! Objects that are of no use after the end of their execution, and how they are removed.

use crate::body::{Body, Raise};
use crate::host::{CallError, Host, Reply, Request};
use crate::names::Key;
use crate::point::At;
use crate::services::client;
use crate::services::object::{ObjectOp, ObjectReply};
use crate::world::World;

/// Removes an execution's temporary objects; gives how many there were.
pub async fn sweep<H: Host>(host: &H, at: At) -> Result<u32, CallError> {
    let mut removed = 0;
    for table in host.world().workflow.temporaries() {
        let place = (*table, u64::from(at.execution));
        let list = Request::object(ObjectOp::List { place });
        let reply = client::send(host, list, at).await?;
        let Reply::Object(reply) = reply else {
            unreachable!("the object store answers")
        };
        let ObjectReply::Objects { objects, partial } = *reply else {
            unreachable!("a list is answered with objects")
        };
        let deletes = objects.into_iter().map(|(key, _)| ObjectOp::Delete { key });
        let aborts = partial.into_iter().map(|key| ObjectOp::Abort { key });
        for op in deletes.chain(aborts) {
            client::send(host, Request::object(op), at).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The same as the code of a step, for engines that have nobody else to do it.
pub async fn sweep_step<H: Host>(body: &Body<'_, H>) -> Result<(), Raise> {
    let swept = sweep(body.host, body.stamp.at).await;
    swept
        .map(|_| ())
        .map_err(|_| Raise::transient("object store not reached"))
}

/// Temporary objects of an execution that are in the store.
pub fn left(world: &World, execution: u32) -> Vec<Key> {
    let objects = world.objects.borrow();
    let tables = world.workflow.temporaries();
    let mine = |key: &Key| tables.contains(&key.table) && key.partition == u64::from(execution);
    objects.objects().map(|(key, _)| key).filter(mine).collect()
}
