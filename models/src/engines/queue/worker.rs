//! A worker process: it polls its queue while it has free slots, and runs what it gets.
//!
//! As the SDK's workers do: a slot is reserved before a poll, a few polls are open at once, and
//! a process that runs workflow code keeps workflows in its memory between their tasks.
//!
//! Heartbeats go as in the SDKs (Go: `internal_task_handlers.go`, `BatchHeartbeat`): the first report of an attempt
//! is sent at once, and opens a window in which further ones are only noted; the last of them is sent when
//! the window is over. The code is taken to report all the time. It works while a heartbeat is on its way, and
//! its end waits for the answer (in Go and Java the first report holds up the code itself).

use super::activity;
use super::config::Config;
use super::decider::Coroutine;
use crate::body::{Handed, Raise};
use crate::host::{Answer, CallError, Host, Reply, Request};
use crate::point::At;
use crate::services::client;
use crate::services::orchestrator as server;
use crate::services::orchestrator::{
    ActivityToken, Op, Process, QueueNumber, Refusal, Seat, Task, TaskToken,
};
use crate::streams::Purpose;
use crate::value::Value;
use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// What a part of the process came back with.
enum Turn {
    Polled(Option<Task>),
    Done,
}

/// One process.
#[derive(Debug)]
struct Worker<'h, H> {
    host: &'h H,
    config: &'h Config,
    queue: QueueNumber,
    process: Process,
    cache: RefCell<Cache>,
    /// Of the workflow code it runs.
    version: u32,
}

/// Workflows in memory, by execution and run, with the time of their last use.
#[derive(Debug, Default)]
struct Cache {
    workflows: BTreeMap<(u32, u32), (u64, Coroutine)>,
    uses: u64,
}

impl Cache {
    fn take(&mut self, token: &TaskToken) -> Option<Coroutine> {
        let found = self.workflows.remove(&(token.execution, token.run));
        found.map(|(_, coroutine)| coroutine)
    }

    fn keep(&mut self, token: &TaskToken, coroutine: Coroutine, limit: usize) {
        self.uses += 1;
        let key = (token.execution, token.run);
        self.workflows.insert(key, (self.uses, coroutine));
        if self.workflows.len() > limit {
            let oldest = self.workflows.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(key) = oldest.map(|(key, _)| *key) {
                self.workflows.remove(&key);
            }
        }
    }
}

/// A process's life.
pub async fn serve<H: Host>(
    host: &H,
    config: &Config,
    queue: QueueNumber,
    process: Process,
) -> Answer {
    let deployed = !config.deploy.is_zero() && host.now() >= config.deploy;
    let worker = Worker {
        host,
        config,
        queue,
        process,
        cache: RefCell::default(),
        version: u32::from(deployed),
    };
    worker.run().await;
    Answer::Succeeded(Value::Unit)
}

impl<H: Host> Worker<'_, H> {
    async fn run(&self) {
        let slots = match self.queue {
            0 => self.config.workflow_slots,
            _ => self.config.slots,
        };
        let mut turns: FuturesUnordered<LocalBoxFuture<'_, Turn>> = FuturesUnordered::new();
        let (mut polls, mut running, mut over) = (0, 0, false);
        loop {
            while !over && polls < self.config.pollers && polls + running < slots {
                turns.push(Box::pin(async { Turn::Polled(self.poll().await) }));
                polls += 1;
            }
            match turns.next().await {
                Some(Turn::Polled(Some(task))) => {
                    polls -= 1;
                    running += 1;
                    turns.push(Box::pin(async {
                        self.perform(task).await;
                        Turn::Done
                    }));
                }
                Some(Turn::Polled(None)) => {
                    polls -= 1;
                    over = self.is_over();
                }
                Some(Turn::Done) => running -= 1,
                None => return,
            }
        }
    }

    /// Whether the process is to end: no more executions will come, or other code replaces it.
    fn is_over(&self) -> bool {
        let replaced = self.queue == 0
            && self.version == 0
            && !self.config.deploy.is_zero()
            && self.host.now() >= self.config.deploy;
        replaced || self.host.world().orchestrator.borrow().is_shut()
    }

    /// A long poll: parked at the server until there is a task. `None` if none came in time, or
    /// the task was lost on its way.
    async fn poll(&self) -> Option<Task> {
        let orchestrator = &self.host.world().orchestrator;
        self.host.wait(Duration::ZERO).await;
        if self.is_over() {
            return None;
        }
        let parked = Parked(Seat::new(self.process));
        let seat = &parked.0;
        let now = self.host.now();
        orchestrator.borrow_mut().poll(now, self.queue, seat);
        let mut longest = self.config.long_poll;
        if !self.config.deploy.is_zero() && self.queue == 0 && self.version == 0 {
            longest = longest.min(self.config.deploy.saturating_sub(now));
        }
        let mut limit = pin!(self.host.wait(longest));
        let task = poll_fn(|cx| {
            if let Some(task) = seat.task.borrow_mut().take() {
                return Poll::Ready(Some(task));
            }
            if orchestrator.borrow().is_shut() || limit.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            *seat.waker.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await?;
        let execution = task.execution();
        let at = At::execution(execution);
        let is_first =
            matches!(&task, Task::Workflow { events, .. } if *events == FIRST_TASK_EVENTS);
        if is_first {
            let law = &self.config.first_task;
            let more = self
                .host
                .world()
                .draw(law, Purpose::Dispatch, u64::from(execution));
            self.host.wait(more).await;
        }
        let request = Request::orchestrator(Op::Poll { execution });
        let delivered = self.host.call(&request, at).await;
        delivered.is_ok().then_some(task)
    }

    async fn perform(&self, task: Task) {
        match task {
            Task::Workflow {
                token,
                attempt,
                sticky,
                events,
            } => self.decide(token, attempt, sticky, events).await,
            Task::Activity {
                token,
                name,
                attempt,
                progress,
                started,
            } => {
                let at = At::execution(token.execution).step(name);
                let progress = Cell::new(progress);
                let handed = Handed {
                    attempt,
                    since: started,
                    progress: &progress,
                };
                let ended = {
                    let code = pin!(activity::run(self.host, at, &handed, &token.place));
                    let sends = Cell::new(!self.config.heartbeat_interval.is_zero());
                    let beats = pin!(self.heartbeats(&token, at, &progress, &sends));
                    match select(code, beats).await {
                        Either::Left((result, mut beats)) => {
                            // A heartbeat on its way holds up the answer.
                            poll_fn(|cx| {
                                let over = !sends.get() || beats.as_mut().poll(cx).is_ready();
                                match over || !sends.get() {
                                    true => Poll::Ready(()),
                                    false => Poll::Pending,
                                }
                            })
                            .await;
                            Some(result)
                        }
                        Either::Right(((), _)) => None,
                    }
                };
                self.report(token, at, ended).await;
            }
        }
    }

    /// Sends heartbeats until the server wants the activity to stop, or has given it up: the first when
    /// the code begins to work, each further one an interval after the answer to the one before, which is
    /// how the SDKs throttle what the code reports. `sends` is whether one is on its way.
    async fn heartbeats(
        &self,
        token: &ActivityToken,
        at: At,
        progress: &Cell<u64>,
        sends: &Cell<bool>,
    ) {
        let interval = self.config.heartbeat_interval;
        if interval.is_zero() {
            return std::future::pending().await;
        }
        loop {
            sends.set(true);
            let op = Op::Heartbeat {
                token: token.clone(),
                progress: progress.get(),
            };
            let request = Request::orchestrator(op);
            match self.host.call(&request, at).await {
                Ok(Reply::Orchestrator(server::Reply::Recorded { cancel: true }))
                | Err(CallError::Orchestrator(Refusal::NotFound)) => return,
                // One that is lost is followed by the next.
                _ => {}
            }
            sends.set(false);
            self.host.wait(interval).await;
        }
    }

    /// Tells the server how an attempt ended.
    async fn report(&self, token: ActivityToken, at: At, ended: Option<Result<Value, Raise>>) {
        let op = match ended {
            Some(Ok(result)) => Op::CompleteActivity { token, result },
            Some(Err(raise)) => Op::FailActivity {
                token,
                error: raise.error,
                permanent: raise.permanent,
            },
            None => {
                self.host.world().abandon_body(self.host, at);
                Op::CancelActivity { token }
            }
        };
        // Not found: the attempt was given up. Not reached: it will be.
        let _ = client::send(self.host, Request::orchestrator(op), at).await;
    }

    /// A workflow task.
    async fn decide(&self, token: TaskToken, attempt: u32, sticky: bool, events: usize) {
        let (host, config) = (self.host, self.config);
        let world = host.world();
        let at = At::execution(token.execution);
        let cached = self.cache.borrow_mut().take(&token);
        let cached = cached.filter(|_| sticky);
        let mut workflow = match cached {
            Some(workflow) => workflow,
            None => {
                if !self.read_pages(at, events).await {
                    return;
                }
                let replay = config.replay_event * events as u32;
                // The first task of a run replays nothing.
                if events > FIRST_TASK_EVENTS && !replay.is_zero() {
                    host.wait(replay).await;
                    world.replayed(token.execution, replay);
                }
                Coroutine::new(host, &token, self.version)
            }
        };
        let commands = {
            let server = world.orchestrator.borrow();
            let known = server.execution(token.execution);
            let known = known.filter(|known| known.run == token.run && known.closed.is_none());
            let Some(known) = known else { return };
            workflow.activate(&known.history[workflow.seen()..events.max(workflow.seen())])
        };
        let op = match commands {
            Ok(commands) => Op::CompleteTask {
                token,
                commands,
                sticky: (config.cache > 0).then_some(self.process),
            },
            Err(cause) if attempt == 1 => Op::FailTask { token, cause },
            // The SDK reports it once and then lets the task time out.
            Err(_) => return,
        };
        let ends = matches!(&op, Op::CompleteTask { commands, .. } if commands.iter().any(server::Command::ends_run));
        let keeps = matches!(op, Op::CompleteTask { .. }) && !ends && config.cache > 0;
        let answer = client::send(host, Request::orchestrator(op), at).await;
        if keeps && answer.is_ok() {
            let mut cache = self.cache.borrow_mut();
            cache.keep(&token, workflow, config.cache);
        }
    }

    /// The first page of a history comes with the task, the others are asked for.
    async fn read_pages(&self, at: At, events: usize) -> bool {
        let pages = (events as u64).div_ceil(self.config.page_events);
        for _ in 1..pages {
            let execution = at.execution;
            let request = Request::orchestrator(Op::History { execution });
            if client::send(self.host, request, at).await.is_err() {
                return false;
            }
        }
        true
    }
}

/// Events of a history when its first workflow task is started.
const FIRST_TASK_EVENTS: usize = 3;

/// A poll at the server, gone with its process.
struct Parked(Rc<Seat>);

impl Drop for Parked {
    fn drop(&mut self) {
        self.0.gone.set(true);
    }
}
