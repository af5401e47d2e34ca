//! A key-value store that behaves and charges as DynamoDB's on-demand tables do.
//!
//! A pure state machine: every request is applied at once and in one piece, so requests are
//! linearizable in the order of their application; the caller gives the time, waits the latency
//! and loses the answers. What is modelled, with the page of the DynamoDB Developer Guide or API
//! Reference that says so:
//!
//! * conditional writes, atomic per item ("Working with items"): [`Condition`];
//! * transactions of up to 100 writes on distinct items, all or nothing, with a client token that
//!   deduplicates for ten minutes ("TransactWriteItems"): [`KvOp::Transact`];
//! * strongly and eventually consistent reads ("Read consistency"): [`Read`];
//! * sizes and capacity units ("Item sizes and formats", "Read and write operations"): [`item`], [`meter`];
//! * a rate limit per partition key ("Partition key design"), as a token bucket.
//!
//! Left out: indexes, streams, pages of 1 MB, adaptive capacity and transaction conflicts between
//! requests in flight (nothing is in flight inside the store).

pub mod item;
mod limits;
pub mod meter;
pub mod op;
mod plan;
mod store;
#[cfg(test)]
mod tests;
mod transact;

pub use item::{Item, Value};
pub use limits::KvLimits;
pub use meter::KvMeter;
pub use op::{Action, Change, Condition, KvError, KvOp, KvReply, Read, Write};
pub use store::KvStore;
