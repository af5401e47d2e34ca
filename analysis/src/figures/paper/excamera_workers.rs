//! Ends of ExCamera's workers.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::FigureError;

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "excamera_workers",
    title: "ExCamera: when the workers of a job end, x = 4",
    study: "excamera",
    scenarios: &["excamera"],
    caption: "Quantiles of the time from the start of a job to the end of a worker. Fitted: the distributions of the stages (their published quantiles), and eight correlations of content and host to these 66 quantiles.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel::new(
            "sintel",
            "Sintel",
            "share of workers that have ended",
            "time (s)",
        ),
        Panel::new(
            "tears",
            "Tears of Steel",
            "share of workers that have ended",
            "time (s)",
        ),
    ];
    sheet::draw(figure, &panels, 2, marks)
}
