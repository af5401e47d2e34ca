//! A workflow that is written in the scenario: steps, waits and maps, one inside the other.
//!
//! `step:1000 map:3/2 { step wait:1 step } wait:60` is a step with a result of 1,000 bytes, then
//! three branches, two at a time, of a step, a wait of a second and a step, then a wait of a
//! minute; `child { step step }` is a child context of two steps. Tests generate such programs; a scenario uses
//! them to ask about a shape of its own.
//!
//! The n-th step gives n, and a program gives the sum over its steps, so that a result which lost
//! or repeated a step is seen.

mod syntax;

pub use syntax::{Part, parse, show, smaller};

use crate::Law;
use crate::body::{Body, Raise};
use crate::host::Host;
use crate::ledger::Effect;
use crate::point::{StepName, Word};
use crate::registry::Entry;
use crate::settings::{Key, Kind, Settings};
use crate::streams::Purpose;
use crate::value::Value;
use crate::workflows::context::{Context, Failure};
use crate::world::millis;
use std::future::Future;
use std::ops::Add;
use std::pin::Pin;
use std::time::Duration;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "program",
    doc: "Steps, waits and maps in any nesting, written in the scenario; on engines with a context.",
    keys: &[
        Key {
            path: "program.text",
            kind: Kind::Text,
            default: "step map:3 { step } wait:1 step",
            doc: "The program: `step` or `step:BYTES`, `wait:SECONDS`, `map:BRANCHES { ... }` or `map:BRANCHES/AT_ONCE { ... }`, `child { ... }` (a context of its own on `durable`; elsewhere its parts run in place).",
        },
        Key {
            path: "program.body_ms",
            kind: Kind::Law,
            default: "5",
            doc: "Time inside one step's code, in milliseconds.",
        },
    ],
};

const STEP: Word = Word::new("step");
const WAIT: Word = Word::new("wait");
const MAP: Word = Word::new("map");
const CHILD: Word = Word::new("child");

/// The parameters.
#[derive(Debug)]
pub struct Program {
    parts: Vec<Part>,
    body_ms: Law,
}

/// How many of each sort there are, with every branch counted; also the number of the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    steps: u32,
    waits: u32,
    maps: u32,
    children: u32,
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, more: Counts) -> Counts {
        Counts {
            steps: self.steps + more.steps,
            waits: self.waits + more.waits,
            maps: self.maps + more.maps,
            children: self.children + more.children,
        }
    }
}

impl Counts {
    fn of(parts: &[Part]) -> Counts {
        parts
            .iter()
            .map(Counts::of_part)
            .fold(Counts::default(), Counts::add)
    }

    fn of_part(part: &Part) -> Counts {
        let mut counts = Counts::default();
        match part {
            Part::Step { .. } => counts.steps = 1,
            Part::Wait { .. } => counts.waits = 1,
            Part::Map {
                branches, parts, ..
            } => {
                counts = Counts::of(parts).times(*branches);
                counts.maps += 1;
            }
            Part::Child { parts } => {
                counts = Counts::of(parts);
                counts.children += 1;
            }
        }
        counts
    }

    fn times(self, times: u32) -> Counts {
        Counts {
            steps: self.steps * times,
            waits: self.waits * times,
            maps: self.maps * times,
            children: self.children * times,
        }
    }
}

impl Program {
    /// Reads the keys. An error says what is wrong with the text.
    pub fn new(settings: &Settings) -> Result<Program, String> {
        let parts = parse(settings.text("program.text"));
        Ok(Program {
            parts: parts.map_err(|why| format!("`program.text`: {why}"))?,
            body_ms: settings.law("program.body_ms"),
        })
    }

    /// Steps of an execution.
    pub fn steps(&self) -> u32 {
        Counts::of(&self.parts).steps
    }

    /// The step of that number.
    pub fn step(number: u32) -> StepName {
        StepName::at(STEP, number)
    }

    /// What a program gives that took every step once.
    pub fn sum(&self) -> i64 {
        (1..=i64::from(self.steps())).sum()
    }

    /// How many steps run side by side at most.
    pub fn width(&self) -> u32 {
        width(&self.parts)
    }

    /// Time that the waits alone take.
    pub fn waits(&self) -> Duration {
        waits(&self.parts)
    }

    /// The program on an engine with a context.
    pub async fn run<C: Context>(&self, context: &C) -> Result<Value, Failure> {
        let sum = self
            .sequence(context, &self.parts, Counts::default())
            .await?;
        Ok(Value::Int(sum.int))
    }

    /// Parts one after the other; `next` numbers the first of each sort. Boxed, because a program
    /// can be as deep as one likes.
    fn sequence<'a, C: Context>(
        &'a self,
        context: &'a C,
        parts: &'a [Part],
        mut next: Counts,
    ) -> Pin<Box<dyn Future<Output = Result<Sum, Failure>> + 'a>> {
        Box::pin(async move {
            let mut sum = Sum::default();
            for part in parts {
                sum = sum + self.part(context, part, next).await?;
                next = next + Counts::of_part(part);
            }
            Ok(sum)
        })
    }

    async fn part<C: Context>(
        &self,
        context: &C,
        part: &Part,
        next: Counts,
    ) -> Result<Sum, Failure> {
        match part {
            Part::Step { bytes } => {
                let code =
                    async |body: &Body<'_, C::Host>| self.work(body, next.steps, *bytes).await;
                let value = context.step(Program::step(next.steps), code).await?;
                Ok(Sum::of(&value))
            }
            Part::Wait { length } => {
                let name = StepName::at(WAIT, next.waits);
                context.wait(name, *length).await?;
                Ok(Sum::default())
            }
            Part::Map {
                branches,
                at_once,
                parts,
            } => {
                let first = Counts {
                    maps: next.maps + 1,
                    ..next
                };
                let inside = Counts::of(parts);
                let branch = async |inner: &C, number: u32| -> Result<Value, Failure> {
                    let sum = self
                        .sequence(inner, parts, first + inside.times(number))
                        .await?;
                    Ok(sum.value())
                };
                let name = StepName::at(MAP, next.maps);
                let sums = context.map(name, *branches, *at_once, branch).await?;
                Ok(sums.iter().map(Sum::of).fold(Sum::default(), Sum::add))
            }
            Part::Child { parts } => {
                let first = Counts {
                    children: next.children + 1,
                    ..next
                };
                let run = async |inner: &C| -> Result<Value, Failure> {
                    Ok(self.sequence(inner, parts, first).await?.value())
                };
                let name = StepName::at(CHILD, next.children);
                Ok(Sum::of(&context.child(name, run).await?))
            }
        }
    }

    async fn work<H: Host>(
        &self,
        body: &Body<'_, H>,
        number: u32,
        bytes: u64,
    ) -> Result<Value, Raise> {
        let stamp = body.stamp;
        let ms = match &self.body_ms {
            Law::Constant(ms) => *ms,
            law => {
                let (entity, part) = (u64::from(stamp.at.execution), stamp.at.step.stamp());
                let streams = &body.host.world().streams;
                law.quantile(streams.pick(Purpose::Work, entity, part, u64::from(stamp.body)))
            }
        };
        body.sleep(millis(ms)).await;
        body.effect(Effect::Plain).await?;
        let int = i64::from(number) + 1;
        Ok(Sum { int, bytes }.value())
    }
}

fn width(parts: &[Part]) -> u32 {
    let of = |part: &Part| match part {
        Part::Step { .. } => 1,
        Part::Wait { .. } => 0,
        Part::Map {
            branches,
            at_once,
            parts,
        } => {
            let side_by_side = match *at_once as u32 {
                0 => *branches,
                limit => limit.min(*branches),
            };
            side_by_side * width(parts)
        }
        Part::Child { parts } => width(parts),
    };
    parts.iter().map(of).max().unwrap_or(0)
}

/// Along the parts, and of a map as if all its branches ran at once.
fn waits(parts: &[Part]) -> Duration {
    let of = |part: &Part| match part {
        Part::Step { .. } => Duration::ZERO,
        Part::Wait { length } => *length,
        Part::Map { parts, .. } | Part::Child { parts } => waits(parts),
    };
    parts.iter().map(of).sum()
}

/// What parts give together: a number, and the bytes that came with it. A branch returns both.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    int: i64,
    bytes: u64,
}

impl Add for Sum {
    type Output = Sum;

    fn add(self, more: Sum) -> Sum {
        Sum {
            int: self.int + more.int,
            bytes: self.bytes + more.bytes,
        }
    }
}

impl Sum {
    fn of(value: &Value) -> Sum {
        match value {
            Value::Int(int) => Sum {
                int: *int,
                bytes: 0,
            },
            Value::Padded { int, bytes } => Sum {
                int: *int,
                bytes: *bytes,
            },
            other => panic!("stored {other:?} where a number was expected"),
        }
    }

    fn value(self) -> Value {
        match self {
            Sum { int, bytes: 0 } => Value::Int(int),
            Sum { int, bytes } => Value::Padded { int, bytes },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(text: &str) -> Program {
        Program {
            parts: parse(text).expect(text),
            body_ms: Law::Constant(5.0),
        }
    }

    #[test]
    fn steps_are_counted_with_every_branch() {
        let nested = program("step map:3/2 { step map:2 { step step } wait:1 } step");
        assert_eq!(nested.steps(), 1 + 3 * (1 + 4) + 1);
        assert_eq!(nested.sum(), 17 * 18 / 2);
        assert_eq!(nested.width(), 4);
        assert_eq!(nested.waits(), Duration::from_secs(1));
        assert_eq!(program("map:5 { step }").width(), 5);
    }
}
