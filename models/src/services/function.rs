//! The function platform: environments that start cold, stay warm, and are billed by the millisecond.
//!
//! Models AWS Lambda (developer guide: "Lambda execution environment lifecycle", "Understanding
//! Lambda function scaling", "Asynchronous invocation"). An environment handles one invocation at
//! a time; the one used last is used next; one that was idle for the keep-alive time is gone;
//! new ones appear at a limited rate up to the concurrency limit. The state machine here decides
//! which environment takes an invocation; [`crate::invoke`] moves the time.

mod line;

use crate::Law;
use crate::data::Table;
use crate::registry::Entry;
use crate::settings::{Key, Kind, Settings};
use crate::streams::{Purpose, Streams};
use std::task::Waker;
use std::time::Duration;

pub use line::Line;

/// The time-out of what has none: a hundred years.
pub const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "function",
    doc: "The function platform's configuration; its latencies and limits are rows `function.*` of the platform file.",
    keys: &[
        Key {
            path: "function.memory_mb",
            kind: Kind::Int {
                min: 128,
                max: 10_240,
            },
            default: "1769",
            doc: "Memory of the function in MB; 1,769 MB is one vCPU.",
        },
        Key {
            path: "function.arch",
            kind: Kind::Choice(&["x86", "arm64"]),
            default: "x86",
            doc: "Processor, for the price.",
        },
        Key {
            path: "function.timeout_s",
            kind: Kind::Int { min: 1, max: 900 },
            default: "900",
            doc: "Time-out of one invocation in seconds (Lambda: at most 900).",
        },
        Key {
            path: "function.prewarmed",
            kind: Kind::Int {
                min: 0,
                max: 100_000,
            },
            default: "0",
            doc: "Environments that are warm when the run starts.",
        },
        Key {
            path: "function.excess",
            kind: Kind::Choice(&["refuse", "queue"]),
            default: "refuse",
            doc: "What becomes of an invocation over the concurrency limit: refused, as AWS Lambda does (429), or in line, first come first served, as in Knative's queue-proxy and Cloud Run.",
        },
    ],
};

/// Rows `function.*` of a platform file and the scenario's `function.*` keys.
#[derive(Clone, Debug)]
pub struct Config {
    pub invoke: Law,
    pub async_dispatch: Law,
    pub cold_platform: Law,
    /// Initialisation of the runtime and the program, by the engine's kind of program.
    pub init: Law,
    pub crash_detect: Law,
    /// From a cold environment's start to the first line of the handler, and from its last line to the
    /// invocation's end; both are billed.
    pub entry_cold: Law,
    pub teardown: Law,
    pub keep_alive: Duration,
    pub concurrency: u64,
    pub scaling_per_10s: f64,
    /// vCPUs of one environment.
    pub vcpus: f64,
    pub memory_gb: f64,
    pub arm64: bool,
    pub timeout: Duration,
    pub prewarmed: u64,
    /// Invocations over the concurrency limit wait in line.
    pub queues: bool,
    pub async_retries: u32,
    pub async_retry_delays: [Duration; 2],
    pub async_event_age: Duration,
    pub async_throttle_first: Duration,
    pub async_throttle_cap: Duration,
    pub async_duplicate: f64,
    pub fast_host_share: f64,
    pub fast_host_ratio: f64,
    /// Billed time is rounded up to this.
    pub granularity: Duration,
}

impl Config {
    /// Reads the rows and keys. `init` names the row of the initialisation law; the granularity of bills is
    /// a matter of prices.
    pub fn new(
        table: &Table,
        settings: &Settings,
        init: &str,
        granularity: Duration,
    ) -> Result<Config, String> {
        let number = |key: &str| table.number(&format!("function.{key}"));
        let law = |key: &str| table.law(&format!("function.{key}"));
        let seconds = |key: &str| number(key).map(crate::time::seconds);
        let memory_mb = settings.number("function.memory_mb");
        Ok(Config {
            invoke: law("invoke_ms")?,
            async_dispatch: law("async_dispatch_ms")?,
            cold_platform: law("cold_platform_ms")?,
            init: law(init)?,
            crash_detect: law("crash_detect_ms")?,
            entry_cold: law("entry_cold_ms")?,
            teardown: law("teardown_ms")?,
            keep_alive: seconds("keep_alive_s")?,
            concurrency: number("concurrency")? as u64,
            scaling_per_10s: number("scaling_per_10s")?,
            vcpus: memory_mb / number("mb_per_vcpu")?,
            memory_gb: memory_mb / 1024.0,
            arm64: settings.text("function.arch") == "arm64",
            timeout: Duration::from_secs(settings.count("function.timeout_s")),
            prewarmed: settings.count("function.prewarmed"),
            queues: settings.text("function.excess") == "queue",
            async_retries: number("async_retries")? as u32,
            async_retry_delays: [
                seconds("async_retry_first_s")?,
                seconds("async_retry_second_s")?,
            ],
            async_event_age: seconds("async_event_age_s")?,
            async_throttle_first: seconds("async_throttle_first_s")?,
            async_throttle_cap: seconds("async_throttle_cap_s")?,
            async_duplicate: number("async_duplicate")?,
            fast_host_share: number("fast_host_share")?,
            fast_host_ratio: number("fast_host_ratio")?,
            granularity,
        })
    }
}

/// An environment: a place where invocations run, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentId(pub u32);

/// What the platform does with an invocation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Placement {
    Warm(EnvironmentId),
    /// A new environment, which has to start first.
    Cold(EnvironmentId),
    /// Over the concurrency limit or the scaling rate (HTTP 429).
    Throttled,
}

/// What the platform counted in a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meters {
    pub requests: u64,
    pub invocations: u64,
    pub cold_starts: u64,
    pub throttled: u64,
    pub billed: Duration,
    pub events: u64,
    /// Chunks of events beyond the one that the invocation's price covers.
    pub event_chunks: u64,
}

/// The platform's state.
#[derive(Debug)]
pub struct Platform {
    pub config: Config,
    /// Idle environments with the time since when, the last used at the end.
    idle: Vec<(EnvironmentId, Duration)>,
    busy: u64,
    created: u32,
    /// Places of dead environments that may be used again.
    free: Vec<EnvironmentId>,
    scaling_tokens: f64,
    scaling_at: Duration,
    /// Invocations that wait for a place.
    pub line: Line,
    pub meters: Meters,
}

impl Platform {
    /// A platform with its prewarmed environments.
    pub fn new(config: Config) -> Platform {
        let prewarmed = config.prewarmed as u32;
        Platform {
            idle: (0..prewarmed)
                .map(|i| (EnvironmentId(i), Duration::ZERO))
                .collect(),
            busy: 0,
            created: prewarmed,
            free: Vec::new(),
            scaling_tokens: config.scaling_per_10s,
            scaling_at: Duration::ZERO,
            line: Line::default(),
            meters: Meters::default(),
            config,
        }
    }

    /// Finds an environment for an invocation and marks it busy.
    pub fn place(&mut self, now: Duration) -> Placement {
        self.expire(now);
        if self.busy >= self.config.concurrency {
            self.meters.throttled += 1;
            return Placement::Throttled;
        }
        if let Some((environment, _)) = self.idle.pop() {
            self.busy += 1;
            return Placement::Warm(environment);
        }
        if !self.may_scale(now) {
            self.meters.throttled += 1;
            return Placement::Throttled;
        }
        self.busy += 1;
        self.meters.cold_starts += 1;
        Placement::Cold(self.free.pop().unwrap_or_else(|| {
            self.created += 1;
            EnvironmentId(self.created - 1)
        }))
    }

    /// The environment has answered and is warm.
    pub fn release(&mut self, environment: EnvironmentId, now: Duration) {
        self.busy -= 1;
        self.idle.push((environment, now));
        self.line.next();
    }

    /// The environment is gone. Its place may be used for another one, unless a zombie holds it.
    pub fn lose(&mut self, environment: EnvironmentId, reusable: bool) {
        self.busy -= 1;
        if reusable {
            self.free.push(environment);
        }
        self.line.next();
    }

    /// Whether an invocation that comes now has to stand in line.
    pub fn is_full(&self) -> bool {
        self.config.queues && (self.busy >= self.config.concurrency || !self.line.is_empty())
    }

    /// Takes the first of the line out if it is this one and there is room; remembers it otherwise.
    pub fn may_go(&mut self, ticket: u64, waker: &Waker) -> bool {
        let room = self.busy < self.config.concurrency;
        room && self.line.leave(ticket) || self.line.stay(ticket, waker)
    }

    fn expire(&mut self, now: Duration) {
        let keep = self.config.keep_alive;
        let gone = self
            .idle
            .iter()
            .take_while(|(_, since)| now.saturating_sub(*since) > keep)
            .count();
        self.free
            .extend(self.idle.drain(..gone).map(|(environment, _)| environment));
    }

    fn may_scale(&mut self, now: Duration) -> bool {
        let limit = self.config.scaling_per_10s;
        let passed = now.saturating_sub(self.scaling_at).as_secs_f64();
        self.scaling_tokens = (self.scaling_tokens + passed * limit / 10.0).min(limit);
        self.scaling_at = now;
        let may = self.scaling_tokens >= 1.0;
        if may {
            self.scaling_tokens -= 1.0;
        }
        may
    }

    /// How much faster than one slow vCPU an environment's host is.
    pub fn host_speed(&self, environment: EnvironmentId, streams: &Streams) -> f64 {
        let config = &self.config;
        if config.fast_host_share == 0.0 {
            return 1.0;
        }
        let u = streams.pick(Purpose::HostSpeed, u64::from(environment.0), 0, 0);
        if u < config.fast_host_share {
            1.0 / config.fast_host_ratio
        } else {
            1.0
        }
    }

    /// Bills one invocation that kept its environment for `ran`, after initialising it for `init`.
    pub fn bill(&mut self, ran: Duration, init: Duration) {
        let unit = self.config.granularity.as_nanos().max(1);
        let units = (ran + init).as_nanos().div_ceil(unit);
        self.meters.billed += Duration::from_nanos((units * unit) as u64);
        self.meters.invocations += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(concurrency: u64, scaling_per_10s: f64) -> Platform {
        Platform::new(Config {
            invoke: Law::Constant(0.0),
            async_dispatch: Law::Constant(0.0),
            cold_platform: Law::Constant(0.0),
            init: Law::Constant(0.0),
            crash_detect: Law::Constant(0.0),
            entry_cold: Law::Constant(0.0),
            teardown: Law::Constant(0.0),
            keep_alive: Duration::from_secs(600),
            concurrency,
            scaling_per_10s,
            vcpus: 1.0,
            memory_gb: 1.0,
            arm64: false,
            timeout: Duration::from_secs(900),
            prewarmed: 0,
            queues: false,
            async_retries: 2,
            async_retry_delays: [Duration::from_secs(60), Duration::from_secs(120)],
            async_event_age: Duration::from_secs(21_600),
            async_throttle_first: Duration::from_secs(1),
            async_throttle_cap: Duration::from_secs(300),
            async_duplicate: 0.0,
            fast_host_share: 0.0,
            fast_host_ratio: 1.0,
            granularity: Duration::from_millis(1),
        })
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_environment_is_warm_until_the_keep_alive_ends() {
        let mut platform = platform(10, 1000.0);
        let Placement::Cold(first) = platform.place(at(0)) else {
            panic!("the first is cold")
        };
        platform.release(first, at(1));
        assert_eq!(platform.place(at(601)), Placement::Warm(first));
        platform.release(first, at(601));
        assert!(matches!(platform.place(at(1202)), Placement::Cold(_)));
    }

    #[test]
    fn concurrency_and_scaling_rate_throttle() {
        let mut limited = platform(2, 1000.0);
        assert!(matches!(limited.place(at(0)), Placement::Cold(_)));
        assert!(matches!(limited.place(at(0)), Placement::Cold(_)));
        assert_eq!(limited.place(at(0)), Placement::Throttled);
        let mut slow = platform(100, 10.0);
        let placed = (0..20)
            .filter(|_| slow.place(at(0)) != Placement::Throttled)
            .count();
        assert_eq!(placed, 10);
        let later = (0..20)
            .filter(|_| slow.place(at(5)) != Placement::Throttled)
            .count();
        assert_eq!(later, 5);
    }

    #[test]
    fn time_is_billed_in_whole_milliseconds_with_the_initialisation() {
        let mut platform = platform(1, 1.0);
        platform.bill(Duration::from_micros(10_001), Duration::from_micros(500));
        assert_eq!(platform.meters.billed, Duration::from_millis(11));
        platform.config.granularity = Duration::from_millis(100);
        platform.bill(Duration::from_millis(101), Duration::ZERO);
        assert_eq!(platform.meters.billed, Duration::from_millis(211));
    }
}
