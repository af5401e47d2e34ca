//! A counter: increment, decrement, get.
//!
//! Each operation is a step. On the durable engine the value is carried from step to step by the
//! execution; by hand it is an item of the key-value store. With `counter.shared` the steps of the
//! durable engine update that item too, because separate executions share nothing else.

use crate::Law;
use crate::body::{Body, Raise};
use crate::engines::Engine;
use crate::engines::explicit::store::{self, Addition, COUNTER, Patience};
use crate::engines::explicit::{Variant, variant};
use crate::host::Host;
use crate::ledger::Effect;
use crate::point::{StepName, Word};
use crate::rare::rare;
use crate::registry::Entry;
use crate::settings::{Key, Kind, Settings};
use crate::streams::Purpose;
use crate::time::millis;
use crate::value::Value;
use crate::workflows::context::{Context, Failure};
use std::time::Duration;

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "counter",
    doc: "A counter driven by increment, decrement and get; single operations, batches, concurrent clients, an idle wait in the middle.",
    keys: &[
        Key {
            path: "counter.operations",
            kind: Kind::Int {
                min: 1,
                max: 1_000_000,
            },
            default: "10",
            doc: "Operations in one request; each is a step.",
        },
        Key {
            path: "counter.mix",
            kind: Kind::Choice(&["increment", "mixed"]),
            default: "increment",
            doc: "`increment`: only increments; `mixed`: every third operation is a decrement.",
        },
        Key {
            path: "counter.get",
            kind: Kind::Bool,
            default: "true",
            doc: "End each request with a get, which is one more step.",
        },
        Key {
            path: "counter.body_ms",
            kind: Kind::Law,
            default: "5",
            doc: "Time inside one operation's code before its effect, in milliseconds.",
        },
        Key {
            path: "counter.after_ms",
            kind: Kind::Float { min: 0.0, max: 1e9 },
            default: "0",
            doc: "Time inside one operation's code after its effect, in milliseconds: a worker that dies then leaves an effect without a record.",
        },
        Key {
            path: "counter.payload_bytes",
            kind: Kind::Int {
                min: 0,
                max: 10_000_000,
            },
            default: "0",
            doc: "Bytes that a stored value carries besides the number.",
        },
        Key {
            path: "counter.result_bytes",
            kind: Kind::Int {
                min: 0,
                max: 10_000_000,
            },
            default: "0",
            doc: "Bytes that a request's result carries besides the value (`durable` and `local`).",
        },
        Key {
            path: "counter.idle_s",
            kind: Kind::Float {
                min: 0.0,
                max: 31_622_400.0,
            },
            default: "0",
            doc: "Idle wait in the middle of a request, in whole seconds; 0 for none.",
        },
        Key {
            path: "counter.clients",
            kind: Kind::Int {
                min: 1,
                max: 10_000,
            },
            default: "1",
            doc: "Clients that work on one counter at the same time.",
        },
        Key {
            path: "counter.requests",
            kind: Kind::Int {
                min: 1,
                max: 1_000_000,
            },
            default: "1",
            doc: "Requests that each client makes, one after the other (used when clients > 1).",
        },
        Key {
            path: "counter.lockstep",
            kind: Kind::Bool,
            default: "false",
            doc: "Clients start each request at the same instant.",
        },
        Key {
            path: "counter.shared",
            kind: Kind::Bool,
            default: "false",
            doc: "On `local` and `durable`: keep the value in one item of the key-value store that all executions share, updated from inside the step by a conditional write. `explicit` always does, in the way of its variant.",
        },
    ],
};

const INCREMENT: Word = Word::new("increment");
const DECREMENT: Word = Word::new("decrement");
const GET: Word = Word::new("get");
const IDLE: Word = Word::new("idle");

/// The counter's parameters.
#[derive(Debug)]
pub struct Counter {
    pub operations: u32,
    mixed: bool,
    pub get: bool,
    body_ms: Law,
    /// Time inside the code after its effect.
    after: Duration,
    pub payload: u64,
    result: u64,
    pub idle: Duration,
    shared: bool,
    variant: Variant,
    patience: Patience,
}

impl Counter {
    /// The step that reads the value.
    pub const GET: StepName = StepName::new(GET);

    /// Reads the keys.
    pub fn new(settings: &Settings) -> Counter {
        Counter {
            operations: settings.count("counter.operations") as u32,
            mixed: settings.text("counter.mix") == "mixed",
            get: settings.flag("counter.get"),
            body_ms: settings.law("counter.body_ms"),
            after: millis(settings.number("counter.after_ms")),
            payload: settings.count("counter.payload_bytes"),
            result: settings.count("counter.result_bytes"),
            idle: settings.seconds("counter.idle_s"),
            shared: settings.flag("counter.shared"),
            variant: variant(settings),
            patience: Patience::new(settings),
        }
    }

    /// The step of an operation.
    pub fn step(&self, index: u32) -> StepName {
        match self.delta(index) {
            1 => StepName::at(INCREMENT, index),
            _ => StepName::at(DECREMENT, index),
        }
    }

    /// What an operation adds.
    pub fn delta(&self, index: u32) -> i64 {
        if self.mixed && index % 3 == 2 { -1 } else { 1 }
    }

    /// What all operations of a request add.
    pub fn sum(&self) -> i64 {
        (0..self.operations).map(|index| self.delta(index)).sum()
    }

    /// The steps with an effect of this class on this engine.
    pub fn effects(&self, engine: &Engine, class: Effect) -> Vec<StepName> {
        let by_hand = engine.keeps_state_by_hand();
        let has = match class {
            Effect::Plain => by_hand || !self.shared,
            Effect::Store => self.in_store(engine),
            Effect::Keyed => false,
        };
        let steps = (0..self.operations).map(|index| self.step(index));
        steps.filter(|_| has).collect()
    }

    /// Whether there is an idle wait.
    pub fn idles(&self) -> bool {
        !self.idle.is_zero()
    }

    /// The operation before which the idle wait is.
    pub fn middle(&self) -> u32 {
        self.operations / 2
    }

    /// Whether executions update one item of the store.
    pub fn shared(&self) -> bool {
        self.shared
    }

    /// Whether its value is an item of the store on this engine.
    pub fn in_store(&self, engine: &Engine) -> bool {
        self.shared || engine.keeps_state_by_hand()
    }

    /// Time inside the code.
    fn length<H: Host>(&self, body: &Body<'_, H>) -> Duration {
        match &self.body_ms {
            Law::Constant(ms) => millis(*ms),
            law => {
                let stamp = body.stamp;
                let (entity, part) = (u64::from(stamp.at.execution), stamp.at.step.stamp());
                let streams = &body.host.world().streams;
                millis(law.quantile(streams.pick(
                    Purpose::Work,
                    entity,
                    part,
                    u64::from(stamp.body),
                )))
            }
        }
    }

    /// Lets the time inside the code pass.
    pub async fn sleep<H: Host>(&self, body: &Body<'_, H>) {
        let length = self.length(body);
        if !length.is_zero() {
            body.sleep(length).await;
        }
    }

    /// The code of one operation, state apart.
    pub async fn work<H: Host>(&self, body: &Body<'_, H>) -> Result<(), Raise> {
        self.sleep(body).await;
        body.effect(Effect::Plain).await?;
        self.rest(body).await;
        Ok(())
    }

    /// Lets the time after the effect pass.
    async fn rest<H: Host>(&self, body: &Body<'_, H>) {
        if !self.after.is_zero() {
            rare(body.sleep(self.after)).await;
        }
    }

    /// The workflow on an engine with a context.
    pub async fn run<'w, C: Context<'w>>(&'w self, context: &C) -> Result<Value, Failure> {
        let mut value = 0;
        for index in 0..self.operations {
            if self.idles() && index == self.middle() {
                context.wait(StepName::new(IDLE), self.idle).await?;
            }
            let operate = async |body: &Body<'_, C::Host>| self.operate(body, index, value).await;
            let result = context.step(self.step(index), operate).await?;
            value = int(&result);
        }
        if self.get {
            let read = async |body: &Body<'_, C::Host>| self.read(body, value).await;
            value = int(&context.step(Counter::GET, read).await?);
        }
        Ok(padded(value, self.result))
    }

    async fn operate<H: Host>(
        &self,
        body: &Body<'_, H>,
        index: u32,
        value: i64,
    ) -> Result<Value, Raise> {
        let length = self.length(body);
        if !length.is_zero() {
            body.sleep(length).await;
        }
        match self.shared {
            // Boxed, so that steps without the shared counter need no room for it.
            true => Box::pin(self.add(body, index)).await?,
            false => body.effect(Effect::Plain).await?,
        }
        self.rest(body).await;
        let int = value + self.delta(index);
        Ok(padded(int, self.payload))
    }

    /// Adds to the counter that executions share.
    async fn add<H: Host>(&self, body: &Body<'_, H>, index: u32) -> Result<(), Raise> {
        body.before_effect().await?;
        let addition = Addition {
            delta: self.delta(index),
            payload: self.payload,
            operation: index,
            stamp: body.stamp,
            key_outside: false,
            along: None,
        };
        let added = store::add(body.host, self.variant, self.patience, &addition).await;
        added.map_err(|error| Raise {
            permanent: store::is_final(&error),
            error: "store not reached",
        })?;
        body.after_effect().await
    }

    async fn read<H: Host>(&self, body: &Body<'_, H>, value: i64) -> Result<Value, Raise> {
        self.sleep(body).await;
        if !self.shared {
            return Ok(Value::Int(value));
        }
        let item = Box::pin(store::get(body.host, COUNTER, body.stamp)).await;
        let item = item.map_err(|_| Raise::transient("store not reached"))?;
        Ok(Value::Int(item.and_then(|i| i.int("value")).unwrap_or(0)))
    }
}

fn padded(int: i64, bytes: u64) -> Value {
    match bytes {
        0 => Value::Int(int),
        bytes => Value::Padded { int, bytes },
    }
}

fn int(value: &Value) -> i64 {
    match value {
        Value::Int(int) | Value::Padded { int, .. } => *int,
        other => panic!("stored {other:?} where a number was expected"),
    }
}
