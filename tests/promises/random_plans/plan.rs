//! Random fault plans, drawn from all kinds.

use promises::Case;
use proptest::prelude::*;

/// A key, a row of the platform, or a fault entry with its keys.
#[derive(Clone, Debug)]
pub enum Part {
    Set(&'static str, String),
    Row(&'static str, String),
    Fault(&'static str, Vec<(&'static str, String)>),
}

/// A whole run, small enough to be printed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub workflow: &'static str,
    pub engine: &'static str,
    pub variant: &'static str,
    pub polling: bool,
    pub strict: bool,
    pub parts: Vec<Part>,
    pub replicate: u64,
    pub schedule: u64,
}

impl Plan {
    /// Whether bodies may raise, so that attempts may be used up.
    pub fn raises(&self) -> bool {
        self.parts.iter().any(|part| {
            let kind = match part {
                Part::Set(path, _) => *path,
                Part::Row(..) => "",
                Part::Fault(kind, _) => *kind,
            };
            kind.contains("outcome") || kind.contains("fail_rate")
        })
    }

    /// Four operations or three chunks, two executions side by side.
    pub fn case(&self) -> Case {
        let (semantics, attempts) = match self.strict {
            true => ("at_most_once", "1"),
            false => ("at_least_once", "6"),
        };
        let coordination = if self.polling { "polling" } else { "counter" };
        let case = Case::new(self.workflow, self.engine)
            .set("explicit.variant", self.variant)
            .set("explicit.coordination", coordination)
            .set("durable.semantics", semantics)
            .set("durable.retry_attempts", attempts)
            .set("local.max_restarts", "3")
            .set("counter.operations", "4")
            .set("video.length_s", "3")
            .set("load.executions", "2")
            .set("load.in_flight", "2")
            .replicate(self.replicate)
            .schedule(self.schedule);
        self.parts.iter().fold(case, |case, part| match part {
            Part::Set(path, value) => case.set(path, value),
            Part::Row(row, value) => case.platform(row, value),
            Part::Fault(kind, keys) => {
                let keys: Vec<_> = keys.iter().map(|(k, v)| (*k, v.as_str())).collect();
                case.fault(kind, &keys)
            }
        })
    }
}

const POINTS: [&str; 9] = [
    "handler.*",
    "body.*",
    "effect.*",
    "*.send",
    "*.applied",
    "*.ack",
    "durable.*",
    "kv.*",
    "object.*",
];

fn seconds(ms: u32) -> String {
    (f64::from(ms) / 1e3).to_string()
}

fn strike(kind: &'static str) -> impl Strategy<Value = Part> {
    let point = prop::sample::select(&POINTS[..]);
    (point, 0..30_u32, 1..3_u32).prop_map(move |(point, occurrence, times)| {
        let mut keys = vec![
            ("point", point.to_owned()),
            ("occurrence", occurrence.to_string()),
            ("times", times.to_string()),
        ];
        if kind == "freeze" {
            keys.push(("for_s", (occurrence % 7).to_string()));
        }
        Part::Fault(kind, keys)
    })
}

fn request(kind: &'static str) -> impl Strategy<Value = Part> {
    let requests = vec!["kv.*", "object.*", "durable.*", "function.*", "*"];
    let request = prop::sample::select(requests);
    (request, 0..20_u32).prop_map(move |(request, occurrence)| {
        let occurrence = occurrence.to_string();
        Part::Fault(
            kind,
            vec![("request", request.to_owned()), ("occurrence", occurrence)],
        )
    })
}

fn window(kind: &'static str) -> impl Strategy<Value = Part> {
    let service = prop::sample::select(vec!["kv", "object", "durable", "function"]);
    let times = (0..200_u32, 1..3_000_u32);
    (service, any::<bool>(), times).prop_map(move |(service, both_ways, (start, length))| {
        let mut keys = vec![
            ("start_s", seconds(start)),
            ("end_s", seconds(start + length)),
        ];
        if kind == "cut" {
            let from = match service {
                "function" => "client",
                _ => "worker",
            };
            keys.push(("from", from.to_owned()));
            keys.push(("to", service.to_owned()));
            keys.push(("both_ways", both_ways.to_string()));
        } else {
            keys.push(("service", service.to_owned()));
        }
        Part::Fault(kind, keys)
    })
}

fn rate(path: &'static str, most: f64) -> impl Strategy<Value = Part> {
    (0.0..most).prop_map(move |rate| Part::Set(path, format!("{rate:.3}")))
}

fn entry() -> impl Strategy<Value = Part> {
    let at = (1..400_u32).prop_map(|ms| Part::Fault("crash", vec![("at_s", seconds(ms))]));
    let outcome = "[FSP]{1,4}".prop_map(|outcomes| {
        let step = ("step", "*-1".to_owned());
        Part::Fault("outcome", vec![step, ("outcomes", outcomes)])
    });
    let start = (1..3_u32, 0..300_u32).prop_map(|(copies, ms)| {
        let copies = ("copies", copies.to_string());
        Part::Fault("duplicate_start", vec![copies, ("after_s", seconds(ms))])
    });
    prop_oneof![
        strike("crash"),
        strike("freeze"),
        at,
        outcome,
        start,
        request("lost_ack"),
        request("error"),
        window("cut"),
        window("outage"),
    ]
}

fn chance() -> impl Strategy<Value = Part> {
    let bodies = prop_oneof![
        rate("faults.fail_rate", 0.4),
        rate("faults.fail_after_effect", 1.0),
        rate("faults.crash_rate", 0.3),
        rate("faults.crash_per_hour", 2000.0),
        rate("faults.restart_s", 5.0),
        rate("faults.duplicate_start_rate", 1.0),
    ];
    let messages = prop_oneof![
        rate("faults.lost_ack_rate", 0.1),
        rate("faults.error_rate", 0.2),
        rate("faults.loss_rate", 0.05),
        rate("faults.duplicate_rate", 0.5),
        rate("faults.reorder_rate", 0.5),
        rate("faults.delay_ms", 30.0),
    ];
    prop_oneof![bodies, messages]
}

fn setting() -> impl Strategy<Value = Part> {
    let settings = vec![
        ("durable.sdk", "js"),
        ("durable.nesting", "flat"),
        ("counter.idle_s", "2"),
        ("counter.body_ms", "120"),
        ("video.max_concurrency", "2"),
        ("video.media", "none"),
        ("encoder.law", "lognormal"),
        ("function.prewarmed", "2"),
    ];
    let rows = vec![
        ("function.async_duplicate", "0.5"),
        ("function.concurrency", "2"),
        ("kv.get_ms", "uniform(1, 9)"),
    ];
    let settings = prop::sample::select(settings).prop_map(|(k, v)| Part::Set(k, v.to_owned()));
    let rows = prop::sample::select(rows).prop_map(|(k, v)| Part::Row(k, v.to_owned()));
    prop_oneof![settings, rows]
}

/// Any plan of up to five parts.
pub fn plan() -> impl Strategy<Value = Plan> {
    let program = (
        prop::sample::select(vec!["counter", "video"]),
        prop::sample::select(vec!["local", "durable", "explicit"]),
        prop::sample::select(vec!["naive", "conditional", "atomic", "idempotent"]),
    );
    let part = prop_oneof![3 => entry(), 2 => chance(), 1 => setting()];
    let parts = prop::collection::vec(part, 0..6);
    let rest = (any::<bool>(), any::<bool>(), parts);
    (program, rest, 0..1000_u64, 0..1000_u64).prop_map(|(program, rest, replicate, schedule)| {
        let (workflow, engine, variant) = program;
        let (polling, strict, parts) = rest;
        Plan {
            workflow,
            engine,
            variant,
            polling,
            strict,
            parts,
            replicate,
            schedule,
        }
    })
}
