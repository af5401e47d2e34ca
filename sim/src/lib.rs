//! The simulator and the command.

#[cfg(not(madsim))]
compile_error!(
    "build with --cfg madsim: .cargo/config.toml sets it, and RUSTFLAGS in the environment overrides that file"
);

pub mod check;
pub mod cli;
pub mod explore;
pub mod kernel;
pub mod plan;
pub mod pool;
pub mod report;
pub mod results;
mod rows;
pub mod run;
pub mod scenario;
