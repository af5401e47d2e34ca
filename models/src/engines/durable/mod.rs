//! Checkpoint and replay as in AWS Lambda durable functions.
//!
//! An execution is one or more invocations of the same handler, each from its first line. What
//! finished before returns its stored result; the rest runs. Parts:
//!
//! * [`drive`]: the service's control loop, which invokes, waits for timers and backs off;
//! * `handler`: one invocation;
//! * `sdk`, `batch`: operations seen so far, and the one request at a time that stores new ones;
//! * `context`, `child`, `map`, `poll`, `callback`, `invoke`: what the workflow calls; `pending`: what waits; `left`: branches that it no longer waits for;
//! * `sizes`: bytes of what is stored;
//! * `retry`: delays between attempts.
//!
//! Sources: AWS SDK for Python `aws-durable-execution-sdk-python` 3.0.0 and for JavaScript 2.4.0,
//! read and measured under AWS's local runner; developer guide docs.aws.amazon.com/durable-execution.

mod batch;
mod callback;
mod child;
mod config;
mod context;
mod drive;
mod handler;
mod invoke;
mod keys;
mod left;
mod map;
mod pending;
mod pledges;
mod poll;
pub mod retry;
mod sdk;
mod sizes;

pub use config::{Config, Nesting, Sdk as SdkKind, Semantics};
pub use drive::drive;
pub use handler::handle;
pub use invoke::launch;
pub use keys::ENTRY;
pub use pledges::pledges;
pub use sdk::Termination;
