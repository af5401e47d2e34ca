//! Providers of generated content: text, speech and pictures, each with one that stands in for it.
//!
//! A provider is a remote service with a rate limit that accepts a question or refuses it at once, and
//! then works on it; what it accepted is charged, whether or not somebody still waits for the content.
//! Refusals are those of the usual interfaces: too many requests (HTTP 429), a failure of the provider
//! (5xx), and a question that it will not answer (400, never to be repeated). Outages are the fault kind
//! `outage` with the provider's name; latencies and limits are rows `provider.*` of the platform file.
//!
//! [`client`] is what the code of steps calls: with a circuit breaker per provider where the engine has
//! one, and with the provider that stands in.

pub mod client;
mod keys;

pub use keys::ENTRY;

use crate::Law;
use crate::data::Table;
use crate::faults::plan::Fired;
use crate::host::{CallError, Reply};
use crate::names::Key;
use crate::point::{At, Party, RequestKind};
use crate::services::bucket::Bucket;
use crate::services::limit::whole;
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use crate::time::millis;
use crate::world::World;
use std::time::Duration;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text, in tokens.
    Llm,
    /// Speech, in characters.
    Tts,
    /// A picture.
    Image,
}

/// One provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    pub role: Role,
    /// Whether it is the one that stands in.
    pub backup: bool,
}

/// How many there are.
pub const COUNT: usize = 6;

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Llm, Role::Tts, Role::Image];

    /// The provider that is asked first, and the one that stands in.
    pub fn providers(self) -> [Provider; 2] {
        [false, true].map(|backup| Provider { role: self, backup })
    }
}

impl Provider {
    /// Every provider.
    pub fn all() -> impl Iterator<Item = Provider> {
        Role::ALL.into_iter().flat_map(Role::providers)
    }

    /// The provider that this party is.
    pub fn of(party: Party) -> Option<Provider> {
        Provider::all().find(|provider| provider.party() == party)
    }

    /// Position among all.
    pub fn index(self) -> usize {
        2 * self.role as usize + usize::from(self.backup)
    }

    /// As scenarios name it.
    pub fn name(self) -> &'static str {
        self.party().name()
    }

    fn party(self) -> Party {
        self.request().service()
    }

    /// The kind of a question to it.
    pub fn request(self) -> RequestKind {
        match (self.role, self.backup) {
            (Role::Llm, false) => RequestKind::ProviderLlm,
            (Role::Llm, true) => RequestKind::ProviderLlmBackup,
            (Role::Tts, false) => RequestKind::ProviderTts,
            (Role::Tts, true) => RequestKind::ProviderTtsBackup,
            (Role::Image, false) => RequestKind::ProviderImage,
            (Role::Image, true) => RequestKind::ProviderImageBackup,
        }
    }
}

/// A question to a provider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ask {
    pub provider: Provider,
    pub at: At,
    /// Which part of the step it is for: a scene.
    pub part: u32,
    /// Tokens, characters or pictures.
    pub units: u32,
    /// The how-manieth question about this part.
    pub turn: u64,
}

impl Ask {
    /// Provider, execution and part.
    pub fn key(&self) -> Key {
        Key::new(
            self.provider.name(),
            u64::from(self.at.execution),
            self.part,
        )
    }

    /// A uniform draw about this question: its fate (0) or a time (1, 2). The provider's place is part of
    /// the draw, so that the two of a role do not fail together by chance.
    fn draw(&self, streams: &Streams, what: u64) -> f64 {
        let place = u64::from(self.part) << 8 | self.provider.index() as u64;
        let about = self.at.step.stamp() ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let entity = u64::from(self.at.execution);
        streams.pick(Purpose::Provider, entity, about, 4 * self.turn + what)
    }
}

/// Why a provider does not answer a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many questions (429).
    RateLimited,
    /// It failed (5xx).
    Failed,
    /// It will never answer this question (400).
    Rejected,
}

/// One provider's law, limit and meters.
#[derive(Debug)]
struct State {
    first: Law,
    unit: Law,
    error_rate: f64,
    limit: Bucket,
    meter: Meter,
}

/// What a provider was asked and did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    /// Questions that left a worker.
    pub asked: u64,
    /// Questions that came to nothing, for whatever reason.
    pub failed: u64,
    /// Questions that the circuit breaker kept back.
    pub kept_back: u64,
    /// Units that were accepted, and are charged.
    pub units: u64,
}

/// A question that left, for the claims.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskRow {
    pub time: Duration,
    pub provider: Provider,
    pub execution: u32,
    pub worker: u32,
}

/// All providers.
#[derive(Debug, Default)]
pub struct Providers {
    states: Vec<State>,
    rejection_rate: f64,
    /// Whether the provider that stands in is asked at all, on engines without a choice of their own.
    pub fallback: bool,
    /// Questions in the order in which they left.
    pub asked: Vec<AskRow>,
}

/// Rate limits are per minute, and a minute's worth may come at once (a token bucket that is replenished all
/// the time, as Anthropic's documentation of its rate limits describes). The bucket's unit is a sixtieth of
/// a question.
const SIXTIETHS: u64 = 60;

impl Providers {
    /// Reads the rows and keys `provider.*`.
    pub fn new(settings: &Settings, table: &Table) -> Result<Providers, String> {
        let state = |provider: Provider| -> Result<State, String> {
            let row = |what: &str| format!("provider.{}_{what}", provider.name());
            let rate = match provider.backup {
                false => "provider.error_rate",
                true => "provider.backup_error_rate",
            };
            let failing = settings.text("provider.failing");
            let concerned =
                failing == "all" || Role::ALL.map(name)[provider.role as usize] == failing;
            let per_minute = whole(table, &row("requests_per_minute"))?;
            Ok(State {
                first: table.law(&row("first_ms"))?,
                unit: table.law(&row("unit_ms"))?,
                error_rate: if concerned {
                    settings.number(rate)
                } else {
                    0.0
                },
                limit: Bucket::holding(per_minute, SIXTIETHS * per_minute),
                meter: Meter::default(),
            })
        };
        Ok(Providers {
            states: Provider::all().map(state).collect::<Result<_, _>>()?,
            rejection_rate: settings.number("provider.rejection_rate"),
            fallback: settings.flag("provider.fallback"),
            asked: Vec::new(),
        })
    }

    /// What a provider did: nothing where no workflow asks any.
    pub fn meter(&self, provider: Provider) -> Meter {
        let state = self.states.get(provider.index());
        state.map_or_else(Meter::default, |state| state.meter)
    }

    fn meter_mut(&mut self, provider: Provider) -> &mut Meter {
        &mut self.states[provider.index()].meter
    }

    /// Accepts a question or refuses it; gives the time that the content takes.
    fn accept(&mut self, ask: &Ask, now: Duration, streams: &Streams) -> Result<Duration, Refusal> {
        let rejected = self.rejection_rate;
        let state = &mut self.states[ask.provider.index()];
        if !state.limit.take(now, SIXTIETHS) {
            return Err(Refusal::RateLimited);
        }
        let fate = ask.draw(streams, 0);
        if fate < state.error_rate {
            return Err(Refusal::Failed);
        }
        // A question that is rejected is rejected however often it is asked.
        let asked_once = Ask { turn: 0, ..*ask };
        if rejected > 0.0 && asked_once.draw(streams, 3) < rejected {
            return Err(Refusal::Rejected);
        }
        state.meter.units += u64::from(ask.units);
        let first = state.first.quantile(ask.draw(streams, 1));
        let unit = state.unit.quantile(ask.draw(streams, 2));
        Ok(millis(first + unit * f64::from(ask.units)))
    }
}

fn name(role: Role) -> &'static str {
    role.providers()[0].name()
}

/// Does a question at the instant at which it reaches its provider.
pub fn apply(world: &World, ask: &Ask, now: Duration) -> Result<Reply, CallError> {
    let mut providers = world.providers.borrow_mut();
    let answer = providers.accept(ask, now, &world.streams);
    if answer == Err(Refusal::Failed) {
        world.faults.borrow_mut().count(Fired::Error);
    }
    answer.map(Reply::Provider).map_err(CallError::Provider)
}
