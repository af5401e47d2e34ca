//! The server's part of a job: it gives the job to a worker, again if the worker is lost, cancels it when
//! the client says so, and sees to it that nothing is left behind.
//!
//! A cancellation is acknowledged when no worker of the job can do anything more: its worker has stopped,
//! or is known to be dead. A worker that was only lost out of sight may come back, so a job that had such a
//! one ends without an acknowledgement.

use super::CANCELLED;
use super::config::Config;
use super::events::{Kind, WHOLE};
use super::server::{event, whole};
use crate::engines::again::start_again;
use crate::engines::broken::Broken;
use crate::host::{Answer, Event, Host, Invoked};
use crate::invoke::{self, full_jitter, place_and_run};
use crate::point::{At, RequestKind};
use crate::streams::Purpose;
use crate::workflows::temporary;
use crate::world::Outcome;
use std::time::Duration;

/// Delays before a job is given to the next worker, and between tries to remove what is left.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_CAP: Duration = Duration::from_secs(60);

/// How often the server tries to remove what is left of a job.
const SWEEPS: u32 = 1_000;

/// Whoever asks for a job that runs waits for it as long as it takes.
const PATIENCE: Duration = Duration::from_secs(366 * 86_400);

/// Starts a job by its name and takes it to its end.
pub async fn drive<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    start_again(host, execution, |outside| async move {
        // The server knows the job by its name; who asks again gets the same job.
        let world = outside.world();
        world.until_finished(&outside, execution, PATIENCE).await;
        if let Some(outcome) = world.outcome(execution) {
            world.tell(execution, outcome);
        }
    });
    let at = At::execution(execution);
    let overhead = host.world().latency(RequestKind::FunctionInvoke, at);
    while !invoke::request(host, at, overhead).await {}
    cancel_later(host, config, execution);
    let outcome = run(host, config, execution).await;
    let (kind, message, progress) = match &outcome {
        Outcome::Succeeded(_) => (Kind::Done, "", WHOLE),
        Outcome::Failed(error) => (Kind::Error, *error, 0),
    };
    let mut row = event(host.now(), whole(execution), kind, message);
    row.progress = progress;
    host.world().jobs.borrow_mut().tell(row);
    sweep_later(host, config, execution);
    outcome
}

/// Gives the job to one worker after the other until it is over.
async fn run<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    let world = host.world();
    let mut lost = 0;
    loop {
        let Some(epoch) = next_epoch(host, execution) else {
            return cancelled(host, config, execution).await;
        };
        let error = match place_and_run(host, Event::Staged { execution, epoch }).await {
            Some(Invoked::Answered(Answer::Succeeded(value))) => return Outcome::Succeeded(value),
            Some(Invoked::Answered(Answer::Failed(CANCELLED))) => {
                return acknowledge(host, execution);
            }
            Some(Invoked::Answered(Answer::Failed(error))) => return Outcome::Failed(error),
            Some(Invoked::Answered(Answer::Retry(error))) => error,
            Some(Invoked::GivenUp) => {
                world.jobs.borrow_mut().job(execution).out_of_sight = true;
                "worker lost"
            }
            Some(_) => "worker lost",
            None => "no worker",
        };
        world.fault_seen(execution, host.now());
        if lost == config.recoveries {
            let forgets = config.broken == Broken::CrashLeavesFiles;
            world.jobs.borrow_mut().job(execution).untidy = !forgets;
            return Outcome::Failed(error);
        }
        lost += 1;
        let turn = lost.min(60) as u32;
        let delay = full_jitter(host, AGAIN, AGAIN_CAP, turn, execution);
        host.wait(delay).await;
    }
}

/// A new hold on the job for the worker that is to get it, unless the client wants no more.
fn next_epoch<H: Host>(host: &H, execution: u32) -> Option<u32> {
    let mut server = host.world().jobs.borrow_mut();
    let job = server.job(execution);
    if job.cancellation.requested.is_some() {
        return None;
    }
    job.epoch += 1;
    job.stir();
    let epoch = job.epoch;
    server.note(host.now(), whole(execution), Kind::Started, "");
    Some(epoch)
}

/// The job was cancelled while no worker had it.
async fn cancelled<H: Host>(host: &H, config: &Config, execution: u32) -> Outcome {
    if config.cleanup
        && temporary::sweep(host, At::execution(execution))
            .await
            .is_err()
    {
        host.world().jobs.borrow_mut().job(execution).untidy = true;
    }
    acknowledge(host, execution)
}

fn acknowledge<H: Host>(host: &H, execution: u32) -> Outcome {
    let mut server = host.world().jobs.borrow_mut();
    let job = server.job(execution);
    if job.out_of_sight {
        return Outcome::Failed("cancelled, with a worker out of sight");
    }
    job.cancellation.acknowledged.get_or_insert(host.now());
    Outcome::Failed(CANCELLED)
}

/// The client's wish to cancel, when its time comes.
fn cancel_later<H: Host>(host: &H, config: &Config, execution: u32) {
    if config.cancel_after.is_zero() {
        return;
    }
    let world = host.world();
    let after = world.draw(&config.cancel_after, Purpose::Load, u64::from(execution)) * 1_000;
    let early = config.broken == Broken::CancelAcknowledgedEarly;
    let outside = host.outside();
    host.spawn(async move {
        outside.wait(after).await;
        let world = outside.world();
        if world.outcome(execution).is_some() {
            return;
        }
        let now = outside.now();
        let mut server = world.jobs.borrow_mut();
        server.note(now, whole(execution), Kind::CancelRequested, "");
        let job = server.job(execution);
        job.cancellation.requested = Some(now);
        if early {
            job.cancellation.acknowledged = Some(now);
        }
        job.stir();
    });
}

/// Removes in the background what the last worker could not, and what a worker out of sight may
/// still write.
fn sweep_later<H: Host>(host: &H, config: &Config, execution: u32) {
    let (untidy, out_of_sight) = {
        let mut server = host.world().jobs.borrow_mut();
        let job = server.job(execution);
        (job.untidy, job.out_of_sight)
    };
    let after = config.sweep_after;
    if !config.cleanup || !(untidy || out_of_sight) {
        return;
    }
    let outside = host.outside();
    host.spawn(async move {
        if untidy {
            sweep(&outside, execution).await;
        }
        if out_of_sight {
            outside.wait(after).await;
            sweep(&outside, execution).await;
        }
    });
}

async fn sweep<H: Host>(host: &H, execution: u32) {
    for turn in 1..=SWEEPS {
        if temporary::sweep(host, At::execution(execution))
            .await
            .is_ok()
        {
            return;
        }
        let delay = full_jitter(host, AGAIN, AGAIN_CAP, turn, execution);
        host.wait(delay).await;
    }
}
