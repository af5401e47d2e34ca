//! The host that the models see: crossing points, calling services, waiting, dying.

use super::Kernel;
use super::clock::nanos;
use super::wait::Wait;
use super::workers::{self, Limit, Worker};
use models::faults::plan::{Fired, Strike};
use models::host::{CallError, Event, Host, Invoked, Reply, Request};
use models::ledger::Outcome;
use models::point::{At, Phase, Point};
use models::rare::rare;
use models::services::function::EnvironmentId;
use models::world::World;
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// A host: the outside, or one life of a worker.
#[derive(Clone, Debug)]
pub struct SimHost {
    pub(super) kernel: Rc<Kernel>,
    inside: Option<(Rc<Worker>, u32)>,
}

/// A crossing that is about no request.
pub(super) const NO_SUBJECT: u32 = u32::MAX;

impl SimHost {
    /// The host outside the workers.
    pub fn outside(kernel: &Rc<Kernel>) -> SimHost {
        SimHost {
            kernel: Rc::clone(kernel),
            inside: None,
        }
    }

    /// The host of one life of a worker.
    pub fn inside(kernel: &Rc<Kernel>, worker: &Rc<Worker>, life: u32) -> SimHost {
        SimHost {
            kernel: Rc::clone(kernel),
            inside: Some((Rc::clone(worker), life)),
        }
    }

    /// The worker, inside one.
    pub(super) fn worker(&self) -> Option<&Rc<Worker>> {
        self.inside.as_ref().map(|(worker, _)| worker)
    }

    pub(super) fn worker_number(&self) -> u32 {
        self.worker().map_or(u32::MAX, |worker| worker.number)
    }

    fn is_dead(&self) -> bool {
        self.inside
            .as_ref()
            .is_some_and(|(worker, life)| worker.life.get() != *life)
    }

    /// Dead workers, and everyone once the run is over, go no further.
    fn is_over(&self) -> bool {
        self.is_dead() || self.kernel.over_budget.get()
    }

    /// Whether the host may not go on, or not yet.
    pub(super) fn is_held(&self) -> bool {
        self.is_over() || self.worker().is_some_and(|worker| worker.frozen.get())
    }

    /// Goes on when a worker that stands still does; never, if it is over.
    pub(super) async fn hold(&self) {
        self.thaw().await;
        if self.is_over() {
            pending::<()>().await;
        }
    }

    /// Kills the worker. Nothing after this await runs.
    async fn die(&self, how: Invoked) {
        let (worker, _) = self.inside.as_ref().expect("only workers die");
        let kernel = &self.kernel;
        kernel.lose(worker, how);
        pending::<()>().await;
    }

    /// Stands still; goes on, if it ever does, when the node is resumed.
    async fn freeze(&self, stands_still: Duration, given_up_after: Duration) {
        let (worker, life) = self.inside.clone().expect("only workers freeze");
        let invocation = worker.invocation.get();
        let kernel = Rc::clone(&self.kernel);
        kernel
            .world
            .fault_seen(worker.execution.get(), kernel.clock.now());
        kernel.pause(&worker);
        let frozen_at = kernel.clock.now();
        self.kernel.tasks.start(async move {
            let give_up = frozen_at + given_up_after;
            let thaw = frozen_at + stands_still;
            kernel.until(give_up.min(thaw)).await;
            if give_up < thaw && worker.life.get() == life {
                worker.give_up(invocation);
            }
            kernel.until(thaw).await;
            if worker.life.get() == life {
                kernel.resume(&worker);
            }
        });
        self.thaw().await;
    }

    /// Waits until the worker goes on. Its task gets no turn before; a branch that is polled again in this one
    /// must not go on either.
    async fn thaw(&self) {
        let Some((worker, _)) = &self.inside else {
            return;
        };
        poll_fn(|cx| {
            if !worker.frozen.get() {
                return Poll::Ready(());
            }
            let mut still = worker.still.borrow_mut();
            if !still.iter().any(|known| known.will_wake(cx.waker())) {
                still.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Counts and records a crossing; tells what strikes there.
    fn meet(&self, point: Point, at: At, subject: u32, outcome: Outcome) -> Option<Strike> {
        self.meet_later(point, at, subject, outcome, 0)
    }

    /// The same for a crossing that is only ahead, by so many nanoseconds: when a request is applied.
    pub(super) fn meet_later(
        &self,
        point: Point,
        at: At,
        subject: u32,
        outcome: Outcome,
        ahead: u64,
    ) -> Option<Strike> {
        let strike = match self.inside {
            Some(_) => self.strike(point, at),
            None => None,
        };
        let outcome = match strike {
            Some(Strike::Crash) => Outcome::Crash,
            Some(Strike::Freeze { .. }) => Outcome::Freeze,
            None => outcome,
        };
        self.count(point, at, subject, outcome, ahead);
        strike
    }

    /// Counts and records a crossing.
    #[inline(always)]
    fn count(&self, point: Point, at: At, subject: u32, outcome: Outcome, ahead: u64) {
        let kernel = &*self.kernel;
        let world = &kernel.world;
        let steps = kernel.steps.get() + 1;
        kernel.steps.set(steps);
        if steps > kernel.budget_steps {
            kernel.over_budget.set(true);
        }
        let count = &world.ordinals[point.index()];
        count.set(count.get() + 1);
        if world.keep {
            let nanos = kernel.clock.nanos() + ahead;
            let worker = self.worker_number();
            let mut history = world.history.borrow_mut();
            history
                .crossings
                .push(nanos, at, point, outcome, worker, subject);
        }
    }

    fn strike(&self, point: Point, at: At) -> Option<Strike> {
        let world = &self.kernel.world;
        if world.doomed.take() {
            world.faults.borrow_mut().count(Fired::Crash);
            return Some(Strike::Crash);
        }
        match world.watches(point) {
            true => world.faults.borrow_mut().strike(point, at, &world.streams),
            false => None,
        }
    }

    pub(super) async fn suffer(&self, strike: Strike) {
        match strike {
            Strike::Crash => self.die(Invoked::Crashed).await,
            Strike::Freeze {
                stands_still,
                given_up_after,
            } => self.freeze(stands_still, given_up_after).await,
        }
        if self.is_held() {
            self.hold().await;
        }
    }

    /// Lets so many nanoseconds pass.
    pub(super) fn wait_nanos(&self, length: u64) -> Wait<'_> {
        Wait::new(self, length)
    }

    /// Waits until the invocation is stopped, and dies.
    pub(super) async fn wait_for_limit(&self, limit: u64, what: Limit) {
        self.kernel.until_nanos(limit).await;
        if self.is_held() {
            rare(self.hold()).await;
        }
        match what {
            Limit::TimeOut => self.die(Invoked::TimedOut).await,
            Limit::Crash => {
                self.kernel.world.faults.borrow_mut().count(Fired::Crash);
                self.die(Invoked::Crashed).await;
            }
        }
    }
}

impl Host for SimHost {
    fn world(&self) -> &World {
        &self.kernel.world
    }

    fn now(&self) -> Duration {
        self.kernel.clock.now()
    }

    fn wait(&self, length: Duration) -> impl Future<Output = ()> {
        Wait::new(self, nanos(length))
    }

    fn goes_on(&self) -> bool {
        !self.is_held()
    }

    fn pass(&self, point: Point, at: At) -> bool {
        let world = &self.kernel.world;
        let quiet = !self.is_held() && !world.doomed.get() && !world.watches(point);
        if quiet {
            self.count(point, at, NO_SUBJECT, Outcome::Ok, 0);
        }
        quiet
    }

    async fn cross(&self, point: Point, at: At) {
        if self.is_held() {
            self.hold().await;
        }
        if let Some(strike) = self.meet(point, at, NO_SUBJECT, Outcome::Ok) {
            self.suffer(strike).await;
        }
    }

    fn call(&self, request: &Request, at: At) -> impl Future<Output = Result<Reply, CallError>> {
        let kind = request.kind();
        // A block, because a function that is async has room for each of its arguments twice; what is
        // rare is boxed: a future that waits is small, and many wait.
        async move {
            if self.is_held() {
                rare(self.hold()).await;
            }
            let subject = self.note_subject(request);
            let send = Point::of(kind, Phase::Send);
            if let Some(strike) = self.meet(send, at, subject, Outcome::Ok) {
                rare(self.suffer(strike)).await;
            }
            let mut sent = self.send(request, at, subject);
            if let Some(struck) = sent.struck.take() {
                let (there, strike) = *struck;
                rare(self.suffer_when_applied(&mut sent, there, strike)).await;
            }
            self.wait_nanos(sent.length).await;
            let answer = self.answer(sent);
            let outcome = answer
                .as_ref()
                .map_or_else(CallError::outcome, |_| Outcome::Ok);
            let ack = Point::of(kind, Phase::Ack);
            if let Some(strike) = self.meet(ack, at, subject, outcome) {
                rare(self.suffer(strike)).await;
            }
            answer
        }
    }

    fn environment(&self) -> Option<EnvironmentId> {
        self.worker().map(|worker| EnvironmentId(worker.number))
    }

    fn run(
        &self,
        environment: EnvironmentId,
        invocation: u64,
        event: Event,
    ) -> impl Future<Output = Invoked> {
        let worker = self.kernel.workers.get(environment.0);
        workers::start(&self.kernel, &worker, invocation, event);
        async move { worker.ended().await }
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.kernel.tasks.start(task);
    }

    fn outside(&self) -> SimHost {
        SimHost::outside(&self.kernel)
    }
}
