//! The code of one step, run by an activity worker.
//!
//! In a real worker an activity is registered by name and gets its arguments with the task. Here
//! its code is a closure inside the workflow. It is found by walking the workflow with the recorded
//! results, straight to the place of the activity: that takes no virtual time, crosses nothing, and
//! what the closure captures is what the arguments would be.

use crate::body::{self, Body, Handed, Raise};
use crate::host::{Host, Request};
use crate::point::{At, StepName};
use crate::services::client;
use crate::services::orchestrator::{Op, Place, Resolved};
use crate::value::{Payload, Value};
use crate::workflows::completion::Branches;
use crate::workflows::context::{Callback, Context, Failure, ask, ask_and_wait};
use futures_util::FutureExt;
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Runs the step at a place of an execution's workflow once.
pub async fn run<H: Host>(
    host: &H,
    at: At,
    handed: &Handed<'_>,
    target: &Place,
) -> Result<Value, Raise> {
    let found = RefCell::default();
    let walk = Walk {
        host,
        at,
        handed,
        target,
        found: &found,
        prefix: Place::root(),
        next: Cell::new(0),
    };
    let mut workflow = pin!(host.world().workflow.run(&walk));
    poll_fn(|cx| {
        let over = workflow.as_mut().poll(cx).is_ready();
        match found.take() {
            Some(result) => Poll::Ready(result),
            None => {
                assert!(!over, "the workflow has no step at {target:?}");
                Poll::Pending
            }
        }
    })
    .await
}

/// A context that runs one step and takes the results of all before it from the history.
#[derive(Debug)]
struct Walk<'w, H> {
    host: &'w H,
    at: At,
    handed: &'w Handed<'w>,
    target: &'w Place,
    found: &'w RefCell<Option<Result<Value, Raise>>>,
    prefix: Place,
    next: Cell<u32>,
}

impl<H: Host> Walk<'_, H> {
    fn next_place(&self) -> Place {
        let number = self.next.get();
        self.next.set(number + 1);
        self.prefix.child(number)
    }

    fn branch(&self, place: &Place, item: u32) -> Self {
        Walk {
            prefix: place.child(item),
            next: Cell::new(0),
            ..*self
        }
    }

    async fn recorded(&self, place: &Place) -> Resolved {
        let result = {
            let server = self.host.world().orchestrator.borrow();
            let known = server.execution(self.at.execution);
            known.and_then(|known| known.resolved.get(place).cloned())
        };
        match result {
            Some(result) => result,
            // A branch that was not waited for; those that were are recorded.
            None => pending().await,
        }
    }
}

impl<'w, H: Host> Context<'w> for Walk<'_, H> {
    type Host = H;

    async fn step<T: Payload>(
        &self,
        _: StepName,
        code: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> Result<T, Failure> {
        let place = self.next_place();
        if place == *self.target {
            let entered = body::enter_with(self.host, self.at, self.handed, code);
            let result = entered.await.map(|value| value.pack());
            *self.found.borrow_mut() = Some(result);
            return pending().await;
        }
        let result = self.recorded(&place).await;
        result.map(|value| T::unpack(&value)).map_err(Failure::Step)
    }

    async fn map<T: Payload>(
        &self,
        _: StepName,
        branches: Branches,
        branch: impl AsyncFn(&Self, u32) -> Result<T, Failure> + 'w,
    ) -> Result<Vec<T>, Failure> {
        let place = self.next_place();
        if let Some(item) = place.next_towards(self.target) {
            let _ = branch(&self.branch(&place, item), item).await;
            return pending().await;
        }
        // The step is behind the branches, so these are over: what is not recorded was not waited for.
        let mut results = Vec::with_capacity(branches.count as usize);
        for item in 0..branches.count {
            let inner = self.branch(&place, item);
            if let Some(Ok(result)) = branch(&inner, item).now_or_never() {
                results.push(result);
            }
        }
        Ok(results)
    }

    async fn callback(
        &self,
        callback: Callback,
        prepare: impl AsyncFn(&Body<'_, H>) -> Result<(), Raise>,
    ) -> Result<(), Failure> {
        if callback.limit.is_some() {
            return ask_and_wait(self, callback, prepare).await;
        }
        let execution = self.at.execution;
        let place = self.prefix.child(self.next.get() + 1);
        let signal = Request::orchestrator(Op::Signal { execution, place });
        let at = At::execution(execution);
        let sent = || client::send_later(self.host, callback.after, signal.clone(), at);
        let submit = async |body: &Body<'_, H>| ask(body, &prepare, &sent).await;
        self.step(callback.submit, submit).await?;
        let _ = self.recorded(&self.next_place()).await;
        Ok(())
    }

    async fn wait(&self, _: StepName, length: Duration) -> Result<(), Failure> {
        if !length.is_zero() {
            let place = self.next_place();
            let _ = self.recorded(&place).await;
        }
        Ok(())
    }

    fn host(&self) -> &H {
        self.host
    }

    fn execution(&self) -> u32 {
        self.at.execution
    }
}
