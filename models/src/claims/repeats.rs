//! How much a fault repeats.

use super::{Claim, Evidence, Verdict};
use crate::engines::Engine;
use crate::world::World;

/// A fault repeats no more than what was under way.
#[derive(Debug)]
pub struct Bounded;

impl Claim for Bounded {
    fn name(&self) -> &'static str {
        "repeats_bounded"
    }

    fn doc(&self) -> &'static str {
        "A fault repeats at most the steps that were under way: one of a sequence, as many as run side by side of a map."
    }

    fn concerns(&self, _: &World) -> bool {
        true
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        let tallies = world.tallies.borrow();
        let repeated: u64 = tallies
            .all()
            .map(|tally| u64::from(tally.bodies.saturating_sub(1)))
            .sum();
        let faults = world.faults.borrow().total();
        // A worker of a fleet holds as many bodies as it has slots.
        let together = match &world.engine {
            Engine::Queue(config) => config.slots.min(world.workflow.width() as usize) as u64,
            _ => u64::from(world.workflow.width()),
        };
        let allowed = faults * together;
        Verdict::of((repeated > allowed).then(|| {
            format!("{repeated} bodies were repeated by {faults} faults, at most {allowed} were under way")
        }))
    }
}
