//! Waits in line: M/M/c.

use super::sheet::{self, Panel};
use super::{Mark, PaperFigure};
use crate::figures::{FigureError, Scale};

/// The figure.
pub const FIGURE: PaperFigure = PaperFigure {
    name: "queue",
    title: "Open load at c places, first come first served: M/M/c",
    study: "exact",
    scenarios: &["exact_queue"],
    caption: "Waits of executions that arrive at random and stand in line for one of c places, simulated beside Erlang's formula; mean service time 1 s. Nothing is fitted.",
    whiskers: "95 % interval",
    draw,
};

fn draw(figure: &PaperFigure, marks: &[Mark]) -> Result<String, FigureError> {
    let panels = [Panel {
        y_scale: Scale::Log,
        ..Panel::new(
            "wait",
            "",
            "places and share of time that they are busy",
            "wait (s)",
        )
    }];
    sheet::draw(figure, &panels, 1, marks)
}
