//! Child contexts: a part of the workflow with a checkpoint of its own (Python `operation/child.py`).
//!
//! Its START is sent along with what comes next; its end is waited for in Python, not in JavaScript. A
//! finished one is replayed from its own result without entering it. The branches of a nested map are
//! child contexts too.

use super::config::Sdk as Kind;
use super::context::Durable;
use super::sizes;
use crate::host::Host;
use crate::point::StepName;
use crate::services::durable::{Action, OpId, OpType, Status, Update};
use crate::value::{Payload, Value};
use crate::workflows::context::Failure;

/// A context's result over this size is not stored but rebuilt from its children (256 KB:
/// Python `constants.py`).
const LARGEST_RESULT_BYTES: u64 = 262_144;

/// Where a child context is.
pub(super) struct Unit {
    pub id: OpId,
    pub parent: OpId,
    pub name: StepName,
    /// Whether it runs beside others.
    pub branch: bool,
}

/// Whether a context's result is not stored but rebuilt from its children.
pub(super) fn is_large(bytes: u64) -> bool {
    bytes > LARGEST_RESULT_BYTES
}

impl<H: Host> Durable<'_, '_, H> {
    /// Runs a child context, or takes its result.
    pub(super) async fn run_unit<T: Payload>(
        &self,
        unit: &Unit,
        run: impl AsyncFn(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (id, parent, name) = (unit.id, unit.parent, unit.name);
        let stored = self.sdk.find(id, OpType::Context, name)?;
        let status = stored.map(|operation| operation.status);
        match status {
            Some(Status::Failed) => {
                self.sdk.replayed().await;
                return Err(Failure::Step("child context failed"));
            }
            Some(Status::Succeeded) if !self.sdk.replays_children(id) => {
                self.sdk.replayed().await;
                return Ok(self.sdk.result(id).expect("a context's result is stored"));
            }
            Some(_) => {}
            None => {
                self.sdk.new_work();
                self.begin_context(id, parent, name)?;
            }
        }
        let rebuilt = status == Some(Status::Succeeded);
        let inner = self.inside(id, id, unit.branch);
        let result = run(&inner).await;
        match &result {
            Ok(value) if !rebuilt => {
                let result = value.pack();
                let bytes = sizes::result(self.sdk.config.sdk, &result);
                let stored = match is_large(bytes) {
                    true => (Value::Unit, 0),
                    false => (result, bytes),
                };
                inner
                    .finish_context(id, parent, name, stored, is_large(bytes))
                    .await?;
            }
            Err(Failure::Step(error)) => {
                let error_bytes = sizes::context_error(self.sdk.config.sdk, error);
                let action = Action::Fail { error_bytes };
                let failed = Update::new(id, parent, OpType::Context, name, action);
                self.end_context(failed, unit.branch).await?;
            }
            _ => {}
        }
        result
    }

    pub(super) fn begin_context(
        &self,
        id: OpId,
        parent: OpId,
        name: StepName,
    ) -> Result<(), Failure> {
        let start = Action::Start { wait: None };
        self.sdk
            .lazy(Update::new(id, parent, OpType::Context, name, start))?;
        self.sdk.note_context(id, parent, name);
        Ok(())
    }

    pub(super) async fn finish_context(
        &self,
        id: OpId,
        parent: OpId,
        name: StepName,
        (result, bytes): (Value, u64),
        replay_children: bool,
    ) -> Result<(), Failure> {
        let action = Action::Succeed {
            result,
            replay_children,
        };
        let done = Update::of_bytes(bytes, id, parent, OpType::Context, name, action);
        self.end_context(done, self.branch).await
    }

    /// Sends the end of a context. Python waits until it is stored; JavaScript goes on, and the
    /// invocation waits for it at its end (JS SDK 2.4.0, `dist/index.mjs` :2632).
    async fn end_context(&self, end: Update, branch: bool) -> Result<(), Failure> {
        self.close(end.id);
        match self.sdk.config.sdk {
            Kind::Python => self.sdk.sync(end, branch)?.await,
            Kind::Js => {
                self.sdk.lazy(end)?;
                self.sdk.let_others(self.depth).await;
                Ok(())
            }
        }
    }
}
