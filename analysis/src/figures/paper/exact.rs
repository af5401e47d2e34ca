//! Closed forms: how far simulated values are from the exact ones.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::FigureError;

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "exact",
    title: "Closed forms through the kernel and the engines",
    study: "exact",
    scenarios: &[
        "exact",
        "exact_backoff",
        "exact_rounds",
        "exact_queue",
        "replay",
    ],
    caption: "Each marker is a row of the reference: the deviation of the simulated value from the exact one, in per cent and in standard errors (dashed: three). Reduced runs, wider intervals than those of `sim validate exact`. Nothing is fitted.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel {
            levels: &[0.0],
            ..Panel::new("share", "", "kind of closed form", "deviation (%)")
        },
        Panel {
            levels: &[-3.0, 0.0, 3.0],
            ..Panel::new(
                "errors",
                "",
                "kind of closed form",
                "deviation (standard errors)",
            )
        },
    ];
    sheet::draw(figure, &panels, 1, marks)
}
