//! Rows: everything of an invocation in lanes in which nothing overlaps.

use super::collect::{Call, Collected};
use analysis::timeline::{Arrow, Mark, MarkKind, Span, SpanKind, Timeline, Track};
use models::ledger::{BodyRow, Ended, Outcome as Came};
use models::point::{At, Party};
use models::value::Value;
use models::world::{Outcome, World};
use std::time::Duration;

const SERVICES: [Party; 5] = [
    Party::Durable,
    Party::Orchestrator,
    Party::Kv,
    Party::Object,
    Party::Function,
];

/// The rows of a group while they are filled.
#[derive(Debug)]
struct Group {
    name: String,
    tracks: Vec<Track>,
}

impl Group {
    fn new(name: String) -> Group {
        Group {
            name,
            tracks: Vec::new(),
        }
    }

    /// Puts a span into the first row of this name that is free by then; returns the row.
    /// `from`: rows before are not for it.
    fn place(&mut self, row: &str, from: usize, span: Span) -> usize {
        let free = |track: &Track| {
            let last = track.spans.iter().rfind(|s| s.kind == span.kind);
            track.name.starts_with(row) && last.is_none_or(|last| last.to <= span.from)
        };
        let found = (from..self.tracks.len()).find(|place| free(&self.tracks[*place]));
        let place = found.unwrap_or_else(|| self.add(row));
        self.tracks[place].spans.push(span);
        place
    }

    fn add(&mut self, row: &str) -> usize {
        let same = self.tracks.iter().filter(|t| t.name.starts_with(row));
        let name = match same.count() {
            0 => row.to_owned(),
            before => format!("{row} {}", before + 1),
        };
        self.tracks.push(Track {
            group: self.name.clone(),
            name,
            ..Track::default()
        });
        self.tracks.len() - 1
    }

    fn mark(&mut self, row: usize, kind: MarkKind, name: String, time: Duration) {
        self.tracks[row].marks.push(Mark { kind, name, time });
    }
}

/// Groups: the clients, every invocation in the order of time, the services.
pub fn lay_out(world: &World, collected: &Collected) -> Timeline {
    let mut groups = vec![clients(world)];
    let invocations = collected.invocations.iter().enumerate();
    groups.extend(invocations.map(|(number, invocation)| {
        let whose = match world.executions.borrow().len() {
            1 => String::new(),
            // A process that works for all.
            _ if invocation.execution == At::NOBODY => String::new(),
            _ => format!(" of execution {}", invocation.execution),
        };
        let (number, worker) = (number + 1, invocation.worker);
        let name = format!("invocation {number}{whose} on worker {worker}");
        let mut group = Group::new(name);
        let span = Span {
            kind: SpanKind::Invocation,
            name: match invocation.execution {
                At::NOBODY => "process".to_owned(),
                execution => format!("handler of execution {execution}"),
            },
            from: invocation.from,
            to: invocation.to,
            lost: !invocation.answered,
            details: vec![("worker", invocation.worker.to_string())],
        };
        group.place("handler", 0, span);
        group
    }));
    let services = groups.len();
    groups.push(Group::new("services".to_owned()));
    bodies(world, collected, &mut groups);
    for struck in &collected.struck {
        let group = struck.invocation.map_or(0, |place| place + 1);
        groups[group].mark(0, MarkKind::Fault, struck.what.clone(), struck.time);
    }
    let arrows = calls(collected, &mut groups, services);
    finish(groups, arrows)
}

fn clients(world: &World) -> Group {
    let mut group = Group::new("clients".to_owned());
    group.add("execution");
    for (number, state) in world.executions.borrow().iter().enumerate() {
        let ended = state.ended.as_ref();
        let span = Span {
            kind: SpanKind::Execution,
            name: format!("execution {number}"),
            from: state.started,
            to: ended.map_or(state.started, |(time, _)| *time),
            lost: ended.is_none(),
            details: Vec::new(),
        };
        let row = group.place("execution", 0, span);
        if let Some((time, outcome)) = ended {
            let name = match outcome {
                Outcome::Succeeded(value) => match value {
                    Value::Int(int) => format!("success: {int}"),
                    _ => "success".to_owned(),
                },
                Outcome::Failed(error) => format!("failure: {error}"),
            };
            group.mark(row, MarkKind::Outcome, name, *time);
        }
    }
    group
}

fn bodies(world: &World, collected: &Collected, groups: &mut [Group]) {
    let ledger = world.ledger.borrow();
    // Where each body was put.
    let mut placed: Vec<(&BodyRow, usize, usize)> = Vec::new();
    for row in &ledger.bodies {
        let invocation = collected.invocation_at(row.worker, row.started);
        let group = invocation.map_or(0, |place| place + 1);
        let span = Span {
            kind: SpanKind::Body,
            name: format!("{} body {}", row.at.step, row.body),
            from: row.started,
            to: row.ended_at,
            lost: row.ended == Ended::Lost,
            details: vec![
                ("execution", row.at.execution.to_string()),
                ("attempt", row.attempt.to_string()),
                ("ended", row.ended.name().to_owned()),
            ],
        };
        let lane = match groups[group].tracks[0]
            .spans
            .iter()
            .any(|s| s.kind == SpanKind::Body && s.to > row.started)
        {
            false => {
                groups[group].tracks[0].spans.push(span);
                0
            }
            true => groups[group].place("bodies", 1, span),
        };
        placed.push((row, group, lane));
        if row.ended == Ended::Raised {
            let name = "raises".to_owned();
            groups[group].mark(lane, MarkKind::Fault, name, row.ended_at);
        }
    }
    for effect in &ledger.effects {
        let mine =
            |(row, ..): &&(&BodyRow, usize, usize)| row.at == effect.at && row.body == effect.body;
        if let Some((_, group, lane)) = placed.iter().find(mine) {
            let name = format!("{} effect of {}", effect.effect.name(), effect.at.step);
            groups[*group].mark(*lane, MarkKind::Effect, name, effect.time);
        }
    }
    for commit in &ledger.commits {
        let mine = |(row, ..): &&(&BodyRow, usize, usize)| {
            row.at == commit.at && row.ended == Ended::Returned && row.ended_at <= commit.time
        };
        if let Some((_, group, lane)) = placed.iter().rfind(mine) {
            let name = format!("{} acknowledged", commit.at.step);
            groups[*group].mark(*lane, MarkKind::Completion, name, commit.time);
        }
    }
}

/// A place in a group, until rows are numbered.
type Hop = ((usize, usize), Duration);

fn calls(collected: &Collected, groups: &mut [Group], services: usize) -> Vec<(String, Vec<Hop>)> {
    let mut arrows = Vec::new();
    for call in &collected.calls {
        let group = call.invocation.map_or(0, |place| place + 1);
        let row = groups[group].place("requests", 1, request(collected, call));
        let mut hops = vec![((group, row), call.sent)];
        if let Some((applied, outcome)) = call.applied {
            let refused = matches!(outcome, Came::Refused | Came::Error);
            let service = service(&mut groups[services], call, applied, refused);
            hops.push(((services, service), applied));
        }
        if let Some(invocation) = call.handled_by {
            hops.push(((invocation + 1, 0), collected.invocations[invocation].from));
        }
        if let Some((time, came)) = call.answered {
            match came {
                Came::Ok | Came::Crash | Came::Freeze => {
                    hops.push(((group, row), time));
                }
                Came::Refused => {
                    hops.push(((group, row), time));
                    groups[group].mark(
                        row,
                        MarkKind::Fault,
                        format!("{} refused", call.kind.name()),
                        time,
                    );
                }
                Came::Error | Came::Timeout => {
                    let what = if came == Came::Error {
                        "service error"
                    } else {
                        "no answer"
                    };
                    groups[group].mark(
                        row,
                        MarkKind::Fault,
                        format!("{what} ({})", call.kind.name()),
                        time,
                    );
                }
            }
        }
        if hops.len() > 1 {
            arrows.push((call.kind.name().to_owned(), hops));
        }
    }
    arrows
}

fn request(collected: &Collected, call: &Call) -> Span {
    let gone = call
        .invocation
        .map_or(call.sent, |place| collected.invocations[place].to);
    let to = match call.answered {
        Some((time, _)) => time,
        None => gone.max(call.sent),
    };
    let answered =
        matches!(call.answered, Some((_, came)) if !matches!(came, Came::Error | Came::Timeout));
    Span {
        kind: SpanKind::Request,
        name: call.kind.name().to_owned(),
        from: call.sent,
        to,
        lost: !answered,
        details: vec![("step", call.about.clone())],
    }
}

fn service(group: &mut Group, call: &Call, applied: Duration, refused: bool) -> usize {
    let name = call.kind.service().name();
    if group.tracks.is_empty() {
        for party in SERVICES {
            group.add(party.name());
        }
    }
    let row = SERVICES
        .iter()
        .position(|party| party.name() == name)
        .unwrap_or_default();
    group.tracks[row].spans.push(Span {
        kind: SpanKind::Applied,
        name: call.kind.name().to_owned(),
        from: applied,
        to: applied,
        lost: refused,
        details: vec![("step", call.about.clone())],
    });
    row
}

/// Rows without anything are left out; the others are numbered.
fn finish(groups: Vec<Group>, arrows: Vec<(String, Vec<Hop>)>) -> Timeline {
    let mut tracks = Vec::new();
    let mut numbers: Vec<Vec<usize>> = Vec::new();
    for group in groups {
        let mut mine = Vec::new();
        for mut track in group.tracks {
            mine.push(tracks.len());
            if !track.spans.is_empty() {
                track
                    .spans
                    .sort_by_key(|span| (span.from, std::cmp::Reverse(span.to)));
                track.marks.sort_by_key(|mark| mark.time);
                tracks.push(track);
            }
        }
        numbers.push(mine);
    }
    let arrows = arrows.into_iter().map(|(name, hops)| Arrow {
        name,
        hops: hops
            .into_iter()
            .map(|((group, row), time)| (numbers[group][row], time))
            .collect(),
    });
    Timeline {
        arrows: arrows.collect(),
        tracks,
        ..Timeline::default()
    }
}
