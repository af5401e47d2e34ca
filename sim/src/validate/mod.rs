//! Simulated beside published and exact results.
//!
//! A study is one file here and one scenario in `scenarios/paper/`. It runs cells of its scenario through
//! the kernel, fits on the rows that are given, predicts the rest and hands back [`Quantity`]s; the command
//! prints them, writes `validation.csv` and the predictions, and fails if an exact one does not agree.

mod csv;
mod exact;
mod excamera;
pub mod experiment;
mod money;
mod occ;
mod replay;
mod report;
mod study;
mod wosc26;

pub use report::{marks_csv, page, table, validation_csv};
pub use study::{
    Basis, Effort, Finding, Missing, Parameter, Prediction, Quantity, Tolerance, Verdict,
};

/// A study: what it is called, what it compares, and how it is run.
#[derive(Clone, Copy)]
pub struct Study {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(&Effort) -> Result<Finding, String>,
}

impl std::fmt::Debug for Study {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every study, in the order in which they are shown.
pub const STUDIES: &[Study] = &[
    exact::STUDY,
    occ::STUDY,
    wosc26::STUDY,
    excamera::STUDY,
    replay::STUDY,
    money::STUDY,
];
