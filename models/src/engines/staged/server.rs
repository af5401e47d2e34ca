//! The memory of the server: it outlives the workers.

use super::breaker::Breaker;
use super::events::{BreakerRow, EventRow, Kind, WHOLE};
use crate::engines::Engine;
use crate::engines::broken::Broken;
use crate::host::Host;
use crate::point::{At, StepName};
use crate::services::function::EnvironmentId;
use crate::services::provider;
use crate::value::Value;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

/// A stage's output as a checkpoint keeps it; `None` for one that was skipped.
pub type Saved = (u64, Option<Value>);

/// All jobs of a server.
#[derive(Debug, Default)]
pub struct Server {
    pub(super) breakers: [Breaker; provider::COUNT],
    jobs: Vec<Job>,
    /// Events in the order in which they were sent.
    pub events: Vec<EventRow>,
    /// Changes of circuits.
    pub circuits: Vec<BreakerRow>,
    /// Broken: progress is told as it is reported.
    pub(super) as_reported: bool,
    /// Contents of the checkpoints that were ever sent; an item of the store names its own by place.
    pub(super) contents: Vec<Rc<[Saved]>>,
}

/// What became of a wish to cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cancellation {
    pub requested: Option<Duration>,
    /// When the client was told that the job has stopped.
    pub acknowledged: Option<Duration>,
}

/// What the server knows about one job.
#[derive(Debug, Default)]
pub(super) struct Job {
    /// How often a worker was given the job.
    pub epoch: u32,
    /// The worker that has it.
    pub worker: Option<EnvironmentId>,
    pub cancellation: Cancellation,
    /// A worker of it was given up without its end being known.
    pub out_of_sight: bool,
    /// Something may be left to be removed.
    pub untidy: bool,
    /// Weight of the stages that are over, and of the one under way.
    pub weights: (u32, u32),
    /// Highest progress told, in hundredths of a percent.
    progress: u32,
    waiting: Vec<Waker>,
}

impl Job {
    /// Wakes the worker's pipeline if the job is cancelled or taken over.
    pub fn watch(&mut self, context: &Context<'_>) {
        let known = |waker: &Waker| waker.will_wake(context.waker());
        if !self.waiting.iter().any(known) {
            self.waiting.push(context.waker().clone());
        }
    }

    /// Somebody waits for a change of this job: it has changed.
    pub fn stir(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }
}

impl Server {
    /// The server of a run that begins.
    pub fn new(engine: &Engine) -> Server {
        let broken = |config: &super::Config| config.broken == Broken::ProgressAsReported;
        Server {
            as_reported: matches!(engine, Engine::Staged(config) if broken(config)),
            ..Server::default()
        }
    }

    /// The job of an execution.
    pub(super) fn job(&mut self, execution: u32) -> &mut Job {
        let place = execution as usize;
        if self.jobs.len() <= place {
            self.jobs.resize_with(place + 1, Job::default);
        }
        &mut self.jobs[place]
    }

    /// What became of wishes to cancel, by execution.
    pub fn cancellations(&self) -> impl Iterator<Item = (u32, Cancellation)> + '_ {
        let jobs = self.jobs.iter().enumerate();
        jobs.map(|(execution, job)| (execution as u32, job.cancellation))
    }

    /// Sends an event. The progress of a stream never goes back: a worker that took a job over begins
    /// behind the point at which the one before was lost.
    pub(super) fn tell(&mut self, event: EventRow) {
        let as_reported = self.as_reported && event.kind == Kind::Progress;
        let job = self.job(event.execution);
        job.progress = match as_reported {
            true => event.progress,
            false => job.progress.max(event.progress),
        };
        let progress = job.progress;
        let epoch = job.epoch;
        self.events.push(EventRow {
            progress,
            epoch,
            ..event
        });
    }

    /// Sends an event that brings no progress.
    pub(super) fn note(&mut self, time: Duration, at: At, kind: Kind, message: &'static str) {
        self.tell(event(time, at, kind, message));
    }

    /// Sends progress, if it is more than was told before.
    pub(super) fn advance(&mut self, time: Duration, at: At, total: u32, within: (u32, u32)) {
        let job = self.job(at.execution);
        let (before, under_way) = job.weights;
        let (done, of) = (u64::from(within.0), u64::from(within.1.max(1)));
        let part = u64::from(before) * of + u64::from(under_way) * done;
        let progress = (u64::from(WHOLE) * part / (of * u64::from(total.max(1)))) as u32;
        if progress > job.progress || self.as_reported {
            self.tell(EventRow {
                progress,
                ..event(time, at, Kind::Progress, "")
            });
        }
    }
}

/// An event without progress.
pub(super) fn event(time: Duration, at: At, kind: Kind, message: &'static str) -> EventRow {
    EventRow {
        time,
        execution: at.execution,
        epoch: 0,
        kind,
        stage: at.step,
        attempt: 0,
        progress: 0,
        message,
    }
}

/// A body tells how much of its stage is done; a worker that lost its job is not listened to.
pub fn report<H: Host>(host: &H, at: At, done: u32, of: u32) {
    let world = host.world();
    let total = world.workflow.stages().iter().map(|s| s.weight).sum();
    let mut server = world.jobs.borrow_mut();
    let mine = server.job(at.execution).worker == host.environment();
    // The stage's end is told when it is stored, not when its last part is done.
    if mine && done < of {
        server.advance(host.now(), at, total, (done, of));
    }
}

/// No stage: the job itself.
pub(super) fn whole(execution: u32) -> At {
    At::execution(execution).step(StepName::NONE)
}
