//! One outcome per execution.

use super::{Claim, Evidence, Verdict};
use crate::world::{Outcome, World};

/// Everybody who asks for an execution's outcome is told the same.
#[derive(Debug)]
pub struct Once;

impl Claim for Once {
    fn name(&self) -> &'static str {
        "result_once"
    }

    fn doc(&self) -> &'static str {
        "An execution reports one outcome, and starting it again by its name gives the same."
    }

    fn concerns(&self, _: &World) -> bool {
        true
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let executions = evidence.world.executions.borrow();
        let witness = executions.iter().enumerate().find_map(|(number, state)| {
            let first = state.told.first()?;
            let other = state.told.iter().find(|told| *told != first)?;
            let (first, other) = (show(first), show(other));
            Some(format!("execution {number} reported {first} and {other}"))
        });
        Verdict::of(witness)
    }
}

fn show(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded(value) => format!("success with {value:?}"),
        Outcome::Failed(error) => format!("failure ({error})"),
    }
}
