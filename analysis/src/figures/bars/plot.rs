//! A panel of bars.

use super::data::{Bar, Layout, Line};
use crate::figures::axis::Axis;
use crate::figures::canvas::{Canvas, Ink, Lettering, Rect};
use crate::figures::frame;
use crate::figures::page::Plot;
use crate::figures::style::{self, BLACK, FRAME};
use crate::figures::text::{self, size};
use plotters_backend::text_anchor::HPos;

/// Thickness of a bar, and distances from bar to bar and group to group, in pixels.
const BAR: f64 = 13.0;
const PITCH: f64 = 18.0;
const GROUP_GAP: f64 = 6.0;
/// Names get at most this much room left of the frame.
const NAMES: f64 = 260.0;

pub(super) struct Panel {
    pub title: String,
    pub axis_title: String,
    pub axis: Axis,
    /// Divides values to the unit of the axis.
    pub unit: f64,
    pub layout: Layout,
    /// One entry per line of the layout.
    pub bars: Vec<Option<Bar>>,
    /// Whether names stand left of this panel; its right neighbours share them.
    pub shows_names: bool,
}

impl Panel {
    /// Every line with its bar and the distance of its middle from the frame's top; groups are
    /// set apart.
    fn lines(&self) -> Vec<(f64, &Line, Option<&Bar>)> {
        let mut middle = 4.0 + PITCH / 2.0;
        let mut lines = Vec::new();
        for (line, bar) in self.layout.lines.iter().zip(&self.bars) {
            if line.place.is_none() && !lines.is_empty() {
                middle += GROUP_GAP;
            }
            lines.push((middle, line, bar.as_ref()));
            middle += PITCH;
        }
        lines
    }

    fn draw_name(&self, canvas: &mut Canvas<'_>, right: f64, middle: f64, line: &Line) {
        let bold = line.place.is_none();
        let lettering = Lettering {
            bold,
            ..Lettering::new(size::TICK, HPos::Right)
        };
        let name = text::fit(&line.name, size::TICK, bold, NAMES);
        canvas.text((right, middle), &name, lettering);
    }

    fn draw_bar(&self, canvas: &mut Canvas<'_>, frame: Rect, middle: f64, bar: &Bar, color: usize) {
        let x = |value: f64| frame.at(self.axis.position(value / self.unit), 0.0).0;
        let is_stack = bar.parts.len() > 1;
        let mut below = 0.0;
        for (part, height) in bar.parts.iter().enumerate() {
            let left = if part == 0 { frame.left } else { x(below) };
            below += height;
            let width = x(below) - left;
            let area = Rect {
                left,
                top: middle - BAR / 2.0,
                width,
                height: BAR,
            };
            match is_stack {
                true if width > 0.05 => style::draw_part(canvas, area, part),
                true => {}
                false => canvas.rect(area, Ink::area(style::color(color), 0.85)),
            }
        }
        if bar.interval.is_known() {
            let (low, high) = (x(bar.interval.low), x(bar.interval.high));
            frame::whisker(canvas, (low, middle), (high, middle), BLACK);
        }
    }
}

impl Plot for Panel {
    fn title(&self) -> &str {
        &self.title
    }

    fn left(&self) -> f64 {
        if !self.shows_names {
            return 10.0;
        }
        let width = |line: &Line| text::width(&line.name, size::TICK, line.place.is_none());
        let widest = self.layout.lines.iter().map(width).fold(0.0, f64::max);
        widest.min(NAMES) + 12.0
    }

    fn height(&self, _: f64) -> f64 {
        let last = self.lines().last().map_or(0.0, |(middle, ..)| *middle);
        last + PITCH / 2.0 + 4.0
    }

    fn draw(&self, canvas: &mut Canvas<'_>, frame: Rect) {
        frame::grid(canvas, frame, &self.axis, None);
        for (down, line, bar) in self.lines() {
            let middle = frame.top + down;
            if self.shows_names {
                self.draw_name(canvas, frame.left - 7.0, middle, line);
            }
            let color = line.place.as_ref().map_or(0, |place| place.color);
            match bar {
                Some(bar) if bar.n > 0 => self.draw_bar(canvas, frame, middle, bar, color),
                Some(_) => frame::remark(canvas, (frame.left + 5.0, middle), "no value"),
                None => {}
            }
        }
        canvas.line(
            &[frame.at(0.0, 0.0), frame.at(0.0, 1.0)],
            Ink::line(FRAME, 0.9),
        );
        frame::x_axis(canvas, frame, &self.axis, &self.axis_title);
    }
}
