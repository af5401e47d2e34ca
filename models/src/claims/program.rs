//! A program: every step counts once in its result.

use super::{Claim, Evidence, Verdict};
use crate::value::Value;
use crate::workflows::Workflow;
use crate::world::{Outcome, World};

/// The result is the sum over the steps.
#[derive(Debug)]
pub struct Result;

impl Claim for Result {
    fn name(&self) -> &'static str {
        "program_result"
    }

    fn doc(&self) -> &'static str {
        "A program that succeeds gives the sum over its steps: none is missing, none counts twice."
    }

    fn concerns(&self, world: &World) -> bool {
        matches!(world.workflow, Workflow::Program(_))
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let Workflow::Program(program) = &evidence.world.workflow else {
            return Verdict::Holds;
        };
        let right = Value::Int(program.sum());
        let executions = evidence.world.executions.borrow();
        Verdict::of(
            executions
                .iter()
                .enumerate()
                .find_map(|(number, state)| match &state.ended {
                    Some((_, Outcome::Succeeded(value))) if *value != right => {
                        Some(format!("execution {number} gave {value:?}, not {right:?}"))
                    }
                    _ => None,
                }),
        )
    }
}
