//! A program: every step counts once in its result.

use super::{Claim, Evidence, Verdict};
use crate::workflows::Workflow;
use crate::world::{Outcome, World};

/// The result is the sum over the steps; those of branches with criteria may be missing.
#[derive(Debug)]
pub struct Result;

impl Claim for Result {
    fn name(&self) -> &'static str {
        "program_result"
    }

    fn doc(&self) -> &'static str {
        "A program that succeeds gives the sum over its steps: none is missing that is needed, none counts twice."
    }

    fn concerns(&self, world: &World) -> bool {
        matches!(world.workflow, Workflow::Program(_))
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let Workflow::Program(program) = &evidence.world.workflow else {
            return Verdict::Holds;
        };
        let executions = evidence.world.executions.borrow();
        Verdict::of(
            executions
                .iter()
                .enumerate()
                .find_map(|(number, state)| match &state.ended {
                    Some((_, Outcome::Succeeded(value))) if !program.gives(value) => {
                        Some(format!("execution {number} gave {value:?}"))
                    }
                    _ => None,
                }),
        )
    }
}
