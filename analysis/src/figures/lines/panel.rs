//! A panel of lines with their bands.

use crate::figures::axis::Axis;
use crate::figures::canvas::{Canvas, Ink, Rect, Xy};
use crate::figures::frame;
use crate::figures::page::Plot;
use crate::figures::style::Look;
use crate::stats::Interval;

/// A line of a panel, ascending in x.
pub(super) struct Line {
    pub look: Look,
    /// Distance to the right of x, as a share of the panel's width: sets the lines of a figure
    /// with a single x apart.
    pub shift: f64,
    pub points: Vec<Point>,
}

/// One cell: x in the unit of its key, y and its interval in the metric's unit.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
    pub interval: Interval,
}

pub(super) struct Panel {
    pub title: String,
    pub x_title: String,
    pub y_title: String,
    pub shows_y_title: bool,
    pub x: Axis,
    pub y: Axis,
    /// Divides y values to the unit of the axis.
    pub unit: f64,
    pub lines: Vec<Line>,
}

/// All values and interval ends that have to fit on the y axis.
pub(super) fn values(lines: &[Line]) -> Vec<f64> {
    let points = lines.iter().flat_map(|line| &line.points);
    let values = points.flat_map(|point| [point.y, point.interval.low, point.interval.high]);
    values.filter(|value| value.is_finite()).collect()
}

impl Panel {
    fn at(&self, frame: Rect, line: &Line, point: &Point, y: f64) -> Xy {
        let across = self.x.position(point.x) + line.shift;
        frame.at(across, self.y.position(y / self.unit))
    }

    fn draw_band(&self, canvas: &mut Canvas<'_>, frame: Rect, line: &Line, points: &[Point]) {
        let low = points
            .iter()
            .map(|p| self.at(frame, line, p, p.interval.low));
        let high = points
            .iter()
            .map(|p| self.at(frame, line, p, p.interval.high));
        if points.len() > 1 {
            let outline: Vec<Xy> = low.chain(high.rev()).collect();
            canvas.polygon(
                &outline,
                Ink {
                    opacity: 0.18,
                    ..line.look.ink(0.0)
                },
            );
        } else {
            low.zip(high).for_each(|(low, high)| {
                frame::whisker(canvas, low, high, line.look.ink(1.0).color)
            });
        }
    }

    fn draw_line(&self, canvas: &mut Canvas<'_>, frame: Rect, line: &Line) {
        for piece in line.points.split(|point| !point.y.is_finite()) {
            let points: Vec<Xy> = piece.iter().map(|p| self.at(frame, line, p, p.y)).collect();
            if points.len() > 1 {
                canvas.dashed(&points, line.look.ink(1.6), line.look.dashes());
            }
        }
        for point in line.points.iter().filter(|point| point.y.is_finite()) {
            let at = self.at(frame, line, point, point.y);
            line.look.draw_marker(canvas, at);
        }
    }
}

impl Plot for Panel {
    fn title(&self) -> &str {
        &self.title
    }

    fn left(&self) -> f64 {
        frame::left_of(&self.y, self.shows_y_title)
    }

    fn height(&self, width: f64) -> f64 {
        (width * 0.7).clamp(180.0, 300.0)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, frame: Rect) {
        frame::grid(canvas, frame, &self.x, Some(&self.y));
        for line in &self.lines {
            for piece in line.points.split(|point| !point.interval.is_known()) {
                self.draw_band(canvas, frame, line, piece);
            }
        }
        for line in &self.lines {
            self.draw_line(canvas, frame, line);
        }
        frame::x_axis(canvas, frame, &self.x, &self.x_title);
        let title = self.shows_y_title.then_some(self.y_title.as_str());
        frame::y_axis(canvas, frame, &self.y, title);
    }
}
