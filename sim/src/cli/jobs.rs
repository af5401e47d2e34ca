//! `--jobs`: how many runs at the same time.

use clap::Args;

/// The argument, alike for every command that makes many runs.
#[derive(Debug, Args)]
pub(super) struct Jobs {
    /// Runs at the same time [default: one for each core]
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

impl Jobs {
    /// What was asked for, or one for each core.
    pub(super) fn count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or_else(cores, usize::from)
    }
}
