//! What happened in a run, readable in a terminal: attempts, effects, completions and faults.

use models::ledger::{BodyRow, Ended, Outcome as Came};
use models::point::StepName;
use models::world::{Outcome, World};
use std::time::Duration;

/// One line of the story.
struct Event {
    time: Duration,
    /// Which body it belongs to, in the order of their starts: at one instant what an earlier body
    /// does comes before a later one starts.
    body: usize,
    place: Place,
    who: String,
    what: String,
}

/// Order of what belongs to one body at one instant: causes before what they bring about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Begin,
    Start,
    Effect,
    End,
    Trouble,
    Commit,
    Strike,
    Lost,
    Report,
}

/// The story of a run whose history was kept.
pub fn tell(world: &World) -> String {
    let mut events = Vec::new();
    bodies(world, &mut events);
    effects(world, &mut events);
    crossings(world, &mut events);
    failed_tasks(world, &mut events);
    outcomes(world, &mut events);
    events.sort_by_key(|event| (event.time, event.body, event.place));
    let width = events.iter().map(|e| e.who.len()).max().unwrap_or(0);
    let line = |event: &Event| {
        let time = event.time.as_secs_f64();
        format!("{time:>10.3} s  {:<width$}  {}\n", event.who, event.what)
    };
    events.iter().map(line).collect()
}

fn worker(number: u32) -> String {
    match number {
        u32::MAX => "client".to_owned(),
        number => format!("worker {number}"),
    }
}

/// The last body that had started by then and fits.
fn latest(world: &World, time: Duration, fits: impl Fn(&BodyRow) -> bool) -> usize {
    let ledger = world.ledger.borrow();
    let started = |row: &BodyRow| row.started <= time && fits(row);
    ledger.bodies.iter().rposition(started).unwrap_or(0)
}

fn bodies(world: &World, events: &mut Vec<Event>) {
    let ledger = world.ledger.borrow();
    for (number, row) in ledger.bodies.iter().enumerate() {
        let (step, execution) = (row.at.step, row.at.execution);
        let what = format!(
            "{step} of execution {execution}: body {} starts (attempt {})",
            row.body, row.attempt
        );
        let event = |time, place, what| Event {
            time,
            body: number,
            place,
            who: worker(row.worker),
            what,
        };
        events.push(event(row.started, Place::Start, what));
        let (how, place) = match row.ended {
            Ended::Lost => ("is lost", Place::Lost),
            Ended::Returned => ("returns", Place::End),
            Ended::Raised => ("raises", Place::End),
        };
        let what = format!("{step} of execution {execution}: body {} {how}", row.body);
        events.push(event(row.ended_at, place, what));
    }
    for row in &ledger.commits {
        let what = format!(
            "{} of execution {}: completion acknowledged",
            row.at.step, row.at.execution
        );
        events.push(Event {
            time: row.time,
            body: latest(world, row.time, |body| body.at == row.at),
            place: Place::Commit,
            who: "engine".to_owned(),
            what,
        });
    }
}

fn effects(world: &World, events: &mut Vec<Event>) {
    for row in &world.ledger.borrow().effects {
        let what = format!(
            "{} of execution {}: EFFECT ({}) of body {}",
            row.at.step,
            row.at.execution,
            row.effect.name(),
            row.body
        );
        let own = |body: &BodyRow| body.at == row.at && body.body == row.body;
        events.push(Event {
            time: row.time,
            body: latest(world, row.time, own),
            place: Place::Effect,
            who: worker(row.worker),
            what,
        });
    }
}

/// Faults, refusals, and requests that were not answered.
fn crossings(world: &World, events: &mut Vec<Event>) {
    for row in world.history.borrow().crossings.iter() {
        let (what, place) = match row.outcome {
            Came::Ok => continue,
            Came::Crash => (
                format!("CRASH at {} #{}", row.point, row.ordinal),
                Place::Strike,
            ),
            Came::Freeze => (
                format!("FREEZE at {} #{}", row.point, row.ordinal),
                Place::Strike,
            ),
            Came::Timeout => (format!("NO ANSWER: {}", row.point), Place::Trouble),
            Came::Error => (format!("SERVICE ERROR: {}", row.point), Place::Trouble),
            Came::Refused => (format!("refused: {}", row.point), Place::Trouble),
        };
        let fits = |body: &BodyRow| match row.at.step {
            StepName::NONE => body.worker == row.worker,
            _ => body.at == row.at,
        };
        events.push(Event {
            time: row.time,
            body: latest(world, row.time, fits),
            place,
            who: worker(row.worker),
            what,
        });
    }
}

/// Why workflow tasks failed, on the engine that has any.
fn failed_tasks(world: &World, events: &mut Vec<Event>) {
    let server = world.orchestrator.borrow();
    for execution in 0..world.executions.borrow().len() as u32 {
        let known = server.execution(execution);
        for (time, cause) in known.iter().flat_map(|known| &known.task_failures) {
            events.push(Event {
                time: *time,
                body: latest(world, *time, |body| body.at.execution == execution),
                place: Place::Trouble,
                who: "server".to_owned(),
                what: format!("execution {execution}: WORKFLOW TASK FAILED: {cause}"),
            });
        }
    }
}

fn outcomes(world: &World, events: &mut Vec<Event>) {
    for (number, state) in world.executions.borrow().iter().enumerate() {
        let own = |body: &BodyRow| body.at.execution == number as u32;
        let first = world.ledger.borrow().bodies.iter().position(own);
        let client = |time, body, place, what| Event {
            time,
            body,
            place,
            who: "client".to_owned(),
            what,
        };
        let started = format!("execution {number} starts");
        let body = first.unwrap_or(0);
        events.push(client(state.started, body, Place::Begin, started));
        let Some((time, _)) = &state.ended else {
            continue;
        };
        for (report, outcome) in state.told.iter().enumerate() {
            let what = match outcome {
                Outcome::Succeeded(value) => format!("success with {value}"),
                Outcome::Failed(error) => format!("failure: {error}"),
            };
            let report = match report {
                0 => "",
                _ => " once more (time not kept)",
            };
            let what = format!("execution {number} reports{report} {what}");
            let body = latest(world, *time, own);
            events.push(client(*time, body, Place::Report, what));
        }
    }
}
