//! The command `sim`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sim::cli::main()
}
