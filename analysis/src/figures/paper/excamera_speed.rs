//! ExCamera's speed-up.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::{FigureError, Scale};

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "excamera_speed",
    title: "ExCamera: speed-up over vpxenc with 31 threads",
    study: "excamera",
    scenarios: &["excamera"],
    caption: "Time of the whole film with 31 threads over that of the slowest region. x = 4 was fitted; the other x are predicted.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel {
            x_scale: Scale::Log,
            ..Panel::new("sintel", "Sintel", "chunks to a key frame (x)", "speed-up")
        },
        Panel {
            x_scale: Scale::Log,
            ..Panel::new(
                "tears",
                "Tears of Steel",
                "chunks to a key frame (x)",
                "speed-up",
            )
        },
    ];
    sheet::draw(figure, &panels, 2, marks)
}
