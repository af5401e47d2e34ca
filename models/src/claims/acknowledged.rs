//! What was acknowledged stays.

use super::{Claim, Evidence, Verdict};
use crate::world::World;

/// A step whose completion was acknowledged is not done again.
#[derive(Debug)]
pub struct IsDurable;

impl Claim for IsDurable {
    fn name(&self) -> &'static str {
        "acknowledged_is_durable"
    }

    fn doc(&self) -> &'static str {
        "A step whose completion was acknowledged is never run again by an invocation, or an attempt that a server hands out, that begins later."
    }

    fn concerns(&self, _: &World) -> bool {
        true
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let ledger = evidence.world.ledger.borrow();
        let again = ledger.commits.iter().find_map(|commit| {
            let later = ledger
                .bodies
                .iter()
                .find(|body| body.invoked > commit.time && body.at == commit.at)?;
            Some((commit, later))
        });
        Verdict::of(again.map(|(commit, body)| {
            format!(
                "{} of execution {} was acknowledged at {:.3} s; body {} entered at {:.3} s",
                commit.at.step,
                commit.at.execution,
                commit.time.as_secs_f64(),
                body.body,
                body.started.as_secs_f64()
            )
        }))
    }
}
