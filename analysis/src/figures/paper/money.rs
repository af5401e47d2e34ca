//! What a million checkpoints cost.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::{FigureError, Scale};

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "money",
    title: "Cost of a million checkpoints by their size",
    study: "money",
    scenarios: &["money"],
    caption: "Metered runs and metered requests of the key-value and object store, times list prices of us-east-1 (2026); a Step Functions transition costs the same at every size. Keeping the data is left out, as in the published table. Nothing is fitted.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [Panel {
        x_scale: Scale::Log,
        ..Panel::new("cost", "", "data of a checkpoint (kB)", "USD per million")
    }];
    sheet::draw(figure, &panels, 1, marks)
}
