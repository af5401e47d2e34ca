//! Metrics of pipelines: providers, stages, cancellations.

use crate::engines::Engine;
use crate::engines::staged::events::Kind;
use crate::records::{Measure as M, Values};
use crate::services::provider::{Provider, Role};
use crate::workflows::Workflow;
use crate::world::World;

/// What each stage's time and each provider's error rate is called.
const STAGES: [M; 5] = [
    M::BriefS,
    M::ScriptS,
    M::VoiceS,
    M::VisualsS,
    M::CompositionS,
];
const ERRORS: [M; 3] = [M::LlmErrorRate, M::TtsErrorRate, M::ImageErrorRate];

/// Sets those that have a meaning.
pub fn values(world: &World, values: &mut Values, count: f64) {
    if let Workflow::Generation(_) = &world.workflow {
        providers(world, values, count);
        stages(world, values, count);
    }
    if let Engine::Staged(_) = &world.engine {
        jobs(world, values, count);
    }
}

fn providers(world: &World, values: &mut Values, count: f64) {
    let providers = world.providers.borrow();
    let (mut asked, mut backup, mut kept_back) = (0, 0, 0);
    for provider in Provider::all() {
        let meter = providers.meter(provider);
        asked += meter.asked;
        kept_back += meter.kept_back;
        backup += if provider.backup { meter.asked } else { 0 };
    }
    values.set(M::ProviderCalls, asked as f64 / count);
    values.set(M::ProviderBackupCalls, backup as f64 / count);
    values.set(M::ProviderCallsKeptBack, kept_back as f64 / count);
    for role in Role::ALL {
        let meter = providers.meter(role.providers()[0]);
        if meter.asked > 0 {
            let rate = meter.failed as f64 / meter.asked as f64;
            values.set(ERRORS[role as usize], rate);
        }
    }
}

fn stages(world: &World, values: &mut Values, count: f64) {
    let ledger = world.ledger.borrow();
    for (stage, measure) in world.workflow.stages().iter().zip(STAGES) {
        let bodies = ledger.bodies.iter().filter(|b| b.at.step == stage.name);
        let seconds = bodies.map(|b| b.ended_at.saturating_sub(b.started).as_secs_f64());
        values.set(measure, seconds.sum::<f64>() / count);
    }
}

fn jobs(world: &World, values: &mut Values, count: f64) {
    let server = world.jobs.borrow();
    let skipped = server
        .events
        .iter()
        .filter(|e| e.kind == Kind::StageSkipped);
    values.set(M::StagesSkipped, skipped.count() as f64 / count);
    let latency = |(_, c): (u32, crate::engines::staged::Cancellation)| {
        Some((c.acknowledged? - c.requested?).as_secs_f64())
    };
    let latencies: Vec<f64> = server.cancellations().filter_map(latency).collect();
    if !latencies.is_empty() {
        let mean = latencies.iter().sum::<f64>() / latencies.len() as f64;
        values.set(M::CancelLatencyS, mean);
    }
}
