//! Workers: one madsim node per environment of the function platform.
//!
//! A node's first task takes events from its mailbox and handles them one after the other. Killing
//! the node drops everything that the handler was doing at that instant; restarting it gives an
//! empty worker, which the platform uses as another environment.

use super::Kernel;
use super::boundary::SimHost;
use madsim::runtime::Handle;
use madsim::task::NodeId;
use models::host::{Event, Invoked};
use models::point::{At, Point};
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

/// All workers of a run.
pub struct Workers {
    handle: Handle,
    nodes: RefCell<Vec<Rc<Worker>>>,
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.nodes.borrow().iter()).finish()
    }
}

/// One environment's worker.
#[derive(Debug)]
pub struct Worker {
    pub number: u32,
    node: Cell<Option<NodeId>>,
    /// Counts lives: what belongs to an earlier one is dead.
    pub life: Cell<u32>,
    mailbox: RefCell<Option<(u64, Event)>>,
    reader: RefCell<Option<Waker>>,
    /// The invocation under way.
    pub invocation: Cell<u64>,
    pub execution: Cell<u32>,
    /// When the invocation is stopped: by its time-out, or because the worker dies by then.
    pub limit: Cell<Option<(Duration, Limit)>>,
    ended: RefCell<Option<Invoked>>,
    caller: RefCell<Option<Waker>>,
    pub frozen: Cell<bool>,
}

/// What happens at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    TimeOut,
    Crash,
}

thread_local! {
    // madsim starts a node's first task by a closure that must be `Send`: the kernel, which is
    // not, is found here.
    static KERNEL: RefCell<Weak<Kernel>> = const { RefCell::new(Weak::new()) };
}

/// Makes the kernel known to the nodes of this thread's runtime.
pub fn install(kernel: &Rc<Kernel>) {
    KERNEL.with(|slot| *slot.borrow_mut() = Rc::downgrade(kernel));
}

fn installed() -> Option<Rc<Kernel>> {
    KERNEL.with(|slot| slot.borrow().upgrade())
}

impl Workers {
    /// No workers yet. To be made inside a runtime.
    pub fn new() -> Workers {
        Workers {
            handle: Handle::current(),
            nodes: RefCell::default(),
        }
    }

    /// The worker of an environment, made if it is new.
    pub fn get(&self, number: u32) -> Rc<Worker> {
        let mut nodes = self.nodes.borrow_mut();
        while nodes.len() <= number as usize {
            let number = nodes.len() as u32;
            let worker = Rc::new(Worker {
                number,
                node: Cell::new(None),
                life: Cell::new(0),
                mailbox: RefCell::default(),
                reader: RefCell::default(),
                invocation: Cell::new(0),
                execution: Cell::new(0),
                limit: Cell::new(None),
                ended: RefCell::default(),
                caller: RefCell::default(),
                frozen: Cell::new(false),
            });
            let node = self
                .handle
                .create_node()
                .init(move || serve(number))
                .build();
            worker.node.set(Some(node.id()));
            nodes.push(worker);
        }
        Rc::clone(&nodes[number as usize])
    }

    /// Kills a worker; an empty one takes its place.
    pub fn kill(&self, worker: &Worker, how: Invoked) {
        let node = worker.node.get().expect("a worker has a node");
        worker.life.set(worker.life.get() + 1);
        worker.frozen.set(false);
        // An event that it had not taken yet dies with it.
        worker.mailbox.borrow_mut().take();
        worker.end(how);
        self.handle.kill(node);
        self.handle.restart(node);
    }

    /// Lets a worker stand still.
    pub fn pause(&self, worker: &Worker) {
        worker.frozen.set(true);
        self.handle
            .pause(worker.node.get().expect("a worker has a node"));
    }

    /// Lets a worker go on.
    pub fn resume(&self, worker: &Worker) {
        worker.frozen.set(false);
        self.handle
            .resume(worker.node.get().expect("a worker has a node"));
    }

    /// The lowest numbered worker that is busy.
    pub fn busy(&self) -> Option<Rc<Worker>> {
        let nodes = self.nodes.borrow();
        nodes
            .iter()
            .find(|worker| worker.invocation.get() != 0)
            .cloned()
    }

    /// Whether no worker has anything to do.
    pub fn idle(&self) -> bool {
        self.busy().is_none()
    }

    /// Kills all workers for good, so that their tasks are dropped.
    pub fn stop(&self) {
        for worker in self.nodes.borrow().iter() {
            if let Some(node) = worker.node.take() {
                worker.life.set(u32::MAX);
                self.handle.kill(node);
            }
        }
    }
}

impl Worker {
    /// Hands over an event and waits for the end of its invocation.
    pub async fn run(&self, invocation: u64, event: Event) -> Invoked {
        self.execution.set(event.execution());
        self.invocation.set(invocation);
        *self.mailbox.borrow_mut() = Some((invocation, event));
        if let Some(reader) = self.reader.borrow_mut().take() {
            reader.wake();
        }
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
        if self.invocation.replace(0) == 0 {
            return;
        }
        self.report(how);
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

    async fn next_event(&self) -> (u64, Event) {
        poll_fn(|cx| match self.mailbox.borrow_mut().take() {
            Some(event) => Poll::Ready(event),
            None => {
                *self.reader.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        })
        .await
    }
}

/// The first task of a node.
async fn serve(number: u32) {
    let Some(kernel) = installed() else {
        return pending().await;
    };
    let worker = kernel.workers.get(number);
    let life = worker.life.get();
    loop {
        let (invocation, event) = worker.next_event().await;
        let at = At::execution(event.execution());
        kernel.set_limit(&worker, invocation);
        let host = SimHost::inside(&kernel, &worker, life);
        use models::host::Host;
        host.cross(Point::HANDLER_START, at).await;
        let answer = models::engines::handle(&host, event).await;
        host.cross(Point::HANDLER_END, at).await;
        worker.end(Invoked::Answered(answer));
        kernel.tasks.wake();
    }
}

impl Kernel {
    /// A worker dies, with all that ran in it.
    pub fn lose(&self, worker: &Worker, how: Invoked) {
        let now = self.clock.now();
        self.world.fault_seen(worker.execution.get(), now);
        self.world.lose_bodies(worker.number, now);
        self.workers.kill(worker, how);
    }

    fn set_limit(&self, worker: &Worker, invocation: u64) {
        let now = self.clock.now();
        let timeout = now + self.world.functions.borrow().config.timeout;
        let hazard = self
            .world
            .faults
            .borrow()
            .hazard(invocation, &self.world.streams);
        let limit = match hazard.map(|after| now + after) {
            Some(crash) if crash < timeout => (crash, Limit::Crash),
            _ => (timeout, Limit::TimeOut),
        };
        worker.limit.set(Some(limit));
    }
}
