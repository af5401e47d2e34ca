//! Back-off under optimistic concurrency, after the figures of the AWS architecture blog.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::{FigureError, Scale};

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "backoff",
    title: "Back-off of clients that update one item",
    study: "occ",
    scenarios: &["occ"],
    caption: "Time until all clients have updated the item once, and conditional writes until then, beside aws-arch-backoff-simulator. Nothing is fitted: both have the same delays of messages and the same policies.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel {
            y_scale: Scale::Log,
            ..Panel::new("time", "Completion", "clients", "time (s)")
        },
        Panel {
            y_scale: Scale::Log,
            ..Panel::new("writes", "Work", "clients", "conditional writes")
        },
    ];
    sheet::draw(figure, &panels, 2, marks)
}
