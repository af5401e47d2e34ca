//! Invocations: from the request to the answer, through an environment of the function platform.
//!
//! A synchronous invocation answers its caller. An asynchronous event is accepted first and
//! delivered later, at least once: errors are retried twice (after one and two minutes), throttled
//! events with back-off until they are too old (AWS Lambda developer guide, "Asynchronous
//! invocation", "How Lambda handles errors and retries with asynchronous invocation").

use crate::Law;
use crate::faults::plan::{Fired, Transit};
use crate::host::{Answer, CallError, Event, Host, Invoked};
use crate::point::{At, Party, Phase, Point, RequestKind};
use crate::services::function::{Config, Placement};
use crate::streams::Purpose;
use crate::time::{millis, seconds};
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

/// Why a synchronous invocation has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The function's process died, or nothing was seen of it any more.
    Crashed,
    /// It was stopped by the invocation time-out.
    TimedOut,
    /// Too many invocations at once.
    Throttled,
    /// Nothing came back in time.
    Timeout,
    /// The platform refused.
    Unavailable,
}

/// Invokes a function and waits for its answer. For callers outside the workers.
pub async fn invoke<H: Host>(host: &H, event: Event, at: At) -> Result<Answer, Failure> {
    let kind = RequestKind::FunctionInvoke;
    host.cross(Point::of(kind, Phase::Send), at).await;
    let world = host.world();
    let (transit, more_there, more_back) = transit(host, kind, at);
    let overhead = world.latency(kind, at);
    match transit {
        Transit::Error => {
            host.wait(overhead).await;
            return Err(Failure::Unavailable);
        }
        Transit::RequestLost => {
            host.wait(world.patience(kind.service())).await;
            return Err(Failure::Timeout);
        }
        _ => {}
    }
    if transit == Transit::Twice {
        let (outside, event) = (host.outside(), event.clone());
        host.spawn(async move {
            outside.wait(overhead / 2).await;
            let _ = place_and_run(&outside, event).await;
        });
    }
    host.wait(overhead / 2 + more_there).await;
    let answer = place_and_run(host, event).await;
    if transit == Transit::AnswerLost {
        host.wait(world.patience(kind.service())).await;
        return Err(Failure::Timeout);
    }
    host.wait(overhead / 2 + more_back).await;
    host.cross(Point::of(kind, Phase::Ack), at).await;
    match answer {
        Some(Invoked::Answered(answer)) => Ok(answer),
        Some(Invoked::TimedOut) => Err(Failure::TimedOut),
        Some(Invoked::Crashed | Invoked::GivenUp) => Err(Failure::Crashed),
        None => Err(Failure::Throttled),
    }
}

/// Sends a request that only starts something, and waits until it is accepted. False if that is
/// not known: lost, or refused by a platform that is down.
pub async fn request<H: Host>(host: &H, at: At, overhead: Duration) -> bool {
    let kind = RequestKind::FunctionInvoke;
    host.cross(Point::of(kind, Phase::Send), at).await;
    let (transit, there, back) = transit(host, kind, at);
    let known = matches!(transit, Transit::Passes | Transit::Twice);
    let length = match transit {
        Transit::RequestLost | Transit::AnswerLost => host.world().patience(kind.service()),
        _ => overhead + there + back,
    };
    host.wait(length).await;
    host.cross(Point::of(kind, Phase::Ack), at).await;
    known
}

fn transit<H: Host>(host: &H, kind: RequestKind, at: At) -> (Transit, Duration, Duration) {
    let world = host.world();
    let mut faults = world.faults.borrow_mut();
    faults.transit(kind, host.party(), at, host.now(), &world.streams)
}

/// Finds an environment, starts it if need be, runs the handler, bills it. `None` if throttled.
pub fn place_and_run<H: Host>(host: &H, event: Event) -> impl Future<Output = Option<Invoked>> {
    let world = host.world();
    async move {
        if world
            .faults
            .borrow_mut()
            .is_out(Party::Function, host.now())
        {
            return None;
        }
        if world.functions.borrow().config.queues {
            wait_in_line(host, event.execution()).await;
        }
        let placement = {
            let mut functions = world.functions.borrow_mut();
            let placement = functions.place(host.now());
            // What does not start is not charged.
            functions.meters.requests += u64::from(placement != Placement::Throttled);
            placement
        };
        let invocation = world.next_invocation();
        let execution = u64::from(event.execution());
        let (environment, init) = match placement {
            Placement::Throttled => return None,
            Placement::Warm(environment) => (environment, Duration::ZERO),
            Placement::Cold(environment) => {
                let (platform, init) = {
                    let functions = world.functions.borrow();
                    let config = &functions.config;
                    let draw = |law| world.draw(law, Purpose::ColdStart, execution);
                    (draw(&config.cold_platform), draw(&config.init))
                };
                world.reset_cpu(environment);
                host.wait(platform + init).await;
                (environment, init)
            }
        };
        let began = host.now();
        world.begin_invocation(environment, began);
        if matches!(placement, Placement::Cold(_)) {
            pause(host, execution, |config| &config.entry_cold).await;
        }
        let invoked = host.run(environment, invocation, event).await;
        if matches!(invoked, Invoked::Answered(_)) {
            pause(host, execution, |config| &config.teardown).await;
        }
        let ran = host.now().saturating_sub(began);
        world.functions.borrow_mut().bill(ran, init);
        if invoked != Invoked::GivenUp {
            // Bodies that the handler left behind are over with it.
            world.lose_bodies(environment.0, host.now());
        }
        match &invoked {
            Invoked::Answered(_) => world
                .functions
                .borrow_mut()
                .release(environment, host.now()),
            lost => {
                let reusable = *lost != Invoked::GivenUp;
                let detect = {
                    let functions = world.functions.borrow();
                    world.draw(&functions.config.crash_detect, Purpose::Dispatch, execution)
                };
                let down = world.faults.borrow().restart;
                host.wait(detect + down).await;
                world.functions.borrow_mut().lose(environment, reusable);
            }
        }
        Some(invoked)
    }
}

/// Waits until there is room for an invocation and nobody came before it.
async fn wait_in_line<H: Host>(host: &H, execution: u32) {
    let (functions, came) = (&host.world().functions, host.now());
    if functions.borrow().is_full() {
        let ticket = functions.borrow_mut().line.join();
        poll_fn(
            |cx| match functions.borrow_mut().may_go(ticket, cx.waker()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            },
        )
        .await;
    }
    let waited = host.now() - came;
    let mut functions = functions.borrow_mut();
    functions.line.waits.push((execution, waited));
}

/// Time that the platform's own code takes inside an invocation.
async fn pause<H: Host>(host: &H, execution: u64, law: impl Fn(&Config) -> &Law) {
    let world = host.world();
    let length = {
        let functions = world.functions.borrow();
        world.draw(law(&functions.config), Purpose::ColdStart, execution)
    };
    if !length.is_zero() {
        host.wait(length).await;
    }
}

/// Hands over an asynchronous event. The event is accepted, or not, whatever becomes of the caller.
pub async fn send_event<H: Host>(host: &H, event: Event, at: At) -> Result<(), CallError> {
    let kind = RequestKind::FunctionEvent;
    host.cross(Point::of(kind, Phase::Send), at).await;
    let world = host.world();
    let (transit, there, back) = transit(host, kind, at);
    let round_trip = world.latency(kind, at) + there + back;
    if !matches!(transit, Transit::RequestLost | Transit::Error) {
        let copies = 1 + u32::from(transit == Transit::Twice);
        for _ in 0..copies {
            let outside = host.outside();
            let event = event.clone();
            host.spawn(async move { accept(&outside, event, there).await });
        }
    }
    match transit {
        Transit::RequestLost | Transit::AnswerLost => {
            host.wait(world.patience(kind.service())).await;
            Err(CallError::Timeout)
        }
        Transit::Error => {
            host.wait(round_trip).await;
            Err(CallError::Unavailable)
        }
        Transit::Passes | Transit::Twice => {
            host.wait(round_trip).await;
            host.cross(Point::of(kind, Phase::Ack), at).await;
            Ok(())
        }
    }
}

async fn accept<H: Host>(host: &H, event: Event, there: Duration) {
    let world = host.world();
    let execution = u64::from(event.execution());
    let twice = {
        let mut functions = world.functions.borrow_mut();
        functions.meters.events += 1;
        functions.meters.event_chunks += world.prices.async_chunks(event.bytes());
        let rate = functions.config.async_duplicate;
        rate > 0.0 && world.streams.next(Purpose::Dispatch, execution) < rate
    };
    if twice {
        world.faults.borrow_mut().count(Fired::DuplicateEvent);
        let (outside, event) = (host.outside(), event.clone());
        host.spawn(async move { deliver(&outside, event, there).await });
    }
    deliver(host, event, there).await;
}

async fn deliver<H: Host>(host: &H, event: Event, there: Duration) {
    let world = host.world();
    let execution = u64::from(event.execution());
    let config = world.functions.borrow().config.clone();
    let accepted = host.now();
    let dispatch = world.draw(&config.async_dispatch, Purpose::Dispatch, execution);
    host.wait(there + dispatch).await;
    let mut errors = 0;
    let mut throttle = config.async_throttle_first;
    loop {
        if host.now().saturating_sub(accepted) > config.async_event_age {
            return;
        }
        match place_and_run(host, event.clone()).await {
            Some(Invoked::Answered(Answer::Succeeded(_) | Answer::Pending)) => return,
            Some(_) if errors >= config.async_retries => return,
            Some(_) => {
                let delay = config.async_retry_delays[errors.min(1) as usize];
                errors += 1;
                host.wait(delay).await;
            }
            None => {
                host.wait(throttle).await;
                throttle = (throttle * 2).min(config.async_throttle_cap);
            }
        }
    }
}

/// Delay before try `turn` (from 1) of a client that backs off with full jitter.
pub fn full_jitter<H: Host>(
    host: &H,
    base: Duration,
    cap: Duration,
    turn: u32,
    execution: u32,
) -> Duration {
    let longest = doubled(base, cap, turn);
    if longest.is_zero() {
        return Duration::ZERO;
    }
    let u = host
        .world()
        .streams
        .next(Purpose::Backoff, u64::from(execution));
    millis(u * longest.as_secs_f64() * 1e3)
}

/// Delay before try `turn` (from 1) of a client that doubles it each time, up to a longest.
pub fn doubled(base: Duration, cap: Duration, turn: u32) -> Duration {
    let growth = libm::pow(2.0, f64::from(turn.min(60)) - 1.0);
    seconds(base.as_secs_f64() * growth).min(cap)
}
