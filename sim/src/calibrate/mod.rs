//! Measuring real encodes: `ffmpeg` with libx264 on a folder of clips, as a worker would run it.
//!
//! Each chunk is a process of its own with one thread, and its CPU time is what the operating system
//! accounts to that process; wall time on a shared machine says nothing. Cells run in shuffled order, with
//! an anchor, always the same encode, in between: where the anchors vary, the machine was too noisy for
//! a fit. Some cells run again later, which shows the noise of one run.
//!
//! ```text
//! folder -> clips -> plan (cells, repeats, anchors) -> runner (chunk, probe, encode) -> journal (runs.csv)
//! ```
//!
//! Pictures are read as raw Y4M from memory, so that decoding is no part of an encode's time.

pub mod anchors;
mod child;
pub mod clips;
pub mod journal;
mod machine;
mod mp4;
pub mod plan;
pub mod row;
mod runner;
pub mod tool;
mod y4m;

pub use machine::fingerprint;
pub use runner::{Runner, encode};
