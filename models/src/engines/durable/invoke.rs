//! Chained invocations: another function, which the service invokes and waits for (Python
//! `operation/invoke.py`; JS SDK 2.4.0, `dist/index.mjs` :2212).
//!
//! The START is waited for, so that the service has it. The function runs beside: the execution
//! suspends, or does something else meanwhile ([`super::pending`]). What the service does when the function
//! cannot begin or does not end is not published. Assumptions: it hands it over and, while there is no room,
//! again as it does with asynchronous events; a function that dies or takes longer than an invocation may
//! fails the operation.

use super::context::Durable;
use crate::host::{Answer, Event, Host, Invoked};
use crate::invoke::place_and_run;
use crate::point::StepName;
use crate::rare::rare;
use crate::services::durable::{Action, Launch, OpType, Status, Update};
use crate::streams::Purpose;
use crate::workflows::context::Failure;
use std::time::Duration;

impl<H: Host> Durable<'_, '_, H> {
    pub(super) async fn invoke_function(
        &self,
        name: StepName,
        length: Duration,
    ) -> Result<(), Failure> {
        let sdk = self.sdk;
        let id = self.next_id();
        let mut heard = false;
        loop {
            match sdk.find(id, OpType::Invoke, name)?.map(|op| op.status) {
                None => {
                    sdk.new_work();
                    let wait = Some(length);
                    let start = Action::Start { wait };
                    let start = Update::new(id, self.parent, OpType::Invoke, name, start);
                    sdk.sync(start, self.branch)?.await?;
                }
                Some(Status::Started) => {
                    rare(sdk.until_changed(id, None)).await?;
                    heard = true;
                }
                Some(status) => {
                    if !heard {
                        sdk.replayed().await;
                    }
                    return match status {
                        Status::Succeeded => Ok(()),
                        _ => Err(Failure::Step("invoked function failed")),
                    };
                }
            }
        }
    }
}

/// Invokes a function that an execution has asked for, and tells the service how it ended.
pub async fn launch<H: Host>(host: &H, launch: Launch) {
    let world = host.world();
    let Launch {
        execution, length, ..
    } = launch;
    let config = world.functions.borrow().config.clone();
    let entity = u64::from(execution);
    let dispatch = world.draw(&config.async_dispatch, Purpose::Dispatch, entity);
    host.wait(dispatch).await;
    let oldest = host.now() + config.async_event_age;
    let mut pause = config.async_throttle_first;
    let result = loop {
        match place_and_run(host, Event::Invoked { execution, length }).await {
            Some(Invoked::Answered(Answer::Succeeded(value))) => break Some(value),
            None if host.now() < oldest => host.wait(pause).await,
            _ => break None,
        }
        pause = (pause * 2).min(config.async_throttle_cap);
    };
    let mut backend = world.backend.borrow_mut();
    backend.launched(launch, result, host.now());
}
