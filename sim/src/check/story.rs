//! What happened in a run, readable in a terminal: attempts, effects, completions and faults.

use models::ledger::{Ended, Outcome as Came};
use models::world::{Outcome, World};
use std::time::Duration;

/// One line of the story.
struct Event {
    time: Duration,
    /// Who, in the order of events at one instant.
    order: u8,
    who: String,
    what: String,
}

/// The story of a run whose history was kept.
pub fn tell(world: &World) -> String {
    let mut events = Vec::new();
    bodies(world, &mut events);
    effects(world, &mut events);
    crossings(world, &mut events);
    outcomes(world, &mut events);
    events.sort_by_key(|event| (event.time, event.order));
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

fn bodies(world: &World, events: &mut Vec<Event>) {
    let ledger = world.ledger.borrow();
    for row in &ledger.bodies {
        let (step, execution) = (row.at.step, row.at.execution);
        let what = format!(
            "{step} of execution {execution}: body {} starts (attempt {})",
            row.body, row.attempt
        );
        let who = worker(row.worker);
        events.push(event(row.started, 2, who.clone(), what));
        let how = match row.ended {
            Ended::Lost => "is lost",
            Ended::Returned => "returns",
            Ended::Raised => "raises",
        };
        let what = format!("{step} of execution {execution}: body {} {how}", row.body);
        events.push(event(row.ended_at, 4, who, what));
    }
    for row in &ledger.commits {
        let what = format!(
            "{} of execution {}: completion acknowledged",
            row.at.step, row.at.execution
        );
        events.push(event(row.time, 6, "engine".to_owned(), what));
    }
}

fn event(time: Duration, order: u8, who: String, what: String) -> Event {
    Event {
        time,
        order,
        who,
        what,
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
        events.push(event(row.time, 3, worker(row.worker), what));
    }
}

/// Faults, refusals, and requests that were not answered.
fn crossings(world: &World, events: &mut Vec<Event>) {
    for row in world.history.borrow().crossings.iter() {
        let what = match row.outcome {
            Came::Ok => continue,
            Came::Crash => format!("CRASH at {} #{}", row.point, row.ordinal),
            Came::Freeze => format!("FREEZE at {} #{}", row.point, row.ordinal),
            Came::Timeout => format!("no answer: {}", row.point),
            Came::Error => format!("service error: {}", row.point),
            Came::Refused => format!("refused: {}", row.point),
        };
        events.push(event(row.time, 5, worker(row.worker), what));
    }
}

fn outcomes(world: &World, events: &mut Vec<Event>) {
    for (number, state) in world.executions.borrow().iter().enumerate() {
        let started = format!("execution {number} starts");
        events.push(event(state.started, 0, "client".to_owned(), started));
        let Some((time, _)) = &state.ended else {
            continue;
        };
        for (report, outcome) in state.told.iter().enumerate() {
            let what = match outcome {
                Outcome::Succeeded(value) => format!("success with {value:?}"),
                Outcome::Failed(error) => format!("failure: {error}"),
            };
            let report = match report {
                0 => "",
                _ => " once more (time not kept)",
            };
            let what = format!("execution {number} reports{report} {what}");
            events.push(event(*time, 7, "client".to_owned(), what));
        }
    }
}
