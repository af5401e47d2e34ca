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
use crate::body::{Body, Raise};
use crate::host::{Host, Request};
use crate::rare::rare;
use crate::services::client;
use crate::services::durable::{Action, OpType, Status, Update};
use crate::value::Value;
use crate::workflows::context::{Callback, Failure, ask};

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
        let (host, at) = (sdk.host, sdk.at);
        let answer = Request::Callback {
            execution: at.execution,
            id,
        };
        let sent = || client::send_later(host, callback.after, answer.clone(), at);
        let hand_over = async |body: &Body<'_, H>| ask(body, &prepare, &sent).await;
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
