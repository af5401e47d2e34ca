//! The command line.

mod calibrate;
mod check;
mod estimate;
mod init;
mod jobs;
mod list;
mod merge;
pub(crate) mod output;
mod process;
mod progress;
mod replay;
mod report;
mod reproduce;
mod run;
mod validate;

use crate::results::ResultsError;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// Deterministic simulator and testbed for durable-execution semantics.
///
/// Exit codes: 0 done, also if `sim check` finds the violations that `check.expect` names; 1 a claim violated or
/// validation failed; 2 bad input, output that cannot be written, or no valid run; 3 interrupted.
#[derive(Debug, Parser)]
#[command(name = "sim", version, long_version = LONG_VERSION)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every cell of a scenario
    Run(run::RunArguments),
    /// Search for faults that violate a claim, and save the smallest
    Check(check::CheckArguments),
    /// Measure, fit or apply the encoder timing model
    Calibrate(calibrate::CalibrateArguments),
    /// Run a saved case again and tell its story
    Replay(replay::ReplayArguments),
    /// Compare simulated with published and exact results
    Validate(validate::ValidateArguments),
    /// Draw the figures of published studies, simulated beside published
    Reproduce(reproduce::ReproduceArguments),
    /// Join the shards of a run
    Merge(merge::MergeArguments),
    /// Write results as one HTML page that needs nothing else
    Report(report::ReportArguments),
    /// List what there is to choose from
    List(list::ListArguments),
    /// Write a commented scenario with every key there is
    Init(init::InitArguments),
}

/// How a command ended, other than well.
#[derive(Debug)]
enum Failure {
    /// What the user gave cannot be used; the message says why.
    Input(String),
    /// A claim does not hold; the message says which.
    Violated(String),
    /// The run was stopped; the message says how to go on.
    Interrupted(String),
}

impl From<ResultsError> for Failure {
    fn from(error: ResultsError) -> Failure {
        Failure::Input(format!("error: {error}"))
    }
}

const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nsource ",
    env!("SIM_SOURCE"),
    "\nrevision ",
    env!("SIM_REVISION"),
    "\n",
    env!("SIM_RUSTC"),
    "\n",
    env!("SIM_TARGET")
);

/// Reads the arguments of the process and does what they say.
pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Some(Command::Run(arguments)) => run::run(&arguments),
        Some(Command::Check(arguments)) => check::check(&arguments),
        Some(Command::Calibrate(arguments)) => calibrate::calibrate(&arguments),
        Some(Command::Replay(arguments)) => replay::replay(&arguments),
        Some(Command::Validate(arguments)) => validate::validate(&arguments),
        Some(Command::Reproduce(arguments)) => reproduce::reproduce(&arguments),
        Some(Command::Merge(arguments)) => merge::merge(&arguments),
        Some(Command::Report(arguments)) => report::report(&arguments),
        Some(Command::List(arguments)) => list::list(&arguments),
        Some(Command::Init(arguments)) => init::init(&arguments),
        None => help(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Violated(message)) => fail(1, &message),
        Err(Failure::Input(message)) => fail(2, &message),
        Err(Failure::Interrupted(message)) => fail(3, &message),
    }
}

fn help() -> Result<(), Failure> {
    output::print(&Arguments::command().render_help().to_string())
}

fn fail(code: u8, message: &str) -> ExitCode {
    output::tell(message);
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_declared_without_contradiction() {
        Arguments::command().debug_assert();
    }
}
