//! Figures for a paper: SVG text out of summary rows, PNG out of the SVG.
//!
//! A scenario describes a figure as data, a [`FigureSpec`]; [`draw`] looks its kind up in
//! [`KINDS`] and returns an SVG document; [`png::render`] makes a bitmap of it. Both are pure
//! functions, byte for byte.
//!
//! A new kind is one file with a `draw` function and one line in [`KINDS`].
//!
//! ```text
//! spec, cells, rows -> select (cells, facets, series) -> lines | bars (plots) -> page -> canvas
//! ```

mod axis;
mod bars;
mod canvas;
mod dash;
pub mod errors;
mod facets;
mod frame;
mod lines;
mod page;
pub mod paper;
pub mod png;
mod quantity;
mod select;
mod style;
mod text;
mod ticks;
pub mod timeline;
pub mod verdicts;

use crate::summary::SummaryRow;
use models::records::CellRuns;
use models::settings::Setting;

/// How values are laid out along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    #[default]
    Linear,
    /// Logarithmic; zeros are drawn in a strip of their own at the lower end.
    Log,
}

/// One figure, as a scenario describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FigureSpec {
    /// Stem of the file names.
    pub name: String,
    /// Name of a kind in [`KINDS`].
    pub kind: String,
    /// Printed above the panels.
    pub title: String,
    /// Printed below the panels, wrapped.
    pub caption: String,
    /// Metric names; `latency_s` is the mean (of a rate, the share), `latency_s.p50`, `.p95` and
    /// `.p99` are quantiles over runs.
    pub metrics: Vec<String>,
    /// Axis key along x, or `engine` (bars only).
    pub x: String,
    /// Scale of x.
    pub x_scale: Scale,
    /// Scale of the metrics.
    pub y_scale: Scale,
    /// Key with one panel per value: `workflow`, `metric` or an axis key.
    pub facet: Option<String>,
    /// Key whose values make a band about the line of the middle one (lines only).
    pub band: Option<String>,
    /// Only cells with these values are shown. Cells without the axis are kept.
    pub fixed: Vec<(String, Setting)>,
}

/// Why a figure cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FigureError {
    /// No kind of this name.
    UnknownKind(String),
    /// No metric of this name.
    UnknownMetric(String),
    /// No cell has this axis.
    UnknownAxis(String),
    /// The figure names no metric.
    NoMetrics,
    /// No cell has the fixed values.
    NoCells,
    /// All selected runs are invalid or have no value of the metrics.
    NoValues,
    /// Lines need numbers along x.
    NotNumeric(String),
    /// Parts of one bar must share a unit and be means.
    MixedParts(String),
    /// Stacked parts cannot be read on a log axis.
    StackedLog,
}

impl std::fmt::Display for FigureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FigureError::UnknownKind(kind) => {
                let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
                write!(
                    f,
                    "unknown figure kind `{kind}`, expected {}",
                    kinds.join(" or ")
                )
            }
            FigureError::UnknownMetric(name) => write!(f, "unknown metric `{name}`"),
            FigureError::UnknownAxis(key) => write!(f, "no cell has an axis `{key}`"),
            FigureError::NoMetrics => f.write_str("the figure names no metric"),
            FigureError::NoCells => f.write_str("no cell has the fixed values of the figure"),
            FigureError::NoValues => f.write_str("no valid run has a value to draw"),
            FigureError::NotNumeric(key) => {
                write!(
                    f,
                    "lines need numbers along x, and `{key}` has others; use bars"
                )
            }
            FigureError::MixedParts(name) => {
                write!(f, "`{name}` cannot be stacked: parts are means of one unit")
            }
            FigureError::StackedLog => f.write_str("stacked bars need a linear scale"),
        }
    }
}

impl std::error::Error for FigureError {}

/// Makes the SVG document of a figure.
pub type Draw = fn(&FigureSpec, &[CellRuns], &[SummaryRow]) -> Result<String, FigureError>;

/// A way of drawing.
#[derive(Clone, Copy, Debug)]
pub struct FigureKind {
    /// As scenarios name it.
    pub name: &'static str,
    /// One sentence for listings.
    pub doc: &'static str,
    /// Makes the SVG document.
    pub draw: Draw,
}

/// Every kind of figure.
pub const KINDS: &[FigureKind] = &[
    FigureKind {
        name: "lines",
        doc: "Metrics along a numeric axis, one line per engine, with shaded 95 % intervals.",
        draw: lines::draw,
    },
    FigureKind {
        name: "bars",
        doc: "Bars per engine or axis value, several metrics stacked, with 95 % intervals.",
        draw: bars::draw,
    },
];

/// Draws a figure as an SVG document.
///
/// `rows` are those of [`crate::summary::summarise`] for `cells`.
///
/// # Errors
/// If the description does not fit the cells, or there is nothing to draw.
pub fn draw(
    spec: &FigureSpec,
    cells: &[CellRuns],
    rows: &[SummaryRow],
) -> Result<String, FigureError> {
    let kind = KINDS.iter().find(|kind| kind.name == spec.kind);
    let kind = kind.ok_or_else(|| FigureError::UnknownKind(spec.kind.clone()))?;
    if spec.metrics.is_empty() {
        return Err(FigureError::NoMetrics);
    }
    (kind.draw)(spec, cells, rows)
}

#[cfg(test)]
mod tests;
