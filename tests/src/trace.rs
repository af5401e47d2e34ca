//! What a run left behind, row by row.

use models::ledger::{BodyRow, Crossing, EffectRow, History, Outcome, UpdateRow};
use models::value::Value;
use models::world::{ExecutionState, Outcome as End, World};
use std::time::Duration;

/// Milliseconds, to the nanosecond.
pub fn ms(ms: f64) -> Duration {
    models::time::millis(ms)
}

/// What an execution returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    pub execution: u32,
    /// The counter's value, how many segments a video has, or how many renditions a ladder.
    pub number: i64,
    /// Size of the video.
    pub bytes: u64,
}

impl Returned {
    fn of(execution: usize, state: &ExecutionState) -> Option<Returned> {
        let (number, bytes) = match state.ended.as_ref()? {
            (_, End::Succeeded(Value::Int(int))) => (*int, 0),
            (_, End::Succeeded(Value::Segment { index, bytes, .. })) => (i64::from(*index), *bytes),
            (_, End::Succeeded(Value::List(outputs))) => (
                outputs.len() as i64,
                outputs.iter().map(Value::segment_bytes).sum(),
            ),
            (_, End::Succeeded(other)) => panic!("an execution returned {other:?}"),
            (_, End::Failed(_)) => return None,
        };
        Some(Returned {
            execution: execution as u32,
            number,
            bytes,
        })
    }
}

/// Ledger and history of a run.
#[derive(Clone, Debug)]
pub struct Trace {
    pub bodies: Vec<BodyRow>,
    pub effects: Vec<EffectRow>,
    pub crossings: Vec<Crossing>,
    history: History,
    /// When each execution ended.
    pub ended: Vec<Duration>,
    /// What the executions that succeeded returned.
    pub results: Vec<Returned>,
}

impl Trace {
    /// Copies it from the world.
    pub fn of(world: &World) -> Trace {
        let ledger = world.ledger.borrow();
        let history = world.history.borrow();
        let executions = world.executions.borrow();
        let ended = executions.iter().filter_map(|e| e.ended.as_ref());
        let results = executions.iter().enumerate();
        let results = results.filter_map(|(i, state)| Returned::of(i, state));
        Trace {
            bodies: ledger.bodies.clone(),
            effects: ledger.effects.clone(),
            crossings: history.crossings.iter().collect(),
            history: history.clone(),
            ended: ended.map(|(time, _)| *time).collect(),
            results: results.collect(),
        }
    }

    /// The updates that a crossing's request carries.
    pub fn updates_of(&self, crossing: &Crossing) -> &[UpdateRow] {
        self.history.updates_of(crossing)
    }

    /// The bodies of a step, of all executions, in the order of their beginning.
    pub fn bodies_of(&self, step: &str) -> Vec<BodyRow> {
        let named = |body: &&BodyRow| body.at.step.to_string() == step;
        self.bodies.iter().filter(named).copied().collect()
    }

    /// When the bodies of a step began.
    pub fn starts(&self, step: &str) -> Vec<Duration> {
        self.bodies_of(step).iter().map(|b| b.started).collect()
    }

    /// The crossings of a point.
    pub fn at(&self, point: &str) -> Vec<Crossing> {
        let named = |crossing: &&Crossing| crossing.point.to_string() == point;
        self.crossings.iter().filter(named).copied().collect()
    }

    /// The crossings that came out so.
    pub fn with(&self, outcome: Outcome) -> Vec<Crossing> {
        let so = |crossing: &&Crossing| crossing.outcome == outcome;
        self.crossings.iter().filter(so).copied().collect()
    }

    /// Most invocations under way at once, counted between entering and leaving the handler.
    pub fn most_at_once(&self) -> usize {
        let (mut now, mut most) = (std::collections::BTreeSet::new(), 0);
        for crossing in &self.crossings {
            match crossing.point.to_string().as_str() {
                "handler.start" => now.insert(crossing.worker),
                "handler.end" => now.remove(&crossing.worker),
                _ => continue,
            };
            most = most.max(now.len());
        }
        most
    }
}
