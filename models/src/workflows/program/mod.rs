//! A workflow that is written in the scenario: steps, waits, maps and parallel branches, one inside the other.
//!
//! `step:1000 map:3/2 { step wait:1 step } wait:60` is a step with a result of 1,000 bytes, then
//! three branches, two at a time, of a step, a wait of a second and a step, then a wait of a
//! minute; `child { step step }` is a child context of two steps, `parallel { step | wait:1 step }` has branches
//! that differ. Tests generate such programs; a scenario uses them to ask about a shape of its own.
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
use crate::time::millis;
use crate::value::Value;
use crate::workflows::context::{Callback, Context, Failure};
use std::future::Future;
use std::ops::Add;
use std::pin::Pin;
use std::time::Duration;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "program",
    doc: "Steps, waits, maps and parallel branches in any nesting, written in the scenario; on engines with a context.",
    keys: &[
        Key {
            path: "program.text",
            kind: Kind::Text,
            default: "step map:3 { step } wait:1 step",
            doc: "The program: `step` or `step:BYTES`, `wait:SECONDS`, `poll:CHECKS` (a condition that is met at that check; `wait_for_condition` of the SDKs), `callback:SECONDS` or `callback:SECONDS/TIMEOUT` (a step asks somebody outside, whose answer comes so long after; `wait_for_callback` of the SDKs), `invoke:SECONDS` (another function that takes so long; on `durable` only), `map:BRANCHES { ... }` or `map:BRANCHES/AT_ONCE { ... }`, `parallel { ... | ... }` or `parallel/AT_ONCE { ... | ... }`, `child { ... }` (a context of its own on `durable`; elsewhere its parts run in place). Before the `{` of a map or parallel: `min_successful:BRANCHES`, `tolerated_failure_count:BRANCHES`, `tolerated_failure_percentage:PERCENT`; without any, no branch may fail.",
        },
        Key {
            path: "program.body_ms",
            kind: Kind::Law,
            default: "5",
            doc: "Time inside one step's or check's code, in milliseconds.",
        },
        Key {
            path: "program.poll_s",
            kind: Kind::Int {
                min: 1,
                max: 31_622_400,
            },
            default: "5",
            doc: "Time from one check of a `poll` to the next, in whole seconds, always the same (the strategies of the SDKs begin with 5 s, grow and jitter).",
        },
    ],
};

const STEP: Word = Word::new("step");
const WAIT: Word = Word::new("wait");
const MAP: Word = Word::new("map");
const PARALLEL: Word = Word::new("parallel");
const POLL: Word = Word::new("poll");
const CHILD: Word = Word::new("child");
const CALLBACK: Word = Word::new("callback");
const INVOKE: Word = Word::new("invoke");
const SUBMIT: Word = Word::new("submit");

/// The parameters.
#[derive(Debug)]
pub struct Program {
    parts: Vec<Part>,
    body_ms: Law,
    /// From one check of a condition to the next.
    poll: Duration,
}

/// How many of each sort there are, with every branch counted; also the number of the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    steps: u32,
    waits: u32,
    checks: u32,
    callbacks: u32,
    invokes: u32,
    maps: u32,
    parallels: u32,
    children: u32,
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, more: Counts) -> Counts {
        Counts {
            steps: self.steps + more.steps,
            waits: self.waits + more.waits,
            checks: self.checks + more.checks,
            callbacks: self.callbacks + more.callbacks,
            invokes: self.invokes + more.invokes,
            maps: self.maps + more.maps,
            parallels: self.parallels + more.parallels,
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

    fn of_all(parts: &[Vec<Part>]) -> Counts {
        let counts = parts.iter().map(|parts| Counts::of(parts));
        counts.fold(Counts::default(), Counts::add)
    }

    fn of_part(part: &Part) -> Counts {
        let mut counts = Counts::default();
        match part {
            Part::Step { .. } => counts.steps = 1,
            Part::Wait { .. } => counts.waits = 1,
            Part::Poll { checks } => counts.checks = *checks,
            Part::Callback { .. } => counts.callbacks = 1,
            Part::Invoke { .. } => counts.invokes = 1,
            Part::Map { branches, parts } => {
                counts = Counts::of(parts).times(branches.count);
                counts.maps += 1;
            }
            Part::Parallel { parts, .. } => {
                counts = Counts::of_all(parts);
                counts.parallels += 1;
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
            checks: self.checks * times,
            callbacks: self.callbacks * times,
            invokes: self.invokes * times,
            maps: self.maps * times,
            parallels: self.parallels * times,
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
            poll: Duration::from_secs(settings.count("program.poll_s")),
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

    /// Steps that are needed for success: those of branches that need not all end well are not.
    pub fn certain(&self) -> impl Iterator<Item = StepName> {
        let mut all = vec![true; self.steps() as usize];
        uncertain(&self.parts, 0, &mut |from, to| all[from..to].fill(false));
        let numbers = (0..).zip(all).filter(|(_, certain)| *certain);
        numbers.map(|(number, _)| Program::step(number))
    }

    /// Whether all branches must end well.
    pub fn needs_all(&self) -> bool {
        let mut all = true;
        uncertain(&self.parts, 0, &mut |_, _| all = false);
        all
    }

    /// Whether a program can give this that took every step once, or some of them not at all if they
    /// are not needed.
    pub fn gives(&self, value: &Value) -> bool {
        let sum: i64 = (1..=i64::from(self.steps())).sum();
        let certain = self
            .certain()
            .map(|step| i64::from(step.index().unwrap_or(0)) + 1);
        let least: i64 = certain.sum();
        matches!(value, Value::Int(given) if (least..=sum).contains(given))
    }

    /// Whether somebody outside is asked.
    pub fn asks(&self) -> bool {
        any(&self.parts, |part| matches!(part, Part::Callback { .. }))
    }

    /// Whether another function is invoked.
    pub fn invokes(&self) -> bool {
        invokes(&self.parts)
    }

    /// Whether it fails by what somebody else does: an answer that comes too late, a function that dies.
    pub fn may_fail(&self) -> bool {
        self.invokes()
            || any(&self.parts, |part| {
                matches!(part, Part::Callback { limit: Some(_), .. })
            })
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
    pub async fn run<'w, C: Context<'w>>(&'w self, context: &C) -> Result<Value, Failure> {
        let sum = self
            .sequence(context, &self.parts, Counts::default())
            .await?;
        Ok(Value::Int(sum.int))
    }

    /// Parts one after the other; `next` numbers the first of each sort. Boxed, because a program
    /// can be as deep as one likes.
    fn sequence<'w: 'a, 'a, C: Context<'w>>(
        &'w self,
        context: &'a C,
        parts: &'w [Part],
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

    async fn part<'w, C: Context<'w>>(
        &'w self,
        context: &C,
        part: &'w Part,
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
            Part::Poll { checks } => {
                let check = async |body: &Body<'_, C::Host>, made: u32| {
                    let drawn = StepName::at(POLL, next.checks + made - 1).stamp();
                    body.sleep(self.length(body, drawn)).await;
                    Ok(made >= *checks)
                };
                let name = StepName::at(POLL, next.checks);
                context.poll(name, self.poll, check).await?;
                Ok(Sum::default())
            }
            Part::Callback { after, limit } => {
                let callback = Callback {
                    name: StepName::at(CALLBACK, next.callbacks),
                    submit: StepName::at(SUBMIT, next.callbacks),
                    after: *after,
                    limit: *limit,
                };
                let prepare = async |body: &Body<'_, C::Host>| {
                    let drawn = callback.submit.stamp();
                    body.sleep(self.length(body, drawn)).await;
                    Ok(())
                };
                context.callback(callback, prepare).await?;
                Ok(Sum::default())
            }
            Part::Invoke { length } => {
                let name = StepName::at(INVOKE, next.invokes);
                context.invoke(name, *length).await?;
                Ok(Sum::default())
            }
            Part::Map { branches, parts } => {
                let first = Counts {
                    maps: next.maps + 1,
                    ..next
                };
                let inside = Counts::of(parts);
                let branch = async move |inner: &C, number: u32| -> Result<Value, Failure> {
                    let sum = self
                        .sequence(inner, parts, first + inside.times(number))
                        .await?;
                    Ok(sum.value())
                };
                let name = StepName::at(MAP, next.maps);
                let sums = context.map(name, *branches, branch).await?;
                Ok(sums.iter().map(Sum::of).fold(Sum::default(), Sum::add))
            }
            Part::Parallel { branches, parts } => {
                let first = Counts {
                    parallels: next.parallels + 1,
                    ..next
                };
                let branch = async move |inner: &C, number: u32| -> Result<Value, Failure> {
                    let (before, mine) = parts.split_at(number as usize);
                    let first = first + Counts::of_all(before);
                    Ok(self.sequence(inner, &mine[0], first).await?.value())
                };
                let name = StepName::at(PARALLEL, next.parallels);
                let sums = context.map(name, *branches, branch).await?;
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

    fn length<H: Host>(&self, body: &Body<'_, H>, drawn: u64) -> Duration {
        let stamp = body.stamp;
        millis(match &self.body_ms {
            Law::Constant(ms) => *ms,
            law => {
                let entity = u64::from(stamp.at.execution);
                let streams = &body.host.world().streams;
                law.quantile(streams.pick(Purpose::Work, entity, drawn, u64::from(stamp.body)))
            }
        })
    }

    async fn work<H: Host>(
        &self,
        body: &Body<'_, H>,
        number: u32,
        bytes: u64,
    ) -> Result<Value, Raise> {
        let drawn = body.stamp.at.step.stamp();
        body.sleep(self.length(body, drawn)).await;
        body.effect(Effect::Plain).await?;
        let int = i64::from(number) + 1;
        Ok(Sum { int, bytes }.value())
    }
}

/// Whether these parts invoke another function.
pub fn invokes(parts: &[Part]) -> bool {
    any(parts, |part| matches!(part, Part::Invoke { .. }))
}

/// Whether there is such a part, at any depth.
fn any(parts: &[Part], is: impl Fn(&Part) -> bool + Copy) -> bool {
    parts.iter().any(|part| {
        is(part)
            || match part {
                Part::Map { parts, .. } | Part::Child { parts } => any(parts, is),
                Part::Parallel { parts, .. } => parts.iter().any(|parts| any(parts, is)),
                Part::Step { .. }
                | Part::Wait { .. }
                | Part::Poll { .. }
                | Part::Callback { .. }
                | Part::Invoke { .. } => false,
            }
    })
}

fn width(parts: &[Part]) -> u32 {
    let of = |part: &Part| match part {
        Part::Step { .. } | Part::Poll { .. } | Part::Callback { .. } => 1,
        Part::Wait { .. } | Part::Invoke { .. } => 0,
        Part::Map { branches, parts } => {
            let side_by_side = branches.limit().min(branches.count as usize) as u32;
            side_by_side * width(parts)
        }
        Part::Parallel { branches, parts } => {
            let mut widths: Vec<u32> = parts.iter().map(|parts| width(parts)).collect();
            widths.sort_unstable_by(|a, b| b.cmp(a));
            widths.iter().take(branches.limit()).sum()
        }
        Part::Child { parts } => width(parts),
    };
    parts.iter().map(of).max().unwrap_or(0)
}

/// Gives the numbers of the steps of branches that need not all end well, from and to.
fn uncertain(parts: &[Part], mut first: usize, give: &mut impl FnMut(usize, usize)) {
    for part in parts {
        let inside = Counts::of_part(part).steps as usize;
        match part {
            Part::Map { branches, .. } | Part::Parallel { branches, .. }
                if !branches.completion.is_default() =>
            {
                give(first, first + inside);
            }
            Part::Map { branches, parts } => {
                let each = Counts::of(parts).steps as usize;
                for number in 0..branches.count as usize {
                    uncertain(parts, first + number * each, give);
                }
            }
            Part::Parallel { parts, .. } => {
                let mut first = first;
                for parts in parts {
                    uncertain(parts, first, give);
                    first += Counts::of(parts).steps as usize;
                }
            }
            Part::Child { parts } => uncertain(parts, first, give),
            Part::Step { .. }
            | Part::Wait { .. }
            | Part::Poll { .. }
            | Part::Callback { .. }
            | Part::Invoke { .. } => {}
        }
        first += inside;
    }
}

/// Along the parts, and of branches as if all ran at once; of those that need not end well, none.
fn waits(parts: &[Part]) -> Duration {
    let of = |part: &Part| match part {
        Part::Step { .. } | Part::Poll { .. } => Duration::ZERO,
        Part::Wait { length } | Part::Invoke { length } => *length,
        Part::Callback { after, limit } => limit.map_or(*after, |limit| limit.min(*after)),
        Part::Map { branches, .. } | Part::Parallel { branches, .. }
            if !branches.completion.is_default() =>
        {
            Duration::ZERO
        }
        Part::Map { parts, .. } | Part::Child { parts } => waits(parts),
        Part::Parallel { parts, .. } => {
            let lengths = parts.iter().map(|parts| waits(parts));
            lengths.max().unwrap_or_default()
        }
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
            poll: Duration::from_secs(5),
        }
    }

    #[test]
    fn steps_are_counted_with_every_branch() {
        let nested = program("step map:3/2 { step map:2 { step step } wait:1 } step");
        assert_eq!(nested.steps(), 1 + 3 * (1 + 4) + 1);
        assert!(nested.gives(&Value::Int(17 * 18 / 2)) && !nested.gives(&Value::Int(152)));
        assert_eq!(nested.width(), 4);
        assert_eq!(nested.waits(), Duration::from_secs(1));
        assert_eq!(program("map:5 { step }").width(), 5);
        let parallel = program("parallel/2 { step | wait:1 map:3 { step } wait:1 | step step }");
        assert_eq!(parallel.steps(), 6);
        assert_eq!(parallel.width(), 4);
        assert_eq!(parallel.waits(), Duration::from_secs(2));
        let callback = program("map:2 { callback:4 } callback:9/3 step");
        assert_eq!((callback.steps(), callback.width()), (1, 2));
        assert_eq!(callback.waits(), Duration::from_secs(4 + 3));
    }

    #[test]
    fn steps_of_branches_with_criteria_are_not_needed() {
        let text = "step map:2 { parallel min_successful:1 { step | step } step } step";
        let certain: Vec<StepName> = program(text).certain().collect();
        assert_eq!(certain, [0, 3, 6, 7].map(Program::step));
        let (least, most) = (1 + 4 + 7 + 8, 8 * 9 / 2);
        for (value, right) in [(least - 1, false), (least, true), (most, true)] {
            assert_eq!(program(text).gives(&Value::Int(value)), right);
        }
    }
}
