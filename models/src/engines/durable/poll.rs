//! A condition that is looked at again and again (Python `operation/wait_for_condition.py`).
//!
//! It is stored as one step whose RETRY holds a state and not an error. Its START is never waited for,
//! whatever the semantics of steps: a check that was interrupted is done again.

use super::context::Durable;
use super::sizes;
use crate::body::{self, Body, Raise};
use crate::host::Host;
use crate::point::StepName;
use crate::services::durable::{Action, OpType, Status, Update};
use crate::value::Value;
use crate::workflows::context::Failure;
use std::time::Duration;

impl<H: Host> Durable<'_, '_, H> {
    pub(super) async fn poll_until(
        &self,
        name: StepName,
        delay: Duration,
        check: impl AsyncFn(&Body<'_, H>, u32) -> Result<bool, Raise>,
    ) -> Result<(), Failure> {
        let sdk = self.sdk;
        let id = self.next_id();
        loop {
            let known = sdk.find(id, OpType::Step, name)?;
            let status = known.map(|operation| operation.status);
            match status {
                Some(Status::Succeeded) => {
                    sdk.replayed().await;
                    return Ok(());
                }
                Some(Status::Failed | Status::TimedOut) => {
                    sdk.replayed().await;
                    return Err(Failure::Step("condition failed"));
                }
                Some(Status::Pending) => {
                    sdk.until_changed(id, known.and_then(|op| op.due)).await?;
                    continue;
                }
                Some(Status::Started | Status::Ready) | None => sdk.new_work(),
            }
            let update = |action| Update::new(id, self.parent, OpType::Step, name, action);
            if status != Some(Status::Started) {
                sdk.lazy(update(Action::Start { wait: None }))?;
            }
            let made = known.map_or(0, |operation| operation.retries) + 1;
            let at = sdk.at.step(name);
            let once = async |body: &Body<'_, H>| check(body, made).await;
            sdk.begin_executing();
            let met = body::enter(sdk.host, at, made, once).await;
            // The state is the number of checks.
            let state = Value::Int(i64::from(made));
            let action = match &met {
                Ok(false) => Action::Retry {
                    delay,
                    error_bytes: state.bytes(),
                },
                Ok(true) => Action::Succeed {
                    result: state,
                    replay_children: false,
                },
                Err(raise) => Action::Fail {
                    error_bytes: sizes::step_error(sdk.config.sdk, raise.error),
                },
            };
            sdk.sync(update(action), self.branch)?.await?;
            sdk.end_executing();
            match met {
                Ok(true) => {
                    sdk.host.world().commit(at, sdk.host.now());
                    return Ok(());
                }
                // The next check is due after the delay.
                Ok(false) => {}
                Err(raise) => return Err(Failure::Step(raise.error)),
            }
        }
    }
}
