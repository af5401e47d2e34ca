//! The host that the models see: crossing points, calling services, waiting, dying.

use super::Kernel;
use super::wire::Ticket;
use super::workers::{Limit, Worker};
use models::faults::plan::{Fired, Strike, Transit};
use models::host::{CallError, Event, Host, Invoked, Reply, Request};
use models::ledger::{Crossing, Outcome, UpdateRow};
use models::names::Key;
use models::point::{At, Party, Phase, Point};
use models::services::function::EnvironmentId;
use models::world::World;
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// A host: the outside, or one life of a worker.
#[derive(Clone, Debug)]
pub struct SimHost {
    kernel: Rc<Kernel>,
    inside: Option<(Rc<Worker>, u32)>,
}

/// What a crossing is about, for the history.
#[derive(Clone, Copy)]
struct About {
    to: Party,
    key: Key,
    bytes: u64,
    outcome: Outcome,
    updates: (u32, u32),
}

impl About {
    fn handler(execution: u32) -> About {
        About {
            to: Party::Worker,
            key: Key::new("execution", u64::from(execution), 0),
            bytes: 0,
            outcome: Outcome::Ok,
            updates: (0, 0),
        }
    }
}

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

    fn worker(&self) -> Option<&Rc<Worker>> {
        self.inside.as_ref().map(|(worker, _)| worker)
    }

    fn worker_number(&self) -> u32 {
        self.worker().map_or(u32::MAX, |worker| worker.number)
    }

    fn is_dead(&self) -> bool {
        self.inside
            .as_ref()
            .is_some_and(|(worker, life)| worker.life.get() != *life)
    }

    /// Dead workers, and everyone once the run is over, stop here; one that stands still waits.
    async fn alive(&self) {
        self.thaw().await;
        if self.is_dead() || self.kernel.over_budget.get() {
            pending::<()>().await;
        }
    }

    /// Kills the worker. Nothing after this await runs.
    async fn die(&self, how: Invoked) {
        let (worker, _) = self.inside.as_ref().expect("only workers die");
        let kernel = &self.kernel;
        kernel
            .world
            .fault_seen(worker.execution.get(), kernel.clock.now());
        kernel.workers.kill(worker, how);
        kernel.tasks.wake();
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
        kernel.workers.pause(&worker);
        let frozen_at = kernel.clock.now();
        self.kernel.tasks.start(async move {
            let give_up = frozen_at + given_up_after;
            let thaw = frozen_at + stands_still;
            kernel.clock.until(give_up.min(thaw)).await;
            if give_up < thaw && worker.life.get() == life {
                worker.give_up(invocation);
                kernel.tasks.wake();
            }
            kernel.clock.until(thaw).await;
            if worker.life.get() == life {
                kernel.workers.resume(&worker);
            }
        });
        self.thaw().await;
    }

    /// madsim parks the tasks of a paused node when they are next ready; a branch that is polled
    /// again before the end of its task's turn must not go on either.
    async fn thaw(&self) {
        let Some((worker, _)) = &self.inside else {
            return;
        };
        poll_fn(|cx| {
            if !worker.frozen.get() {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Counts and records a crossing; tells what strikes there.
    fn pass(&self, point: Point, at: At, about: About) -> Option<Strike> {
        let kernel = &self.kernel;
        let world = &kernel.world;
        let steps = kernel.steps.get() + 1;
        kernel.steps.set(steps);
        if steps > kernel.budget_steps {
            kernel.over_budget.set(true);
            kernel.tasks.wake();
        }
        let ordinal = {
            let mut ordinals = world.ordinals.borrow_mut();
            let ordinal = &mut ordinals[point.index()];
            *ordinal += 1;
            *ordinal
        };
        let strike = self.inside.as_ref().and_then(|_| self.strike(point, at));
        if world.history.borrow().keep {
            let outcome = match strike {
                Some(Strike::Crash) => Outcome::Crash,
                Some(Strike::Freeze { .. }) => Outcome::Freeze,
                None => about.outcome,
            };
            self.record(point, ordinal, at, About { outcome, ..about });
        }
        strike
    }

    fn strike(&self, point: Point, at: At) -> Option<Strike> {
        let world = &self.kernel.world;
        if world.doomed.take() {
            world.faults.borrow_mut().count(Fired::Crash);
            return Some(Strike::Crash);
        }
        world.faults.borrow_mut().strike(point, at, &world.streams)
    }

    fn record(&self, point: Point, ordinal: u32, at: At, about: About) {
        let kernel = &self.kernel;
        let service = point.request().map_or(about.to, |(kind, _)| kind.service());
        let back = matches!(point.request(), Some((_, Phase::Ack)));
        let party = self.party();
        let (from, to) = if back {
            (service, party)
        } else {
            (party, service)
        };
        kernel.world.history.borrow_mut().crossings.push(Crossing {
            time: kernel.clock.now(),
            point,
            ordinal,
            at,
            worker: self.worker_number(),
            from,
            to,
            key: about.key,
            bytes: about.bytes,
            outcome: about.outcome,
            updates: about.updates,
        });
    }

    async fn suffer(&self, strike: Option<Strike>) {
        match strike {
            None => {}
            Some(Strike::Crash) => self.die(Invoked::Crashed).await,
            Some(Strike::Freeze {
                stands_still,
                given_up_after,
            }) => self.freeze(stands_still, given_up_after).await,
        }
    }

    /// Lets the history know which updates a checkpoint request carries.
    fn note_updates(&self, request: &Request) -> (u32, u32) {
        let mut history = self.kernel.world.history.borrow_mut();
        if !history.keep {
            return (0, 0);
        }
        let first = history.updates.len() as u32;
        if let Request::Checkpoint { updates, .. } = request {
            history
                .updates
                .extend(updates.iter().map(|update| UpdateRow {
                    request: 0,
                    update: update.action.name(),
                    operation: update.op_type.name(),
                    id: update.id.0,
                    step: update.name,
                    bytes: update.payload_bytes(),
                }));
        }
        (first, history.updates.len() as u32)
    }

    fn note_accepted(&self, updates: (u32, u32), answer: &Result<Reply, CallError>) {
        if let Ok(Reply::Checkpoint(checkpointed)) = answer {
            let mut history = self.kernel.world.history.borrow_mut();
            for row in &mut history.updates[updates.0 as usize..updates.1 as usize] {
                row.request = checkpointed.request;
            }
        }
    }
}

/// Gives a request's place free when its sender is gone.
struct Sent<'k>(&'k Kernel, Ticket);

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        self.0.wire.borrow_mut().give_up(&self.1);
    }
}

impl Host for SimHost {
    fn world(&self) -> &World {
        &self.kernel.world
    }

    fn now(&self) -> Duration {
        self.kernel.clock.now()
    }

    async fn wait(&self, length: Duration) {
        self.alive().await;
        if length.is_zero() {
            return;
        }
        let clock = &self.kernel.clock;
        let deadline = clock.now() + length;
        let limit = self.worker().and_then(|worker| worker.limit.get());
        match limit.filter(|(limit, _)| *limit < deadline) {
            None => clock.until(deadline).await,
            Some((limit, what)) => {
                clock.until(limit).await;
                self.alive().await;
                match what {
                    Limit::TimeOut => self.die(Invoked::TimedOut).await,
                    Limit::Crash => {
                        self.kernel.world.faults.borrow_mut().count(Fired::Crash);
                        self.die(Invoked::Crashed).await;
                    }
                }
            }
        }
        self.alive().await;
    }

    async fn cross(&self, point: Point, at: At) {
        self.alive().await;
        let strike = self.pass(point, at, About::handler(at.execution));
        self.suffer(strike).await;
        self.alive().await;
    }

    async fn call(&self, request: Request, at: At) -> Result<Reply, CallError> {
        self.alive().await;
        let kernel = &self.kernel;
        let world = &kernel.world;
        let kind = request.kind();
        let updates = self.note_updates(&request);
        let about = About {
            to: kind.service(),
            key: request.key(),
            bytes: request.bytes(),
            outcome: Outcome::Ok,
            updates,
        };
        let strike = self.pass(Point::of(kind, Phase::Send), at, about);
        self.suffer(strike).await;
        self.alive().await;

        let sent_at = kernel.clock.now();
        let (transit, more_there, more_back) = {
            let mut faults = world.faults.borrow_mut();
            faults.transit(kind, self.party(), at, sent_at, &world.streams)
        };
        let latency = world.latency(kind, at);
        let (content_there, content_back) = world.transfer(&request);
        let there = latency / 2 + more_there + content_there;
        let back = latency - latency / 2 + more_back + content_back;
        let patience = world.patience(kind.service());

        let answer = match transit {
            Transit::Error => {
                self.wait((there + back).min(patience)).await;
                Err(CallError::Unavailable)
            }
            Transit::RequestLost => {
                self.wait(patience).await;
                Err(CallError::Timeout)
            }
            Transit::Passes | Transit::AnswerLost | Transit::Twice => {
                let worker = self.worker_number();
                if transit == Transit::Twice {
                    let copy_at = sent_at + there + latency;
                    kernel
                        .wire
                        .borrow_mut()
                        .send_copy(copy_at, request.clone(), worker);
                }
                let ticket = kernel
                    .wire
                    .borrow_mut()
                    .send(sent_at + there, request, worker);
                let sent = Sent(kernel, ticket);
                let strike = self.pass(Point::of(kind, Phase::Applied), at, about);
                if strike.is_some() {
                    self.wait(there).await;
                    kernel.wire.borrow_mut().advance(kernel.clock.now(), world);
                    self.suffer(strike).await;
                    self.alive().await;
                }
                let gone = kernel.clock.now().saturating_sub(sent_at);
                if transit == Transit::AnswerLost || there + back > patience {
                    self.wait(patience.saturating_sub(gone)).await;
                    Err(CallError::Timeout)
                } else {
                    self.wait((there + back).saturating_sub(gone)).await;
                    let mut wire = kernel.wire.borrow_mut();
                    wire.advance(kernel.clock.now(), world);
                    wire.take(&sent.1)
                }
            }
        };
        self.note_accepted(updates, &answer);
        let outcome = answer
            .as_ref()
            .map_or_else(CallError::outcome, |_| Outcome::Ok);
        let strike = self.pass(Point::of(kind, Phase::Ack), at, About { outcome, ..about });
        self.suffer(strike).await;
        self.alive().await;
        answer
    }

    fn environment(&self) -> Option<EnvironmentId> {
        self.worker().map(|worker| EnvironmentId(worker.number))
    }

    async fn run(&self, environment: EnvironmentId, invocation: u64, event: Event) -> Invoked {
        let worker = self.kernel.workers.get(environment.0);
        let invoked = worker.run(invocation, event).await;
        let kernel = &self.kernel;
        kernel
            .wire
            .borrow_mut()
            .advance(kernel.clock.now(), &kernel.world);
        invoked
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.kernel.tasks.start(task);
    }

    fn outside(&self) -> SimHost {
        SimHost::outside(&self.kernel)
    }
}
