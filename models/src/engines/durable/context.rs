//! What the workflow calls: steps and waits (Python `operation/step.py`, `operation/wait.py`).

use super::child::Unit;
use super::config::{Sdk as Kind, Semantics};
use super::left::Left;
use super::sdk::{Known, Sdk, Stored};
use super::sizes;
use crate::body::{self, Body, Raise};
use crate::engines::broken::Broken;
use crate::host::Host;
use crate::point::{At, StepName};
use crate::rare::rare;
use crate::services::durable::{Action, OpId, OpType, Operation, Status, Update};
use crate::streams::Purpose;
use crate::value::Payload;
use crate::workflows::completion::Branches;
use crate::workflows::context::{Callback, Context, Failure};
use crate::workflows::stage::Stage;
use futures_util::future::LocalBoxFuture;
use std::cell::Cell;
use std::future::Future;
use std::rc::{Rc, Weak};
use std::time::Duration;

/// A context of a durable execution: the handler's own, or that of a branch.
#[derive(Debug)]
pub struct Durable<'s, 'h, H> {
    pub(super) sdk: &'s Sdk<'h, H>,
    /// The operation that updates name as their parent.
    pub(super) parent: OpId,
    /// What positions are counted under; differs from the parent in a flat map.
    prefix: OpId,
    next: Cell<u32>,
    /// How many contexts it is inside of.
    pub(super) depth: u32,
    pub(super) branch: bool,
    left: Weak<Left<'s>>,
}

impl<'s, 'h, H: Host> Durable<'s, 'h, H> {
    /// The handler's context.
    pub fn root(sdk: &'s Sdk<'h, H>, left: &Rc<Left<'s>>) -> Self {
        Durable {
            sdk,
            parent: OpId::ROOT,
            prefix: OpId::ROOT,
            next: Cell::new(0),
            depth: 0,
            branch: false,
            left: Rc::downgrade(left),
        }
    }

    /// A context inside this one.
    pub(super) fn inside(&self, parent: OpId, prefix: OpId, branch: bool) -> Self {
        Durable {
            sdk: self.sdk,
            parent,
            prefix,
            next: Cell::new(0),
            depth: self.depth + 1,
            branch,
            left: Weak::clone(&self.left),
        }
    }

    /// Leaves branches of a context behind, which is over.
    pub(super) fn leave(&self, context: OpId, branches: LocalBoxFuture<'s, ()>) {
        if let Some(left) = self.left.upgrade() {
            left.add(branches);
        }
        self.close(context);
    }

    /// A context is over: what is left of its branches is told so at its next update.
    pub(super) fn close(&self, context: OpId) {
        if self.left.upgrade().is_some_and(|left| !left.is_empty()) {
            self.sdk.close(context);
        }
    }

    /// Operations are numbered in the order in which the workflow asks for them.
    pub(super) fn next_id(&self) -> OpId {
        let position = self.next.get();
        self.next.set(position + 1);
        self.prefix.child(position)
    }

    /// The first step here, if it is done.
    fn first_stored(&self) -> Option<OpId> {
        let first = self.prefix.child(0);
        let operations = self.sdk.operations.borrow();
        let done = |op: &&Operation| op.op_type == OpType::Step && op.status == Status::Succeeded;
        operations.get(first).filter(done).map(|_| first)
    }

    fn at(&self, step: StepName) -> At {
        self.sdk.at.step(step)
    }

    /// Stores the end of an attempt that failed: a retry after a delay, or the failure.
    async fn failed(
        &self,
        id: OpId,
        name: StepName,
        made: u32,
        limit: u32,
        raise: Raise,
    ) -> Failure {
        let sdk = self.sdk;
        let delay = match raise.permanent || made >= limit {
            true => None,
            false => {
                let entity = u64::from(sdk.at.execution);
                let streams = &sdk.host.world().streams;
                let u = streams.pick(Purpose::Backoff, entity, name.stamp(), u64::from(made));
                sdk.config.retry.delay(made, u)
            }
        };
        let error_bytes = sizes::step_error(sdk.config.sdk, raise.error);
        let action = match delay {
            Some(delay) => Action::Retry { delay, error_bytes },
            None => Action::Fail { error_bytes },
        };
        let stored = Update::new(id, self.parent, OpType::Step, name, action);
        let storing = match sdk.sync(stored, self.branch) {
            Ok(storing) => storing,
            Err(failure) => return failure,
        };
        if let Err(failure) = storing.await {
            return failure;
        }
        match delay {
            Some(delay) => Failure::Suspended(Some(self.due(id, name, delay))),
            None => Failure::Step(raise.error),
        }
    }

    /// When the service will complete an operation; it has told so in its answer.
    pub(super) fn due(&self, id: OpId, name: StepName, length: Duration) -> Duration {
        let known = [OpType::Step, OpType::Wait]
            .into_iter()
            .find_map(|op_type| self.sdk.find(id, op_type, name).ok().flatten());
        known
            .and_then(|operation| operation.due)
            .unwrap_or_else(|| self.sdk.host.now() + length)
    }

    /// Runs one attempt. What every step goes through is a block in a function, because a function that
    /// is async has room for each of its arguments twice.
    fn attempt<T: Payload>(
        &self,
        semantics: Semantics,
        id: OpId,
        name: StepName,
        stored: Option<Known>,
        limit: u32,
        body: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> impl Future<Output = Result<T, Failure>> {
        let made = match self.sdk.config.broken {
            Broken::RetryBudgetReset => 0,
            _ => stored.map_or(0, |op| op.retries),
        };
        let attempt = made + 1;
        let started = stored.is_some_and(|op| op.status == Status::Started);
        async move {
            let sdk = self.sdk;
            if !started {
                let start = Action::Start { wait: None };
                let start = Update::new(id, self.parent, OpType::Step, name, start);
                match semantics {
                    Semantics::AtLeastOnce => sdk.lazy(start)?,
                    Semantics::AtMostOnce if sdk.config.broken == Broken::StartNotStored => {
                        sdk.lazy(start)?;
                    }
                    Semantics::AtMostOnce => sdk.sync(start, self.branch)?.await?,
                }
            }
            sdk.begin_executing();
            // Boxed: a workflow that waits for a checkpoint needs no room for the body, and the memory
            // of a body that takes no time is at hand for the next.
            let entered = Box::pin(body::enter(sdk.host, self.at(name), attempt, body)).await;
            let value = match entered {
                Ok(value) => value,
                Err(raise) => {
                    let failure = rare(self.failed(id, name, attempt, limit, raise)).await;
                    sdk.end_executing();
                    return Err(failure);
                }
            };
            self.succeed(id, name, &value)?.await?;
            sdk.end_executing();
            sdk.host.world().commit(self.at(name), sdk.host.now());
            if sdk.config.replay_every_step && !self.branch {
                sdk.again.set(true);
                return Err(Failure::Suspended(None));
            }
            Ok(value)
        }
    }

    /// Stores the result of a step.
    fn succeed<T: Payload>(
        &self,
        id: OpId,
        name: StepName,
        value: &T,
    ) -> Result<Stored<'s, 'h, H>, Failure> {
        let result = value.pack();
        let bytes = sizes::result(self.sdk.config.sdk, &result);
        let action = Action::Succeed {
            result,
            replay_children: false,
        };
        let done = Update::of_bytes(bytes, id, self.parent, OpType::Step, name, action);
        self.sdk.sync(done, self.branch)
    }

    /// A step that is tried at most `limit` times, if the retry strategy does not stop before.
    pub(super) fn step_up_to<T: Payload>(
        &self,
        semantics: Semantics,
        limit: u32,
        name: StepName,
        body: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> impl Future<Output = Result<T, Failure>> {
        let sdk = self.sdk;
        async move {
            let name = match sdk.config.broken {
                Broken::NondeterministicBody if sdk.replaying.get() => name.numbered(1),
                _ => name,
            };
            let id = self.next_id();
            let at_most_once = semantics == Semantics::AtMostOnce;
            loop {
                let stored = sdk.find(id, OpType::Step, name)?;
                let result = match stored.map(|op| op.status) {
                    Some(Status::Succeeded) => {
                        sdk.replayed().await;
                        let taken = match sdk.config.broken {
                            Broken::ResultsMixedUp => self.first_stored().unwrap_or(id),
                            _ => id,
                        };
                        Ok(sdk.result(taken).expect("a step's result is stored"))
                    }
                    Some(Status::Failed | Status::TimedOut) => {
                        sdk.replayed().await;
                        Err(Failure::Step("step failed"))
                    }
                    Some(Status::Pending) => {
                        let due = stored.and_then(|op| op.due);
                        rare(sdk.until_changed(id, due)).await?;
                        continue;
                    }
                    Some(Status::Started) if at_most_once => {
                        sdk.new_work();
                        let made = stored.map_or(0, |op| op.retries) + 1;
                        sdk.host.world().count_attempt(self.at(name), made);
                        Err(rare(self.failed(id, name, made, limit, INTERRUPTED)).await)
                    }
                    Some(Status::Started | Status::Ready) | None => {
                        sdk.new_work();
                        self.attempt(semantics, id, name, stored, limit, &body)
                            .await
                    }
                };
                match result {
                    // A retry: the next round waits for its time.
                    Err(Failure::Suspended(Some(_))) => {}
                    result => return result,
                }
            }
        }
    }
}

/// Waits are in whole seconds, at least one.
fn whole_seconds(length: Duration) -> Duration {
    let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    Duration::from_secs(seconds.max(1))
}

const INTERRUPTED: Raise = Raise {
    permanent: false,
    error: "step interrupted",
};

impl<'s, H: Host> Context<'s> for Durable<'s, '_, H> {
    type Host = H;

    fn step<T: Payload>(
        &self,
        name: StepName,
        body: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> impl Future<Output = Result<T, Failure>> {
        self.step_up_to(self.sdk.config.semantics, u32::MAX, name, body)
    }

    async fn stage<T: Payload>(
        &self,
        stage: &Stage,
        code: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> Result<Option<T>, Failure> {
        let timed = async |body: &Body<'_, H>| stage.within(body, code(body)).await;
        let limit = stage.retries + 1;
        let semantics = self.sdk.config.semantics;
        let result = self.step_up_to(semantics, limit, stage.name, timed);
        stage.result(result.await)
    }

    async fn map<T: Payload>(
        &self,
        name: StepName,
        branches: Branches,
        branch: impl AsyncFn(&Self, u32) -> Result<T, Failure> + 's,
    ) -> Result<Vec<T>, Failure> {
        self.run_map(name, branches, branch).await
    }

    async fn child<T: Payload>(
        &self,
        name: StepName,
        run: impl AsyncFn(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let unit = Unit {
            id: self.next_id(),
            parent: self.parent,
            name,
            branch: self.branch,
        };
        self.run_unit(&unit, run).await
    }

    async fn poll(
        &self,
        name: StepName,
        delay: Duration,
        check: impl AsyncFn(&Body<'_, H>, u32) -> Result<bool, Raise>,
    ) -> Result<(), Failure> {
        self.poll_until(name, delay, check).await
    }

    async fn callback(
        &self,
        callback: Callback,
        prepare: impl AsyncFn(&Body<'_, H>) -> Result<(), Raise>,
    ) -> Result<(), Failure> {
        self.wait_for_callback(callback, prepare).await
    }

    async fn invoke(&self, name: StepName, length: Duration) -> Result<(), Failure> {
        self.invoke_function(name, length).await
    }

    async fn wait(&self, name: StepName, length: Duration) -> Result<(), Failure> {
        let sdk = self.sdk;
        let id = self.next_id();
        match sdk.find(id, OpType::Wait, name)? {
            Some(operation) if operation.status == Status::Succeeded => {
                sdk.replayed().await;
                Ok(())
            }
            Some(operation) => {
                // Python suspends for the whole length again (`operation/wait.py`).
                let due = match sdk.config.sdk {
                    Kind::Python => Some(sdk.host.now() + whole_seconds(length)),
                    Kind::Js => operation.due,
                };
                rare(sdk.until_changed(id, due)).await
            }
            None => {
                sdk.new_work();
                let length = whole_seconds(length);
                let wait = Some(length);
                let start = Action::Start { wait };
                let start = Update::new(id, self.parent, OpType::Wait, name, start);
                sdk.sync(start, self.branch)?.await?;
                let due = self.due(id, name, length);
                rare(sdk.until_changed(id, Some(due))).await
            }
        }
    }

    fn host(&self) -> &H {
        self.sdk.host
    }

    fn execution(&self) -> u32 {
        self.sdk.at.execution
    }
}
