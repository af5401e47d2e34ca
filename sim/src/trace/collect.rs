//! Invocations and requests, put together from the crossings of the boundary.

use models::ledger::{Crossing, Outcome};
use models::point::{Phase, Point, RequestKind};
use models::world::World;
use std::collections::BTreeMap;
use std::time::Duration;

/// Outside the workers.
pub const CLIENT: u32 = u32::MAX;

/// One activation of a worker.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub worker: u32,
    pub execution: u32,
    pub from: Duration,
    pub to: Duration,
    /// The handler answered.
    pub answered: bool,
}

/// One request, from its leaving to its answer.
#[derive(Clone, Debug)]
pub struct Call {
    pub kind: RequestKind,
    /// Place in [`Collected::invocations`]; none for clients.
    pub invocation: Option<usize>,
    pub about: String,
    pub sent: Duration,
    pub applied: Option<(Duration, Outcome)>,
    /// The invocation that it caused, if it invoked a function and waits for the answer.
    pub handled_by: Option<usize>,
    pub answered: Option<(Duration, Outcome)>,
    execution: u32,
}

/// A fault, where it struck.
#[derive(Clone, Debug)]
pub struct Struck {
    pub invocation: Option<usize>,
    pub time: Duration,
    pub what: String,
}

/// What the crossings tell.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    pub invocations: Vec<Invocation>,
    pub calls: Vec<Call>,
    pub struck: Vec<Struck>,
    /// The invocation that each worker works on.
    open: BTreeMap<u32, usize>,
    /// Requests under way: by their number, or by who sent them.
    under_way: BTreeMap<(u32, u64, u8), Vec<usize>>,
}

impl Collected {
    /// Reads the history.
    pub fn of(world: &World) -> Collected {
        let mut collected = Collected::default();
        for crossing in world.history.borrow().crossings.iter() {
            collected.take(&crossing);
        }
        for body in &world.ledger.borrow().bodies {
            if let Some(place) = collected.invocation_at(body.worker, body.started) {
                let invocation = &mut collected.invocations[place];
                invocation.to = invocation.to.max(body.ended_at);
            }
        }
        collected
    }

    /// The invocation that a worker was in at a time.
    pub fn invocation_at(&self, worker: u32, time: Duration) -> Option<usize> {
        let mine = |place: &usize| {
            let invocation = &self.invocations[*place];
            invocation.worker == worker && invocation.from <= time
        };
        (0..self.invocations.len()).rev().find(mine)
    }

    fn take(&mut self, crossing: &Crossing) {
        if crossing.point == Point::HANDLER_START {
            self.begin(crossing);
        }
        let invocation = self.open.get(&crossing.worker).copied();
        if let Some((kind, phase)) = crossing.point.request() {
            self.take_request(crossing, kind, phase, invocation);
        }
        if let Some(place) = invocation {
            let invocation = &mut self.invocations[place];
            // A request that is under way may be applied after its sender has died.
            let ahead = matches!(crossing.point.request(), Some((_, Phase::Applied)));
            if !ahead {
                invocation.to = invocation.to.max(crossing.time);
            }
        }
        let what = match crossing.outcome {
            Outcome::Crash => "crash",
            Outcome::Freeze => "freeze",
            _ => {
                if crossing.point == Point::HANDLER_END {
                    self.end(crossing.worker, true);
                }
                return;
            }
        };
        self.struck.push(Struck {
            invocation,
            time: crossing.time,
            what: format!("{what} {} #{}", crossing.point, crossing.ordinal),
        });
        if crossing.outcome == Outcome::Crash {
            if let Some(place) = invocation {
                let invocation = &mut self.invocations[place];
                invocation.to = invocation.to.max(crossing.time);
            }
            self.end(crossing.worker, false);
        }
    }

    fn begin(&mut self, crossing: &Crossing) {
        self.invocations.push(Invocation {
            worker: crossing.worker,
            execution: crossing.at.execution,
            from: crossing.time,
            to: crossing.time,
            answered: false,
        });
        let place = self.invocations.len() - 1;
        self.open.insert(crossing.worker, place);
        // A caller that waits has one call of an execution under way; if it gave up on an earlier
        // one, the handler works for the last.
        let caller = self.calls.iter_mut().rev().find(|call| {
            call.kind == RequestKind::FunctionInvoke
                && call.execution == crossing.at.execution
                && call.answered.is_none()
        });
        if let Some(caller) = caller.filter(|caller| caller.handled_by.is_none()) {
            caller.handled_by = Some(place);
        }
    }

    fn end(&mut self, worker: u32, answered: bool) {
        if let Some(place) = self.open.remove(&worker) {
            self.invocations[place].answered = answered;
        }
    }

    fn take_request(
        &mut self,
        crossing: &Crossing,
        kind: RequestKind,
        phase: Phase,
        invocation: Option<usize>,
    ) {
        let key = match crossing.subject {
            u32::MAX => {
                let at = u64::from(crossing.at.execution) ^ crossing.at.step.stamp();
                (crossing.worker, at, kind as u8)
            }
            subject => (CLIENT, u64::from(subject), u8::MAX),
        };
        if phase == Phase::Send {
            if crossing.outcome == Outcome::Crash {
                return;
            }
            self.calls.push(Call {
                kind,
                invocation,
                about: format!(
                    "{} of execution {}",
                    crossing.at.step, crossing.at.execution
                ),
                sent: crossing.time,
                applied: None,
                handled_by: None,
                answered: None,
                execution: crossing.at.execution,
            });
            let place = self.calls.len() - 1;
            self.under_way.entry(key).or_default().push(place);
            return;
        }
        let Some(under_way) = self.under_way.get_mut(&key) else {
            return;
        };
        // Calls of functions that are given up cross no further point: the last one is meant.
        let Some(place) = under_way.last().copied() else {
            return;
        };
        let call = &mut self.calls[place];
        match phase {
            Phase::Applied => call.applied = Some((crossing.time, crossing.outcome)),
            _ => {
                call.answered = Some((crossing.time, crossing.outcome));
                under_way.clear();
            }
        }
    }
}
