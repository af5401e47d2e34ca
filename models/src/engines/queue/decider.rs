//! The workflow's code inside a workflow worker.
//!
//! The code is a coroutine. A workflow task gives it the results that are new and lets it go on
//! until it can go no further; what it asked for meanwhile are the commands of the answer. Without
//! the coroutine in memory a new one is fed the whole history, task by task, and asked after each
//! whether its commands are those that were written: if not, the workflow is not deterministic
//! (docs.temporal.io "Workflow Definition", "Deterministic constraints").

use crate::body::{Body, Raise};
use crate::host::Host;
use crate::point::StepName;
use crate::services::orchestrator::{Command, NONDETERMINISTIC, Place, Resolved, TaskToken, What};
use crate::value::{Payload, Value};
use crate::workflows::completion::Branches;
use crate::workflows::context::{Callback, Context, Failure, ask_and_wait, side_by_side};
use futures_util::future::LocalBoxFuture;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Wake, Waker};
use std::time::Duration;

/// A workflow in memory.
pub struct Coroutine {
    code: LocalBoxFuture<'static, Result<Value, Failure>>,
    state: Rc<State>,
    /// Events that it was given.
    seen: usize,
    /// The answer to the last task, until the history shows what came of it.
    answered: Option<Rc<[Command]>>,
    waits_for_canceled: bool,
}

impl fmt::Debug for Coroutine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coroutine")
            .field("seen", &self.seen)
            .finish()
    }
}

/// What the code and its driver share.
#[derive(Debug, Default)]
struct State {
    version: u32,
    /// Results that the run began with.
    carried: Rc<BTreeMap<Place, Resolved>>,
    resolved: RefCell<BTreeMap<Place, Resolved>>,
    wakers: RefCell<BTreeMap<Place, Waker>>,
    commands: RefCell<Vec<Command>>,
    /// What was asked for and is not over.
    open: RefCell<BTreeMap<Place, Open>>,
    /// Nothing new is begun: the run is to continue as new.
    draining: Cell<bool>,
    held_back: Cell<bool>,
    canceled: Cell<bool>,
    /// What is open was asked to stop.
    canceling: Cell<bool>,
}

/// What may be open at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Activity,
    Timer,
}

/// Whether the code woke itself.
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Coroutine {
    /// The workflow of a task, at its first line.
    pub fn new<H: Host>(host: &H, token: &TaskToken, version: u32) -> Coroutine {
        let world = host.world();
        let carried = {
            let server = world.orchestrator.borrow();
            let known = server.execution(token.execution);
            known.map(|known| Rc::clone(&known.carried))
        };
        let state = Rc::new(State {
            version,
            carried: carried.unwrap_or_default(),
            ..State::default()
        });
        let context = Decider {
            host: host.clone(),
            execution: token.execution,
            state: Rc::clone(&state),
            prefix: Place::root(),
            next: Cell::new(0),
        };
        Coroutine {
            code: Box::pin(async move {
                let world = context.host.world();
                world.workflow.run(&context).await
            }),
            state,
            seen: 0,
            answered: None,
            waits_for_canceled: super::config(world).waits_for_canceled,
        }
    }

    /// Events that it was given.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Gives it the events that it has not seen, and returns what it asks for.
    ///
    /// # Errors
    /// It asks for other things than the history says it did.
    pub fn activate(&mut self, events: &[What]) -> Result<Rc<[Command]>, &'static str> {
        self.seen += events.len();
        let mut rest = events;
        while let Some((event, after)) = rest.split_first() {
            rest = after;
            match event {
                What::TaskStarted { suggests_new_run } if *suggests_new_run => {
                    self.state.draining.set(true);
                }
                What::CancelRequested => self.state.canceled.set(true),
                What::TaskCompleted => {
                    let asked = match self.answered.take() {
                        Some(asked) => asked,
                        None => self.go_on(),
                    };
                    let written = rest.iter().take_while(|event| event.is_command()).count();
                    let (written, after) = rest.split_at(written);
                    let same = asked.len() == written.len()
                        && asked.iter().zip(written).all(|(c, event)| c.wrote(event));
                    if !same {
                        return Err(NONDETERMINISTIC);
                    }
                    rest = after;
                }
                other => {
                    if let Some((place, result)) = other.resolves() {
                        self.state.resolve(place, result);
                    }
                }
            }
        }
        let asked = self.go_on();
        self.answered = Some(Rc::clone(&asked));
        Ok(asked)
    }

    /// Lets the code go on until it can go no further.
    fn go_on(&mut self) -> Rc<[Command]> {
        let state = Rc::clone(&self.state);
        if state.canceled.get() {
            self.cancel();
            return state.commands.take().into();
        }
        let polled = self.poll();
        let mut commands = state.commands.take();
        match polled {
            Poll::Ready(Ok(value)) => commands.push(Command::Complete(value)),
            Poll::Ready(Err(Failure::Step(error) | Failure::Final(error))) => {
                commands.push(Command::Fail(error));
            }
            Poll::Ready(Err(_)) => commands.push(Command::Fail("cannot go on")),
            Poll::Pending if state.held_back.get() && state.open.borrow().is_empty() => {
                commands.push(Command::ContinueAsNew);
            }
            Poll::Pending => {}
        }
        commands.into()
    }

    /// Polls the code until it does not wake itself.
    fn poll(&mut self) -> Poll<Result<Value, Failure>> {
        let bell = Arc::new(Bell(AtomicBool::new(false)));
        let waker = Arc::clone(&bell).into();
        let mut context = std::task::Context::from_waker(&waker);
        loop {
            bell.0.store(false, Ordering::Relaxed);
            let polled = self.code.as_mut().poll(&mut context);
            if polled.is_ready() || !bell.0.load(Ordering::Relaxed) {
                return polled;
            }
        }
    }

    /// Instead of the code: cancels what is open, and ends.
    fn cancel(&self) {
        let state = &self.state;
        let mut commands = state.commands.borrow_mut();
        let mut open = state.open.borrow_mut();
        if !state.canceling.replace(true) {
            commands.extend(open.iter().map(|(place, what)| {
                let place = place.clone();
                match what {
                    Open::Activity => Command::CancelActivity { place },
                    Open::Timer => Command::CancelTimer { place },
                }
            }));
            // A timer is over with the command, an activity when the server says so.
            open.retain(|_, what| *what == Open::Activity);
        }
        if !self.waits_for_canceled || open.is_empty() {
            commands.push(Command::Canceled);
        }
    }
}

impl State {
    fn resolve(&self, place: &Place, result: Resolved) {
        self.open.borrow_mut().remove(place);
        self.resolved.borrow_mut().insert(place.clone(), result);
        if let Some(waker) = self.wakers.borrow_mut().remove(place) {
            waker.wake();
        }
    }

    /// Asks for something at a place and waits for its result.
    async fn ask(
        &self,
        what: Open,
        place: Place,
        command: impl FnOnce(Place) -> Command,
    ) -> Resolved {
        if let Some(result) = self.carried.get(&place) {
            return result.clone();
        }
        if self.draining.get() {
            self.held_back.set(true);
            return pending().await;
        }
        self.open.borrow_mut().insert(place.clone(), what);
        self.commands.borrow_mut().push(command(place.clone()));
        self.until_resolved(place).await
    }

    /// Waits for what came, or will come, for a place.
    async fn until_resolved(&self, place: Place) -> Resolved {
        if let Some(result) = self.carried.get(&place) {
            return result.clone();
        }
        poll_fn(|cx| match self.resolved.borrow().get(&place) {
            Some(result) => Poll::Ready(result.clone()),
            None => {
                let mut wakers = self.wakers.borrow_mut();
                wakers.insert(place.clone(), cx.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}

/// The context of the workflow's code.
#[derive(Debug)]
struct Decider<H> {
    host: H,
    execution: u32,
    state: Rc<State>,
    prefix: Place,
    next: Cell<u32>,
}

impl<H: Host> Decider<H> {
    fn next_place(&self) -> Place {
        let number = self.next.get();
        self.next.set(number + 1);
        self.prefix.child(number)
    }

    fn branch(&self, place: &Place, item: u32) -> Self {
        Decider {
            host: self.host.clone(),
            execution: self.execution,
            state: Rc::clone(&self.state),
            prefix: place.child(item),
            next: Cell::new(0),
        }
    }
}

impl<'w, H: Host> Context<'w> for Decider<H> {
    type Host = H;

    async fn step<T: Payload>(
        &self,
        name: StepName,
        _: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> Result<T, Failure> {
        let queue = 1 + self.host.world().workflow.pool_of(name);
        let version = self.state.version;
        let activity = |place| Command::Activity {
            place,
            name,
            version,
            queue,
        };
        let result = self
            .state
            .ask(Open::Activity, self.next_place(), activity)
            .await;
        result.map(|value| T::unpack(&value)).map_err(Failure::Step)
    }

    async fn map<T: Payload>(
        &self,
        _: StepName,
        branches: Branches,
        branch: impl AsyncFn(&Self, u32) -> Result<T, Failure> + 'w,
    ) -> Result<Vec<T>, Failure> {
        let place = self.next_place();
        let contexts: Vec<Self> = (0..branches.count)
            .map(|item| self.branch(&place, item))
            .collect();
        let run = async |item: u32| branch(&contexts[item as usize], item).await;
        side_by_side(branches, run).await
    }

    /// The answer is a signal. With a time-out, the workflow's code waits for whichever it knows comes first.
    async fn callback(
        &self,
        callback: Callback,
        prepare: impl AsyncFn(&Body<'_, H>) -> Result<(), Raise>,
    ) -> Result<(), Failure> {
        if callback.limit.is_some() {
            return ask_and_wait(self, callback, prepare).await;
        }
        let ask = async |_: &Body<'_, H>| Ok(Value::Unit);
        self.step(callback.submit, ask).await?;
        let answered = self.state.until_resolved(self.next_place()).await;
        answered.map(|_| ()).map_err(Failure::Step)
    }

    async fn wait(&self, _: StepName, length: Duration) -> Result<(), Failure> {
        if length.is_zero() {
            return Ok(());
        }
        let timer = |place| Command::Timer { place, length };
        let result = self.state.ask(Open::Timer, self.next_place(), timer).await;
        result.map(|_| ()).map_err(Failure::Step)
    }

    fn host(&self) -> &H {
        &self.host
    }

    fn execution(&self) -> u32 {
        self.execution
    }
}
