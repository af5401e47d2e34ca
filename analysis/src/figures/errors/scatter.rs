//! A panel of points with guide lines.

use crate::figures::axis::Axis;
use crate::figures::canvas::{Canvas, Ink, Rect, Xy};
use crate::figures::frame;
use crate::figures::page::Plot;
use crate::figures::style::{FRAME, Look};

/// Points, each in the looks of its series.
pub(super) struct Scatter {
    pub title: String,
    pub x_title: String,
    /// Only the first panel of a row has one.
    pub y_title: Option<String>,
    pub x: Axis,
    pub y: Axis,
    /// As high as wide.
    pub square: bool,
    /// Lines behind the points, solid or dashed.
    pub guides: Vec<(Vec<Xy>, bool)>,
    pub points: Vec<(f64, f64, Look)>,
}

impl Plot for Scatter {
    fn title(&self) -> &str {
        &self.title
    }

    fn left(&self) -> f64 {
        frame::left_of(&self.y, self.y_title.is_some())
    }

    fn height(&self, width: f64) -> f64 {
        if self.square { width } else { 0.8 * width }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        frame::grid(canvas, area, &self.x, Some(&self.y));
        frame::x_axis(canvas, area, &self.x, &self.x_title);
        frame::y_axis(canvas, area, &self.y, self.y_title.as_deref());
        let at = |x: f64, y: f64| area.at(self.x.position(x), self.y.position(y));
        for (line, solid) in &self.guides {
            let ends: Vec<Xy> = line.iter().map(|(x, y)| at(*x, *y)).collect();
            let dashes: &[f64] = if *solid { &[] } else { &[5.0, 4.0] };
            canvas.dashed(&ends, Ink::line(FRAME, 1.0), dashes);
        }
        for (x, y, look) in &self.points {
            look.draw_point(canvas, at(*x, *y));
        }
    }
}
