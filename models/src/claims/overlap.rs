//! Attempts of one step, one after the other.

use super::{Claim, Evidence, Verdict};
use crate::engines::Engine;
use crate::ledger::BodyRow;
use crate::world::World;
use std::collections::BTreeMap;

/// No attempt of a step runs beside another one.
#[derive(Debug)]
pub struct OneAtATime;

impl Claim for OneAtATime {
    fn name(&self) -> &'static str {
        "one_attempt_at_a_time"
    }

    fn doc(&self) -> &'static str {
        "A step is not tried again while an attempt that was given up still runs (a zombie)."
    }

    /// Where attempts are given up by time-outs, not by the end of their worker.
    fn concerns(&self, world: &World) -> bool {
        matches!(world.engine, Engine::Queue(_))
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let ledger = evidence.world.ledger.borrow();
        // Bodies are noted in the order in which they start.
        let mut last: BTreeMap<(u32, u64), &BodyRow> = BTreeMap::new();
        Verdict::of(ledger.bodies.iter().find_map(|row| {
            let step = (row.at.execution, row.at.step.stamp());
            let before = last.insert(step, row)?;
            (before.ended_at > row.started).then(|| {
                format!(
                    "body {} of {} of execution {} began at {:.3} s, body {} ended at {:.3} s",
                    row.body,
                    row.at.step,
                    row.at.execution,
                    row.started.as_secs_f64(),
                    before.body,
                    before.ended_at.as_secs_f64()
                )
            })
        }))
    }
}
