//! Random fault plans, drawn from all kinds.

use super::program::program;
use promises::Case;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt;

/// A key, a row of the platform, or a fault entry with its keys.
#[derive(Clone, Debug)]
pub enum Part {
    Set(&'static str, String),
    Row(&'static str, String),
    Fault(&'static str, Vec<(&'static str, String)>),
}

/// Which engines and workflows are drawn.
#[derive(Clone, Copy, Debug)]
pub enum Engines {
    /// All but `explicit`, with random programs.
    WithContext,
    /// Every engine, with counter and video.
    All,
}

/// A whole run, small enough to be printed.
#[derive(Clone)]
pub struct Plan {
    pub workflow: &'static str,
    /// The program's text, for the workflow `program`.
    pub program: String,
    pub engine: &'static str,
    pub variant: &'static str,
    pub polling: bool,
    pub strict: bool,
    pub attempts: u32,
    pub executions: u32,
    pub parts: Vec<Part>,
    pub replicate: u64,
    pub schedule: u64,
}

impl Plan {
    /// Four operations or three chunks; executions side by side.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let semantics = match self.strict {
            true => "at_most_once",
            false => "at_least_once",
        };
        let mut settings = vec![
            ("load.executions", self.executions.to_string()),
            ("load.in_flight", self.executions.to_string()),
        ];
        match self.workflow {
            "program" => settings.push(("program.text", self.program.clone())),
            "counter" => settings.push(("counter.operations", "4".to_owned())),
            _ => {
                settings.push(("video.length_s", "3".to_owned()));
                settings.push(("encoder.law", "study".to_owned()));
            }
        }
        match self.engine {
            "local" => settings.push(("local.max_restarts", "3".to_owned())),
            "durable" => {
                settings.push(("durable.semantics", semantics.to_owned()));
                settings.push(("durable.retry_attempts", self.attempts.to_string()));
            }
            "queue" => settings.push(("queue.retry_attempts", self.attempts.to_string())),
            "staged" => {}
            _ => {
                let coordination = if self.polling { "polling" } else { "counter" };
                settings.push(("explicit.variant", self.variant.to_owned()));
                settings.push(("explicit.coordination", coordination.to_owned()));
            }
        }
        settings
    }

    /// The run.
    pub fn case(&self) -> Case {
        let case = Case::new(self.workflow, self.engine)
            .replicate(self.replicate)
            .schedule(self.schedule);
        let settings = self.settings();
        let case = settings
            .iter()
            .fold(case, |case, (path, value)| case.set(path, value));
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

/// A value as TOML writes it.
fn toml(value: &str) -> String {
    let plain = value.parse::<f64>().is_ok() || ["true", "false"].contains(&value);
    if plain {
        value.to_owned()
    } else {
        format!("{value:?}")
    }
}

/// As a scenario, ready to be saved as a case.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "workflow = {:?}\nengine = {:?}",
            self.workflow, self.engine
        )?;
        writeln!(f, "case.replicate = {}", self.replicate)?;
        writeln!(f, "case.schedule_seed = {}", self.schedule)?;
        // Of several values of a key the last one counts, and a key is written once.
        let mut keys: BTreeMap<String, &str> = BTreeMap::new();
        let settings = self.settings();
        keys.extend(
            settings
                .iter()
                .map(|(path, value)| ((*path).to_owned(), value.as_str())),
        );
        for part in &self.parts {
            match part {
                Part::Set(path, value) => keys.insert((*path).to_owned(), value),
                Part::Row(row, value) => keys.insert(format!("platform.{row}"), value),
                Part::Fault(..) => None,
            };
        }
        keys.insert("platform.file".to_owned(), "constant");
        keys.insert("prices.file".to_owned(), "aws-us-east-1-2026");
        for (path, value) in keys {
            writeln!(f, "{path} = {}", toml(value))?;
        }
        for part in &self.parts {
            let Part::Fault(kind, entry) = part else {
                continue;
            };
            writeln!(f, "\n[[faults.{kind}]]")?;
            for (key, value) in entry {
                writeln!(f, "{key} = {}", toml(value))?;
            }
        }
        Ok(())
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

fn setting(engines: Engines) -> impl Strategy<Value = Part> {
    let common = vec![
        ("durable.sdk", "js"),
        ("durable.nesting", "flat"),
        ("function.prewarmed", "2"),
    ];
    let own = match engines {
        Engines::WithContext => vec![("program.body_ms", "120"), ("program.body_ms", "0")],
        Engines::All => vec![
            ("counter.idle_s", "2"),
            ("counter.body_ms", "120"),
            ("video.max_concurrency", "2"),
            ("video.media", "none"),
            ("encoder.law", "lognormal"),
        ],
    };
    let settings = [common, own].concat();
    let rows = vec![
        ("function.async_duplicate", "0.5"),
        ("function.concurrency", "2"),
        ("kv.get_ms", "uniform(1, 9)"),
    ];
    let settings = prop::sample::select(settings).prop_map(|(k, v)| Part::Set(k, v.to_owned()));
    let rows = prop::sample::select(rows).prop_map(|(k, v)| Part::Row(k, v.to_owned()));
    prop_oneof![settings, rows]
}

fn workload(engines: Engines) -> BoxedStrategy<(&'static str, String, &'static str)> {
    match engines {
        Engines::WithContext => {
            let engine = prop_oneof![
                1 => Just("local"),
                8 => Just("durable"),
                2 => Just("queue"),
                1 => Just("staged"),
            ];
            (program(), engine)
                .prop_map(|(text, engine)| match engine {
                    "durable" => ("program", text, engine),
                    // Others invoke no functions.
                    _ => ("program", text.replace("invoke:", "wait:"), engine),
                })
                .boxed()
        }
        Engines::All => {
            let workflow = prop::sample::select(vec!["counter", "video"]);
            let engine = prop_oneof![
                1 => Just("local"),
                3 => Just("durable"),
                5 => Just("explicit"),
                2 => Just("queue"),
                1 => Just("staged"),
            ];
            (workflow, engine)
                .prop_map(|(workflow, engine)| (workflow, String::new(), engine))
                .boxed()
        }
    }
}

/// Any plan of up to five parts.
pub fn plan(engines: Engines) -> impl Strategy<Value = Plan> {
    let variant = prop::sample::select(vec!["naive", "conditional", "atomic", "idempotent"]);
    let part = prop_oneof![3 => entry(), 2 => chance(), 1 => setting(engines)];
    let parts = prop::collection::vec(part, 0..6);
    let attempts = prop::sample::select(vec![1_u32, 2, 6]);
    let way = (variant, any::<bool>(), any::<bool>(), attempts, 1..3_u32);
    let numbers = (0..1000_u64, 1..1000_u64);
    (workload(engines), way, parts, numbers).prop_map(|(workload, way, parts, numbers)| {
        let (workflow, program, engine) = workload;
        let (variant, polling, strict, attempts, executions) = way;
        let (replicate, schedule) = numbers;
        Plan {
            workflow,
            program,
            engine,
            variant,
            polling,
            strict,
            attempts,
            executions,
            parts,
            replicate,
            schedule,
        }
    })
}
