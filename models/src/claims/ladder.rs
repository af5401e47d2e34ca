//! The transcoding ladder: complete renditions, from the right segments, and tidy.

use super::{Claim, Evidence, Verdict, succeeded};
use crate::ledger::PartRow;
use crate::names::Key;
use crate::workflows::Workflow;
use crate::workflows::ladder::{CHUNK, CleanUp, Ladder, OUTPUT, SEGMENT};
use crate::world::World;
use std::collections::BTreeSet;

fn ladder(world: &World) -> Option<&Ladder> {
    match &world.workflow {
        Workflow::Ladder(ladder) => Some(ladder),
        _ => None,
    }
}

/// The first witness among the renditions of the executions that succeeded.
fn first(world: &World, witness: impl Fn(&Ladder, u32, u32) -> Option<String>) -> Verdict {
    let Some(ladder) = ladder(world) else {
        return Verdict::Holds;
    };
    let mut renditions = succeeded(world)
        .into_iter()
        .flat_map(|execution| (0..ladder.renditions()).map(move |r| (execution, r)));
    Verdict::of(renditions.find_map(|(execution, r)| witness(ladder, execution, r)))
}

/// The parts that a stored rendition was joined from; `None` if it is not there.
fn parts(world: &World, ladder: &Ladder, execution: u32, rendition: u32) -> Option<Vec<PartRow>> {
    let objects = world.objects.borrow();
    let output = objects.peek(Key::new(OUTPUT, u64::from(execution), rendition))?;
    let ledger = world.ledger.borrow();
    let mine = |row: &&PartRow| {
        row.execution == execution
            && row.index / ladder.chunks() == rendition
            && u64::from(row.body) == output.tag
    };
    Some(ledger.parts.iter().filter(mine).copied().collect())
}

/// Every rendition holds every chunk once, in order.
#[derive(Debug)]
pub struct Complete;

impl Claim for Complete {
    fn name(&self) -> &'static str {
        "ladder_complete"
    }

    fn doc(&self) -> &'static str {
        "Every rendition is there and holds every chunk of it once, in order."
    }

    fn concerns(&self, world: &World) -> bool {
        ladder(world).is_some()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        first(world, |ladder, execution, rendition| {
            let Some(parts) = parts(world, ladder, execution, rendition) else {
                return Some(format!(
                    "rendition {rendition} of execution {execution} is not there"
                ));
            };
            let chunks = ladder.chunks();
            let all = rendition * chunks..(rendition + 1) * chunks;
            if let Some(lost) = parts.iter().find(|part| part.found.is_none()) {
                return Some(format!(
                    "segment {} was not there when execution {execution} was merged",
                    lost.index
                ));
            }
            (!parts.iter().map(|part| part.index).eq(all)).then(|| {
                format!(
                    "rendition {rendition} of execution {execution} was joined from {} parts, not from {chunks} in order",
                    parts.len()
                )
            })
        })
    }
}

/// No part is from an attempt that was not recorded.
#[derive(Debug)]
pub struct NotStale;

impl Claim for NotStale {
    fn name(&self) -> &'static str {
        "ladder_not_stale"
    }

    fn doc(&self) -> &'static str {
        "Every part of a rendition is from the attempt whose completion was recorded."
    }

    fn concerns(&self, world: &World) -> bool {
        ladder(world).is_some()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        first(world, |ladder, execution, rendition| {
            let parts = parts(world, ladder, execution, rendition)?;
            let stale = parts
                .iter()
                .find(|p| p.found.is_some() && p.found != p.recorded)?;
            let (found, recorded) = (stale.found?, stale.recorded?);
            let index = stale.index;
            Some(format!(
                "segment {index} of execution {execution} is from body {found}, recorded was body {recorded}"
            ))
        })
    }
}

/// After the clean-up nothing is left over.
#[derive(Debug)]
pub struct NoOrphans;

impl Claim for NoOrphans {
    fn name(&self) -> &'static str {
        "ladder_no_orphans"
    }

    fn doc(&self) -> &'static str {
        "After the clean-up of an execution that succeeded no source chunk is left, no segment that was not merged, and no upload that was cut off."
    }

    fn concerns(&self, world: &World) -> bool {
        ladder(world).is_some_and(|ladder| ladder.cleanup != CleanUp::Nothing)
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        let Some(ladder) = ladder(world) else {
            return Verdict::Holds;
        };
        let good = succeeded(world);
        let left = orphans(world, ladder);
        let left = left
            .into_iter()
            .find(|key| good.iter().any(|good| u64::from(*good) == key.partition));
        Verdict::of(left.map(|key| format!("{key} is left over")))
    }
}

/// Objects and uploads that belong to no recorded result: source chunks, segments that went into no
/// stored rendition, uploads that were cut off.
pub fn orphans(world: &World, ladder: &Ladder) -> Vec<Key> {
    let mut merged = BTreeSet::new();
    for execution in succeeded(world) {
        for rendition in 0..ladder.renditions() {
            let parts = parts(world, ladder, execution, rendition).unwrap_or_default();
            let found = parts.iter().filter_map(|part| {
                let key = ladder.segment_key(execution, part.index, part.found?);
                Some(key)
            });
            merged.extend(found);
        }
    }
    let objects = world.objects.borrow();
    let keys = objects.objects().map(|(key, _)| key);
    let orphan = |key: &Key| key.table == CHUNK || (key.table == SEGMENT && !merged.contains(key));
    keys.filter(orphan).chain(objects.partial()).collect()
}
