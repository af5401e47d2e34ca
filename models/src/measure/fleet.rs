//! What workers that are paid all the time come to, and the orchestrator that they poll.

use crate::cost::Usage;
use crate::engines::Engine;
use crate::engines::queue::{Config, Hosting, fleet_size};
use crate::records::{Measure as M, Values};
use crate::world::World;
use std::time::Duration;

const HOUR_S: f64 = 3600.0;

fn config(world: &World) -> Option<&Config> {
    match &world.engine {
        Engine::Queue(config) => Some(config),
        _ => None,
    }
}

/// The fleets are there from the start of the run to the end of its last execution.
fn span(world: &World) -> f64 {
    let executions = world.executions.borrow();
    let ends = executions.iter().filter_map(|e| e.ended.as_ref());
    let last = ends.map(|(time, _)| *time).max();
    last.unwrap_or_default().as_secs_f64()
}

/// Metrics of the task-queue engine.
pub fn values(world: &World, values: &mut Values, count: f64) {
    let Some(config) = config(world) else {
        return;
    };
    let server = world.orchestrator.borrow();
    let meter = &server.meter;
    let each = |total: u64| total as f64 / count;
    values.set(M::WorkflowTasks, each(meter.workflow_tasks));
    values.set(M::ActivityTasks, each(meter.activity_tasks));
    values.set(
        M::Invocations,
        each(meter.workflow_tasks + meter.activity_tasks),
    );
    values.set(M::HistoryEvents, each(meter.events));
    values.set(M::HistoryBytes, each(meter.bytes));
    values.set(M::Heartbeats, each(meter.heartbeats));
    let (workers, slots) = fleet_size(config, world);
    let paid = span(world) * f64::from(workers);
    values.set(M::WorkerS, paid / count);
    values.set(M::ComputeGbS, paid * config.worker_gb / count);
    let bodies = world.body_time.get().as_secs_f64();
    let there = span(world) * slots as f64;
    if there > 0.0 {
        values.set(M::WorkerBusy, bodies / there);
    }
    // A body has its slot's share of a worker.
    let share = config.worker_gb / config.slots as f64;
    values.set(M::WastedGbS, values.get(M::WastedS) * share);
}

/// Units of the task-queue engine.
pub fn add_usage(world: &World, usage: &mut Usage, now: Duration) {
    let Some(config) = config(world) else {
        return;
    };
    let hours = span(world) / HOUR_S;
    let (workers, _) = fleet_size(config, world);
    usage.worker_vcpu_hours = hours * f64::from(workers) * config.worker_vcpus;
    usage.worker_gb_hours = hours * f64::from(workers) * config.worker_gb;
    match config.hosting {
        Hosting::Own => {
            usage.server_vcpu_hours = hours * config.server_vcpus;
            usage.server_gb_hours = hours * config.server_gb;
        }
        Hosting::Cloud => {
            let server = world.orchestrator.borrow();
            let meter = &server.meter;
            usage.actions = meter.actions;
            usage.history_byte_seconds = meter.active.byte_seconds(now);
            usage.retained_byte_seconds = meter.retained as f64 * config.retention_s;
        }
    }
}
