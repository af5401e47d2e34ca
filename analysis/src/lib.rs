//! Records in; statistics, tables and figures out. Never runs a simulation.
//!
//! ```text
//! &[CellRuns] -> summarise -> &[SummaryRow] -> summary.csv, terminal table, figures
//!             -> compare_engines ------------> comparison.csv
//! ```
//!
//! * [`summarise`] makes one row per cell and metric, every number with its 95 % interval;
//!   [`summary::write_csv`] writes them.
//! * [`compare_engines`] pairs every engine with the first engine of its workflow, replicate by
//!   replicate; [`comparison::write_csv`] writes the differences and ratios.
//! * [`table::render`] is the text a run ends with.
//! * [`figures::draw`] makes an SVG document from a [`FigureSpec`], [`figures::png::render`] a
//!   bitmap from that; [`figures::timeline`] draws what happened in one run,
//!   [`figures::verdicts`] which claims hold.
//! * [`page::render`] puts results into one HTML page; [`tally`] counts faults and runs that do not count.
//! * [`stats`] holds the estimators, one idea per file.
//!
//! All of it is a pure function of the records: the same bytes on every machine, no clock, no
//! environment, no system fonts.
//!
//! ```
//! use analysis::{FigureSpec, summarise};
//! use models::records::{Cell, CellRuns, Measure, RunRecord, Values};
//! use models::settings::Setting;
//!
//! let mut values = Values::default();
//! values.set(Measure::LatencyS, 0.25);
//! let run = RunRecord {
//!     cell: 0,
//!     replicate: 0,
//!     outcome: "succeeded".to_owned(),
//!     invalid: None,
//!     values,
//!     failures: Default::default(),
//!     fired: Default::default(),
//! };
//! let cell = Cell {
//!     index: 0,
//!     workflow: "counter".to_owned(),
//!     engine: "durable".to_owned(),
//!     axes: vec![("faults.fail_rate".to_owned(), Setting::Float(0.1))],
//! };
//! let cells = [CellRuns { cell, runs: vec![run] }];
//! let rows = summarise(&cells);
//! assert!(analysis::table::render(&cells, &rows, 100).contains("250 ms"));
//!
//! let spec = FigureSpec {
//!     kind: "lines".to_owned(),
//!     metrics: vec!["latency_s".to_owned()],
//!     x: "faults.fail_rate".to_owned(),
//!     ..FigureSpec::default()
//! };
//! let svg = analysis::figures::draw(&spec, &cells, &rows)?;
//! assert!(svg.contains("mean latency (ms)"));
//! # Ok::<(), analysis::FigureError>(())
//! ```

pub mod calibration;
pub mod comparison;
mod csv_rows;
pub mod figures;
pub mod number;
pub mod page;
#[cfg(test)]
mod sample;
pub mod stats;
pub mod summary;
pub mod table;
pub mod tally;
pub mod timeline;
pub mod verdicts;

pub use comparison::{ComparisonRow, compare_engines};
pub use figures::{FigureError, FigureKind, FigureSpec, KINDS, Scale};
pub use summary::{Statistic, SummaryRow, summarise};
