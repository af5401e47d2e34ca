//! `sim replay --trace`: the trace must be what trace viewers take, strictly.

use crate::world::{World, stdout};
use serde_json::Value;
use std::collections::BTreeMap;

/// A case with crashes, requests without answers and bodies side by side.
const CASE: &str = r#"
title = "a video in trouble"
workflow = "video"
engine = "durable"
video.length_s = 3
encoder.law = "study"
case.claim = "progress"
case.verdict = "holds"
platform.file = "constant"
prices.file = "aws-us-east-1-2026"
[[faults.crash]]
point = "effect.after"
occurrence = 2
[[faults.lost_ack]]
request = "durable.checkpoint"
occurrence = 4
[[faults.freeze]]
point = "body.end"
occurrence = 5
for_s = 10
given_up_after_s = 1
"#;

fn us(event: &Value, key: &str) -> f64 {
    event[key]
        .as_f64()
        .unwrap_or_else(|| panic!("no {key} in {event}"))
}

fn place(event: &Value) -> (u64, u64) {
    let number = |key: &str| {
        event[key]
            .as_u64()
            .unwrap_or_else(|| panic!("no {key} in {event}"))
    };
    (number("pid"), number("tid"))
}

fn of_phase<'e>(events: &'e [Value], phase: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["ph"] == phase).collect()
}

#[test]
fn a_trace_is_strictly_what_viewers_take_and_tells_what_the_story_tells() {
    let world = World::new();
    world.write("case.toml", CASE);
    let replay = world.sim(&["replay", "case.toml", "--trace", "trace.json"]);
    let story = stdout(&{ replay }.assert().success());
    let document: Value = serde_json::from_str(&world.read("trace.json")).expect("JSON");
    assert_eq!(document["otherData"]["claim"], "progress");
    let events = document["traceEvents"].as_array().expect("events");
    for event in events {
        let known = ["M", "X", "i", "s", "t", "f"];
        let phase = event["ph"].as_str().expect("a phase");
        assert!(known.contains(&phase), "{event}");
        assert!(
            event["name"].as_str().is_some_and(|name| !name.is_empty()),
            "{event}"
        );
        assert!(us(event, "ts") >= 0.0);
    }
    let timed: Vec<f64> = events.iter().map(|event| us(event, "ts")).collect();
    assert!(
        timed.windows(2).all(|pair| pair[0] <= pair[1]),
        "not in the order of time"
    );
    rows_are_named(events);
    slices_nest(events);
    flows_bind(events);
    for instant in of_phase(events, "i") {
        assert_eq!(instant["s"], "t", "{instant}");
    }
    let count = |cat: &str| events.iter().filter(|event| event["cat"] == cat).count();
    let told = |words: &str| story.lines().filter(|line| line.contains(words)).count();
    assert_eq!(count("body"), told(" starts (attempt "));
    assert_eq!(count("effect"), told("EFFECT"));
    assert_eq!(count("completion"), told("completion acknowledged"));
    assert!(count("body") > 5 && told("CRASH") == 1 && told("FREEZE") == 1);
    let named = |name: &str| {
        events
            .iter()
            .any(|event| event["name"].as_str().is_some_and(|n| n.contains(name)))
    };
    assert!(named("crash effect.after #2") && named("freeze body.end #5"));
    assert!(named("no answer (durable.checkpoint)"));
}

fn rows_are_named(events: &[Value]) {
    let names = |what: &str| -> Vec<(u64, u64)> {
        let named = of_phase(events, "M")
            .into_iter()
            .filter(|event| event["name"] == what);
        named.map(place).collect()
    };
    let (processes, threads) = (names("process_name"), names("thread_name"));
    for event in events.iter().filter(|event| event["ph"] != "M") {
        let (process, thread) = place(event);
        assert!(processes.iter().any(|(pid, _)| *pid == process), "{event}");
        assert_eq!(
            threads
                .iter()
                .filter(|row| **row == (process, thread))
                .count(),
            1,
            "{event}"
        );
    }
}

/// On a thread a slice lies wholly within another one or apart from it.
fn slices_nest(events: &[Value]) {
    let mut open: BTreeMap<(u64, u64), Vec<(f64, f64)>> = BTreeMap::new();
    for slice in of_phase(events, "X") {
        let (from, to) = (us(slice, "ts"), us(slice, "ts") + us(slice, "dur"));
        assert!(to >= from, "{slice}");
        let stack = open.entry(place(slice)).or_default();
        while stack.last().is_some_and(|(_, end)| *end <= from) {
            stack.pop();
        }
        if let Some((_, end)) = stack.last() {
            // Sums of floats of microseconds: a nanosecond apart is the same.
            assert!(to <= end + 1e-3, "{slice} reaches over {end}");
        }
        stack.push((from, to));
    }
}

/// Every flow begins and ends once, forward in time, each time in a slice of its thread.
fn flows_bind(events: &[Value]) {
    let slices = of_phase(events, "X");
    let mut flows: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for event in events {
        if ["s", "t", "f"].iter().any(|phase| event["ph"] == *phase) {
            flows
                .entry(event["id"].as_u64().expect("an id"))
                .or_default()
                .push(event);
        }
    }
    assert!(flows.len() > 10);
    for (id, flow) in &flows {
        let phases: Vec<&str> = flow
            .iter()
            .filter_map(|event| event["ph"].as_str())
            .collect();
        assert_eq!(
            (phases[0], phases[phases.len() - 1]),
            ("s", "f"),
            "flow {id}: {phases:?}"
        );
        assert!(
            phases[1..phases.len() - 1]
                .iter()
                .all(|phase| *phase == "t"),
            "flow {id}: {phases:?}"
        );
        for event in flow {
            let time = us(event, "ts");
            let bound = slices.iter().any(|slice| {
                let from = us(slice, "ts");
                place(slice) == place(event)
                    && from <= time
                    && time <= from + us(slice, "dur") + 1e-3
            });
            assert!(bound, "no slice for {event}");
        }
    }
    let whole = flows.values().filter(|flow| flow.len() == 3).count();
    assert!(whole > 10, "{whole} requests with an answer");
}

#[test]
fn pictures_lie_beside_the_trace_and_nothing_depends_on_the_run() {
    let world = World::new();
    world.write("case.toml", CASE);
    for name in ["one.json", "two.json"] {
        let arguments = ["replay", "case.toml", "--quiet", "--trace", name];
        world.sim(&arguments).assert().success();
    }
    assert!(world.read("one.json") == world.read("two.json"));
    let svg = world.read("one.svg");
    assert!(svg == world.read("two.svg"));
    assert!(svg.starts_with("<svg") && svg.contains("a video in trouble"));
    assert!(svg.contains("crash effect.after #2"));
    let png = std::fs::read(world.path().join("one.png")).expect("a picture");
    assert!(
        png.starts_with(b"\x89PNG")
            && png == std::fs::read(world.path().join("two.png")).expect("a picture")
    );
}
