//! The counter by hand: one function, one item for the number, and for a batch one item that says
//! how far the request has come.

use super::config::{Config, Variant};
use super::retry::{attempts, back_off};
use super::store::{self, Addition};
use super::{Call, Task};
use crate::body::{Body, Stamp};
use crate::engines::again::start_again;
use crate::engines::broken::Broken;
use crate::host::{Answer, CallError, Event, Host, Reply, Request};
use crate::invoke::invoke;
use crate::names::Key;
use crate::point::At;
use crate::services::client;
use crate::services::kv::{Condition, Item, KvError, Value, Write};
use crate::value::Value as Result_;
use crate::workflows::counter::Counter;
use crate::world::Outcome;

/// Sends the request until it is acknowledged.
pub async fn drive<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    let again = *config;
    start_again(host, execution, |outside| async move {
        let outcome = request(&outside, &again, execution).await;
        outside.world().tell(execution, outcome);
    });
    request(host, config, execution).await
}

async fn request<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    let at = At::execution(execution);
    let mut sent = 0;
    loop {
        let task = Task::Counter;
        let answer = invoke(host, Event::Explicit(Call { execution, task }), at).await;
        match answer {
            Ok(Answer::Succeeded(value)) => return Outcome::Succeeded(value),
            Ok(Answer::Pending) => host.wait(host.world().workflow.idle()).await,
            Ok(Answer::Failed(error)) => return Outcome::Failed(error),
            Ok(Answer::Retry(_)) | Err(_) => {
                host.world().fault_seen(execution, host.now());
                sent += 1;
                if sent >= config.client_attempts {
                    return Outcome::Failed("not acknowledged");
                }
                back_off(host, config, at, sent).await;
            }
        }
    }
}

/// How far a batch has come.
fn progress_key(execution: u32) -> Key {
    Key::new("progress", u64::from(execution), 0)
}

/// Does the operations that are not done yet.
pub async fn handle<H: Host>(
    host: &H,
    config: &Config,
    counter: &Counter,
    execution: u32,
) -> Answer {
    match operations(host, config, counter, execution).await {
        Ok(answer) => answer,
        Err(Stop::Step(error)) => Answer::Failed(error),
        // The client sends the request again.
        Err(Stop::Store) => Answer::Retry("store not reached"),
    }
}

enum Stop {
    Step(&'static str),
    Store,
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Stop {
        match store::is_final(&error) {
            true => Stop::Step("refused by the store"),
            false => Stop::Store,
        }
    }
}

async fn operations<H: Host>(
    host: &H,
    config: &Config,
    counter: &Counter,
    execution: u32,
) -> Result<Answer, Stop> {
    let at = At::execution(execution);
    let batch = counter.operations > 1 || counter.idles();
    let (mut next, mut until) = (0, 0);
    if batch {
        let stamp = Stamp {
            at,
            attempt: 1,
            body: 0,
        };
        let item = store::get(host, progress_key(execution), stamp).await?;
        let read = |name| item.as_ref().and_then(|i| i.int(name)).unwrap_or(0);
        (next, until) = (read("next") as u32, read("due_ms"));
    }
    while next < counter.operations {
        if counter.idles() && next == counter.middle() {
            // A request that comes again meanwhile does not cut the wait short.
            let now = host.now().as_millis() as i64;
            if until == 0 {
                until = now + (counter.idle.as_millis() as i64).max(1);
                begin_wait(host, config, at, next, until).await?;
            }
            if now < until {
                return Ok(Answer::Pending);
            }
        }
        operation(host, config, counter, at, next, batch.then_some(until)).await?;
        next += 1;
    }
    let value = match counter.get {
        true => read_value(host, config, counter, at).await?,
        false => 0,
    };
    Ok(Answer::Succeeded(Result_::Int(value)))
}

/// One operation: its code, then its state. `until`: of a request whose progress is recorded, when its wait ends.
async fn operation<H: Host>(
    host: &H,
    config: &Config,
    counter: &Counter,
    at: At,
    index: u32,
    until: Option<i64>,
) -> Result<(), Stop> {
    let at = at.step(counter.step(index));
    let run = async |body: &Body<'_, H>| {
        counter.work(body).await?;
        Ok(body.stamp.body)
    };
    let done = until.map(|until| progress(at.execution, index + 1, until, Condition::Always));
    if let (Some(done), Broken::ProgressBeforeEffect) = (&done, config.broken) {
        write_progress(host, at, done).await?;
    }
    let (body, attempt) = attempts(host, config, at, run).await.map_err(Stop::Step)?;
    let together = config.variant == Variant::Idempotent;
    let addition = Addition {
        delta: counter.delta(index),
        payload: counter.payload,
        operation: index,
        stamp: Stamp { at, attempt, body },
        key_outside: config.broken == Broken::KeyOutsideTransaction,
        along: done.clone().filter(|_| together),
    };
    store::add(host, config.variant, config.patience, &addition).await?;
    if let (Some(done), false) = (&done, together) {
        write_progress(host, at, done).await?;
    }
    host.world().commit(at, host.now());
    Ok(())
}

/// `until`: when the wait in the middle ends, in milliseconds of the run; 0 before it has begun.
fn progress(execution: u32, next: u32, until: i64, condition: Condition) -> Write {
    let item = Item::new()
        .with("next", Value::Int(i64::from(next)))
        .with("due_ms", Value::Int(until));
    Write::put(progress_key(execution), item, condition)
}

/// Writing the same progress twice does no harm, so a lost answer is simply tried again.
async fn write_progress<H: Host>(host: &H, at: At, progress: &Write) -> Result<(), CallError> {
    let write = || Request::kv(progress.clone());
    match client::send(host, write(), at).await {
        Err(CallError::Timeout) => client::send(host, write(), at).await.map(drop),
        other => other.map(|_: Reply| ()),
    }
}

/// Records that the wait begins. Whoever writes conditionally leaves alone what another copy of the request, or this
/// one before its answer was lost, has recorded since.
async fn begin_wait<H: Host>(
    host: &H,
    config: &Config,
    at: At,
    next: u32,
    until: i64,
) -> Result<(), CallError> {
    let condition = match (config.variant, next) {
        (Variant::Naive | Variant::Atomic, _) => Condition::Always,
        (_, 0) => Condition::Absent,
        _ => Condition::Equals("due_ms", Value::Int(0)),
    };
    match write_progress(host, at, &progress(at.execution, next, until, condition)).await {
        Err(CallError::Kv(KvError::ConditionFailed)) => Ok(()),
        other => other,
    }
}

async fn read_value<H: Host>(
    host: &H,
    config: &Config,
    counter: &Counter,
    at: At,
) -> Result<i64, Stop> {
    let at = at.step(Counter::GET);
    let run = async |body: &Body<'_, H>| {
        counter.sleep(body).await;
        Ok(body.stamp)
    };
    let (stamp, _) = attempts(host, config, at, run).await.map_err(Stop::Step)?;
    let item = store::get(host, store::COUNTER, stamp).await?;
    Ok(item.and_then(|i| i.int("value")).unwrap_or(0))
}
