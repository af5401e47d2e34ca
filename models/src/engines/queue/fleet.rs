//! Starting executions, keeping the workers up, and the server's timers.
//!
//! The workers are up when the run begins. Whoever looks after them (an orchestrator of containers)
//! starts a process that died again after a while, and replaces one that gave no sign of life.
//! They shut down when the last execution of the run is over.

use super::config;
use super::config::{Config, Pool};
use crate::engines::again::start_again;
use crate::host::{CallError, Event, Host, Invoked, Reply, Request};
use crate::point::At;
use crate::services::client;
use crate::services::function::EnvironmentId;
use crate::services::orchestrator::{Op, QueueNumber};
use crate::streams::Purpose;
use crate::world::Outcome;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Starts an execution and waits for its end, as a client does.
pub async fn drive<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    let world = host.world();
    bring_up(host, config);
    start_again(host, execution, |outside| async move {
        let at = At::execution(execution);
        request(&outside, Op::Start { execution }, at).await;
        let outcome = ended(&outside, execution).await;
        outside.world().tell(execution, outcome);
    });
    let at = At::execution(execution);
    request(host, Op::Start { execution }, at).await;
    if !config.cancel.is_zero() {
        let (outside, after) = (host.outside(), config.cancel);
        host.spawn(async move {
            outside.wait(after).await;
            request(&outside, Op::Cancel { execution }, at).await;
        });
    }
    let outcome = ended(host, execution).await;
    // The answer of the client's long poll.
    let kind = Request::orchestrator(Op::Poll { execution }).kind();
    host.wait(world.latency(kind, at)).await;
    let done = world.drives.get() + 1;
    world.drives.set(done);
    if done == world.load.executions {
        world.orchestrator.borrow_mut().shut();
    }
    outcome
}

/// Sends a request until it is answered.
async fn request<H: Host>(host: &H, op: Op, at: At) {
    loop {
        match client::send(host, Request::orchestrator(op.clone()), at).await {
            Ok(Reply::Orchestrator(_)) | Err(CallError::Orchestrator(_)) => return,
            Ok(other) => unreachable!("the orchestrator does not answer {other:?}"),
            Err(_) => host.wait(Duration::from_secs(1)).await,
        }
    }
}

async fn ended<H: Host>(host: &H, execution: u32) -> Outcome {
    let orchestrator = &host.world().orchestrator;
    poll_fn(|cx| {
        let outcome = orchestrator.borrow_mut().outcome(execution, cx.waker());
        outcome.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// The fleets of a run: the workflow workers, then those of the activities, by queue.
fn pools(config: &Config, world: &crate::world::World) -> Vec<Pool> {
    let workflow = Pool {
        name: "workflow",
        replicas: config.workflow_workers,
    };
    let activities = world.workflow.pools(config.workers);
    [workflow].into_iter().chain(activities).collect()
}

/// Workers of all fleets, and slots of those that run activities.
pub fn fleet_size(config: &Config, world: &crate::world::World) -> (u32, u64) {
    let pools = pools(config, world);
    let all: u32 = pools.iter().map(|pool| pool.replicas).sum();
    let slots = u64::from(all - pools[0].replicas) * config.slots as u64;
    (all, slots)
}

fn bring_up<H: Host>(host: &H, config: &Config) {
    let world = host.world();
    let pools = pools(config, world);
    if !world.orchestrator.borrow_mut().open(pools.len()) {
        return;
    }
    let outside = host.outside();
    host.spawn(async move { tick(&outside).await });
    // Workers of activities first: a crash at a time strikes the busy worker of the lowest number.
    let order = (1..pools.len()).chain([0]);
    for queue in order {
        for _ in 0..pools[queue].replicas {
            let number = world.hire();
            let outside = host.outside();
            host.spawn(async move { keep_up(outside, number, queue as QueueNumber).await });
        }
    }
}

/// Fires the server's timers when they are due.
async fn tick<H: Host>(host: &H) {
    let orchestrator = &host.world().orchestrator;
    loop {
        let (mut armed, mut timer) = (Duration::MAX, None);
        poll_fn(|cx| {
            let mut server = orchestrator.borrow_mut();
            if server.is_shut() {
                return Poll::Ready(());
            }
            let Some(due) = server.next_due(cx.waker()) else {
                return Poll::Pending;
            };
            drop(server);
            if due != armed {
                armed = due;
                let left = due.saturating_sub(host.now());
                timer = Some(Box::pin(host.wait(left)));
            }
            let timer = timer.as_mut().expect("it has just been armed");
            pin!(timer).poll(cx)
        })
        .await;
        let mut server = orchestrator.borrow_mut();
        if server.is_shut() {
            return;
        }
        server.fire(host.now());
    }
}

/// Runs one replica's processes, one after the other.
async fn keep_up<H: Host>(host: H, mut number: u32, queue: QueueNumber) {
    let world = host.world();
    loop {
        let environment = EnvironmentId(number);
        world.reset_cpu(environment);
        let process = world.next_invocation();
        world.begin_invocation(environment, host.now());
        let event = Event::Worker { queue, process };
        let ended = host.run(environment, process, event).await;
        if world.orchestrator.borrow().is_shut() {
            return;
        }
        match ended {
            // It made room for one with other code.
            Invoked::Answered(_) => {}
            Invoked::GivenUp => number = world.hire(),
            Invoked::Crashed | Invoked::TimedOut => {
                let law = &config(world).restart;
                let restart = world.draw(law, Purpose::ColdStart, u64::from(number));
                let down = world.faults.borrow().restart;
                host.wait(restart + down).await;
            }
        }
    }
}
