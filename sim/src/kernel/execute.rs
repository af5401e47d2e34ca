//! A run: starts its executions, lets them end, and then everything that is still under way.

use super::Kernel;
use super::boundary::SimHost;
use super::clock::Clock;
use super::tasks::Tasks;
use super::workers::Workers;
use crate::stop;
use madsim::runtime::Runtime;
use models::faults::plan::Fired;
use models::host::{Host, Invoked};
use models::ledger::Logs;
use models::streams::Purpose;
use models::world::{Setup, World};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// Whose draws the times of open load are: no execution's, no client's.
const ARRIVALS: u64 = u64::MAX;

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    /// More crossings than allowed.
    Steps,
    /// More virtual time than allowed, or nothing left that could happen.
    Time,
    /// The process was told to stop: the result is of nothing.
    Stopped,
}

/// A finished run.
#[derive(Debug)]
pub struct Finished<T> {
    pub end: End,
    pub result: T,
}

/// Makes runs, one after the other, and uses the memory of one for the next.
#[derive(Debug, Default)]
pub struct Machine {
    logs: RefCell<Logs>,
}

impl Machine {
    /// Runs a scenario's cell once and reads the result from the world it leaves behind.
    ///
    /// `read` gets the world, and how and when the run ended. An error names a row that the data
    /// files lack.
    pub fn execute<T>(
        &self,
        setup: &Setup,
        schedule_seed: u64,
        budget: (Duration, u64),
        read: impl FnOnce(&World, End, Duration) -> T,
    ) -> Result<Finished<T>, String> {
        let world = World::new(setup, self.logs.take())?;
        let runtime = Runtime::with_seed_and_config(schedule_seed, madsim::Config::default());
        Ok(runtime.block_on(async move {
            let kernel = Rc::new(Kernel {
                world,
                clock: Clock::new(),
                wire: RefCell::default(),
                workers: Workers::default(),
                tasks: Tasks::new(schedule_seed),
                steps: Cell::new(0),
                budget_steps: budget.1,
                over_budget: Cell::new(false),
            });
            start(&kernel);
            let (end, ended_at) = (run(&kernel, budget.0), kernel.clock.now());
            let world = &kernel.world;
            kernel.wire.borrow_mut().advance(u64::MAX, world);
            world.note_faults(ended_at);
            let result = read(world, end, ended_at);
            // Tasks own the kernel that owns them.
            kernel.tasks.clear();
            self.logs.replace(world.take_logs());
            Finished { end, result }
        }))
    }
}

/// One run on a machine of its own: see [`Machine::execute`].
pub fn execute<T>(
    setup: &Setup,
    schedule_seed: u64,
    budget: (Duration, u64),
    read: impl FnOnce(&World, End, Duration) -> T,
) -> Result<Finished<T>, String> {
    Machine::default().execute(setup, schedule_seed, budget, read)
}

/// Starts the clients.
fn start(kernel: &Rc<Kernel>) {
    let load = &kernel.world.load;
    if !load.interarrival.is_zero() {
        kernel.tasks.start(arrivals(Rc::clone(kernel)));
    } else {
        closed(kernel);
    }
    for time in &kernel.world.faults.borrow().crash_times {
        kernel.tasks.start(crash_at(Rc::clone(kernel), *time));
    }
}

/// A client for each execution that may be under way.
fn closed(kernel: &Rc<Kernel>) {
    let load = &kernel.world.load;
    let slots = load.in_flight.min(load.executions);
    let turns = Rc::new(Turns::new(slots));
    for slot in 0..slots {
        let mine = (load.executions - slot).div_ceil(slots);
        let host = SimHost::outside(kernel);
        kernel
            .tasks
            .start(client(host, slot, mine, Rc::clone(&turns)));
    }
}

/// Open load: executions start at their times, however many are under way.
async fn arrivals(kernel: Rc<Kernel>) {
    let host = SimHost::outside(&kernel);
    let (world, mut at) = (host.world(), Duration::ZERO);
    for _ in 0..world.load.executions {
        at += world.draw(&world.load.interarrival, Purpose::Load, ARRIVALS) * 1000;
        kernel.until(at).await;
        let client = SimHost::outside(&kernel);
        kernel.tasks.start(async move { execution(&client).await });
    }
}

/// Runs until no task is left, a budget is used up or the process is told to stop.
fn run(kernel: &Rc<Kernel>, longest: Duration) -> End {
    loop {
        if stop::requested() {
            return End::Stopped;
        }
        while kernel.tasks.turn() {
            if kernel.over_budget.get() {
                return End::Steps;
            }
        }
        if kernel.tasks.count() == 0 {
            return End::Done;
        }
        if !kernel.jump(longest) {
            return End::Time;
        }
        launch(kernel);
    }
}

/// Starts the functions that executions have asked the durable backend to invoke.
fn launch(kernel: &Rc<Kernel>) {
    for launch in kernel.world.backend.borrow_mut().take_launches() {
        let host = SimHost::outside(kernel);
        let invoked = async move { models::engines::durable::launch(&host, launch).await };
        kernel.tasks.start(invoked);
    }
}

/// One client: starts an execution when the one before has ended.
async fn client(host: SimHost, slot: u64, executions: u64, turns: Rc<Turns>) {
    let world = host.world();
    for turn in 0..executions {
        if world.load.lockstep {
            turns.wait_for_all(turn).await;
        }
        execution(&host).await;
        if !world.load.think.is_zero() && turn + 1 < executions {
            let ms = world.draw(&world.load.think, Purpose::Load, slot);
            host.wait(ms * 1000).await;
        }
    }
}

/// One execution, from its start to its outcome.
async fn execution(host: &SimHost) {
    let world = host.world();
    let execution = world.start_execution(host.now());
    world.workflow.upload(host, execution);
    let outcome = models::engines::drive(host, execution).await;
    if world.outcome(execution).is_none() {
        world.finish_execution(execution, host.now(), outcome);
    }
    world.forget_execution(execution);
}

/// A time at which a busy worker dies: the one with the lowest number.
async fn crash_at(kernel: Rc<Kernel>, time: Duration) {
    kernel.until(time).await;
    if let Some(worker) = kernel.workers.busy(&kernel.world) {
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
