//! Map and parallel: branches in index order, side by side (Python `concurrency/executor.py`).
//!
//! A branch that suspends keeps its place. When its time comes while others run, it runs again in the
//! same invocation after one request without updates; when no branch runs any more, the whole
//! map suspends. It is over when enough branches went well or too many failed, once the branches that
//! the same answer let go on have had their turn. Nobody waits for the others ([`super::left`]). The
//! map itself succeeds all the same; the workflow sees the failure.

use super::child::{Unit, is_large};
use super::config::{Nesting, Sdk as Kind};
use super::context::Durable;
use super::sizes::{self, Branch};
use crate::host::Host;
use crate::point::StepName;
use crate::services::durable::{OpType, Status};
use crate::value::{Payload, Value};
use crate::workflows::completion::Branches;
use crate::workflows::context::Failure;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// What became of the branches.
struct Progress<T> {
    /// Of those that ended: what they gave, or why they failed.
    ended: Vec<Option<Result<T, &'static str>>>,
    succeeded: u32,
    failed: u32,
    /// What ends the invocation and not only a branch.
    failure: Option<Failure>,
    /// Waiting branches by the time at which they go on.
    waiting: BTreeSet<(Duration, u32)>,
    next: u32,
}

enum Next<T> {
    Ended(u32, Result<T, Failure>),
    Due,
    /// No branch can go on at once.
    Still,
}

impl<'s, 'h, H: Host> Durable<'s, 'h, H> {
    pub(super) async fn run_map<T: Payload>(
        &self,
        name: StepName,
        branches: Branches,
        branch: impl AsyncFn(&Self, u32) -> Result<T, Failure> + 's,
    ) -> Result<Vec<T>, Failure> {
        let sdk = self.sdk;
        let id = self.next_id();
        let stored = sdk.find(id, OpType::Context, name)?;
        let of = self.inside(id, id, true);
        if stored.is_some_and(|operation| operation.status == Status::Succeeded) {
            let result: Value = sdk.result(id).expect("a map's result is stored");
            if sdk.replays_children(id) {
                return of.rebuild(name, branches, &result, &branch).await;
            }
            sdk.replayed().await;
            return unpack(&result);
        }
        if stored.is_none() {
            sdk.new_work();
            self.begin_context(id, self.parent, name)?;
        }
        let together = Rc::new(Together {
            of,
            branch,
            turns: Cell::default(),
        });
        let run = |item: u32, again: bool| {
            let together = Rc::clone(&together);
            async move { (item, together.item(name, item, again).await) }
        };
        let mut running = FuturesUnordered::new();
        let all = together.run(branches, &mut running, &run).await;
        // Python's invocation ends only when all that runs has ended, even if it cannot go on
        // (`execution.py` closes the state on every way out).
        let outlives = all.is_ok() || sdk.config.sdk == Kind::Python;
        if outlives && !running.is_empty() {
            let together = Rc::clone(&together);
            let rest = async move { together.run_on(running).await };
            self.leave(id, Box::pin(rest));
        }
        let all = all?;
        let failed = branches.is_exceeded(all.failed);
        // What the SDKs raise for a map that failed is the error of its first branch that did.
        let mut errors = all
            .ended
            .iter()
            .flatten()
            .filter_map(|end| end.as_ref().err());
        let error = errors.next().copied().unwrap_or("map failed");
        let unended = (0..).zip(&all.ended).filter(|(_, ended)| ended.is_none());
        let unended: Vec<Value> = unended.map(|(item, _)| Value::Int(item)).collect();
        let begun = &all.ended[..all.next as usize];
        let (bytes, summary) = written(sdk.config.sdk, begun, all.reason(branches));
        let large = is_large(bytes);
        let results: Vec<T> = all.ended.into_iter().flatten().flatten().collect();
        let stored = match (large, failed) {
            (true, _) => (unended.pack(), summary),
            (false, true) => (Value::Unit, bytes),
            (false, false) => (results.pack(), bytes),
        };
        self.finish_context(id, self.parent, name, stored, large)
            .await?;
        match failed {
            true => Err(Failure::Step(error)),
            false => Ok(results),
        }
    }

    /// The results of a map whose own was too large to store, from its branches. `unended`: those that
    /// had not ended when the map was over, which are left alone.
    async fn rebuild<T: Payload>(
        &self,
        name: StepName,
        branches: Branches,
        unended: &Value,
        branch: &impl AsyncFn(&Self, u32) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let unended: Vec<Value> = Payload::unpack(unended);
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for item in 0..branches.count {
            if unended.contains(&Value::Int(i64::from(item))) {
                continue;
            }
            match self.item(name, item, false, branch).await {
                Ok(result) => results.push(result),
                Err(Failure::Step(error)) => errors.push(error),
                Err(failure) => return Err(failure),
            }
        }
        match errors.first() {
            Some(error) if branches.is_exceeded(errors.len() as u32) => Err(Failure::Step(error)),
            _ => Ok(results),
        }
    }

    /// One branch of the map that this context is. `again`: it goes on after a wait in this invocation.
    async fn item<T: Payload>(
        &self,
        map_name: StepName,
        item: u32,
        again: bool,
        branch: &impl AsyncFn(&Self, u32) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if again {
            self.sdk.refresh().await?;
        }
        let (map, id) = (self.parent, self.parent.child(item));
        if self.sdk.config.nesting == Nesting::Flat {
            return branch(&self.inside(map, id, true), item).await;
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

/// The branches of one map, side by side.
struct Together<'s, 'h, H, B> {
    /// The map's own context.
    of: Durable<'s, 'h, H>,
    branch: B,
    /// How often branches had a turn.
    turns: Cell<u64>,
}

impl<'s, 'h, H: Host, B> Together<'s, 'h, H, B> {
    /// Runs branches as far as they go in this invocation, or until no more are waited for; those
    /// that still run are then left in `running`.
    async fn run<T, F>(
        &self,
        branches: Branches,
        running: &mut FuturesUnordered<F>,
        run: &impl Fn(u32, bool) -> F,
    ) -> Result<Progress<T>, Failure>
    where
        F: Future<Output = (u32, Result<T, Failure>)>,
    {
        let mut all = Progress {
            ended: (0..branches.count).map(|_| None).collect(),
            succeeded: 0,
            failed: 0,
            failure: None,
            waiting: BTreeSet::new(),
            next: 0,
        };
        // Python hears of ends one by one. In JavaScript those of one turn of the event loop come together, and
        // failures before successes, whose values are stored and read again first.
        let sdk = self.of.sdk;
        let python = sdk.config.sdk == Kind::Python;
        let mut heard: Vec<(u32, Result<T, Failure>)> = Vec::new();
        loop {
            let over = all.is_over(branches);
            if heard.is_empty() {
                all.admit(branches, running, run);
            }
            if running.is_empty() && heard.is_empty() {
                break;
            }
            let due = all.waiting.first().map(|(due, _)| *due).filter(|_| !over);
            match self.next(running, due, over || !heard.is_empty()).await {
                Next::Ended(item, result) if python => all.end(item, result),
                Next::Ended(item, result) => heard.push((item, result)),
                Next::Still if heard.is_empty() => break,
                Next::Still => {
                    let (went_well, failed): (Vec<_>, Vec<_>) = mem::take(&mut heard)
                        .into_iter()
                        .partition(|(_, result)| result.is_ok());
                    heard.extend(self.let_others(running).await);
                    for (item, result) in failed {
                        all.hear(item, result, branches, running, run);
                    }
                    // Values are stored and read again first.
                    if !went_well.is_empty() && !all.is_over(branches) {
                        heard.extend(self.let_others(running).await);
                    }
                    for (item, result) in went_well {
                        all.hear(item, result, branches, running, run);
                    }
                }
                Next::Due => {
                    for item in all.take_due(sdk.host.now()) {
                        running.push(run(item, true));
                    }
                }
            }
        }
        match all.failure {
            Some(failure) => Err(failure),
            None if branches.are_over(all.succeeded, all.failed) => {
                self.let_others(running).await;
                Ok(all)
            }
            None => {
                let due = all.waiting.first().map(|(due, _)| *due);
                Err(Failure::Suspended(due))
            }
        }
    }

    /// Lets all others go first, its own branches among them. Returns those that ended.
    async fn let_others<F: Future>(&self, running: &mut FuturesUnordered<F>) -> Vec<F::Output> {
        let mut ended = Vec::new();
        let mut others = pin!(self.of.sdk.let_others(self.of.depth));
        poll_fn(|cx| {
            let others = others.as_mut().poll(cx);
            while others.is_pending() {
                match self.poll(running, cx) {
                    Poll::Ready(Some(end)) => ended.push(end),
                    _ => break,
                }
            }
            others
        })
        .await;
        ended
    }

    /// The next branch that ends or suspends, or the time at which a waiting one goes on. `look`: only
    /// if one can go on at once.
    async fn next<T, F: Future<Output = (u32, Result<T, Failure>)>>(
        &self,
        running: &mut FuturesUnordered<F>,
        due: Option<Duration>,
        look: bool,
    ) -> Next<T> {
        let host = self.of.sdk.host;
        let wait = due.map(|due| host.wait(due.saturating_sub(host.now())));
        let mut wait = pin!(wait);
        poll_fn(|cx| {
            if let Poll::Ready(Some((item, result))) = self.poll(running, cx) {
                return Poll::Ready(Next::Ended(item, result));
            }
            if look {
                return Poll::Ready(Next::Still);
            }
            match wait.as_mut().as_pin_mut() {
                Some(wait) => wait.poll(cx).map(|()| Next::Due),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// The next branch to end; pending once none can go on at once.
    ///
    /// `FuturesUnordered` yields when all have had a turn, even if some could go on at once. In the SDKs nothing
    /// is sent before all have gone as far as they can: JavaScript empties its queue of microtasks first, Python
    /// waits for a window.
    fn poll<F: Future>(
        &self,
        running: &mut FuturesUnordered<F>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<F::Output>> {
        loop {
            let before = self.turns.get();
            let next = running.poll_next_unpin(cx);
            if next.is_ready() || self.turns.get() == before {
                return next;
            }
        }
    }

    /// One branch, whose turns are counted.
    async fn item<T: Payload>(&self, name: StepName, item: u32, again: bool) -> Result<T, Failure>
    where
        B: AsyncFn(&Durable<'s, 'h, H>, u32) -> Result<T, Failure>,
    {
        let mut branch = pin!(self.of.item(name, item, again, &self.branch));
        poll_fn(|cx| {
            self.turns.set(self.turns.get() + 1);
            branch.as_mut().poll(cx)
        })
        .await
    }

    /// Branches that nobody waits for, as far as they still go: one that suspends is not come back to.
    async fn run_on<F: Future>(&self, mut running: FuturesUnordered<F>) {
        while poll_fn(|cx| self.poll(&mut running, cx)).await.is_some() {}
    }
}

/// Bytes of what branches give, and of what is stored instead if that is too large.
fn written<T: Payload>(
    sdk: Kind,
    begun: &[Option<Result<T, &'static str>>],
    reason: &str,
) -> (u64, u64) {
    let values: Vec<Value> = begun
        .iter()
        .map(|ended| match ended {
            Some(Ok(value)) => value.pack(),
            _ => Value::Unit,
        })
        .collect();
    let branch = |(ended, value)| match ended {
        &None => Branch::Started,
        &Some(Err(error)) => Branch::Failed(error),
        Some(Ok::<T, _>(_)) => Branch::Succeeded(value),
    };
    let all: Vec<Branch<'_>> = begun.iter().zip(&values).map(branch).collect();
    let bytes = sizes::branches(sdk, &all, reason);
    let summary = match is_large(bytes) {
        true => sizes::summary(sdk, &all, reason),
        false => 0,
    };
    (bytes, summary)
}

impl<T> Progress<T> {
    /// Why no more branches are waited for.
    fn reason(&self, branches: Branches) -> &'static str {
        match branches.is_exceeded(self.failed) {
            true => "FAILURE_TOLERANCE_EXCEEDED",
            false if self.succeeded + self.failed >= branches.count => "ALL_COMPLETED",
            false => "MIN_SUCCESSFUL_REACHED",
        }
    }

    fn is_over(&self, branches: Branches) -> bool {
        self.failure.is_some() || branches.are_over(self.succeeded, self.failed)
    }

    /// Begins as many branches as there is room for. One that waits keeps its place.
    fn admit<F>(
        &mut self,
        branches: Branches,
        running: &FuturesUnordered<F>,
        run: &impl Fn(u32, bool) -> F,
    ) {
        let ended = self.succeeded + self.failed;
        while !self.is_over(branches)
            && self.next < branches.count
            && ((self.next - ended) as usize) < branches.limit()
        {
            running.push(run(self.next, false));
            self.next += 1;
        }
    }

    /// A branch ended: another one may begin. Nothing of both once it is over.
    fn hear<F>(
        &mut self,
        item: u32,
        result: Result<T, Failure>,
        branches: Branches,
        running: &FuturesUnordered<F>,
        run: &impl Fn(u32, bool) -> F,
    ) {
        if !self.is_over(branches) {
            self.end(item, result);
            self.admit(branches, running, run);
        }
    }

    fn end(&mut self, item: u32, result: Result<T, Failure>) {
        match result {
            Ok(value) => {
                self.ended[item as usize] = Some(Ok(value));
                self.succeeded += 1;
            }
            Err(Failure::Step(error)) => {
                self.ended[item as usize] = Some(Err(error));
                self.failed += 1;
            }
            Err(Failure::Suspended(due)) => {
                self.waiting.insert((due.unwrap_or(Duration::MAX), item));
            }
            Err(failure) => {
                self.failure.get_or_insert(failure);
            }
        }
    }

    /// The waiting branches whose time has come.
    fn take_due(&mut self, now: Duration) -> Vec<u32> {
        let later = self.waiting.split_off(&(now + Duration::from_nanos(1), 0));
        let due = mem::replace(&mut self.waiting, later);
        due.into_iter().map(|(_, item)| item).collect()
    }
}

fn unpack<T: Payload>(result: &Value) -> Result<Vec<T>, Failure> {
    match result {
        Value::Unit => Err(Failure::Step("map failed")),
        stored => Ok(Payload::unpack(stored)),
    }
}
