//! A step's code as it really runs: entered, working, having its effect, raising or returning.
//!
//! Every entry is a row of the ledger, whatever becomes of it.

use crate::cpu;
use crate::encoder::Work;
use crate::faults::plan::Fate;
use crate::host::Host;
use crate::ledger::{BodyRow, Effect, EffectRow, Ended};
use crate::point::{At, Point};
use crate::rare::{Rare, rare};
use crate::world::World;
use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

/// A step's code raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raise {
    /// Whether trying again is pointless.
    pub permanent: bool,
    pub error: &'static str,
}

impl Raise {
    /// An error worth a retry.
    pub fn transient(error: &'static str) -> Raise {
        Raise {
            permanent: false,
            error,
        }
    }
}

/// Which body something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub at: At,
    pub attempt: u32,
    pub body: u32,
}

/// One run of a step's code, from within.
#[derive(Debug)]
pub struct Body<'h, H> {
    pub host: &'h H,
    pub stamp: Stamp,
    /// The place of its step's running totals.
    tally: usize,
    fate: Fate,
    /// At which of its points it loses its worker, while that is ahead.
    doom: Cell<Option<u8>>,
    progress: Option<&'h Cell<u64>>,
    raised: Cell<bool>,
    /// Requests under way that are not to be abandoned.
    busy: Cell<u32>,
}

/// A crossing at which something may strike.
type Crossing<'b> = Rare<'b, ()>;

/// Number of the last of a body's points.
const LAST: u8 = 3;

const INJECTED: &str = "injected failure";

impl<H: Host> Body<'_, H> {
    /// How far an earlier attempt got, as its last heartbeat said; 0 on engines without heartbeats.
    pub fn progress(&self) -> u64 {
        self.progress.map_or(0, Cell::get)
    }

    /// Notes how far this attempt is, for the next heartbeat.
    pub fn note_progress(&self, progress: u64) {
        if let Some(place) = self.progress {
            place.set(place.get().max(progress));
        }
    }

    /// Time that passes without using the processor.
    pub async fn sleep(&self, length: Duration) {
        self.host.wait(length).await;
    }

    /// Work of one thread, in CPU time of one vCPU.
    pub async fn compute(&self, work: Duration) {
        cpu::compute(self.host, work).await;
    }

    /// Work of an encoder.
    pub async fn work(&self, work: Work) {
        match work {
            Work::Sleep(length) => self.sleep(length).await,
            Work::Compute(length) => self.compute(length).await,
            Work::Threads {
                serial,
                each,
                threads,
            } => {
                self.compute(serial).await;
                let all = (0..threads).map(|_| self.compute(each));
                futures_util::future::join_all(all).await;
            }
        }
    }

    /// Awaits a request that must not be abandoned half way.
    pub async fn uninterrupted<T>(&self, request: impl Future<Output = T>) -> T {
        self.busy.set(self.busy.get() + 1);
        let answer = request.await;
        self.busy.set(self.busy.get() - 1);
        answer
    }

    /// Whether such a request is under way.
    pub fn is_busy(&self) -> bool {
        self.busy.get() > 0
    }

    /// Tells the engine that so many of the stage's parts are done.
    pub fn report(&self, done: u32, of: u32) {
        let world = self.host.world();
        if let crate::engines::Engine::Staged(_) = &world.engine {
            crate::engines::staged::report(self.host, self.stamp.at, done, of);
        }
    }

    /// The body's effect on the outside world. Raises where the fault plan says so.
    pub async fn effect(&self, effect: Effect) -> Result<(), Raise> {
        if let Some(crossing) = self.reach(Point::EFFECT_BEFORE, 1) {
            crossing.await;
        }
        self.raise_if(false)?;
        self.record_effect(effect);
        if let Some(crossing) = self.reach(Point::EFFECT_AFTER, 2) {
            crossing.await;
        }
        self.raise_if(true)
    }

    /// What comes before an effect that the body makes itself, by a request.
    pub async fn before_effect(&self) -> Result<(), Raise> {
        if let Some(crossing) = self.reach(Point::EFFECT_BEFORE, 1) {
            crossing.await;
        }
        self.raise_if(false)
    }

    /// What comes after such an effect.
    pub async fn after_effect(&self) -> Result<(), Raise> {
        if let Some(crossing) = self.reach(Point::EFFECT_AFTER, 2) {
            crossing.await;
        }
        self.raise_if(true)
    }

    /// Writes down that an effect which the body made by itself has happened.
    pub fn record_effect(&self, effect: Effect) {
        let world = self.host.world();
        world.with_tally(self.tally, |tally| tally.effect(effect));
        let (now, worker) = (self.host.now(), worker(self.host));
        log_effect(world, self.stamp, effect, now, worker);
    }

    fn raise_if(&self, after: bool) -> Result<(), Raise> {
        match self.fate {
            Fate::Raises {
                after_effect,
                permanent,
            } if after_effect == after => {
                self.raised.set(true);
                Err(Raise {
                    permanent,
                    error: INJECTED,
                })
            }
            _ => Ok(()),
        }
    }

    /// Comes to a crash point, and crosses it unless something may strike there.
    fn reach(&self, point: Point, number: u8) -> Option<Crossing<'_>> {
        // A body without an effect has no points around it: it is struck at its end then.
        let struck = |doom: u8| doom == number || number == LAST;
        if self.doom.get().is_some_and(struck) {
            self.doom.set(None);
            self.host.world().doomed.set(true);
        }
        let at = self.stamp.at;
        match self.host.pass(point, at) {
            true => None,
            false => Some(rare(self.host.cross(point, at))),
        }
    }
}

/// Writes an effect to the ledger.
pub fn record_effect(world: &World, stamp: Stamp, effect: Effect, time: Duration, worker: u32) {
    let tally = world.tally(stamp.at);
    world.with_tally(tally, |tally| tally.effect(effect));
    log_effect(world, stamp, effect, time, worker);
}

fn log_effect(world: &World, stamp: Stamp, effect: Effect, time: Duration, worker: u32) {
    world.ledger.borrow_mut().effects.push(EffectRow {
        at: stamp.at,
        attempt: stamp.attempt,
        body: stamp.body,
        worker,
        time,
        effect,
    });
}

fn worker<H: Host>(host: &H) -> u32 {
    host.environment().map_or(u32::MAX, |e| e.0)
}

/// Runs a step's code once.
pub fn enter<H: Host, T>(
    host: &H,
    at: At,
    attempt: u32,
    code: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
) -> impl Future<Output = Result<T, Raise>> {
    run(host, at, attempt, None, code)
}

/// An attempt that a server handed to a worker.
#[derive(Clone, Copy, Debug)]
pub struct Handed<'a> {
    /// As the retry policy counts, from 1.
    pub attempt: u32,
    /// When the server began it, which may be long before the worker does.
    pub since: Duration,
    /// Carried from attempt to attempt.
    pub progress: &'a Cell<u64>,
}

/// The same for an attempt that a server handed out.
pub fn enter_with<H: Host, T>(
    host: &H,
    at: At,
    handed: &Handed<'_>,
    code: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
) -> impl Future<Output = Result<T, Raise>> {
    run(host, at, handed.attempt, Some(handed), code)
}

fn run<H: Host, T>(
    host: &H,
    at: At,
    attempt: u32,
    handed: Option<&Handed<'_>>,
    code: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
) -> impl Future<Output = Result<T, Raise>> {
    let world = host.world();
    // A block, because a function that is async has room for each of its arguments twice.
    async move {
        // A branch of a worker that died at this very instant goes no further.
        if !host.goes_on() {
            rare(host.wait(Duration::ZERO)).await;
        }
        let (tally, tries) = world.try_step(at);
        let doom = {
            let faults = world.faults.borrow();
            faults.doom(at, tries, host.now(), &world.streams)
        };
        if doom == Some(0) {
            world.doomed.set(true);
        }
        if !host.pass(Point::BODY_START, at) {
            rare(host.cross(Point::BODY_START, at)).await;
        }
        let number = world.with_tally(tally, |tally| tally.enter(attempt));
        let fate = world
            .faults
            .borrow_mut()
            .fate(at, attempt, number, host.now(), &world.streams);
        let body = Body {
            host,
            stamp: Stamp {
                at,
                attempt,
                body: number,
            },
            tally,
            fate,
            doom: Cell::new(doom.filter(|point| *point > 0)),
            progress: handed.map(|handed| handed.progress),
            raised: Cell::new(false),
            busy: Cell::new(0),
        };
        let place = world.enter_body(BodyRow {
            at,
            attempt,
            body: number,
            worker: worker(host),
            invoked: handed
                .map_or_else(|| world.invoked(host.environment()), |handed| handed.since),
            started: host.now(),
            ended_at: host.now(),
            ended: Ended::Lost,
        });
        let mut result = code(&body).await;
        if result.is_ok() && !body.raised.get() {
            // A body without an effect raises, if it is to raise, at its end.
            let late = body.raise_if(false).and(body.raise_if(true));
            result = late.and(result);
        }
        let ended = match result {
            Ok(_) => Ended::Returned,
            Err(_) => Ended::Raised,
        };
        world.end_body(place, tally, host.now(), ended);
        if result.is_err() {
            world.fault_seen(at.execution, host.now());
        }
        if let Some(crossing) = body.reach(Point::BODY_END, LAST) {
            crossing.await;
        }
        result
    }
}
