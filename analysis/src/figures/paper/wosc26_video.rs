//! The video of the WOSC 2026 study.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::FigureError;

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "wosc26_video",
    title: "WOSC 2026: the video, durable against state in one item by hand",
    study: "wosc26",
    scenarios: &["wosc26"],
    caption: "Function time, and reads and writes of the item. Parameters were fitted on the counter only; nothing of the video was. The published times are predicted without being known; the counts are exact.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel::new("time", "Function time", "chunks", "time (s)"),
        Panel::new("requests", "Requests by hand", "chunks", "requests"),
    ];
    sheet::draw(figure, &panels, 2, marks)
}
