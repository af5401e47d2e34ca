//! A panel of bars.

use super::data::{Bar, Layout};
use crate::figures::axis::Axis;
use crate::figures::canvas::{Canvas, Ink, Lettering, Rect};
use crate::figures::frame;
use crate::figures::page::Plot;
use crate::figures::style::{self, FRAME};
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
    /// One entry per place of the layout.
    pub bars: Vec<Option<Bar>>,
    /// Whether names stand left of this panel; its right neighbours share them.
    pub shows_names: bool,
}

impl Panel {
    /// Groups of several bars have a line for their name above them.
    fn has_headers(&self) -> bool {
        self.layout.bars.len() > 1
    }

    fn group_height(&self) -> f64 {
        let lines = self.layout.bars.len() + usize::from(self.has_headers());
        lines as f64 * PITCH + if self.has_headers() { GROUP_GAP } else { 0.0 }
    }

    /// Names from above to below with the middle of their line below the frame's top.
    fn names(&self) -> Vec<(f64, &str, bool)> {
        let mut names = Vec::new();
        for (index, (_, group)) in self.layout.groups.iter().enumerate() {
            let top = 4.0 + index as f64 * self.group_height() + PITCH / 2.0;
            names.push((top, group.as_str(), self.has_headers()));
            if self.has_headers() {
                let bars = self.layout.bars.iter().enumerate();
                names.extend(
                    bars.map(|(bar, name)| (top + (bar + 1) as f64 * PITCH, name.as_str(), false)),
                );
            }
        }
        names
    }

    fn draw_names(&self, canvas: &mut Canvas<'_>, frame: Rect) {
        for (down, name, is_header) in self.names() {
            let lettering = Lettering {
                bold: is_header,
                ..Lettering::new(size::TICK, HPos::Right)
            };
            let name = text::fit(name, size::TICK, is_header, NAMES);
            canvas.text((frame.left - 7.0, frame.top + down), &name, lettering);
        }
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
            frame::whisker(canvas, (low, middle), (high, middle));
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
        let width = |(_, name, bold): (f64, &str, bool)| text::width(name, size::TICK, bold);
        let widest = self.names().into_iter().map(width).fold(0.0, f64::max);
        widest.min(NAMES) + 12.0
    }

    fn height(&self, _: f64) -> f64 {
        self.group_height() * self.layout.groups.len() as f64 + 8.0
    }

    fn draw(&self, canvas: &mut Canvas<'_>, frame: Rect) {
        frame::grid(canvas, frame, &self.axis, None);
        let places = self
            .names()
            .into_iter()
            .filter(|(.., is_header)| !is_header);
        for (index, ((down, ..), bar)) in places.zip(&self.bars).enumerate() {
            let middle = frame.top + down;
            match bar {
                Some(bar) => {
                    self.draw_bar(canvas, frame, middle, bar, index % self.layout.bars.len());
                }
                None => frame::remark(canvas, (frame.left + 5.0, middle), "no valid run"),
            }
        }
        if self.shows_names {
            self.draw_names(canvas, frame);
        }
        canvas.line(
            &[frame.at(0.0, 0.0), frame.at(0.0, 1.0)],
            Ink::line(FRAME, 0.9),
        );
        frame::x_axis(canvas, frame, &self.axis, &self.axis_title);
    }
}
