//! The video: complete, from the right segments, and tidy.

use super::{Claim, Evidence, Verdict, succeeded};
use crate::engines::Engine;
use crate::ledger::{Effect, PartRow};
use crate::names::Key;
use crate::value::Value;
use crate::workflows::Workflow;
use crate::workflows::video::{CHUNK, OUTPUT, SEGMENT, Video};
use crate::world::{Outcome, World};

fn video(world: &World) -> Option<&Video> {
    match &world.workflow {
        Workflow::Video(video) => Some(video),
        _ => None,
    }
}

fn has_media(world: &World) -> bool {
    video(world).is_some_and(Video::has_media)
}

/// The first witness among the executions that succeeded.
fn first(world: &World, witness: impl Fn(u32) -> Option<String>) -> Verdict {
    Verdict::of(succeeded(world).into_iter().find_map(witness))
}

fn output_body(world: &World, execution: u32) -> Option<u32> {
    let objects = world.objects.borrow();
    let output = objects.peek(Key::new(OUTPUT, u64::from(execution), 0));
    output.map(|object| object.tag as u32)
}

/// The parts that the output was joined from.
fn parts(world: &World, execution: u32) -> Vec<PartRow> {
    let body = output_body(world, execution);
    let ledger = world.ledger.borrow();
    let mine = |row: &&PartRow| row.execution == execution && Some(row.body) == body;
    ledger.parts.iter().filter(mine).copied().collect()
}

/// Every chunk is in the output once, in order.
#[derive(Debug)]
pub struct Complete;

impl Claim for Complete {
    fn name(&self) -> &'static str {
        "video_complete"
    }

    fn doc(&self) -> &'static str {
        "An output holds every chunk once, in order, and is joined after all of them are encoded."
    }

    fn concerns(&self, world: &World) -> bool {
        video(world).is_some()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        let Some(video) = video(world) else {
            return Verdict::Holds;
        };
        first(world, |execution| {
            unencoded(world, video, execution).or_else(|| incomplete(world, video, execution))
        })
    }
}

/// A chunk that had not been encoded when the output was joined.
fn unencoded(world: &World, video: &Video, execution: u32) -> Option<String> {
    let ledger = world.ledger.borrow();
    let mut effects = ledger
        .effects
        .iter()
        .filter(|row| row.at.execution == execution && row.effect == Effect::Keyed);
    let joined = effects
        .clone()
        .find(|row| row.at.step == Video::ASSEMBLE)
        .map(|row| row.time);
    let Some(joined) = joined else {
        return Some(format!("execution {execution} succeeded without an output"));
    };
    let mut encoded = vec![false; video.chunks() as usize];
    for row in effects.by_ref().filter(|row| row.time <= joined) {
        let chunk = row.at.step.index().map(|index| index as usize);
        if let Some(chunk) = chunk.and_then(|chunk| encoded.get_mut(chunk)) {
            *chunk = true;
        }
    }
    let missing = encoded.iter().position(|done| !done)?;
    Some(format!(
        "execution {execution} was joined before chunk {missing} was encoded"
    ))
}

fn incomplete(world: &World, video: &Video, execution: u32) -> Option<String> {
    if !video.has_media() {
        return None;
    }
    if output_body(world, execution).is_none() {
        return Some(format!("the output of execution {execution} is not there"));
    }
    let parts = parts(world, execution);
    let chunks = video.chunks();
    let in_order = parts.iter().map(|part| part.index).eq(0..chunks);
    let lost = parts.iter().find(|part| part.found.is_none());
    match (in_order, lost) {
        (_, Some(part)) => Some(format!(
            "segment {} was not there when execution {execution} was joined",
            part.index
        )),
        (false, None) => Some(format!(
            "execution {execution} was joined from {} parts, not from {chunks} in order",
            parts.len()
        )),
        (true, None) => None,
    }
}

/// No part of the output is from an attempt that had been replaced.
#[derive(Debug)]
pub struct NotStale;

impl Claim for NotStale {
    fn name(&self) -> &'static str {
        "video_not_stale"
    }

    fn doc(&self) -> &'static str {
        "Every part of an output is from the attempt whose completion was recorded."
    }

    fn concerns(&self, world: &World) -> bool {
        has_media(world)
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        first(world, |execution| {
            parts(world, execution).into_iter().find_map(|part| {
                let recorded = part.recorded.or_else(|| committed(world, &part))?;
                let found = part.found?;
                let index = part.index;
                (found != recorded).then(|| {
                    format!(
                        "segment {index} of execution {execution} is from body {found}, recorded was body {recorded}"
                    )
                })
            })
        })
    }
}

/// The body that the engine's store says encoded a part, when it was joined.
fn committed(world: &World, part: &PartRow) -> Option<u32> {
    let ledger = world.ledger.borrow();
    let step = Video::encode_step(part.index);
    let mut mine = ledger.effects.iter().filter(|row| {
        row.effect == Effect::Store
            && row.at.execution == part.execution
            && row.at.step == step
            && row.time <= part.time
    });
    mine.next_back().map(|row| row.body)
}

/// The stored output is the one that was reported.
#[derive(Debug)]
pub struct OutputAgrees;

impl Claim for OutputAgrees {
    fn name(&self) -> &'static str {
        "video_output_agrees"
    }

    fn doc(&self) -> &'static str {
        "The stored output is the one whose manifest was reported, not one that came later."
    }

    fn concerns(&self, world: &World) -> bool {
        has_media(world)
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        first(world, |execution| {
            let stored = output_body(world, execution)?;
            let Some(Outcome::Succeeded(Value::Segment { body, .. })) = world.outcome(execution)
            else {
                return Some(format!("execution {execution} reported no manifest"));
            };
            (stored != body).then(|| {
                format!(
                    "execution {execution} reported body {body}, stored is that of body {stored}"
                )
            })
        })
    }
}

/// After the clean-up nothing is left over.
#[derive(Debug)]
pub struct NoOrphans;

impl Claim for NoOrphans {
    fn name(&self) -> &'static str {
        "video_no_orphans"
    }

    fn doc(&self) -> &'static str {
        "After the clean-up of an execution that succeeded no chunk and no segment of it is left; its records stay as receipts."
    }

    fn concerns(&self, world: &World) -> bool {
        let cleans = matches!(&world.engine, Engine::Explicit(config) if config.cleanup);
        cleans && video(world).is_some()
    }

    fn check(&self, evidence: &Evidence) -> Verdict {
        let world = evidence.world;
        first(world, |execution| {
            let mine = |key: &Key| {
                [CHUNK, SEGMENT].contains(&key.table) && key.partition == u64::from(execution)
            };
            let objects = world.objects.borrow();
            let left = objects.objects().map(|(key, _)| key).find(mine);
            left.map(|key| format!("object {key} is left over"))
        })
    }
}
