//! The simulator and the command.

#[cfg(not(madsim))]
compile_error!(
    "build with --cfg madsim: .cargo/config.toml sets it, and RUSTFLAGS in the environment overrides that file"
);

pub mod kernel;
pub mod rows;
pub mod run;
