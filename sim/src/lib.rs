//! The simulator and the command.
//!
//! ```text
//! SCENARIO.toml, --set -> scenario -> plan (grid of cells) -> pool (a thread per run)
//!                                                              |
//!                       results (rows on disk) <- run <- kernel (models on madsim)
//!                          |
//!                          v
//!                       report (analysis: summary, comparison, figures)
//! ```
//!
//! * [`scenario`]: files that say what is run, checked against the tables of keys in `models`;
//! * [`plan`]: the grid, and the specification of every run;
//! * [`run`]: one run, a pure function of its specification;
//! * [`kernel`]: virtual time, workers, the network and crash points; the only part that knows
//!   madsim;
//! * [`pool`]: parallel across runs, serial inside one;
//! * [`stop`]: what Ctrl-C sets, for pools and kernels to look at;
//! * [`results`]: what is on disk, written as runs finish and resumed to the same bytes;
//! * [`check`], [`explore`]: violations of claims, searched, shrunk, saved and replayed;
//! * [`trace`]: the timeline of one run;
//! * [`calibrate`]: real encodes, measured;
//! * [`report`]: what `analysis` makes of it;
//! * [`cli`]: the command.

#[cfg(not(madsim))]
compile_error!(
    "build with --cfg madsim: .cargo/config.toml sets it, and RUSTFLAGS in the environment overrides that file"
);

pub mod calibrate;
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
pub mod stop;
pub mod trace;
pub mod validate;
