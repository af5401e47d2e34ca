//! The metrics of a run, read from what it left behind.

mod fleet;
mod pipeline;

use crate::cost::{self, Usage};
use crate::engines::Engine;
use crate::ledger::{BodyRow, Effect, Ended};
use crate::names::Key;
use crate::records::{Failures, Measure as M, Values};
use crate::services::provider;
use crate::workflows::Workflow;
use crate::workflows::video::OUTPUT;
use crate::world::{Outcome, World};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a run's executions came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Succeeded,
    Failed,
    /// All ran into the longest time that an execution may take.
    TimedOut,
    /// Some of each.
    Partial,
}

impl Verdict {
    /// As `runs.csv` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Succeeded => "succeeded",
            Verdict::Failed => "failed",
            Verdict::TimedOut => "timed_out",
            Verdict::Partial => "partial",
        }
    }
}

/// Sums up the executions.
pub fn verdict(world: &World) -> Verdict {
    let executions = world.executions.borrow();
    let good =
        |e: &&crate::world::ExecutionState| matches!(e.ended, Some((_, Outcome::Succeeded(_))));
    let timed_out = |e: &crate::world::ExecutionState| matches!(&e.ended, Some((_, how)) if *how == Outcome::TIMED_OUT);
    match executions.iter().filter(good).count() {
        n if n == executions.len() => Verdict::Succeeded,
        0 if executions.iter().all(timed_out) => Verdict::TimedOut,
        0 => Verdict::Failed,
        _ => Verdict::Partial,
    }
}

/// Why executions failed, and how many for each reason.
pub fn failures(world: &World) -> Failures {
    let mut failures = Failures::default();
    for execution in world.executions.borrow().iter() {
        if let Some((_, Outcome::Failed(why))) = execution.ended {
            *failures.0.entry(why.to_owned()).or_default() += 1;
        }
    }
    failures
}

/// The values of all metrics at the end of a run.
pub fn values(world: &World, now: Duration) -> Values {
    let mut values = Values::default();
    let count = world.executions.borrow().len().max(1) as f64;
    executions(world, &mut values);
    waits(world, &mut values);
    functions(world, &mut values, count);
    steps(world, &mut values, count);
    stores(world, &mut values, count, now);
    fleet::values(world, &mut values, count);
    costs(world, &mut values, count, now);
    pipeline::values(world, &mut values, count);
    if let Some(mean) = redo(world) {
        values.set(M::RedoS, mean);
    }
    values.set(M::FaultsFired, world.faults.borrow().total() as f64);
    values.set(M::VirtualS, now.as_secs_f64());
    values
}

fn executions(world: &World, values: &mut Values) {
    let executions = world.executions.borrow();
    let count = executions.len() as f64;
    let mut latencies = Vec::new();
    let (mut recovery, mut recoveries, mut replay) = (Duration::ZERO, 0, Duration::ZERO);
    let warmup = world.load.warmup as usize;
    for (number, execution) in executions.iter().enumerate() {
        if number < warmup {
            continue;
        }
        if let Some((ended, Outcome::Succeeded(_))) = &execution.ended {
            latencies.push((*ended - execution.started).as_secs_f64());
        }
        recovery += execution.recoveries.0;
        recoveries += execution.recoveries.1;
        replay += execution.replay;
    }
    values.set(M::Executions, count);
    let counted = count - warmup.min(executions.len()) as f64;
    values.set(M::Counted, counted);
    if counted > 0.0 {
        values.set(M::Succeeded, latencies.len() as f64 / counted);
    }
    if !latencies.is_empty() {
        values.set(
            M::LatencyS,
            latencies.iter().sum::<f64>() / latencies.len() as f64,
        );
        values.set(
            M::LatencyMaxS,
            latencies.iter().copied().fold(0.0, f64::max),
        );
        let place = percentile_99(latencies.len());
        let (_, p99, _) = latencies.select_nth_unstable_by(place, f64::total_cmp);
        values.set(M::LatencyP99S, *p99);
    }
    if recoveries > 0 {
        values.set(M::RecoveryS, recovery.as_secs_f64() / f64::from(recoveries));
    }
    values.set(M::ReplayS, replay.as_secs_f64() / counted.max(1.0));
}

/// Place of the 99th percentile among so many sorted values.
fn percentile_99(count: usize) -> usize {
    ((count as f64 * 0.99) as usize).min(count - 1)
}

/// Times in line for an environment.
fn waits(world: &World, values: &mut Values) {
    let functions = world.functions.borrow();
    let late = |(execution, _): &&(u32, Duration)| u64::from(*execution) >= world.load.warmup;
    let server = world.orchestrator.borrow();
    let waits = match world.engine {
        Engine::Queue(_) => &server.meter.waits,
        _ => &functions.line.waits,
    };
    let waits = waits.iter().filter(late);
    let mut waits: Vec<f64> = waits.map(|(_, wait)| wait.as_secs_f64()).collect();
    if waits.is_empty() {
        return;
    }
    let count = waits.len() as f64;
    let waited = waits.iter().filter(|wait| **wait > 0.0).count();
    values.set(M::WaitS, waits.iter().sum::<f64>() / count);
    values.set(M::Waited, waited as f64 / count);
    let place = percentile_99(waits.len());
    let (_, wait, _) = waits.select_nth_unstable_by(place, f64::total_cmp);
    values.set(M::WaitP99S, *wait);
}

fn functions(world: &World, values: &mut Values, count: f64) {
    let functions = world.functions.borrow();
    let meters = &functions.meters;
    let billed = meters.billed.as_secs_f64();
    values.set(M::BilledS, billed / count);
    values.set(M::ComputeGbS, billed * functions.config.memory_gb / count);
    values.set(M::Invocations, meters.invocations as f64 / count);
    values.set(M::ColdStarts, meters.cold_starts as f64 / count);
    values.set(M::QueueMessages, meters.events as f64 / count);
}

fn steps(world: &World, values: &mut Values, count: f64) {
    let executions = world.executions.borrow();
    let (mut bodies, mut attempts, mut effects, mut duplicates) = (0, 0, 0, 0);
    let mut rewrites = 0;
    let mut useful = Duration::ZERO;
    let tallies = world.tallies.borrow();
    for (number, execution) in (0..).zip(executions.iter()) {
        let succeeded = matches!(execution.ended, Some((_, Outcome::Succeeded(_))));
        for tally in tallies.of(number) {
            bodies += u64::from(tally.bodies);
            attempts += u64::from(tally.attempts);
            effects += tally.outside_effects();
            duplicates += tally.duplicates();
            rewrites += tally.repeats(Effect::Store);
            // The work of an execution that failed is thrown away.
            useful += if succeeded {
                tally.useful()
            } else {
                Duration::ZERO
            };
        }
    }
    values.set(M::Bodies, bodies as f64 / count);
    values.set(M::Attempts, attempts as f64 / count);
    values.set(M::Effects, effects as f64 / count);
    values.set(M::DuplicateEffects, duplicates as f64 / count);
    let in_store = match &world.workflow {
        Workflow::Counter(counter) => counter.in_store(&world.engine),
        _ => world.engine.keeps_state_by_hand(),
    };
    if in_store {
        values.set(M::DuplicateWrites, rewrites as f64 / count);
    }
    let all = world.body_time.get();
    if !all.is_zero() {
        let wasted = 1.0 - useful.as_secs_f64() / all.as_secs_f64();
        values.set(M::WastedGbS, wasted * values.get(M::ComputeGbS));
        values.set(M::WastedS, wasted * all.as_secs_f64() / count);
    }
    drop(executions);
    if let Some(lost) = lost(world) {
        values.set(M::LostEffects, lost / count);
    }
    if world.workflow.video_seconds().is_some() {
        encoding(world, values);
        media(world, values);
    }
}

/// Mean time from the loss of a body to the next one of its step.
fn redo(world: &World) -> Option<f64> {
    if world.faults.borrow().total() == 0 {
        return None;
    }
    let ledger = world.ledger.borrow();
    let mut lost: BTreeMap<(u32, u64), Duration> = BTreeMap::new();
    let (mut sum, mut count) = (0.0, 0);
    for row in &ledger.bodies {
        let step = (row.at.execution, row.at.step.stamp());
        if let Some(since) = lost.remove(&step) {
            sum += row.started.saturating_sub(since).as_secs_f64();
            count += 1;
        }
        if row.ended == Ended::Lost {
            lost.insert(step, row.ended_at);
        }
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// Mean time of the encoding bodies that returned.
fn encoding(world: &World, values: &mut Values) {
    let ledger = world.ledger.borrow();
    let encoded = |b: &&BodyRow| {
        ["encode", "transcode"].contains(&b.at.step.base()) && b.ended == Ended::Returned
    };
    let bodies = ledger.bodies.iter().filter(encoded);
    let times: Vec<f64> = bodies
        .map(|b| (b.ended_at - b.started).as_secs_f64())
        .collect();
    if !times.is_empty() {
        values.set(M::EncodeS, times.iter().sum::<f64>() / times.len() as f64);
    }
}

/// Size and quality of the finished videos.
fn media(world: &World, values: &mut Values) {
    let Workflow::Video(video) = &world.workflow else {
        return;
    };
    let objects = world.objects.borrow();
    let size = |place: usize| Some(objects.peek(Key::new(OUTPUT, place as u64, 0))?.bytes as f64);
    let sizes: Vec<f64> = (0..world.executions.borrow().len())
        .filter_map(size)
        .collect();
    if !sizes.is_empty() {
        values.set(
            M::OutputBytes,
            sizes.iter().sum::<f64>() / sizes.len() as f64,
        );
    }
    if let Some(loss) = world.encoder.psnr_loss_db(video.chunk_seconds(0)) {
        values.set(M::PsnrLossDb, loss);
    }
}

/// Additions acknowledged to clients that the counter in the store does not show.
fn lost(world: &World) -> Option<f64> {
    let Workflow::Counter(counter) = &world.workflow else {
        return None;
    };
    if !counter.in_store(&world.engine) {
        return Some(0.0);
    }
    let executions = world.executions.borrow();
    let good = executions
        .iter()
        .filter(|e| matches!(e.ended, Some((_, Outcome::Succeeded(_)))));
    let acknowledged = good.count() as i64 * counter.sum();
    Some((acknowledged - counter_value(world)).max(0) as f64)
}

/// The value of the counter in the store.
pub fn counter_value(world: &World) -> i64 {
    let kv = world.kv.borrow();
    let item = kv.peek(crate::engines::explicit::store::COUNTER);
    item.and_then(|i| i.int("value")).unwrap_or(0)
}

fn stores(world: &World, values: &mut Values, count: f64, now: Duration) {
    let kv = world.kv.borrow();
    let meter = kv.meter();
    values.set(M::StoreReads, meter.reads as f64 / count);
    values.set(M::StoreWrites, meter.writes as f64 / count);
    values.set(M::StoreConflicts, meter.conflicts as f64 / count);
    let objects = world.objects.borrow();
    let media = objects.meter();
    values.set(M::ObjectPuts, (media.puts + media.lists) as f64 / count);
    values.set(M::ObjectGets, media.gets as f64 / count);
    values.set(M::ObjectDeletes, media.deletes as f64 / count);
    values.set(M::ObjectBytesIn, media.bytes_in as f64 / count);
    values.set(M::ObjectBytesOut, media.bytes_out as f64 / count);
    values.set(M::ObjectByteSeconds, media.stored.byte_seconds(now) / count);
    values.set(M::PartialUploads, media.cut_off as f64 / count);
    if let Workflow::Ladder(ladder) = &world.workflow {
        let orphans = crate::claims::ladder::orphans(world, ladder).len();
        values.set(M::OrphanedObjects, orphans as f64 / count);
    }
    let durable = world.backend.borrow().totals();
    values.set(M::CheckpointUpdates, durable.updates as f64 / count);
    values.set(M::CheckpointRequests, f64::from(durable.requests) / count);
    values.set(M::DurableOperations, durable.operations as f64 / count);
    // The state of `queue` is its history, which has metrics of its own.
    if matches!(world.engine, Engine::Queue(_)) {
        return;
    }
    let written = meter.bytes_written + durable.written;
    values.set(M::StateBytesWritten, written as f64 / count);
    values.set(
        M::StateBytesPeak,
        (meter.stored.peak_bytes() + durable.written) as f64,
    );
    let held = meter.stored.byte_seconds(now) + durable.byte_seconds;
    values.set(M::StateByteSeconds, held / count);
}

fn costs(world: &World, values: &mut Values, count: f64, now: Duration) {
    let costs = cost::cost(&usage(world, now), &world.prices);
    values.set(M::CostUsd, costs.total() / count);
    values.set(M::CostComputeUsd, costs.compute / count);
    values.set(M::CostRequestsUsd, costs.requests / count);
    values.set(M::CostDurableUsd, costs.durable / count);
    values.set(M::CostOrchestratorUsd, costs.orchestrator / count);
    values.set(M::CostStoreUsd, costs.store / count);
    values.set(M::CostObjectUsd, costs.object / count);
    values.set(M::CostQueueUsd, costs.queue / count);
    if let Workflow::Generation(_) = &world.workflow {
        values.set(M::CostProviderUsd, costs.provider / count);
    }
    if let Some(seconds) = world.workflow.video_seconds() {
        let delivered = values.get(M::Succeeded) * seconds / 60.0;
        values.set(M::EncodedMinutes, delivered);
        if delivered > 0.0 {
            values.set(
                M::CostPerEncodedMinuteUsd,
                costs.total() / count / delivered,
            );
        }
    }
}

/// Units that the whole run used.
pub fn usage(world: &World, now: Duration) -> Usage {
    let functions = world.functions.borrow();
    let gb_s = functions.meters.billed.as_secs_f64() * functions.config.memory_gb;
    let durable = world.backend.borrow().totals();
    let retention = match &world.engine {
        Engine::Durable(config) => config.retention.as_secs_f64(),
        _ => 0.0,
    };
    let mut usage = Usage {
        function_requests: functions.meters.requests,
        async_chunks: functions.meters.event_chunks,
        durable_operations: durable.operations,
        durable_bytes_written: durable.written,
        durable_byte_seconds: durable.byte_seconds + durable.written as f64 * retention,
        ..Usage::default()
    };
    match functions.config.arm64 {
        true => usage.gb_s_arm64 = gb_s,
        false => usage.gb_s_x86 = gb_s,
    }
    usage.add_kv(world.kv.borrow().meter(), now);
    let providers = world.providers.borrow();
    for provider in provider::Provider::all() {
        usage.provider_units[provider.index()] = providers.meter(provider).units;
    }
    usage.add_objects(world.objects.borrow().meter(), now);
    fleet::add_usage(world, &mut usage, now);
    usage
}
