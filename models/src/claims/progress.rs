//! Executions end, and end well.

use super::{Claim, End, Evidence, Verdict};
use crate::world::{Outcome, World};

/// Once faults stop, every execution ends within a bound.
#[derive(Debug)]
pub struct Progress;

impl Claim for Progress {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn doc(&self) -> &'static str {
        "Once faults stop, every execution that was started ends within `check.progress_s`."
    }

    fn concerns(&self, _: &World) -> bool {
        true
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        if evidence.end == End::CutShort {
            return Verdict::Unknown("the run was cut short");
        }
        let quiet = evidence.world.last_fault();
        let executions = evidence.world.executions.borrow();
        Verdict::of(executions.iter().enumerate().find_map(|(number, state)| {
            let Some((ended, _)) = &state.ended else {
                return Some(format!("execution {number} never ended"));
            };
            let took = ended.saturating_sub(quiet.max(state.started));
            (took > evidence.patience).then(|| {
                let took = took.as_secs_f64();
                format!("execution {number} ended {took:.1} s after the last fault")
            })
        }))
    }
}

/// Every execution ends with success.
#[derive(Debug)]
pub struct Succeeds;

impl Claim for Succeeds {
    fn name(&self) -> &'static str {
        "succeeds"
    }

    fn doc(&self) -> &'static str {
        "Every execution ends with success in spite of the faults."
    }

    fn concerns(&self, _: &World) -> bool {
        true
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        if evidence.end == End::CutShort {
            return Verdict::Unknown("the run was cut short");
        }
        let executions = evidence.world.executions.borrow();
        Verdict::of(
            executions
                .iter()
                .enumerate()
                .find_map(|(number, state)| match &state.ended {
                    Some((_, Outcome::Succeeded(_))) => None,
                    Some((_, Outcome::Failed(error))) => {
                        Some(format!("execution {number} failed: {error}"))
                    }
                    None => Some(format!("execution {number} never ended")),
                }),
        )
    }
}
