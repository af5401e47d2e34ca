//! Rows of `ledger.csv` and `history.csv`.

use crate::run::RunSpec;
use models::engines::staged::events::EventRow;
use models::ledger::{BodyRow, Crossing, EffectRow, Subject, UpdateRow};
use models::world::World;
use std::io::Write;
use std::time::Duration;

/// Header of `ledger.csv`: one row per body, per effect, and per event of a pipeline's stream, whose
/// correlation id is (execution, epoch).
pub const LEDGER_HEADER: &str = "cell,replicate,time_s,execution,step,attempt,body,kind,effect,worker,ended,ended_s,epoch,progress,message\n";

/// Header of `history.csv`: one row per crossing of the host boundary; the crossing of a
/// checkpoint request has one row per update instead, if there are any.
pub const HISTORY_HEADER: &str = "cell,replicate,time_s,from,to,worker,operation,key,bytes,outcome,point,ordinal,execution,step,request,update,operation_type,operation_id\n";

/// The ledger's rows in the order of time.
pub fn ledger(spec: &RunSpec, world: &World) -> Vec<u8> {
    let ledger = world.ledger.borrow();
    let mut rows: Vec<(Duration, String)> = Vec::new();
    rows.extend(ledger.bodies.iter().map(|b| (b.started, body(spec, b))));
    rows.extend(ledger.effects.iter().map(|e| (e.time, effect(spec, e))));
    let server = world.jobs.borrow();
    rows.extend(server.events.iter().map(|e| (e.time, event(spec, e))));
    rows.sort_by_key(|(time, _)| *time);
    rows.into_iter()
        .flat_map(|(_, row)| row.into_bytes())
        .collect()
}

fn body(spec: &RunSpec, row: &BodyRow) -> String {
    format!(
        "{},{},{},{},{},{},{},body,,{},{},{},,,\n",
        spec.cell,
        spec.replicate,
        row.started.as_secs_f64(),
        row.at.execution,
        row.at.step,
        row.attempt,
        row.body,
        Worker(row.worker),
        row.ended.name(),
        row.ended_at.as_secs_f64(),
    )
}

fn effect(spec: &RunSpec, row: &EffectRow) -> String {
    format!(
        "{},{},{},{},{},{},{},effect,{},{},,,,,\n",
        spec.cell,
        spec.replicate,
        row.time.as_secs_f64(),
        row.at.execution,
        row.at.step,
        row.attempt,
        row.body,
        row.effect.name(),
        Worker(row.worker),
    )
}

fn event(spec: &RunSpec, row: &EventRow) -> String {
    format!(
        "{},{},{},{},{},{},,event,{},,,,{},{},{}\n",
        spec.cell,
        spec.replicate,
        row.time.as_secs_f64(),
        row.execution,
        row.stage,
        row.attempt,
        row.kind.name(),
        row.epoch,
        f64::from(row.progress) / 100.0,
        row.message,
    )
}

/// A worker's number; empty outside the workers.
struct Worker(u32);

impl std::fmt::Display for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            u32::MAX => Ok(()),
            number => write!(f, "{number}"),
        }
    }
}

/// The history's rows in the order of time.
pub fn history(spec: &RunSpec, world: &World) -> Vec<u8> {
    let history = world.history.borrow();
    let mut out = Vec::new();
    let mut crossings: Vec<Crossing> = history.crossings.iter().collect();
    // A request is recorded as applied when it leaves, with the time at which it is.
    crossings.sort_by_key(|crossing| crossing.time);
    for crossing in &crossings {
        let subject = history.subject(crossing);
        let written = match history.updates_of(crossing) {
            [] => line(&mut out, spec, crossing, subject, None),
            updates => updates
                .iter()
                .try_for_each(|update| line(&mut out, spec, crossing, subject, Some(update))),
        };
        written.expect("writing to memory");
    }
    out
}

fn line(
    out: &mut Vec<u8>,
    spec: &RunSpec,
    c: &Crossing,
    subject: Option<&Subject>,
    update: Option<&UpdateRow>,
) -> std::io::Result<()> {
    let point = c.point.to_string();
    let (from, to) = c.parties();
    let operation = point
        .rsplit_once('.')
        .map_or("", |(operation, _)| operation);
    write!(
        out,
        "{},{},{},{},{},{},{operation},{},{},{},{point},{},{},{},",
        spec.cell,
        spec.replicate,
        c.time.as_secs_f64(),
        from.name(),
        to.name(),
        Worker(c.worker),
        subject.map_or(String::new(), |subject| subject.key.to_string()),
        update.map_or(subject.map_or(0, |subject| subject.bytes), |u| u.bytes),
        c.outcome.name(),
        c.ordinal,
        c.at.execution,
        update.map_or(c.at.step, |u| u.step),
    )?;
    match update {
        None => out.write_all(b",,,\n"),
        Some(u) => writeln!(
            out,
            "{},{},{},{:016x}",
            u.request,
            u.update.name(),
            u.operation.name(),
            u.id
        ),
    }
}
