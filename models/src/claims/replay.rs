//! A replay takes the decisions of the run before.

use super::{Claim, Evidence, Verdict};
use crate::engines::Engine;
use crate::world::{Outcome, World};

/// The error with which an engine reports a replay that went another way.
pub const REPORTED: &str = "nondeterministic execution";

/// An invocation that runs over stored results asks for the same operations at the same places.
#[derive(Debug)]
pub struct Agrees;

impl Claim for Agrees {
    fn name(&self) -> &'static str {
        "replay_agrees"
    }

    fn doc(&self) -> &'static str {
        "A replay asks for the same operations in the same places as the run before."
    }

    fn concerns(&self, world: &World) -> bool {
        matches!(world.engine, Engine::Durable(_) | Engine::Queue(_))
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let failed = evidence.world.orchestrator.borrow().meter.nondeterministic;
        if failed > 0 {
            let seen = format!("{failed} workflow tasks met other events than the code asked for");
            return Verdict::Violated(seen);
        }
        let executions = evidence.world.executions.borrow();
        let reported = executions
            .iter()
            .position(|state| matches!(state.ended, Some((_, Outcome::Failed(REPORTED)))));
        Verdict::of(reported.map(|execution| {
            format!("the replay of execution {execution} met another operation than was stored")
        }))
    }
}
