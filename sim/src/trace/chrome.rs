//! The timeline as trace-event JSON, which `ui.perfetto.dev` and `chrome://tracing` open.
//!
//! Format: "Trace Event Format", <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.
//! A group is a process, a row a thread, a span a complete event (`X`), a mark an instant (`i`),
//! an arrow a flow (`s`, `t`, `f`). Times are microseconds of virtual time.
//!
//! A flow binds to the slice that is open on its thread at its time. The answer that comes back
//! is therefore a slice of its own, without length, at the end of the request's.

use analysis::timeline::Timeline;
use serde_json::{Value, json};
use std::time::Duration;

/// The document; `about` says of which run.
pub fn json(timeline: &Timeline, about: &[(&str, String)]) -> String {
    let mut events = names(timeline);
    let mut timed = slices(timeline);
    timed.extend(instants(timeline));
    timed.extend(flows(timeline));
    // Slices before what binds to them, longer ones before those inside.
    timed.sort_by_key(|event| event.order);
    events.extend(timed.into_iter().map(|event| event.json));
    let about: serde_json::Map<String, Value> = about
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    let document = json!({
        "displayTimeUnit": "ms",
        "otherData": about,
        "traceEvents": events,
    });
    format!("{document:#}\n")
}

struct Timed {
    order: (Duration, u8, std::cmp::Reverse<Duration>),
    json: Value,
}

fn timed(time: Duration, rank: u8, length: Duration, json: Value) -> Timed {
    Timed {
        order: (time, rank, std::cmp::Reverse(length)),
        json,
    }
}

fn us(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e3
}

/// Process and thread of each row, both from 1.
fn places(timeline: &Timeline) -> Vec<(usize, usize)> {
    let mut process = 0;
    let tracks = &timeline.tracks;
    let place = |(row, track): (usize, &analysis::timeline::Track)| {
        if row == 0 || tracks[row - 1].group != track.group {
            process += 1;
        }
        (process, row + 1)
    };
    tracks.iter().enumerate().map(place).collect()
}

fn names(timeline: &Timeline) -> Vec<Value> {
    let mut events = Vec::new();
    let mut last = 0;
    for (track, (pid, tid)) in timeline.tracks.iter().zip(places(timeline)) {
        let mut meta = |name: &str, args: Value| {
            events.push(
                json!({"ph": "M", "pid": pid, "tid": tid, "ts": 0, "name": name, "args": args}),
            );
        };
        if pid != last {
            meta("process_name", json!({"name": track.group}));
            meta("process_sort_index", json!({"sort_index": pid}));
            last = pid;
        }
        meta("thread_name", json!({"name": track.name}));
        meta("thread_sort_index", json!({"sort_index": tid}));
    }
    events
}

fn slices(timeline: &Timeline) -> Vec<Timed> {
    let mut events = Vec::new();
    for (track, (pid, tid)) in timeline.tracks.iter().zip(places(timeline)) {
        for span in &track.spans {
            let length = span.to.saturating_sub(span.from);
            let details = span.details.iter();
            let mut args: serde_json::Map<String, Value> = details
                .map(|(key, value)| ((*key).to_owned(), json!(value)))
                .collect();
            args.insert("lost".to_owned(), json!(span.lost));
            let event = json!({
                "ph": "X", "pid": pid, "tid": tid, "ts": us(span.from), "dur": us(length),
                "name": span.name, "cat": span.kind.name(), "args": args,
            });
            events.push(timed(span.from, 0, length, event));
        }
    }
    events
}

fn instants(timeline: &Timeline) -> Vec<Timed> {
    let mut events = Vec::new();
    for (track, (pid, tid)) in timeline.tracks.iter().zip(places(timeline)) {
        for mark in &track.marks {
            let event = json!({
                "ph": "i", "s": "t", "pid": pid, "tid": tid, "ts": us(mark.time),
                "name": mark.name, "cat": mark.kind.name(),
            });
            events.push(timed(mark.time, 1, Duration::ZERO, event));
        }
    }
    events
}

fn flows(timeline: &Timeline) -> Vec<Timed> {
    let places = places(timeline);
    let mut events = Vec::new();
    for (number, arrow) in timeline.arrows.iter().enumerate() {
        let last = arrow.hops.len() - 1;
        for (hop, (row, time)) in arrow.hops.iter().enumerate() {
            let (pid, tid) = places[*row];
            let comes_back = hop == last && *row == arrow.hops[0].0;
            if comes_back {
                let name = format!("answer of {}", arrow.name);
                let event = json!({
                    "ph": "X", "pid": pid, "tid": tid, "ts": us(*time), "dur": 0.0,
                    "name": name, "cat": "answer",
                });
                events.push(timed(*time, 0, Duration::ZERO, event));
            }
            let phase = match hop {
                0 => "s",
                hop if hop == last => "f",
                _ => "t",
            };
            let mut event = json!({
                "ph": phase, "id": number + 1, "pid": pid, "tid": tid, "ts": us(*time),
                "name": arrow.name, "cat": "message",
            });
            if phase == "f" {
                event["bp"] = json!("e");
            }
            events.push(timed(*time, 2, Duration::ZERO, event));
        }
    }
    events
}
