//! The programs that must finish despite faults.

pub mod completion;
pub mod context;
pub mod counter;
pub mod excamera;
pub mod generation;
pub mod ladder;
pub mod load;
pub mod media;
pub mod program;
pub mod stage;
pub mod temporary;
pub mod video;

pub use load::{LOAD, Load};

use crate::engines::Engine;
use crate::engines::queue::Pool;
use crate::host::Host;
use crate::ledger::Effect;
use crate::point::StepName;
use crate::settings::Settings;
use crate::value::Value;
use context::{Context, Failure};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// The workflow of a run.
#[derive(Debug)]
pub enum Workflow {
    Counter(counter::Counter),
    Video(video::Video),
    Program(program::Program),
    ExCamera(Box<excamera::ExCamera>),
    Generation(Box<generation::Generation>),
    Ladder(Box<ladder::Ladder>),
}

/// A workflow under way: boxed, so that a small one needs no room for a large one.
pub type Running<'r> = Pin<Box<dyn Future<Output = Result<Value, Failure>> + 'r>>;

impl Workflow {
    /// The workflow of that name with its parameters. An error says what is wrong with one.
    ///
    /// # Panics
    /// If there is no workflow of that name.
    pub fn new(name: &str, settings: &Settings) -> Result<Workflow, String> {
        Ok(match name {
            "counter" => Workflow::Counter(counter::Counter::new(settings)),
            "video" => Workflow::Video(video::Video::new(settings)),
            "program" => Workflow::Program(program::Program::new(settings)?),
            "excamera" => Workflow::ExCamera(Box::new(excamera::ExCamera::new(settings))),
            "generation" => Workflow::Generation(Box::new(generation::Generation::new(settings))),
            "ladder" => Workflow::Ladder(Box::new(ladder::Ladder::new(settings)?)),
            other => panic!("workflow `{other}` was not checked"),
        })
    }

    /// Runs it on an engine that has a context.
    pub fn run<'w: 'r, 'r, C: Context<'w>>(&'w self, context: &'r C) -> Running<'r> {
        match self {
            Workflow::Counter(counter) => Box::pin(counter.run(context)),
            Workflow::Video(video) => Box::pin(video.run(context)),
            Workflow::Program(program) => Box::pin(program.run(context)),
            Workflow::ExCamera(job) => Box::pin(job.run(context)),
            Workflow::Generation(job) => Box::pin(job.run(context)),
            Workflow::Ladder(job) => Box::pin(job.run(context)),
        }
    }

    /// Whether it fails by what somebody else does.
    pub fn may_fail(&self) -> bool {
        matches!(self, Workflow::Program(program) if program.may_fail())
    }

    /// The steps that have an effect of this class on this engine.
    pub fn effects(&self, engine: &Engine, class: Effect) -> Vec<StepName> {
        match self {
            Workflow::Counter(counter) => counter.effects(engine, class),
            Workflow::Video(video) => video.effects(engine, class),
            Workflow::Program(program) => match class {
                Effect::Plain => program.certain().collect(),
                Effect::Keyed | Effect::Store => Vec::new(),
            },
            Workflow::Ladder(ladder) => ladder.effects(engine, class),
            Workflow::ExCamera(job) => match class {
                Effect::Plain => (0..job.workers()).map(excamera::ExCamera::step).collect(),
                Effect::Keyed | Effect::Store => Vec::new(),
            },
            Workflow::Generation(_) => generation::Generation::effects(class),
        }
    }

    /// Its stages, if it is made of such.
    pub fn stages(&self) -> &[stage::Stage] {
        match self {
            Workflow::Generation(job) => &job.stages,
            _ => &[],
        }
    }

    /// Tables of the object store that hold what is of no use after the end.
    pub fn temporaries(&self) -> &'static [&'static str] {
        match self {
            Workflow::Generation(_) => &[generation::TEMPORARY],
            Workflow::Video(_) => &[video::CHUNK, video::SEGMENT],
            _ => &[],
        }
    }

    /// How many steps of an execution run side by side at most.
    pub fn width(&self) -> u32 {
        match self {
            Workflow::Counter(_) => 1,
            Workflow::Video(video) => match video.parallelism() as u32 {
                0 => video.chunks(),
                limit => limit.min(video.chunks()),
            },
            Workflow::Program(program) => program.width(),
            Workflow::ExCamera(job) => job.workers(),
            Workflow::Generation(_) => 1,
            Workflow::Ladder(ladder) => {
                let limit = u32::try_from(ladder.parallelism()).unwrap_or(u32::MAX);
                limit.min(ladder.segments()).max(ladder.renditions())
            }
        }
    }

    /// The fleets of workers that run its steps on the engine `queue`; those of `workers` replicas
    /// where it has no fleets of its own.
    pub fn pools(&self, workers: u32) -> Vec<Pool> {
        match self {
            Workflow::Ladder(ladder) => ladder.pools.to_vec(),
            _ => vec![Pool {
                name: "workers",
                replicas: workers,
            }],
        }
    }

    /// Which of them runs a step.
    pub fn pool_of(&self, step: StepName) -> u32 {
        match self {
            Workflow::Ladder(_) => ladder::Ladder::pool_of(step),
            _ => 0,
        }
    }

    /// The idle wait in its middle.
    pub fn idle(&self) -> Duration {
        match self {
            Workflow::Counter(counter) => counter.idle,
            _ => Duration::ZERO,
        }
    }

    /// Puts what the client brings where the workflow finds it.
    pub fn upload<H: Host>(&self, host: &H, execution: u32) {
        match self {
            Workflow::Video(video) => video.upload(host, execution),
            Workflow::Ladder(ladder) => ladder.upload(host, execution),
            _ => {}
        }
    }

    /// Seconds of encoded video that an execution delivers, all renditions together.
    pub fn video_seconds(&self) -> Option<f64> {
        match self {
            Workflow::Counter(_) | Workflow::Program(_) | Workflow::ExCamera(_) => None,
            Workflow::Video(video) => Some(video.length_s),
            Workflow::Generation(job) => Some(job.length_s),
            Workflow::Ladder(ladder) => Some(ladder.length_s * f64::from(ladder.renditions())),
        }
    }
}
