//! Map: branches in index order, side by side (Python `concurrency/executor.py`).
//!
//! A branch that waits keeps its place. When its time comes while others run, it goes on in the
//! same invocation after one request without updates; when no branch runs any more, the whole
//! map suspends. The first failure ends it, once the branches that the same answer let go on have
//! had their turn: branches still running go on to their next update, which is refused. Python
//! waits for them, JavaScript does not (`ConcurrencyController`): they run on while the invocation
//! lasts. The map itself succeeds all the same; the workflow sees the failure.

use super::child::Unit;
use super::config::{Nesting, Sdk as Kind};
use super::context::Durable;
use crate::host::Host;
use crate::point::StepName;
use crate::services::durable::{OpId, OpType, Status};
use crate::value::{Payload, Value};
use crate::workflows::context::Failure;
use futures_util::stream::{FuturesUnordered, Stream};
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// What became of the branches.
struct Branches<T> {
    results: Vec<Option<T>>,
    failure: Option<Failure>,
    /// Waiting branches by the time at which they go on.
    waiting: BTreeSet<(Duration, u32)>,
    next: u32,
    /// The end of the map is on its way already.
    finished: bool,
}

enum Next<T> {
    Ended(u32, Result<T, Failure>),
    Due,
    /// No branch can go on at once.
    Still,
    /// The map is over, and nobody waits for the branches that still run.
    Left,
}

impl<H: Host> Durable<'_, '_, H> {
    pub(super) async fn run_map<T: Payload>(
        &self,
        name: StepName,
        items: u32,
        limit: usize,
        branch: impl AsyncFn(&Self, u32) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let sdk = self.sdk;
        let id = self.next_id();
        let stored = sdk.find(id, OpType::Context, name)?;
        let over = stored.filter(|op| op.status == Status::Succeeded);
        if let Some(result) = over.and_then(|_| sdk.result::<Value>(id)) {
            sdk.replayed().await;
            return unpack(&result);
        }
        if stored.is_none() {
            sdk.new_work();
            self.begin_context(id, self.parent, name)?;
        }
        let over = over.is_some();
        let branches = self
            .run_branches((id, name, over), items, limit, &branch)
            .await?;
        let result = match branches.failure {
            Some(_) => Value::Unit,
            None => branches
                .results
                .iter()
                .flatten()
                .cloned()
                .collect::<Vec<T>>()
                .pack(),
        };
        if !over && !branches.finished {
            self.finish_context(id, self.parent, name, result).await?;
        }
        match branches.failure {
            Some(_) => Err(Failure::Step("map failed")),
            None => Ok(branches.results.into_iter().flatten().collect()),
        }
    }

    /// Runs all branches as far as they go in this invocation. `over`: the map's end is stored.
    async fn run_branches<T: Payload>(
        &self,
        (id, name, over): (OpId, StepName, bool),
        items: u32,
        limit: usize,
        branch: &impl AsyncFn(&Self, u32) -> Result<T, Failure>,
    ) -> Result<Branches<T>, Failure> {
        let limit = if limit == 0 { usize::MAX } else { limit };
        let mut all = Branches {
            results: (0..items).map(|_| None).collect(),
            failure: None,
            waiting: BTreeSet::new(),
            next: 0,
            finished: false,
        };
        let run = async |item: u32, again: bool| {
            let result = self.item(id, name, item, again, branch).await;
            (item, result)
        };
        let mut running = FuturesUnordered::new();
        // A branch that ends makes room for the next at once in Python; in JavaScript those that end
        // in the same turn are all heard first, and the next does not start if one of them failed.
        let at_once = self.sdk.config.sdk == Kind::Python;
        let mut still = true;
        loop {
            let room = |running: &FuturesUnordered<_>, all: &Branches<T>| {
                let under_way = running.len() + all.waiting.len();
                all.failure.is_none() && all.next < items && under_way < limit
            };
            while (at_once || still) && room(&running, &all) {
                running.push(run(all.next, false));
                all.next += 1;
            }
            still = !room(&running, &all);
            if running.is_empty() && still {
                break;
            }
            let due = all.waiting.first().map(|(due, _)| *due);
            let due = due.filter(|_| all.failure.is_none());
            let failed = all.failure.is_some().then_some(id);
            match self.next(&mut running, due, failed, still).await {
                Next::Ended(item, result) => {
                    ended(&mut all, item, result);
                    still = at_once;
                }
                Next::Still => still = true,
                Next::Left => {
                    if !over && matches!(all.failure, Some(Failure::Step(_))) {
                        self.finish_context(id, self.parent, name, Value::Unit)
                            .await?;
                        all.finished = true;
                    }
                    self.run_on(&mut running).await;
                    break;
                }
                Next::Due => {
                    let now = self.sdk.host.now();
                    while let Some(&(due, item)) = all.waiting.first().filter(|w| w.0 <= now) {
                        all.waiting.remove(&(due, item));
                        running.push(run(item, true));
                    }
                }
            }
        }
        match (all.failure, all.waiting.first()) {
            (Some(Failure::Step(_)) | None, None) => Ok(all),
            (Some(Failure::Step(_)), Some(_)) => Ok(all),
            (None, Some((due, _))) => Err(Failure::Suspended(Some(*due))),
            (Some(failure), _) => Err(failure),
        }
    }

    /// The next branch that ends or suspends, or the time at which a waiting one goes on. A map
    /// that failed is closed as soon as no branch can go on at once.
    async fn next<T, F: Future<Output = (u32, Result<T, Failure>)>>(
        &self,
        running: &mut FuturesUnordered<F>,
        due: Option<Duration>,
        failed: Option<OpId>,
        still: bool,
    ) -> Next<T> {
        let (sdk, mut running) = (self.sdk, pin!(running));
        let wait = due.map(|due| sdk.host.wait(due.saturating_sub(sdk.host.now())));
        let mut wait = pin!(wait);
        poll_fn(|cx| {
            if let Poll::Ready(Some((item, result))) = running.as_mut().poll_next(cx) {
                return Poll::Ready(Next::Ended(item, result));
            }
            if !still {
                return Poll::Ready(Next::Still);
            }
            if let Some(map) = failed {
                sdk.close(map);
                if sdk.config.sdk == Kind::Js {
                    return Poll::Ready(Next::Left);
                }
            }
            match wait.as_mut().as_pin_mut() {
                Some(wait) => wait.poll(cx).map(|()| Next::Due),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Lets branches that nobody waits for run on until all that was queued is stored.
    async fn run_on<F: Future>(&self, running: &mut FuturesUnordered<F>) {
        let (sdk, mut running) = (self.sdk, pin!(running));
        poll_fn(|cx| {
            while let Poll::Ready(Some(_)) = running.as_mut().poll_next(cx) {}
            match sdk.is_settled() || sdk.termination.get().is_some() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// One branch. `again`: it goes on after a wait in this invocation.
    async fn item<T: Payload>(
        &self,
        map: OpId,
        map_name: StepName,
        item: u32,
        again: bool,
        branch: &impl AsyncFn(&Self, u32) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if again {
            self.sdk.refresh().await?;
        }
        let id = map.child(item);
        if self.sdk.config.nesting == Nesting::Flat {
            let context = Durable::new(self.sdk, map, id, true);
            return branch(&context, item).await;
        }
        let name = map_name.numbered(item);
        let unit = Unit {
            id,
            parent: map,
            name,
            branch: true,
        };
        self.run_unit(&unit, async |inner| branch(inner, item).await)
            .await
    }
}

fn ended<T>(all: &mut Branches<T>, item: u32, result: Result<T, Failure>) {
    match result {
        Ok(value) => all.results[item as usize] = Some(value),
        Err(Failure::Suspended(due)) => {
            all.waiting.insert((due.unwrap_or(Duration::MAX), item));
        }
        Err(failure) => {
            // A failure of the engine itself outranks one of a branch.
            let first = matches!(
                all.failure,
                None | Some(Failure::Step(_) | Failure::Orphaned)
            );
            if first && failure != Failure::Orphaned {
                all.failure = Some(failure);
            }
        }
    }
}

fn unpack<T: Payload>(result: &Value) -> Result<Vec<T>, Failure> {
    match result {
        Value::Unit => Err(Failure::Step("map failed")),
        stored => Ok(Payload::unpack(stored)),
    }
}
