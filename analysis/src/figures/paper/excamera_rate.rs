//! ExCamera's bitrate.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::{FigureError, Scale};

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "excamera_rate",
    title: "ExCamera: bitrate at equal quality",
    study: "excamera",
    scenarios: &["excamera"],
    caption: "Bitrate at 20 dB (Sintel) and 16 dB (Tears of Steel) mean SSIM. Fitted: x = 4. Predicted: the other x, with a key frame that takes 2.3 average frames more than a rebased one, an assumption that the rows given cannot fit (docs/validation.md).",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [
        Panel {
            x_scale: Scale::Log,
            ..Panel::new("sintel", "Sintel", "chunks to a key frame (x)", "Mbit/s")
        },
        Panel {
            x_scale: Scale::Log,
            ..Panel::new(
                "tears",
                "Tears of Steel",
                "chunks to a key frame (x)",
                "Mbit/s",
            )
        },
    ];
    sheet::draw(figure, &panels, 2, marks)
}
