//! Pipelines of stages: what clients are told, whom they reach, and what is left.

use super::{Claim, Evidence, Verdict, succeeded};
use crate::engines::Engine;
use crate::engines::staged::breaker::State;
use crate::engines::staged::events::{Kind, WHOLE};
use crate::services::orchestrator::CANCELED;
use crate::services::provider::Provider;
use crate::workflows::temporary;
use crate::world::{Outcome, World};
use std::time::Duration;

fn is_staged(world: &World) -> bool {
    matches!(world.engine, Engine::Staged(_))
}

/// The progress of a job never goes back and ends at the whole.
#[derive(Debug)]
pub struct ProgressIsMonotone;

impl Claim for ProgressIsMonotone {
    fn name(&self) -> &'static str {
        "progress_never_goes_back"
    }

    fn doc(&self) -> &'static str {
        "The progress that a job tells never goes back, and is the whole exactly when the job succeeds."
    }

    fn concerns(&self, world: &World) -> bool {
        is_staged(world) && !world.workflow.stages().is_empty()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        let server = world.jobs.borrow();
        let jobs = world.executions.borrow().len() as u32;
        let good = succeeded(world);
        Verdict::of((0..jobs).find_map(|execution| {
            let mine = server.events.iter().filter(|e| e.execution == execution);
            let mut last = 0;
            for event in mine {
                if event.progress < last {
                    let (from, to) = (percent(last), percent(event.progress));
                    return Some(format!(
                        "execution {execution} went back from {from} to {to}"
                    ));
                }
                if event.progress == WHOLE && event.kind == Kind::Error {
                    return Some(format!("execution {execution} failed at 100 %"));
                }
                last = event.progress;
            }
            let short = good.contains(&execution) && last != WHOLE;
            let at = percent(last);
            short.then(|| format!("execution {execution} succeeded at {at}"))
        }))
    }
}

fn percent(progress: u32) -> String {
    format!("{:.2} %", f64::from(progress) / 100.0)
}

/// Nothing is asked of a provider while its circuit is open.
#[derive(Debug)]
pub struct OpenCircuit;

impl Claim for OpenCircuit {
    fn name(&self) -> &'static str {
        "open_circuit_lets_nothing_through"
    }

    fn doc(&self) -> &'static str {
        "While a circuit is open nothing is asked of its provider, and while it is half-open one thing at a time."
    }

    fn concerns(&self, world: &World) -> bool {
        matches!(&world.engine, Engine::Staged(config) if config.circuit.is_some())
            && !world.workflow.stages().is_empty()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        let server = world.jobs.borrow();
        let providers = world.providers.borrow();
        Verdict::of(Provider::all().find_map(|provider| {
            let asked: Vec<Duration> = providers
                .asked
                .iter()
                .filter(|row| row.provider == provider)
                .map(|row| row.time)
                .collect();
            let changes: Vec<_> = server
                .circuits
                .iter()
                .filter(|row| row.provider == provider)
                .collect();
            changes.iter().enumerate().find_map(|(place, row)| {
                let end = changes.get(place + 1).map_or(Duration::MAX, |next| next.time);
                let calls = |from: Duration, to: Duration| {
                    asked.iter().filter(|t| **t > from && **t < to).count()
                };
                let (name, time) = (provider.name(), row.time.as_secs_f64());
                let through = match row.state {
                    State::Closed => 0,
                    State::Open { until } => calls(row.time, until.min(end)),
                    // The probe itself is asked for at the instant of the change.
                    State::HalfOpen { since } => calls(since, end),
                };
                let state = match row.state {
                    State::HalfOpen { .. } => "half-open",
                    _ => "open",
                };
                (through > 0).then(|| {
                    format!("{name} was asked {through} times while its circuit was {state} from {time:.3} s on")
                })
            })
        }))
    }
}

/// An effect of an execution after it was told that it is cancelled.
fn late_effect(world: &World) -> Option<String> {
    let executions = world.executions.borrow();
    let ledger = world.ledger.borrow();
    ledger.effects.iter().find_map(|effect| {
        let state = &executions[effect.at.execution as usize];
        let (ended, outcome) = state.ended.as_ref()?;
        let canceled = *outcome == Outcome::Failed(CANCELED);
        (canceled && effect.time > *ended).then(|| {
            let (step, execution) = (effect.at.step, effect.at.execution);
            format!("{step} of execution {execution} had an effect after it was cancelled")
        })
    })
}

/// After a cancellation is acknowledged the job does nothing more.
#[derive(Debug)]
pub struct CancelledIsFinal;

impl Claim for CancelledIsFinal {
    fn name(&self) -> &'static str {
        "cancelled_is_final"
    }

    fn doc(&self) -> &'static str {
        "Once a cancellation is acknowledged, the execution has no further effect, asks no provider, and ends as cancelled."
    }

    fn concerns(&self, world: &World) -> bool {
        match &world.engine {
            Engine::Staged(config) => !config.cancel_after.is_zero(),
            Engine::Queue(config) => !config.cancel.is_zero(),
            _ => false,
        }
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        if let Engine::Queue(_) = world.engine {
            return Verdict::of(late_effect(world));
        }
        let server = world.jobs.borrow();
        let ledger = world.ledger.borrow();
        let providers = world.providers.borrow();
        Verdict::of(server.cancellations().find_map(|(execution, cancellation)| {
            let told = cancellation.acknowledged?;
            if succeeded(world).contains(&execution) {
                return Some(format!("execution {execution} succeeded after it was cancelled"));
            }
            let effects = ledger.effects.iter();
            let late = effects
                .filter(|row| row.at.execution == execution && row.time > told)
                .map(|row| (row.time, format!("had the effect of {}", row.at.step)));
            let asked = providers.asked.iter();
            let asked = asked
                .filter(|row| row.execution == execution && row.time > told)
                .map(|row| (row.time, format!("asked {}", row.provider.name())));
            let (time, what) = late.chain(asked).min()?;
            let after = (time - told).as_secs_f64();
            Some(format!(
                "execution {execution} {what} {after:.3} s after its cancellation was acknowledged"
            ))
        }))
    }
}

/// Temporary objects are gone when all is over.
#[derive(Debug)]
pub struct NothingTemporary;

impl Claim for NothingTemporary {
    fn name(&self) -> &'static str {
        "nothing_temporary_is_left"
    }

    fn doc(&self) -> &'static str {
        "When all is over no temporary object of an execution is left, however it ended."
    }

    fn concerns(&self, world: &World) -> bool {
        let cleans = match &world.engine {
            Engine::Staged(config) => config.cleanup,
            Engine::Explicit(_) => false,
            _ => !world.workflow.stages().is_empty(),
        };
        cleans && !world.workflow.temporaries().is_empty()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        if evidence.end != super::End::Quiet {
            return Verdict::Unknown("the run did not come to its end");
        }
        let world = evidence.world;
        let jobs = world.executions.borrow().len() as u32;
        Verdict::of((0..jobs).find_map(|execution| {
            let left = temporary::left(world, execution);
            let first = left.first()?;
            let count = left.len();
            Some(format!(
                "execution {execution} left {count} temporary objects, {first} first"
            ))
        }))
    }
}
