//! Retry delays of the WOSC 2026 study.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::{FigureError, Scale};

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "wosc26_retry",
    title: "WOSC 2026: delays between the attempts of a step that always fails",
    study: "wosc26",
    scenarios: &["wosc26_retry"],
    caption: "Simulated: mean of 400 delays. Published: single observations of three runs on two versions of the runtime. Nothing is fitted: the delays are those of the SDK's retry policy.",
    whiskers: "least and greatest",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel {
            y_scale: Scale::Log,
            ..Panel::new("additive", "additive jitter (v12)", "retry", "delay (s)")
        },
        Panel {
            y_scale: Scale::Log,
            ..Panel::new("full", "full jitter (v13)", "retry", "delay (s)")
        },
    ];
    sheet::draw(figure, &panels, 2, marks)
}
