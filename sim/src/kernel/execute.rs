//! A run: starts its executions, lets them end, and then everything that is still under way.

use super::Kernel;
use super::boundary::SimHost;
use super::clock::Clock;
use super::tasks::Tasks;
use super::workers::{self, Workers};
use madsim::runtime::Runtime;
use models::faults::plan::Fired;
use models::host::{Host, Invoked};
use models::streams::Purpose;
use models::workflows::Workflow;
use models::world::{Setup, World};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    /// More crossings than allowed.
    Steps,
    /// More virtual time than allowed, or nothing left that could happen.
    Time,
}

/// A finished run.
#[derive(Debug)]
pub struct Finished<T> {
    pub end: End,
    pub result: T,
}

/// Runs a scenario's cell once and reads the result from the world it leaves behind.
///
/// `read` gets the world, how and when the run ended, and the poll load. An error names a row that the
/// data files lack.
pub fn execute<T>(
    setup: &Setup,
    schedule_seed: u64,
    budget: (Duration, u64),
    read: impl FnOnce(&World, End, Duration, f64) -> T,
) -> Result<Finished<T>, String> {
    let world = World::new(setup)?;
    let runtime = Runtime::with_seed_and_config(schedule_seed, madsim::Config::default());
    Ok(runtime.block_on(async move {
        let kernel = Rc::new(Kernel {
            world,
            clock: Clock::new(),
            wire: RefCell::default(),
            workers: Workers::new(),
            tasks: Tasks::default(),
            steps: Cell::new(0),
            budget_steps: budget.1,
            over_budget: Cell::new(false),
        });
        workers::install(&kernel);
        let (end, ended_at) = run(&kernel, budget.0).await;
        kernel
            .wire
            .borrow_mut()
            .advance(Duration::MAX, &kernel.world);
        kernel.world.note_faults(ended_at);
        let result = read(&kernel.world, end, ended_at, kernel.clock.poll_load());
        // A runtime that is dropped with sleeping tasks leaks them.
        kernel.tasks.clear();
        kernel.workers.stop();
        madsim::time::sleep(Duration::from_millis(1)).await;
        Finished { end, result }
    }))
}

/// Runs until all is quiet or a budget is used up.
async fn run(kernel: &Rc<Kernel>, longest: Duration) -> (End, Duration) {
    let load = kernel.world.load.clone();
    let slots = load.in_flight.min(load.executions);
    let turns = Rc::new(Turns::new(slots));
    for slot in 0..slots {
        let mine = (load.executions - slot).div_ceil(slots);
        let host = SimHost::outside(kernel);
        kernel
            .tasks
            .start(client(host, slot, mine, Rc::clone(&turns)));
    }
    for time in kernel.world.faults.borrow().crash_times.clone() {
        kernel.tasks.start(crash_at(Rc::clone(kernel), time));
    }
    let mut limit = pin!(kernel.clock.until(longest));
    let end = poll_fn(|cx| {
        kernel.tasks.poll(cx);
        if kernel.over_budget.get() {
            return Poll::Ready(End::Steps);
        }
        if kernel.tasks.count() == 0 && kernel.workers.idle() {
            return Poll::Ready(End::Done);
        }
        limit.as_mut().poll(cx).map(|()| End::Time)
    })
    .await;
    (end, kernel.clock.now())
}

/// One client: starts an execution when the one before has ended.
async fn client(host: SimHost, slot: u64, executions: u64, turns: Rc<Turns>) {
    let world = host.world();
    for turn in 0..executions {
        if world.load.lockstep {
            turns.wait_for_all(turn).await;
        }
        let execution = world.start_execution(host.now());
        if let Workflow::Video(video) = &world.workflow {
            video.upload(&host, execution);
        }
        let outcome = models::engines::drive(&host, execution).await;
        if world.outcome(execution).is_none() {
            world.finish_execution(execution, host.now(), outcome);
        }
        world.forget_execution(execution);
        if !world.load.think.is_zero() && turn + 1 < executions {
            let ms = world.draw(&world.load.think, Purpose::Load, slot);
            host.wait(ms * 1000).await;
        }
    }
}

/// A time at which a busy worker dies: the one with the lowest number.
async fn crash_at(kernel: Rc<Kernel>, time: Duration) {
    kernel.clock.until(time).await;
    if let Some(worker) = kernel.workers.busy() {
        kernel.world.faults.borrow_mut().count(Fired::Crash);
        kernel.lose(&worker, Invoked::Crashed);
    }
}

/// Lets clients begin each turn together.
struct Turns {
    clients: u64,
    arrived: Cell<u64>,
    wakers: RefCell<Vec<std::task::Waker>>,
}

impl Turns {
    fn new(clients: u64) -> Turns {
        Turns {
            clients,
            arrived: Cell::new(0),
            wakers: RefCell::default(),
        }
    }

    async fn wait_for_all(&self, turn: u64) {
        self.arrived.set(self.arrived.get() + 1);
        let all = self.clients * (turn + 1);
        if self.arrived.get() >= all {
            for waker in self.wakers.borrow_mut().drain(..) {
                waker.wake();
            }
        }
        poll_fn(|cx| {
            if self.arrived.get() >= all {
                return Poll::Ready(());
            }
            self.wakers.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
