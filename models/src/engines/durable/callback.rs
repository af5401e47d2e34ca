//! Callbacks: what somebody outside is to answer (Python `operation/callback.py`,
//! `wait_for_callback`; JS SDK 2.4.0, `dist/index.mjs` :3093, :3321).
//!
//! `wait_for_callback` is a child context with the callback, whose START is waited for because its
//! answer holds the callback's id, and a step that hands this id on. The answer goes to the service,
//! which invokes the handler again if it waits for nothing else. What becomes of it while something
//! else is under way in the invocation: [`super::pending`].

use super::child::Unit;
use super::config::Semantics;
use super::context::Durable;
use super::sdk::Sdk;
use crate::body::{Body, Raise};
use crate::host::{CallError, Host, Request};
use crate::ledger::Effect;
use crate::point::At;
use crate::rare::rare;
use crate::services::client;
use crate::services::durable::{Action, OpId, OpType, Refusal, Status, Update};
use crate::value::Value;
use crate::workflows::context::{Callback, Failure};
use std::time::Duration;

impl<H: Host> Durable<'_, '_, H> {
    pub(super) async fn wait_for_callback(
        &self,
        callback: Callback,
        prepare: impl AsyncFn(&Body<'_, H>) -> Result<(), Raise>,
    ) -> Result<(), Failure> {
        let unit = Unit {
            id: self.next_id(),
            parent: self.parent,
            name: callback.name,
            branch: self.branch,
        };
        let run = async |inner: &Self| inner.answer_of(callback, &prepare).await;
        let _: Value = self.run_unit(&unit, run).await?;
        Ok(())
    }

    /// Inside the context of the callback.
    async fn answer_of(
        &self,
        callback: Callback,
        prepare: &impl AsyncFn(&Body<'_, H>) -> Result<(), Raise>,
    ) -> Result<Value, Failure> {
        let (sdk, name) = (self.sdk, callback.name);
        let id = self.next_id();
        match sdk.find(id, OpType::Callback, name)? {
            Some(_) => sdk.replayed().await,
            None => {
                sdk.new_work();
                let wait = callback.limit;
                let start = Action::Start { wait };
                let start = Update::new(id, self.parent, OpType::Callback, name, start);
                sdk.sync(start, self.branch)?.await?;
            }
        }
        let hand_over = async |body: &Body<'_, H>| {
            prepare(body).await?;
            body.before_effect().await?;
            body.record_effect(Effect::Plain);
            answer_later(sdk, id, callback.after);
            body.after_effect().await?;
            Ok(Value::Unit)
        };
        // Whatever the semantics of other steps, this one has the default (`wait_for_callback_handler`).
        let semantics = Semantics::AtLeastOnce;
        self.step_up_to(semantics, u32::MAX, callback.submit, hand_over)
            .await?;
        let status = || -> Result<Status, Failure> {
            let known = sdk.find(id, OpType::Callback, name)?;
            Ok(known.expect("it was made").status)
        };
        if status()? == Status::Started {
            rare(sdk.until_changed(id, None)).await?;
        }
        match status()? {
            Status::Succeeded => Ok(sdk.result(id).expect("an answer is stored")),
            _ => Err(Failure::Step("callback timed out")),
        }
    }
}

/// Somebody outside works for a while, and answers.
fn answer_later<H: Host>(sdk: &Sdk<'_, H>, id: OpId, after: Duration) {
    let (outside, execution) = (sdk.host.outside(), sdk.at.execution);
    sdk.host.spawn(async move {
        outside.wait(after).await;
        let at = At::execution(execution);
        // It is sent until it is known to be there, or not to be wanted: a second one is refused, and one
        // that comes too late.
        let unknown =
            |error: &CallError| !matches!(error, CallError::Durable(Refusal::InvalidUpdate));
        loop {
            let answer = Request::Callback { execution, id };
            match client::send(&outside, answer, at).await {
                Err(error) if unknown(&error) => {}
                _ => break,
            }
        }
    });
}
