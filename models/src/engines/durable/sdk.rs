//! What the SDK knows during one invocation: the operations, and the updates not yet stored.

use super::config::{Config, Sdk as Kind};
use crate::host::Host;
use crate::point::{At, StepName};
use crate::services::durable::{OpId, OpType, Operation, Operations, Status, Update, Updates};
use crate::value::Payload;
use crate::workflows::context::Failure;
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Why an invocation cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// The checkpoint call failed in a way that another invocation may get over.
    Retry(&'static str),
    /// It failed for good: the execution fails.
    Fail(&'static str),
    /// No further token: the invocation ends as pending and the service ends the execution.
    Stopped,
}

/// An entry of the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Whether it is an update; otherwise it only asks what changed.
    pub update: bool,
    /// Someone waits for it.
    pub sync: bool,
}

/// What is queued, with its sums.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub entries: SmallVec<[Entry; 8]>,
    /// The updates among the entries, where they stay until the service has read them.
    updates: Option<Rc<Updates>>,
    /// The updates of the last request: their memory is used for the next.
    sent: Option<Rc<Updates>>,
    pub bytes: u64,
    /// Entries that someone waits for.
    pub blocking: usize,
}

impl Queue {
    #[inline(always)]
    fn push(&mut self, update: Option<Update>, sync: bool) {
        self.entries.push(Entry {
            update: update.is_some(),
            sync,
        });
        self.blocking += usize::from(sync);
        if let Some(update) = update {
            self.bytes += update.request_bytes();
            let sent = &mut self.sent;
            let updates = self.updates.get_or_insert_with(|| empty(sent.take()));
            let updates = Rc::get_mut(updates);
            updates.expect("no request carries it yet").push(update);
        }
    }

    /// The queued updates.
    pub fn updates(&self) -> &[Update] {
        self.updates.as_ref().map_or(&[], |updates| updates)
    }

    /// Takes the first entries out and returns their updates.
    pub fn take(&mut self, count: usize) -> Rc<Updates> {
        let taken = &self.entries[..count];
        self.blocking -= taken.iter().filter(|entry| entry.sync).count();
        let mut updates = self.updates.take().unwrap_or_default();
        if count == self.entries.len() {
            self.entries.clear();
            self.bytes = 0;
        } else {
            self.keep_rest(&mut updates, count);
        }
        self.sent = Some(Rc::clone(&updates));
        updates
    }

    /// Leaves in the queue what does not fit into the request.
    #[cold]
    fn keep_rest(&mut self, updates: &mut Rc<Updates>, count: usize) {
        let first = self.entries[..count].iter().filter(|entry| entry.update);
        let first = first.count();
        self.entries.drain(..count);
        let queued = Rc::get_mut(updates).expect("no request carries it yet");
        let rest: Updates = queued.drain(first..).collect();
        self.bytes = rest.iter().map(Update::request_bytes).sum();
        self.updates = Some(Rc::new(rest));
    }
}

/// Room for updates: the memory of earlier ones, unless a request still carries them.
fn empty(earlier: Option<Rc<Updates>>) -> Rc<Updates> {
    let mut updates = earlier.unwrap_or_default();
    match Rc::get_mut(&mut updates) {
        Some(updates) => updates.clear(),
        None => updates = Rc::default(),
    }
    updates
}

/// What is known of a stored operation, its result apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub status: Status,
    /// Attempts that ended in a RETRY.
    pub retries: u32,
    /// When a wait ends or a retry becomes ready.
    pub due: Option<Duration>,
}

/// Who has let others go first.
#[derive(Debug, Default)]
struct Later {
    now: Vec<Waiting>,
    /// When all of those have gone on.
    next: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    /// How many contexts it is inside of.
    depth: u32,
    goes_on: Rc<Cell<bool>>,
    waker: Waker,
}

/// One invocation's view of its execution.
#[derive(Debug)]
pub struct Sdk<'a, H> {
    pub host: &'a H,
    pub config: &'a Config,
    pub at: At,
    pub(super) operations: RefCell<Operations>,
    pub(super) queue: RefCell<Queue>,
    /// Updates queued so far, and stored so far.
    pub(super) queued: Cell<u64>,
    pub(super) done: Cell<u64>,
    /// The update that the handler itself waits for, and nothing else beside it; 0 for none.
    awaited: Cell<u64>,
    pub(super) token: Cell<u64>,
    /// When the collector found nothing to send and began to wait.
    pub(super) idle_since: Cell<Duration>,
    pub(super) termination: Cell<Option<Termination>>,
    /// Something changed that a part of the invocation may be waiting for.
    pub(super) stirred: Cell<bool>,
    wakers: RefCell<Vec<(u64, Waker)>>,
    /// JavaScript: who looks again after each answer, and each step.
    watchers: RefCell<Vec<Waker>>,
    /// JavaScript: who goes on when all others have gone as far as they can.
    later: RefCell<Later>,
    /// Python: operations whose updates are refused; JavaScript: contexts that are over while something
    /// of them still runs.
    closed: RefCell<BTreeSet<OpId>>,
    /// Python: operations inside contexts that were heard of in this invocation, after their context.
    heard: RefCell<Vec<(OpId, OpId)>>,
    /// JavaScript: steps under way, and those that can never end.
    executing: Cell<u32>,
    /// JavaScript: those of them whose waiting operations were cleared away, because nothing was under way.
    cleared: RefCell<BTreeSet<OpId>>,
    /// Operations whose stored result is being read just now.
    replays: Cell<u32>,
    /// Finished operations met so far without any new work.
    pub(super) replaying: Cell<bool>,
    /// A step ended, and the workflow is to run again from its first line.
    pub(super) again: Cell<bool>,
}

/// Waits until an update is stored: see [`Sdk::sync`].
#[derive(Debug)]
pub struct Stored<'s, 'a, H> {
    sdk: &'s Sdk<'a, H>,
    number: u64,
    /// The handler itself is polled again whenever something is stored; a branch must be woken.
    branch: bool,
    registered: bool,
}

impl<H: Host> Future for Stored<'_, '_, H> {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let sdk = self.sdk;
        if sdk.done.get() >= self.number {
            return Poll::Ready(Ok(()));
        }
        if let Some(termination) = sdk.termination.get() {
            return Poll::Ready(Err(Failure::Terminated(termination)));
        }
        if !self.branch {
            sdk.awaited.set(self.number);
        } else if !mem::replace(&mut self.registered, true) {
            let waker = (self.number, cx.waker().clone());
            sdk.wakers.borrow_mut().push(waker);
        }
        Poll::Pending
    }
}

impl<'a, H: Host> Sdk<'a, H> {
    /// The view at the start of an invocation.
    pub fn new(host: &'a H, config: &'a Config, at: At, token: u64, state: Operations) -> Self {
        Sdk {
            host,
            config,
            at,
            replaying: Cell::new(!state.is_empty()),
            operations: RefCell::new(state),
            queue: RefCell::default(),
            queued: Cell::new(0),
            done: Cell::new(0),
            awaited: Cell::new(0),
            token: Cell::new(token),
            idle_since: Cell::new(host.now()),
            termination: Cell::new(None),
            stirred: Cell::new(false),
            wakers: RefCell::default(),
            watchers: RefCell::default(),
            later: RefCell::default(),
            closed: RefCell::default(),
            heard: RefCell::default(),
            executing: Cell::new(0),
            cleared: RefCell::default(),
            replays: Cell::new(0),
            again: Cell::new(false),
        }
    }

    /// What is known of an operation, if it is stored. One of another type or name means that the
    /// workflow took another way than before.
    pub fn find(
        &self,
        id: OpId,
        op_type: OpType,
        name: StepName,
    ) -> Result<Option<Known>, Failure> {
        let operations = self.operations.borrow();
        match operations.get(id) {
            None => Ok(None),
            Some(op) if op.op_type != op_type || op.name != name => {
                Err(Failure::Final("nondeterministic execution"))
            }
            Some(op) => Ok(Some(Known {
                status: op.status,
                retries: op.retries,
                due: op.due,
            })),
        }
    }

    /// The stored result of an operation, if it has one.
    pub fn result<T: Payload>(&self, id: OpId) -> Option<T> {
        let operations = self.operations.borrow();
        let result = operations.get(id)?.result.as_ref()?;
        Some(T::unpack(result))
    }

    /// Takes over what the service says changed.
    pub(super) fn absorb(&self, changed: &[Operation]) {
        let mut operations = self.operations.borrow_mut();
        changed
            .iter()
            .for_each(|operation| operations.put(operation));
    }

    /// Queues an update and goes on.
    #[inline]
    pub fn lazy(&self, update: Update) -> Result<(), Failure> {
        if self.is_refused(&update)? {
            return Ok(());
        }
        self.push(Some(update), false);
        Ok(())
    }

    /// Queues an update, and gives what waits until it is stored. `branch`: the caller is one of
    /// several.
    #[inline]
    pub fn sync<'s>(&'s self, update: Update, branch: bool) -> Result<Stored<'s, 'a, H>, Failure> {
        if self.is_refused(&update)? {
            return Ok(self.until_stored(u64::MAX, true));
        }
        let number = self.push(Some(update), true);
        Ok(self.until_stored(number, branch))
    }

    /// Asks for the operations that changed, by a request without updates. Branches that ask
    /// before it has left share it.
    pub async fn refresh(&self) -> Result<(), Failure> {
        let waiting = {
            let queue = self.queue.borrow();
            let sent = self.sent();
            let place = queue.entries.iter().position(|entry| !entry.update);
            place.map(|place| sent + place as u64 + 1)
        };
        let number = waiting.unwrap_or_else(|| self.push(None, true));
        self.until_stored(number, true).await
    }

    #[inline(always)]
    fn push(&self, update: Option<Update>, sync: bool) -> u64 {
        if let Some(update) = update.as_ref().filter(|update| update.parent != OpId::ROOT) {
            self.hear(update);
        }
        self.queue.borrow_mut().push(update, sync);
        let queued = self.queued.get() + 1;
        self.queued.set(queued);
        queued
    }

    /// Updates that have left.
    pub(super) fn sent(&self) -> u64 {
        self.queued.get() - self.queue.borrow().entries.len() as u64
    }

    pub(super) fn until_stored(&self, number: u64, branch: bool) -> Stored<'_, 'a, H> {
        Stored {
            sdk: self,
            number,
            branch,
            registered: false,
        }
    }

    /// Whether the workflow has something to do, as far as is known: not while the handler itself
    /// waits for an update that is not stored yet.
    pub(super) fn may_go_on(&self) -> bool {
        self.done.get() >= self.awaited.get() || self.termination.get().is_some()
    }

    /// Whether all that was queued is stored.
    pub(super) fn is_settled(&self) -> bool {
        self.done.get() >= self.queued.get()
    }

    /// Wakes whoever waits for what is now stored, or everyone if the invocation cannot go on.
    pub(super) fn wake(&self) {
        let all = self.termination.get().is_some();
        let stored = self.done.get();
        let due = |(number, _): &(u64, Waker)| all || *number <= stored;
        let mut wakers = self.wakers.borrow_mut();
        if wakers.iter().any(due) {
            let (woken, rest) = mem::take(&mut *wakers).into_iter().partition(due);
            *wakers = rest;
            drop(wakers);
            let woken: Vec<(u64, Waker)> = woken;
            woken.into_iter().for_each(|(_, waker)| waker.wake());
        }
        self.changed();
    }

    /// Something may go on.
    fn changed(&self) {
        self.watchers.borrow_mut().drain(..).for_each(Waker::wake);
        self.stirred.set(true);
    }

    /// JavaScript: lets everybody else go as far as they can first. What contains a context hears of its end a few
    /// microtasks later: ends of one answer are heard level by level, and on each by the outermost first.
    pub(super) async fn let_others(&self, depth: u32) {
        if self.config.sdk == Kind::Python {
            return;
        }
        let goes_on = Rc::new(Cell::new(false));
        let mut asked = false;
        poll_fn(|cx| {
            if goes_on.get() {
                return Poll::Ready(());
            }
            if !mem::replace(&mut asked, true) {
                self.later.borrow_mut().next.push(Waiting {
                    depth,
                    goes_on: Rc::clone(&goes_on),
                    waker: cx.waker().clone(),
                });
            }
            Poll::Pending
        })
        .await;
    }

    /// Wakes the outermost of those who let others go first. False if there is nobody.
    pub(super) fn wake_later(&self) -> bool {
        let mut later = self.later.borrow_mut();
        if later.now.is_empty() {
            later.now = mem::take(&mut later.next);
        }
        let Some(outermost) = later.now.iter().map(|waiting| waiting.depth).min() else {
            return false;
        };
        let (woken, rest): (Vec<_>, Vec<_>) = mem::take(&mut later.now)
            .into_iter()
            .partition(|waiting| waiting.depth == outermost);
        later.now = rest;
        for waiting in woken {
            waiting.goes_on.set(true);
            waiting.waker.wake();
        }
        true
    }

    /// Wakes who asks when an answer has come or a step has ended.
    pub(super) fn wake_at_change(&self, waker: &Waker) {
        let mut watchers = self.watchers.borrow_mut();
        if !watchers.iter().any(|known| known.will_wake(waker)) {
            watchers.push(waker.clone());
        }
    }

    /// Marks a context as over, of which something still runs. JavaScript drops what comes from inside it
    /// (`hasFinishedAncestor`). Python refuses what it has heard of by now (`state.py` `_mark_orphans`):
    /// an operation that begins later goes unhindered.
    pub fn close(&self, context: OpId) {
        let mut closed = self.closed.borrow_mut();
        if self.config.sdk == Kind::Js {
            closed.insert(context);
            return;
        }
        let heard = self.heard.borrow();
        let mut parents = vec![context];
        while let Some(parent) = parents.pop() {
            for (_, child) in heard.iter().filter(|link| link.0 == parent) {
                if closed.insert(*child) {
                    parents.push(*child);
                }
            }
        }
    }

    #[cold]
    fn hear(&self, update: &Update) {
        if self.config.sdk == Kind::Python {
            self.heard.borrow_mut().push((update.parent, update.id));
        }
    }

    /// Whether an update is dropped, which JavaScript does without a word: who waits for it waits for ever.
    fn is_refused(&self, update: &Update) -> Result<bool, Failure> {
        if let Some(termination) = self.termination.get() {
            return Err(Failure::Terminated(termination));
        }
        let closed = self.closed.borrow();
        if closed.is_empty() {
            return Ok(false);
        }
        if self.config.sdk == Kind::Python {
            return match closed.contains(&update.id) {
                true => Err(Failure::Orphaned),
                false => Ok(false),
            };
        }
        Ok(self.is_inside(update.parent, &closed))
    }

    /// JavaScript: a step's code begins.
    pub fn begin_executing(&self) {
        if self.config.sdk == Kind::Js {
            self.executing.set(self.executing.get() + 1);
        }
    }

    /// JavaScript: a step's end is stored.
    pub fn end_executing(&self) {
        if self.config.sdk == Kind::Js {
            self.executing.set(self.executing.get() - 1);
            self.clear_away();
            self.changed();
        }
    }

    /// JavaScript: whether anything is under way that the invocation does not end before.
    pub(super) fn is_under_way(&self) -> bool {
        self.executing.get() > 0 || self.replays.get() > 0 || !self.is_settled()
    }

    /// JavaScript: what waits in contexts that are over is cleared away if nothing is under way.
    pub(super) fn clear_away(&self) {
        if !self.closed.borrow().is_empty() && !self.is_under_way() {
            self.cleared.replace(self.closed.borrow().clone());
        }
    }

    /// JavaScript: whether that happened to an operation.
    pub(super) fn is_cleared_away(&self, id: OpId) -> bool {
        let cleared = self.cleared.borrow();
        !cleared.is_empty() && self.is_inside(id, &cleared)
    }

    fn is_inside(&self, mut id: OpId, contexts: &BTreeSet<OpId>) -> bool {
        let operations = self.operations.borrow();
        loop {
            if contexts.contains(&id) {
                return true;
            }
            match operations.get(id) {
                Some(known) => id = known.parent,
                None => return false,
            }
        }
    }

    /// Whether a context is rebuilt from its children.
    pub fn replays_children(&self, id: OpId) -> bool {
        let operations = self.operations.borrow();
        operations
            .get(id)
            .is_some_and(|context| context.replay_children)
    }

    /// Notes a context that the service may not know yet, so that its branches find their way up.
    pub fn note_context(&self, id: OpId, parent: OpId, name: StepName) {
        let mut operations = self.operations.borrow_mut();
        if operations.find(id).is_some() {
            return;
        }
        operations.push(Operation::new(id, parent, OpType::Context, name));
    }

    /// A finished operation is met on replay, which takes a moment.
    pub async fn replayed(&self) {
        let length = self.config.replay_operation;
        if self.replaying.get() && !length.is_zero() {
            self.replays.set(self.replays.get() + 1);
            self.host.wait(length).await;
            self.replays.set(self.replays.get() - 1);
            self.changed();
            self.host.world().replayed(self.at.execution, length);
        }
    }

    /// The end of the replay: work that was not done before.
    pub fn new_work(&self) {
        self.replaying.set(false);
    }
}
