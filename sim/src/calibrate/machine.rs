//! The machine of a measurement, as far as it says what it is.

use super::tool::Tool;
use std::fs;

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Lines of `name = value` that stand beside a measurement.
pub fn fingerprint(tool: &Tool, encoder: Option<&str>) -> Vec<(String, String)> {
    let cpus = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = cpus
            .lines()
            .find(|line| line.split(':').next().map(str::trim) == Some(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let of = |name| field(name).unwrap_or_else(|| "unknown".to_owned());
    let flags = field("flags").unwrap_or_default();
    let widest = [
        ("avx512f", "AVX-512"),
        ("avx2", "AVX2"),
        ("avx", "AVX"),
        ("sse4_2", "SSE4.2"),
    ];
    let simd = widest
        .iter()
        .find(|(flag, _)| flags.split(' ').any(|f| f == *flag));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let virtual_machine = if flags.contains("hypervisor") {
        ", virtual machine"
    } else {
        ""
    };
    let system = read("/etc/os-release");
    let system = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    [
        (
            "cpu",
            format!(
                "{}, family {} model {} stepping {}, {cores} cores{virtual_machine}",
                of("model name"),
                of("cpu family"),
                of("model"),
                of("stepping")
            ),
        ),
        (
            "simd",
            simd.map_or("none known", |(_, name)| name).to_owned(),
        ),
        (
            "kernel",
            format!(
                "{} {}",
                std::env::consts::OS,
                read("/proc/sys/kernel/osrelease").trim()
            ),
        ),
        (
            "system",
            system.unwrap_or("unknown").trim_matches('"').to_owned(),
        ),
        (
            "encoder",
            format!(
                "{}, {}, -threads 1",
                tool.banner,
                encoder.unwrap_or("libx264")
            ),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Load of the last minute.
pub fn load() -> Option<f64> {
    read("/proc/loadavg").split(' ').next()?.parse().ok()
}

/// Ticks of all processors, and those that the host took away.
pub fn ticks() -> Option<(f64, f64)> {
    let text = read("/proc/stat");
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<f64> = line
        .split_whitespace()
        .filter_map(|t| t.parse().ok())
        .collect();
    Some((ticks.iter().take(8).sum(), *ticks.get(7)?))
}
