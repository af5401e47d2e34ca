//! Replay growth.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::{FigureError, Scale};

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "replay",
    title: "Replay after every step against continuing in memory",
    study: "replay",
    scenarios: &["replay"],
    caption: "Total time of a workflow and the gap between two steps. Fitted: the time of a step and of replaying one, both given by the published fit of the gaps; the total is predicted.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel {
            x_scale: Scale::Log,
            y_scale: Scale::Log,
            ..Panel::new("total", "Total", "steps", "time (s)")
        },
        Panel {
            x_scale: Scale::Log,
            ..Panel::new("gap", "Gap between steps", "step", "gap (ms)")
        },
    ];
    sheet::draw(figure, &panels, 2, marks)
}
