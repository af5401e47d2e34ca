//! What a failure leaves behind.

use super::{Claim, Evidence, Verdict};
use crate::world::{Outcome, World};

/// A step that failed has had no effect.
#[derive(Debug)]
pub struct LeavesNoEffect;

impl Claim for LeavesNoEffect {
    fn name(&self) -> &'static str {
        "failure_leaves_no_effect"
    }

    fn doc(&self) -> &'static str {
        "If an execution fails, the step it failed at has had no effect."
    }

    fn concerns(&self, _: &World) -> bool {
        true
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        let executions = world.executions.borrow();
        let ledger = world.ledger.borrow();
        let left = ledger.effects.iter().find(|effect| {
            let state = &executions[effect.at.execution as usize];
            let failed = matches!(state.ended, Some((_, Outcome::Failed(_))));
            failed && !ledger.commits.iter().any(|commit| commit.at == effect.at)
        });
        Verdict::of(left.map(|effect| {
            format!(
                "execution {} failed, {} had its {} effect",
                effect.at.execution,
                effect.at.step,
                effect.effect.name()
            )
        }))
    }
}
