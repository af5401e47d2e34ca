//! A worker that was given a job: takes it, runs its stages, and leaves nothing behind.

use super::config::Config;
use super::context::{Staged, failure};
use super::events::Kind;
use super::{SUPERSEDED, checkpoint};
use crate::host::{Answer, Host};
use crate::point::At;
use crate::workflows::context::Failure;
use crate::workflows::temporary;

/// Runs a job as this epoch of it.
pub async fn handle<H: Host>(host: &H, config: &Config, execution: u32, epoch: u32) -> Answer {
    let at = At::execution(execution);
    let world = host.world();
    {
        let mut server = world.jobs.borrow_mut();
        let job = server.job(execution);
        if job.epoch != epoch {
            return Answer::Failed(SUPERSEDED);
        }
        job.worker = host.environment();
    }
    let outputs = match config.checkpoint {
        true => checkpoint::take(host, at, epoch).await,
        false => Ok([].into()),
    };
    let result = match outputs {
        Ok(outputs) => {
            if !outputs.is_empty() {
                let mut server = world.jobs.borrow_mut();
                server.note(host.now(), at, Kind::Resumed, "");
            }
            let context = Staged::new(host, config, at, epoch, &outputs);
            Box::pin(world.workflow.run(&context)).await
        }
        Err(stop) => Err(failure(stop)),
    };
    let answer = match result {
        Ok(value) => Answer::Succeeded(value),
        Err(Failure::Step(error) | Failure::Final(error)) => Answer::Failed(error),
        // The job is not over: whoever takes it over needs what was made.
        Err(_) => return Answer::Retry("checkpoint not stored"),
    };
    tidy(host, config, at, epoch).await;
    answer
}

/// Removes temporary objects. A worker that lost its job leaves them to the one that has it, unless the
/// job is over.
async fn tidy<H: Host>(host: &H, config: &Config, at: At, epoch: u32) {
    let world = host.world();
    let lost = world.jobs.borrow_mut().job(at.execution).epoch != epoch;
    let over = world.outcome(at.execution).is_some();
    if !config.cleanup || (lost && !over) {
        return;
    }
    if temporary::sweep(host, at).await.is_err() {
        world.jobs.borrow_mut().job(at.execution).untidy = true;
    }
}
