//! Searching for violations: which faults are tried, where, and in which order.
//!
//! A plan is a list of faults, each at a coordinate (point name, ordinal). An [`Explorer`] makes
//! plans, the [`Lab`] runs them in parallel, the [`Record`] keeps what they showed. Plans come in
//! a fixed order and results are taken in that order, so the record is the same for any number of
//! jobs.
//!
//! Adding an explorer is a file here and a line in [`EXPLORERS`].

pub mod boundary;
pub mod exhaustive;
pub mod fault;
pub mod lab;
pub mod random;
pub mod record;
pub mod subject;
pub mod swarm;
#[cfg(test)]
mod tests;

pub use fault::{Fault, Kind, Place};
pub use lab::{Lab, Options};
pub use record::{Hit, Record};
pub use subject::{Subject, Trial, Tried};

/// A way to choose plans.
pub trait Explorer: std::fmt::Debug + Sync {
    /// As options and tables name it.
    fn name(&self) -> &'static str;
    /// What it tries.
    fn doc(&self) -> &'static str;
    /// Tries its plans.
    fn explore(&self, lab: &Lab<'_>, record: &mut Record);
}

/// Every explorer, shallow plans first.
pub const EXPLORERS: &[&dyn Explorer] = &[&exhaustive::Exhaustive, &random::Random, &swarm::Swarm];
