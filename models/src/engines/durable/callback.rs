//! Callbacks: what somebody outside is to answer (Python `operation/callback.py`,
//! `wait_for_callback`; JS SDK 2.4.0, `dist/index.mjs` :3093, :3321, :6121).
//!
//! `wait_for_callback` is a child context with the callback, whose START is waited for because its
//! answer holds the callback's id, and a step that hands this id on. The answer goes to the service,
//! which invokes the handler again if it waits for nothing else. While something else is under way in
//! the invocation, Python does not come back to a branch that waits for an answer; JavaScript asks for
//! it, after a second at first, and goes on as soon as any of the service's answers tells of it.

use super::child::Unit;
use super::config::{Sdk as Kind, Semantics};
use super::context::Durable;
use super::sdk::Sdk;
use crate::body::{Body, Raise};
use crate::host::{CallError, Host, Request};
use crate::ledger::Effect;
use crate::point::At;
use crate::services::client;
use crate::services::durable::{Action, OpId, OpType, Refusal, Status, Update};
use crate::value::Value;
use crate::workflows::context::{Callback, Failure};
use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Pauses of the JavaScript SDK before it asks again: as many seconds as it has asked before, at least
/// one and at most ten, and sixty when it has asked often.
fn pause(asked: u64) -> Duration {
    let most = if asked > 95 { 60 } else { 10 };
    Duration::from_secs(asked.clamp(1, most))
}

/// What ends a wait inside an invocation.
enum Heard {
    Answer,
    /// It is time to ask.
    Pause,
    /// Nothing else is under way.
    Nothing,
}

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
            if sdk.config.sdk == Kind::Python {
                return Err(Failure::Suspended(None));
            }
            sdk.until_answered(id).await?;
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

impl<H: Host> Sdk<'_, H> {
    /// JavaScript: waits for an answer as long as something else is under way, and asks for it.
    async fn until_answered(&self, id: OpId) -> Result<(), Failure> {
        for asked in 0.. {
            match self.listen(id, pause(asked)).await? {
                Heard::Answer => break,
                Heard::Pause => self.refresh().await?,
                Heard::Nothing => return Err(Failure::Suspended(None)),
            }
        }
        Ok(())
    }

    async fn listen(&self, id: OpId, pause: Duration) -> Result<Heard, Failure> {
        let mut pause = pin!(self.host.wait(pause));
        let mut first = true;
        poll_fn(|cx| {
            if let Some(termination) = self.termination.get() {
                return Poll::Ready(Err(Failure::Terminated(termination)));
            }
            let operations = self.operations.borrow();
            let callback = operations.get(id).expect("it is known");
            if callback.status != Status::Started {
                return Poll::Ready(Ok(Heard::Answer));
            }
            // Whoever begins at the same instant has a turn before it is seen that nothing is under way.
            if mem::take(&mut first) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if !self.is_executing() && self.is_settled() {
                return Poll::Ready(Ok(Heard::Nothing));
            }
            self.wake_at_change(cx.waker());
            pause.as_mut().poll(cx).map(|()| Ok(Heard::Pause))
        })
        .await
    }
}
