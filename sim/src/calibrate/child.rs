//! A child process, and what the operating system accounts to it.

use std::process::{Command, Output};
use std::time::Instant;

/// Resources that a child used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// CPU seconds in the program and in the system.
    pub user_s: f64,
    pub system_s: f64,
    pub wall_s: f64,
    /// Times that it gave up the processor, and that the processor was taken from it.
    pub voluntary_switches: i64,
    pub involuntary_switches: i64,
}

impl Usage {
    /// CPU seconds.
    pub fn cpu_s(&self) -> f64 {
        self.user_s + self.system_s
    }
}

/// Runs a command to its end. The account of all children that were waited for grows by exactly this
/// child, because nothing else starts or awaits one meanwhile.
pub fn run(command: &mut Command) -> Result<(Output, Usage), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let before = account()?;
    let started = Instant::now();
    let output = command
        .output()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    let wall_s = started.elapsed().as_secs_f64();
    let after = account()?;
    let usage = Usage {
        user_s: after.user_s - before.user_s,
        system_s: after.system_s - before.system_s,
        wall_s,
        voluntary_switches: after.voluntary_switches - before.voluntary_switches,
        involuntary_switches: after.involuntary_switches - before.involuntary_switches,
    };
    Ok((output, usage))
}

/// The same for a command that must succeed: its last line of errors is the message.
pub fn succeed(command: &mut Command) -> Result<(Output, Usage), String> {
    let (output, usage) = run(command)?;
    if output.status.success() {
        return Ok((output, usage));
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    Err(format!(
        "{} {} failed ({}): {}",
        command.get_program().to_string_lossy(),
        arguments.join(" "),
        output.status,
        last.unwrap_or("no message")
    ))
}

#[cfg(unix)]
fn account() -> Result<Usage, String> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    let all = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    Ok(Usage {
        user_s: all.user_time().num_microseconds() as f64 * 1e-6,
        system_s: all.system_time().num_microseconds() as f64 * 1e-6,
        wall_s: 0.0,
        voluntary_switches: all.voluntary_context_switches(),
        involuntary_switches: all.involuntary_context_switches(),
    })
}

#[cfg(not(unix))]
fn account() -> Result<Usage, String> {
    Err("CPU time of children is read from a Unix system's accounting".to_owned())
}
