//! ExCamera's makespan against the length of the serial chains.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::{FigureError, Scale};

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "excamera_makespan",
    title: "ExCamera: time of a job against chunks to a key frame",
    study: "excamera",
    scenarios: &["excamera"],
    caption: "Makespan, mean over regions and quantisers. Fitted: a factor for each region at x = 4, from its published makespan (its shortest run where workers started late); the other x are predicted.",
    whiskers: "quantiles 0.1 and 0.9 of the runs",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel {
            x_scale: Scale::Log,
            ..Panel::new(
                "sintel",
                "Sintel",
                "chunks to a key frame (x)",
                "makespan (s)",
            )
        },
        Panel {
            x_scale: Scale::Log,
            ..Panel::new(
                "tears",
                "Tears of Steel",
                "chunks to a key frame (x)",
                "makespan (s)",
            )
        },
    ];
    sheet::draw(figure, &panels, 2, marks)
}
