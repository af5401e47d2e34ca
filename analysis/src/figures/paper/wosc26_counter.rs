//! The counter of the WOSC 2026 study.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::FigureError;

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "wosc26_counter",
    title: "WOSC 2026: the counter on durable functions",
    study: "wosc26",
    scenarios: &["wosc26"],
    caption: "Time of an invocation of three steps, cold and warm. Fitted: initialisation, entry, tear-down, the time to store a result and what the first request of an environment takes more, each from its own column of the study; the sums that are shown were not.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [Panel::new("time", "", "", "time (ms)")];
    sheet::draw(figure, &panels, 1, marks)
}
