//! The circuit breaker of one provider: closed, open, half-open.
//!
//! Closed, calls pass and their results are kept for a window of time; when enough of them failed, the
//! circuit opens. Open, no call passes until the break is over. Then it is half-open: one call passes as a
//! probe. If it succeeds the circuit closes, if it fails the circuit opens again. A result counts only in
//! the state in which its call was let through. (Nygard, Release It!, 2007, chapter 5; parameters as in
//! Polly.)

use super::events::BreakerRow;
use crate::engines::Engine;
use crate::engines::broken::Broken;
use crate::host::Host;
use crate::services::provider::Provider;
use std::cell::Cell;
use std::collections::VecDeque;
use std::time::Duration;

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circuit {
    /// Share of failures in the window.
    pub ratio: f64,
    /// Calls in the window below which nothing is concluded.
    pub calls: usize,
    pub window: Duration,
    /// The break.
    pub pause: Duration,
}

/// What a circuit does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Closed,
    Open {
        until: Duration,
    },
    /// A probe was let through at this time.
    HalfOpen {
        since: Duration,
    },
}

/// One provider's circuit.
#[derive(Debug)]
pub struct Breaker {
    state: State,
    /// Counts changes of state.
    turn: u32,
    /// Results in the window, with their times.
    results: VecDeque<(Duration, bool)>,
}

/// A call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass(u32);

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker {
            state: State::Closed,
            turn: 0,
            results: VecDeque::new(),
        }
    }
}

impl Breaker {
    /// What it does with calls.
    pub fn state(&self) -> State {
        self.state
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.turn += 1;
        self.results.clear();
    }

    /// Lets a call through, or not.
    pub fn admit(&mut self, circuit: &Circuit, now: Duration) -> Option<Pass> {
        let probe = match self.state {
            State::Closed => false,
            State::Open { until } if now < until => return None,
            // A probe of which nothing was heard for a whole break is given up.
            State::HalfOpen { since } if now < since + circuit.pause => return None,
            State::Open { .. } | State::HalfOpen { .. } => true,
        };
        if probe {
            self.change(State::HalfOpen { since: now });
        }
        Some(Pass(self.turn))
    }

    /// Takes the result of a call that was let through.
    pub fn record(&mut self, circuit: &Circuit, pass: Pass, now: Duration, good: bool) {
        if pass.0 != self.turn {
            return;
        }
        let open = State::Open {
            until: now + circuit.pause,
        };
        match self.state {
            State::Closed => {
                self.results.push_back((now, good));
                let old = |result: &(Duration, bool)| result.0 + circuit.window < now;
                while self.results.front().is_some_and(old) {
                    self.results.pop_front();
                }
                let calls = self.results.len();
                let failed = self.results.iter().filter(|(_, good)| !good).count();
                if calls >= circuit.calls && failed as f64 >= circuit.ratio * calls as f64 && !good
                {
                    self.change(open);
                }
            }
            State::HalfOpen { .. } if good => self.change(State::Closed),
            State::HalfOpen { .. } => self.change(open),
            State::Open { .. } => {}
        }
    }

    /// Nothing will be heard of a call that was let through: a probe then proves nothing.
    pub fn abandon(&mut self, circuit: &Circuit, pass: Pass, now: Duration) {
        if matches!(self.state, State::HalfOpen { .. }) {
            self.record(circuit, pass, now, false);
        }
    }
}

/// A call under way, as the circuit of its provider sees it.
#[derive(Debug)]
pub struct Probe<'h, H: Host> {
    host: &'h H,
    provider: Provider,
    /// `None` where there is no breaker, or once the result is known.
    pass: Cell<Option<Pass>>,
}

impl<'h, H: Host> Probe<'h, H> {
    /// Lets a call to a provider through, unless its circuit keeps it back.
    pub fn admitted(host: &'h H, provider: Provider) -> Option<Probe<'h, H>> {
        let probe = |pass| Probe {
            host,
            provider,
            pass: Cell::new(pass),
        };
        let pass = with(host, provider, |breaker, circuit, now| {
            breaker.admit(circuit, now)
        });
        match pass {
            Some(None) if ignores_circuits(host) => Some(probe(None)),
            None => Some(probe(None)),
            Some(pass) => pass.map(|pass| probe(Some(pass))),
        }
    }

    /// The provider answered.
    pub fn succeeded(self) {
        self.end(true);
    }

    /// It did not, or too late.
    pub fn failed(self) {
        self.end(false);
    }

    fn end(&self, good: bool) {
        if let Some(pass) = self.pass.take() {
            with(self.host, self.provider, |breaker, circuit, now| {
                breaker.record(circuit, pass, now, good);
            });
        }
    }
}

impl<H: Host> Drop for Probe<'_, H> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            with(self.host, self.provider, |breaker, circuit, now| {
                breaker.abandon(circuit, pass, now);
            });
        }
    }
}

fn ignores_circuits<H: Host>(host: &H) -> bool {
    matches!(&host.world().engine, Engine::Staged(config) if config.broken == Broken::CircuitIgnored)
}

/// Does something with a provider's circuit, if the engine has circuits, and notes if it changed.
fn with<H: Host, T>(
    host: &H,
    provider: Provider,
    act: impl FnOnce(&mut Breaker, &Circuit, Duration) -> T,
) -> Option<T> {
    let world = host.world();
    let Engine::Staged(config) = &world.engine else {
        return None;
    };
    let circuit = config.circuit.as_ref()?;
    let time = host.now();
    let mut server = world.jobs.borrow_mut();
    let breaker = &mut server.breakers[provider.index()];
    let before = breaker.turn;
    let result = act(breaker, circuit, time);
    if breaker.turn != before {
        let state = breaker.state();
        server.circuits.push(BreakerRow {
            time,
            provider,
            state,
        });
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIRCUIT: Circuit = Circuit {
        ratio: 0.5,
        calls: 4,
        window: Duration::from_secs(60),
        pause: Duration::from_secs(30),
    };

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn call(breaker: &mut Breaker, at: u64, good: bool) -> bool {
        let pass = breaker.admit(&CIRCUIT, s(at));
        if let Some(pass) = pass {
            breaker.record(&CIRCUIT, pass, s(at), good);
        }
        pass.is_some()
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for at in 0..4 {
            assert!(call(&mut breaker, at, at % 2 == 0));
        }
        assert_eq!(breaker.state(), State::Open { until: s(33) });
        breaker
    }

    #[test]
    fn it_opens_at_the_ratio_once_there_are_enough_calls() {
        opened();
        let mut few = Breaker::default();
        (0..3).for_each(|at| assert!(call(&mut few, at, false)));
        assert_eq!(few.state(), State::Closed);
        let mut seldom = Breaker::default();
        (1..40).for_each(|at| assert!(call(&mut seldom, at, at % 3 != 0)));
        assert_eq!(seldom.state(), State::Closed);
    }

    #[test]
    fn failures_older_than_the_window_are_forgotten() {
        let mut breaker = Breaker::default();
        (0..3).for_each(|at| assert!(call(&mut breaker, at, false)));
        assert!(call(&mut breaker, 63, false));
        assert_eq!(breaker.state(), State::Closed);
    }

    #[test]
    fn open_lets_nothing_through_and_half_open_one_probe() {
        let mut breaker = opened();
        assert!(!call(&mut breaker, 32, true));
        let probe = breaker.admit(&CIRCUIT, s(33)).expect("the break is over");
        assert_eq!(breaker.admit(&CIRCUIT, s(34)), None, "one probe at a time");
        breaker.record(&CIRCUIT, probe, s(35), false);
        assert_eq!(breaker.state(), State::Open { until: s(65) });
        assert!(call(&mut breaker, 65, true));
        assert_eq!(breaker.state(), State::Closed);
        assert!(call(&mut breaker, 66, false));
        assert_eq!(breaker.state(), State::Closed, "the window began anew");
    }

    #[test]
    fn a_result_counts_only_in_the_state_that_let_its_call_through() {
        let mut breaker = Breaker::default();
        let late = breaker.admit(&CIRCUIT, s(0)).expect("closed");
        (0..4).for_each(|at| assert!(call(&mut breaker, at, false)));
        let probe = breaker.admit(&CIRCUIT, s(40)).expect("the break is over");
        breaker.record(&CIRCUIT, late, s(41), true);
        assert!(matches!(breaker.state(), State::HalfOpen { .. }));
        breaker.abandon(&CIRCUIT, probe, s(42));
        assert_eq!(breaker.state(), State::Open { until: s(72) });
    }

    #[test]
    fn a_probe_that_is_never_heard_of_does_not_block_for_ever() {
        let mut breaker = opened();
        assert!(breaker.admit(&CIRCUIT, s(33)).is_some());
        assert!(breaker.admit(&CIRCUIT, s(62)).is_none());
        assert!(breaker.admit(&CIRCUIT, s(63)).is_some());
    }
}
