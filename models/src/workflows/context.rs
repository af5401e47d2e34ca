//! What a workflow may ask of its engine. The same workflow code runs on every engine that has a
//! context.

use crate::body::{Body, Raise};
use crate::engines::durable::Termination;
use crate::host::Host;
use crate::ledger::Effect;
use crate::point::StepName;
use crate::value::{Payload, Value};
use crate::workflows::completion::Branches;
use crate::workflows::stage::Stage;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::time::Duration;

/// Why a workflow cannot go on at this point. A workflow passes it up unchanged (`?`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failure {
    /// A step failed and no attempt is left.
    Step(&'static str),
    /// The engine stops here for now and comes back at the given time, if that is known.
    Suspended(Option<Duration>),
    /// The context that this branch belongs to is over.
    Orphaned,
    /// The engine's own storage failed.
    Terminated(Termination),
    /// Not to be retried.
    Final(&'static str),
}

/// What somebody outside is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Callback {
    pub name: StepName,
    /// The step that asks.
    pub submit: StepName,
    /// How long after that the answer comes.
    pub after: Duration,
    /// How long it is waited for.
    pub limit: Option<Duration>,
}

/// An engine, as a workflow sees it.
///
/// Branches may go on beyond the call that began them, so what they use of the workflow lives as long as it.
pub trait Context<'w> {
    /// Where bodies run.
    type Host: Host;

    /// Runs a named unit of work whose result is kept.
    async fn step<T: Payload>(
        &self,
        name: StepName,
        body: impl AsyncFn(&Body<'_, Self::Host>) -> Result<T, Raise>,
    ) -> Result<T, Failure>;

    /// Runs `branch` for each number from 0, side by side, and returns the results of those that
    /// went well, in order. Fails if more failed than may.
    async fn map<T: Payload>(
        &self,
        name: StepName,
        branches: Branches,
        branch: impl AsyncFn(&Self, u32) -> Result<T, Failure> + 'w,
    ) -> Result<Vec<T>, Failure>;

    /// Runs a part of the workflow as a unit whose result is kept and whose operations are numbered
    /// apart. Engines that keep no units run it in place.
    async fn child<T: Payload>(
        &self,
        _name: StepName,
        run: impl AsyncFn(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        run(self).await
    }

    /// Checks something again and again, with a delay between, until it is so; a check that raises fails.
    /// The checks are numbered from 1.
    ///
    /// As one writes it where the engine knows steps and waits only: a step for each check, the number of
    /// its name that much higher.
    async fn poll(
        &self,
        name: StepName,
        delay: Duration,
        check: impl AsyncFn(&Body<'_, Self::Host>, u32) -> Result<bool, Raise>,
    ) -> Result<(), Failure> {
        let first = name.index().unwrap_or(0);
        for made in 1.. {
            let once = async |body: &Body<'_, Self::Host>| {
                let met = check(body, made).await?;
                Ok(Value::Int(i64::from(met)))
            };
            let name = name.numbered(first + made - 1);
            if self.step(name, once).await? == Value::Int(1) {
                break;
            }
            self.wait(name, delay).await?;
        }
        Ok(())
    }

    /// Asks somebody outside by the effect of a step, which `prepare` comes before, and waits for the
    /// answer.
    ///
    /// As one writes it where the engine knows steps and waits only: a wait until the answer is there, or
    /// its time is over.
    async fn callback(
        &self,
        callback: Callback,
        prepare: impl AsyncFn(&Body<'_, Self::Host>) -> Result<(), Raise>,
    ) -> Result<(), Failure> {
        ask_and_wait(self, callback, prepare).await
    }

    /// Invokes another function, which takes so long, and waits for its end.
    async fn invoke(&self, _name: StepName, _length: Duration) -> Result<(), Failure> {
        Err(Failure::Final("the engine invokes no other function"))
    }

    /// Lets time pass without paying for it, where the engine can.
    async fn wait(&self, name: StepName, length: Duration) -> Result<(), Failure>;

    /// Runs a stage: a step with a time-out and a number of retries of its own. `None` if it is
    /// optional and failed.
    ///
    /// As one writes it where the engine knows steps only, and tries them once.
    async fn stage<T: Payload>(
        &self,
        stage: &Stage,
        code: impl AsyncFn(&Body<'_, Self::Host>) -> Result<T, Raise>,
    ) -> Result<Option<T>, Failure> {
        let timed = async |body: &Body<'_, Self::Host>| stage.within(body, code(body)).await;
        stage.result(self.step(stage.name, timed).await)
    }

    /// Whether the engine removes temporary objects by itself, however an execution ends.
    fn cleans_up(&self) -> bool {
        false
    }

    /// The host, for random draws about the workflow itself.
    fn host(&self) -> &Self::Host;

    /// The execution's number.
    fn execution(&self) -> u32;
}

/// The code of the step that asks: its effect is `sent`.
pub async fn ask<H: Host>(
    body: &Body<'_, H>,
    prepare: impl AsyncFn(&Body<'_, H>) -> Result<(), Raise>,
    sent: impl Fn(),
) -> Result<Value, Raise> {
    prepare(body).await?;
    body.before_effect().await?;
    body.record_effect(Effect::Plain);
    sent();
    body.after_effect().await?;
    Ok(Value::Unit)
}

/// See [`Context::callback`].
pub async fn ask_and_wait<'w, C: Context<'w> + ?Sized>(
    context: &C,
    callback: Callback,
    prepare: impl AsyncFn(&Body<'_, C::Host>) -> Result<(), Raise>,
) -> Result<(), Failure> {
    let submit = async |body: &Body<'_, C::Host>| ask(body, &prepare, || ()).await;
    context.step(callback.submit, submit).await?;
    let Callback { after, limit, .. } = callback;
    let late = limit.filter(|limit| *limit < after);
    context.wait(callback.name, late.unwrap_or(after)).await?;
    match late {
        Some(_) => Err(Failure::Step("callback timed out")),
        None => Ok(()),
    }
}

/// Runs branches in the memory of one process, and gives the results of those that went well in their
/// order. When they are over, the others are dropped.
pub async fn side_by_side<T>(
    branches: Branches,
    branch: impl AsyncFn(u32) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let run = async |item: u32| (item, branch(item).await);
    let mut results: Vec<Option<T>> = (0..branches.count).map(|_| None).collect();
    let (mut succeeded, mut failed) = (0, 0);
    let mut running = FuturesUnordered::new();
    let mut next = 0;
    while !branches.are_over(succeeded, failed) {
        while next < branches.count && running.len() < branches.limit() {
            running.push(run(next));
            next += 1;
        }
        match running.next().await.expect("a branch runs") {
            (item, Ok(result)) => {
                results[item as usize] = Some(result);
                succeeded += 1;
            }
            (_, Err(Failure::Step(error))) => {
                failed += 1;
                if branches.is_exceeded(failed) {
                    return Err(Failure::Step(error));
                }
            }
            (_, Err(failure)) => return Err(failure),
        }
    }
    Ok(results.into_iter().flatten().collect())
}
