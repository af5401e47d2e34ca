//! The boundaries that a run crossed: the places at which a fault can be put.

use super::fault::{Fault, Kind, Place};
use models::ledger::{Crossing, Outcome};
use models::point::{Phase, Point};
use models::world::World;
use std::time::Duration;

/// One crossing, as faults address it.
#[derive(Clone, Copy, Debug)]
pub struct Boundary {
    pub point: Point,
    pub time: Duration,
    /// The how-manieth crossing of the point by a worker, if it is one.
    striking: Option<u32>,
    /// The how-manieth request of its kind that left, if it is one.
    leaving: Option<u32>,
}

impl Boundary {
    /// A fault of this kind here, if there can be one.
    pub fn fault(&self, kind: Kind) -> Option<Fault> {
        let place = match kind {
            Kind::DuplicateStart => Some(Place::After(self.time)),
            kind if kind.befalls() => self.leaving.map(|n| Place::Crossing(self.point, n)),
            _ => self.striking.map(|n| Place::Crossing(self.point, n)),
        };
        place.map(|place| Fault { kind, place })
    }
}

/// The boundaries that a run crossed after its last fault, in order. The history must be kept.
pub fn after_last_strike(world: &World) -> Vec<Boundary> {
    let history = world.history.borrow();
    let mut striking = [0; Point::COUNT];
    let mut leaving = [0; Point::COUNT];
    let mut boundaries = Vec::new();
    for crossing in history.crossings.iter() {
        let boundary = Boundary {
            point: crossing.point,
            time: crossing.time,
            striking: next(&mut striking, &crossing, crossing.worker != u32::MAX),
            leaving: next(&mut leaving, &crossing, leaves(&crossing)),
        };
        if matches!(crossing.outcome, Outcome::Crash | Outcome::Freeze) {
            boundaries.clear();
        } else {
            boundaries.push(boundary);
        }
    }
    boundaries
}

fn leaves(crossing: &Crossing) -> bool {
    let sends = matches!(crossing.point.request(), Some((_, Phase::Send)));
    sends && crossing.outcome != Outcome::Crash
}

fn next(counts: &mut [u32], crossing: &Crossing, counted: bool) -> Option<u32> {
    let count = &mut counts[crossing.point.index()];
    *count += u32::from(counted);
    counted.then_some(*count)
}
