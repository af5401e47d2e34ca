//! What an invocation does about an operation that waits: for a time, or for somebody's answer.
//!
//! Python suspends at once: the invocation ends when nothing else runs, and a branch that waits for a
//! time goes on when the time comes before ([`super::map`]). JavaScript stays where it is as long as
//! something else is under way in the invocation, and 20 ms longer (JS SDK 2.4.0, `dist/index.mjs` :987,
//! `shouldTerminate`). It goes on when one of the service's answers says that the operation has
//! changed, and asks for such an answer itself: at the operation's time or after a second, then ever
//! more seldom (:6121 `startTimerWithPolling`).

use super::config::Sdk as Kind;
use super::sdk::Sdk;
use crate::host::Host;
use crate::services::durable::{OpId, Status};
use crate::workflows::context::Failure;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// How long nothing has to be under way before a JavaScript invocation ends.
const IDLE: Duration = Duration::from_millis(20);

/// With less time left, a JavaScript invocation asks no more.
const RESERVE: Duration = Duration::from_secs(1);

/// Pauses between questions: as many seconds as there were questions, at least one and at most ten, or
/// sixty when there were many.
fn pause(asked: u64) -> Duration {
    let most = if asked > 95 { 60 } else { 10 };
    Duration::from_secs(asked.clamp(1, most))
}

/// What ends a wait inside an invocation.
#[derive(Clone, Copy)]
enum Heard {
    Change,
    /// It is time to ask.
    Time,
    /// Nothing else is under way.
    Nothing,
}

impl<H: Host> Sdk<'_, H> {
    /// Waits until an operation has another status, or suspends. `due`: when it will, if that is known.
    pub(super) async fn until_changed(
        &self,
        id: OpId,
        due: Option<Duration>,
    ) -> Result<(), Failure> {
        if self.config.sdk == Kind::Python {
            return Err(Failure::Suspended(due));
        }
        let before = self.status(id);
        for asked in 0.. {
            let now = self.host.now();
            let first = due.filter(|_| asked == 0);
            let at = first.map_or_else(|| now + pause(asked), |due| due.max(now));
            match self.listen(id, before, at).await? {
                Heard::Change => break,
                Heard::Time => self.ask().await?,
                Heard::Nothing => return Err(Failure::Suspended(due)),
            }
        }
        Ok(())
    }

    async fn listen(
        &self,
        id: OpId,
        before: Option<Status>,
        at: Duration,
    ) -> Result<Heard, Failure> {
        let (host, now) = (self.host, self.host.now());
        let world = host.world();
        let timeout = world.functions.borrow().config.timeout;
        let ends = world.invoked(host.environment()) + timeout;
        // Too late to ask: it stands until the function's time-out ends it.
        let until = match at + RESERVE <= ends {
            true => at,
            false => ends + RESERVE,
        };
        let mut time = pin!(host.wait(until.saturating_sub(now)));
        let mut idle = pin!(None);
        let heard = poll_fn(|cx| {
            if let Some(termination) = self.termination.get() {
                return Poll::Ready(Err(Failure::Terminated(termination)));
            }
            if self.status(id) != before {
                return Poll::Ready(Ok(Some(Heard::Change)));
            }
            self.wake_at_change(cx.waker());
            self.clear_away();
            if self.is_cleared_away(id) {
                return Poll::Ready(Ok(None));
            }
            if self.is_under_way() {
                idle.set(None);
            } else if idle.is_none() {
                idle.set(Some(host.wait(IDLE)));
            }
            if time.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(Some(Heard::Time)));
            }
            match idle.as_mut().as_pin_mut() {
                Some(idle) => idle.poll(cx).map(|()| Ok(Some(Heard::Nothing))),
                None => Poll::Pending,
            }
        });
        match heard.await? {
            Some(heard) => Ok(heard),
            // Its context is over.
            None => pending().await,
        }
    }

    /// Asks for what has changed; a request under way is asked along with.
    async fn ask(&self) -> Result<(), Failure> {
        let sent = self.sent();
        match sent > self.done.get() {
            true => self.until_stored(sent, true).await,
            false => self.refresh().await,
        }
    }

    fn status(&self, id: OpId) -> Option<Status> {
        let operations = self.operations.borrow();
        operations.get(id).map(|operation| operation.status)
    }
}
