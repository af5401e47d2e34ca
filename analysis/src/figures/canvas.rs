//! Drawing in fractions of a pixel on the SVG backend of plotters, which knows whole numbers only.
//!
//! Everything is drawn [`UNIT`] times too large and the size in the document's first line is
//! set back, so a viewer scales it down.

use super::text;
use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, FontFamily,
    FontStyle, FontTransform,
};

/// Units of the document per pixel.
const UNIT: f64 = 16.0;

/// A point in pixels from the upper left corner.
pub(super) type Xy = (f64, f64);

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub(super) fn right(self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(self) -> f64 {
        self.top + self.height
    }

    /// Where a share of the width and, from the bottom up, of the height lies.
    pub(super) fn at(self, across: f64, up: f64) -> Xy {
        (
            self.left + across * self.width,
            self.bottom() - up * self.height,
        )
    }
}

/// Colour, width in pixels and opacity of a line or an area.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ink {
    pub color: RGBColor,
    pub width: f64,
    pub opacity: f64,
}

impl Ink {
    pub(super) fn line(color: RGBColor, width: f64) -> Ink {
        Ink {
            color,
            width,
            opacity: 1.0,
        }
    }

    pub(super) fn area(color: RGBColor, opacity: f64) -> Ink {
        Ink {
            color,
            width: 0.0,
            opacity,
        }
    }
}

impl BackendStyle for Ink {
    fn color(&self) -> BackendColor {
        BackendColor {
            alpha: self.opacity,
            rgb: (self.color.0, self.color.1, self.color.2),
        }
    }

    fn stroke_width(&self) -> u32 {
        libm::round(self.width * UNIT) as u32
    }
}

/// How a text stands at its point.
#[derive(Clone, Copy)]
pub(super) struct Lettering {
    pub size: f64,
    pub bold: bool,
    pub align: HPos,
    /// Reads from below to above.
    pub upright: bool,
    pub color: RGBColor,
}

impl Lettering {
    pub(super) fn new(size: f64, align: HPos) -> Lettering {
        Lettering {
            size,
            bold: false,
            align,
            upright: false,
            color: RGBColor(0, 0, 0),
        }
    }

    pub(super) fn bold(self) -> Lettering {
        Lettering { bold: true, ..self }
    }

    pub(super) fn colored(self, color: RGBColor) -> Lettering {
        Lettering { color, ..self }
    }
}

impl BackendTextStyle for Lettering {
    type FontError = std::convert::Infallible;

    fn color(&self) -> BackendColor {
        Ink::area(self.color, 1.0).color()
    }

    fn size(&self) -> f64 {
        // The backend divides by this factor.
        self.size * UNIT * 1.24
    }

    fn transform(&self) -> FontTransform {
        if self.upright {
            FontTransform::Rotate270
        } else {
            FontTransform::None
        }
    }

    fn style(&self) -> FontStyle {
        if self.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        }
    }

    fn anchor(&self) -> Pos {
        Pos::new(self.align, VPos::Center)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name("Liberation Sans, Arial, Helvetica, sans-serif")
    }

    fn layout_box(&self, _: &str) -> Result<((i32, i32), (i32, i32)), Self::FontError> {
        Ok(((0, 0), (0, 0)))
    }

    fn draw<E, F: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        _: &str,
        _: BackendCoord,
        _: F,
    ) -> Result<Result<(), E>, Self::FontError> {
        Ok(Ok(()))
    }
}

/// An SVG document being drawn.
pub(super) struct Canvas<'a> {
    backend: plotters::backend::SVGBackend<'a>,
}

impl Canvas<'_> {
    /// The document that `paint` draws on a white sheet of this size.
    pub(super) fn document(width: f64, height: f64, paint: impl FnOnce(&mut Canvas<'_>)) -> String {
        let size = (units(width) as u32, units(height) as u32);
        let mut svg = String::new();
        let mut canvas = Canvas {
            backend: plotters::backend::SVGBackend::with_string(&mut svg, size),
        };
        let sheet = Rect {
            left: 0.0,
            top: 0.0,
            width,
            height,
        };
        canvas.rect(sheet, Ink::area(RGBColor(255, 255, 255), 1.0));
        paint(&mut canvas);
        drawn(canvas.backend.present());
        drop(canvas);
        let units = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
        svg.replacen(&units, &format!("width=\"{width}\" height=\"{height}\""), 1)
    }

    pub(super) fn line(&mut self, points: &[Xy], ink: Ink) {
        drawn(
            self.backend
                .draw_path(points.iter().copied().map(snap), &ink),
        );
    }

    /// A line in dashes: lengths of ink and gap in turn, in pixels; no lengths, no gaps.
    pub(super) fn dashed(&mut self, points: &[Xy], ink: Ink, lengths: &[f64]) {
        for dash in super::dash::split(points, lengths) {
            self.line(&dash, ink);
        }
    }

    pub(super) fn polygon(&mut self, points: &[Xy], ink: Ink) {
        drawn(
            self.backend
                .fill_polygon(points.iter().copied().map(snap), &ink),
        );
    }

    pub(super) fn rect(&mut self, area: Rect, ink: Ink) {
        let corners = (
            snap((area.left, area.top)),
            snap((area.right(), area.bottom())),
        );
        drawn(self.backend.draw_rect(corners.0, corners.1, &ink, true));
    }

    pub(super) fn circle(&mut self, centre: Xy, radius: f64, ink: Ink) {
        drawn(
            self.backend
                .draw_circle(snap(centre), units(radius) as u32, &ink, true),
        );
    }

    /// A text whose middle line passes through `at`. Signs that XML forbids are dropped.
    pub(super) fn text(&mut self, at: Xy, text: &str, lettering: Lettering) {
        let shown: String = text.chars().filter(|c| !c.is_control()).collect();
        let pieces = text::pieces(&shown);
        if pieces.iter().all(|(_, is_raised)| !is_raised) {
            return self.piece(at, &shown, lettering);
        }
        let size = lettering.size;
        let mut along = match lettering.align {
            HPos::Left => 0.0,
            HPos::Center => -text::width(&shown, size, lettering.bold) / 2.0,
            HPos::Right => -text::width(&shown, size, lettering.bold),
        };
        for (piece, is_raised) in pieces {
            let (scale, up) = if is_raised {
                (text::RAISED, 0.38 * size)
            } else {
                (1.0, 0.0)
            };
            let (right, down) = if lettering.upright {
                (-up, -along)
            } else {
                (along, -up)
            };
            let lettering = Lettering {
                size: size * scale,
                align: HPos::Left,
                ..lettering
            };
            self.piece((at.0 + right, at.1 + down), &piece, lettering);
            along += text::width(&piece, size * scale, lettering.bold);
        }
    }

    fn piece(&mut self, at: Xy, text: &str, lettering: Lettering) {
        if !text.is_empty() {
            drawn(self.backend.draw_text(text, &lettering, snap(at)));
        }
    }
}

fn units(pixels: f64) -> i32 {
    libm::round(pixels * UNIT) as i32
}

fn snap((x, y): Xy) -> BackendCoord {
    (units(x), units(y))
}

/// The backend writes into memory, which cannot fail.
fn drawn<E: std::fmt::Debug>(result: Result<(), E>) {
    debug_assert!(result.is_ok(), "{result:?}");
}
