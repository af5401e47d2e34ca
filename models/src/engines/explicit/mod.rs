//! State kept by hand: functions, a key-value store and an object store.
//!
//! What a good engineer would write without a durable runtime. Each handler reads what was done
//! before, does what is missing, and writes down that it did. The variants differ in how they
//! write (see [`Variant`]) and so in what a crash, a lost answer or a second worker can spoil.
//!
//! * [`store`]: the four ways to change a number in the store;
//! * `counter`: a request with one operation or a batch;
//! * `fan_out`: what the next two share: parts, a record that counts them, the client's watchdog;
//! * `ladder`: renditions of a video, a count per rendition and one of all;
//! * `video`: start, encode, assemble, and the two ways to find that all chunks are done.

mod backoff;
mod config;
mod counter;
mod fan_out;
mod keys;
mod ladder;
mod orchestrated;
mod pledges;
mod retry;
pub mod store;
mod video;

pub use config::{Config, Coordination, Variant, variant};
pub use keys::ENTRY;
pub use pledges::pledges;

use crate::host::{Answer, Host};
use crate::workflows::Workflow;
use crate::world::Outcome;

/// A request to one of the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub execution: u32,
    pub task: Task,
}

/// Which function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    Counter,
    VideoStart,
    VideoEncode { chunk: u32 },
    VideoAssemble,
    LadderStart,
    LadderTranscode { segment: u32 },
    LadderMerge { rendition: u32 },
}

impl Call {
    /// Size of the event: a small JSON object (assumption).
    pub fn bytes(&self) -> u64 {
        128
    }
}

/// Sends the request, again if need be, until there is an outcome.
pub async fn drive<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    match &host.world().workflow {
        Workflow::Counter(_) => counter::drive(host, config, execution).await,
        Workflow::Video(_) => fan_out::drive(host, config, execution, Task::VideoStart).await,
        Workflow::Ladder(_) => fan_out::drive(host, config, execution, Task::LadderStart).await,
        Workflow::Program(_) | Workflow::ExCamera(_) | Workflow::Generation(_) => {
            unreachable!("`World::new` refuses workflows that need a context")
        }
    }
}

/// Handles a request.
pub async fn handle<H: Host>(host: &H, config: &Config, call: Call) -> Answer {
    match (&host.world().workflow, call.task) {
        (Workflow::Counter(counter), Task::Counter) => {
            counter::handle(host, config, counter, call.execution).await
        }
        (Workflow::Video(video), Task::VideoStart)
            if config.coordination == Coordination::Orchestrated =>
        {
            orchestrated::run(host, config, video, call.execution).await
        }
        (Workflow::Video(video), Task::VideoStart) => {
            video::start(host, config, video, call.execution).await
        }
        (Workflow::Video(video), Task::VideoEncode { chunk }) => {
            video::encode(host, config, video, call.execution, chunk).await
        }
        (Workflow::Video(video), Task::VideoAssemble) => {
            video::assemble(host, config, video, call.execution).await
        }
        (Workflow::Ladder(work), Task::LadderStart) => {
            ladder::start(host, config, work, call.execution).await
        }
        (Workflow::Ladder(work), Task::LadderTranscode { segment }) => {
            ladder::transcode(host, config, work, call.execution, segment).await
        }
        (Workflow::Ladder(work), Task::LadderMerge { rendition }) => {
            ladder::merge(host, config, work, call.execution, rendition).await
        }
        (_, task) => unreachable!("no function for {task:?} here"),
    }
}
