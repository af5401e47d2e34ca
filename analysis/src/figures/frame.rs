//! Frame, grid lines, ticks and titles around the data of a panel.

use super::axis::Axis;
use super::canvas::{Canvas, Ink, Lettering, Rect, Xy};
use super::style::{FRAME, GRID, WHITE};
use super::text::{self, size};
use plotters::style::RGBColor;
use plotters_backend::text_anchor::HPos;

/// Pixels below a frame for tick labels and the axis title.
pub(super) const BELOW: f64 = 44.0;

/// Pixels between tick labels and what is beside them.
const GAP: f64 = 6.0;

/// Pixels left of a frame for the labels of `y` and an upright title.
pub(super) fn left_of(y: &Axis, with_title: bool) -> f64 {
    let widths = y
        .ticks
        .iter()
        .map(|tick| text::width(&tick.label, size::TICK, false));
    let widest = widths.fold(0.0, f64::max);
    let title = if with_title {
        size::LABEL + GAP + 6.0
    } else {
        6.0
    };
    widest + GAP + title
}

/// Grid lines behind the data.
pub(super) fn grid(canvas: &mut Canvas<'_>, frame: Rect, x: &Axis, y: Option<&Axis>) {
    let ink = Ink::line(GRID, 0.7);
    for tick in &x.ticks {
        let across = x.position(tick.value);
        canvas.line(&[frame.at(across, 0.0), frame.at(across, 1.0)], ink);
    }
    for value in y.iter().flat_map(|y| &y.minor) {
        let up = y.map_or(0.0, |y| y.position(*value));
        canvas.line(
            &[frame.at(0.0, up), frame.at(1.0, up)],
            Ink::line(GRID, 0.3),
        );
    }
    for tick in y.iter().flat_map(|y| &y.ticks) {
        let up = y.map_or(0.0, |y| y.position(tick.value));
        canvas.line(&[frame.at(0.0, up), frame.at(1.0, up)], ink);
    }
}

/// The x axis: line, ticks, labels and title below the frame.
pub(super) fn x_axis(canvas: &mut Canvas<'_>, frame: Rect, axis: &Axis, title: &str) {
    outline(canvas, &[frame.at(0.0, 0.0), frame.at(1.0, 0.0)]);
    let mut free_from = f64::NEG_INFINITY;
    for tick in &axis.ticks {
        let (x, y) = frame.at(axis.position(tick.value), 0.0);
        outline(canvas, &[(x, y), (x, y + 4.0)]);
        let half = text::width(&tick.label, size::TICK, false) / 2.0;
        if x - half >= free_from {
            let lettering = Lettering::new(size::TICK, HPos::Center);
            canvas.text((x, y + 12.0), &tick.label, lettering);
            free_from = x + half + GAP;
        }
    }
    for value in &axis.minor {
        let (x, y) = frame.at(axis.position(*value), 0.0);
        outline(canvas, &[(x, y), (x, y + 2.0)]);
    }
    if let Some(share) = axis.break_at() {
        let (x, y) = frame.at(share, 0.0);
        break_mark(canvas, (x, y), false);
    }
    let middle = (frame.left + frame.width / 2.0, frame.bottom() + 31.0);
    let title = text::fit(title, size::LABEL, false, frame.width + 60.0);
    canvas.text(middle, &title, Lettering::new(size::LABEL, HPos::Center));
}

/// The y axis: line, ticks and labels left of the frame; the title upright at `title_x`.
pub(super) fn y_axis(canvas: &mut Canvas<'_>, frame: Rect, axis: &Axis, title: Option<&str>) {
    outline(canvas, &[frame.at(0.0, 0.0), frame.at(0.0, 1.0)]);
    for tick in &axis.ticks {
        let (x, y) = frame.at(0.0, axis.position(tick.value));
        outline(canvas, &[(x - 4.0, y), (x, y)]);
        let lettering = Lettering::new(size::TICK, HPos::Right);
        canvas.text((x - GAP - 1.0, y), &tick.label, lettering);
    }
    for value in &axis.minor {
        let (x, y) = frame.at(0.0, axis.position(*value));
        outline(canvas, &[(x - 2.0, y), (x, y)]);
    }
    if let Some(share) = axis.break_at() {
        break_mark(canvas, frame.at(0.0, share), true);
    }
    if let Some(title) = title {
        let at = (
            frame.left - left_of(axis, true) + size::LABEL / 2.0 + 3.0,
            frame.top + frame.height / 2.0,
        );
        let title = text::fit(title, size::LABEL, false, frame.height + 40.0);
        let lettering = Lettering {
            upright: true,
            ..Lettering::new(size::LABEL, HPos::Center)
        };
        canvas.text(at, &title, lettering);
    }
}

/// Two slanted strokes across an axis: the scale is interrupted here.
fn break_mark(canvas: &mut Canvas<'_>, (x, y): Xy, upright: bool) {
    let gap = if upright {
        Rect {
            left: x - 2.0,
            top: y - 1.5,
            width: 4.0,
            height: 3.0,
        }
    } else {
        Rect {
            left: x - 1.5,
            top: y - 2.0,
            width: 3.0,
            height: 4.0,
        }
    };
    canvas.rect(gap, Ink::area(WHITE, 1.0));
    for shift in [-2.0, 2.0] {
        let (x, y) = if upright {
            (x, y + shift)
        } else {
            (x + shift, y)
        };
        let (dx, dy) = if upright { (4.0, 1.5) } else { (1.5, 4.0) };
        canvas.line(&[(x - dx, y + dy), (x + dx, y - dy)], Ink::line(FRAME, 0.9));
    }
}

fn outline(canvas: &mut Canvas<'_>, points: &[Xy]) {
    canvas.line(points, Ink::line(FRAME, 0.9));
}

/// The bold title above a frame.
pub(super) fn panel_title(canvas: &mut Canvas<'_>, frame: Rect, title: &str) {
    let title = text::fit(title, size::LABEL, true, frame.width);
    let at = (frame.left + frame.width / 2.0, frame.top - 12.0);
    canvas.text(at, &title, Lettering::new(size::LABEL, HPos::Center).bold());
}

/// A remark inside a frame that has nothing to show at a place.
pub(super) fn remark(canvas: &mut Canvas<'_>, at: Xy, words: &str) {
    let lettering = Lettering::new(size::TICK - 1.0, HPos::Left);
    canvas.text(at, words, lettering);
}

/// A thin interval mark with caps between two points of equal x or equal y.
pub(super) fn whisker(canvas: &mut Canvas<'_>, from: Xy, to: Xy, color: RGBColor) {
    let ink = Ink::line(color, 1.1);
    canvas.line(&[from, to], ink);
    let upright = (to.0 - from.0).abs() < (to.1 - from.1).abs();
    let (dx, dy) = if upright { (3.0, 0.0) } else { (0.0, 3.0) };
    for (x, y) in [from, to] {
        canvas.line(&[(x - dx, y - dy), (x + dx, y + dy)], ink);
    }
}
