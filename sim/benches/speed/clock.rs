//! CPU time and memory as the operating system accounts for them, read without system calls of
//! our own.

use std::fs::read_to_string;
use std::sync::OnceLock;
use std::time::Instant;

/// CPU time of this thread since the start.
pub struct CpuClock {
    cpu: Option<u64>,
    wall: Instant,
}

impl CpuClock {
    /// Starts now.
    pub fn start() -> CpuClock {
        CpuClock {
            cpu: thread_nanos(),
            wall: Instant::now(),
        }
    }

    /// CPU seconds since the start; elapsed seconds where the system does not tell.
    pub fn seconds(&self) -> f64 {
        match (self.cpu, thread_nanos()) {
            (Some(from), Some(to)) => (to - from) as f64 / 1e9,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

fn thread_nanos() -> Option<u64> {
    let text = read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// CPU seconds of all threads of the process so far, those that ended included; elapsed seconds
/// where the system does not tell.
pub fn process_seconds() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    process_ticks().map_or_else(|| start.elapsed().as_secs_f64(), |ticks| ticks / 100.0)
}

/// User and system time in hundredths of a second: the 14th and 15th field of `stat`.
fn process_ticks() -> Option<f64> {
    let text = read_to_string("/proc/self/stat").ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some(next()? + next()?)
}

fn status_kib(field: &str) -> Option<f64> {
    let text = read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Largest memory of the process so far, in MiB.
pub fn peak_mib() -> Option<f64> {
    status_kib("VmHWM:").map(|kib| kib / 1024.0)
}

/// Memory of the process now, in bytes.
pub fn resident_bytes() -> Option<f64> {
    status_kib("VmRSS:").map(|kib| kib * 1024.0)
}
