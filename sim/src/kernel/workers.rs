//! Workers: one per environment of the function platform.
//!
//! An invocation is a task. Killing a worker drops the task with everything that the handler was
//! doing at that instant; the platform then uses the worker as another environment.

use super::Kernel;
use super::boundary::SimHost;
use super::clock::nanos;
use super::tasks::TaskId;
use models::host::{Event, Host, Invoked};
use models::point::{At, Point};
use models::rare::rare;
use models::world::World;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};

/// All workers of a run, by the numbers of their environments.
#[derive(Debug, Default)]
pub struct Workers(RefCell<Vec<Rc<Worker>>>);

/// One environment's worker.
#[derive(Debug, Default)]
pub struct Worker {
    pub number: u32,
    /// Counts lives: what belongs to an earlier one is dead.
    pub life: Cell<u32>,
    /// The invocation under way, or 0, and its task.
    pub invocation: Cell<u64>,
    task: Cell<Option<TaskId>>,
    pub execution: Cell<u32>,
    /// A process that polls for work: busy only while it runs a body.
    endless: Cell<bool>,
    /// When the invocation is stopped, in nanoseconds: by its time-out, or because the worker dies by then.
    pub limit: Cell<Option<(u64, Limit)>>,
    ended: RefCell<Option<Invoked>>,
    caller: RefCell<Option<Waker>>,
    pub frozen: Cell<bool>,
    /// Who goes on when the worker does.
    pub still: RefCell<Vec<Waker>>,
}

/// What happens at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    TimeOut,
    Crash,
}

impl Workers {
    /// The worker of an environment, made if it is new.
    pub fn get(&self, number: u32) -> Rc<Worker> {
        let mut workers = self.0.borrow_mut();
        while workers.len() <= number as usize {
            let next = Worker {
                number: workers.len() as u32,
                ..Worker::default()
            };
            workers.push(Rc::new(next));
        }
        Rc::clone(&workers[number as usize])
    }

    /// The lowest numbered worker that is busy.
    pub fn busy(&self, world: &World) -> Option<Rc<Worker>> {
        let workers = self.0.borrow();
        let busy = |worker: &&Rc<Worker>| {
            worker.invocation.get() != 0 && (!worker.endless.get() || world.works(worker.number))
        };
        workers.iter().find(busy).cloned()
    }
}

impl Worker {
    /// Waits for the end of the invocation.
    pub async fn ended(&self) -> Invoked {
        poll_fn(|cx| match self.ended.borrow_mut().take() {
            Some(ended) => Poll::Ready(ended),
            None => {
                *self.caller.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Ends the invocation under way.
    fn end(&self, how: Invoked) {
        self.limit.set(None);
        self.task.set(None);
        if self.invocation.replace(0) != 0 {
            self.report(how);
        }
    }

    fn report(&self, how: Invoked) {
        if let Some(caller) = self.caller.borrow_mut().take() {
            *self.ended.borrow_mut() = Some(how);
            caller.wake();
        }
    }

    /// The invocation's caller no longer waits for it.
    pub fn give_up(&self, invocation: u64) {
        if self.invocation.get() == invocation {
            self.report(Invoked::GivenUp);
        }
    }
}

/// Hands an event to a worker.
pub fn start(kernel: &Rc<Kernel>, worker: &Rc<Worker>, invocation: u64, event: Event) {
    worker.execution.set(event.execution());
    worker.invocation.set(invocation);
    let host = SimHost::inside(kernel, worker, worker.life.get());
    worker.endless.set(matches!(event, Event::Worker { .. }));
    let task = serve(Rc::clone(worker), host, event);
    worker.task.set(Some(kernel.tasks.start_worker(task)));
}

/// One invocation.
fn serve(worker: Rc<Worker>, host: SimHost, event: Event) -> impl Future<Output = ()> {
    let at = At::execution(event.execution());
    async move {
        host.kernel.set_limit(&worker);
        if !host.pass(Point::HANDLER_START, at) {
            rare(host.cross(Point::HANDLER_START, at)).await;
        }
        let answer = models::engines::handle(&host, event).await;
        if !host.pass(Point::HANDLER_END, at) {
            rare(host.cross(Point::HANDLER_END, at)).await;
        }
        worker.end(Invoked::Answered(answer));
    }
}

impl Kernel {
    /// A worker dies, with all that ran in it; an empty one takes its place.
    pub fn lose(&self, worker: &Worker, how: Invoked) {
        let now = self.clock.now();
        self.world.fault_seen(worker.execution.get(), now);
        self.world.fault_seen_by_bodies(worker.number, now);
        self.world.lose_bodies(worker.number, now);
        worker.life.set(worker.life.get() + 1);
        worker.frozen.set(false);
        worker.still.take();
        if let Some(task) = worker.task.get() {
            self.tasks.kill(task);
        }
        worker.end(how);
    }

    /// Lets a worker stand still.
    pub fn pause(&self, worker: &Worker) {
        worker.frozen.set(true);
        if let Some(task) = worker.task.get() {
            self.tasks.pause(task);
        }
    }

    /// Lets a worker go on.
    pub fn resume(&self, worker: &Worker) {
        worker.frozen.set(false);
        if let Some(task) = worker.task.get() {
            self.tasks.resume(task);
        }
        worker.still.take().into_iter().for_each(Waker::wake);
    }

    fn set_limit(&self, worker: &Worker) {
        let now = self.clock.now();
        let timeout = now + self.world.functions.borrow().config.timeout;
        let hazard =
            self.world
                .faults
                .borrow()
                .hazard(worker.invocation.get(), now, &self.world.streams);
        let limit = match hazard {
            Some(crash) if crash < timeout => (nanos(crash), Limit::Crash),
            _ => (nanos(timeout), Limit::TimeOut),
        };
        worker.limit.set(Some(limit));
    }
}
