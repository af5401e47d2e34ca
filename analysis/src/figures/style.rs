//! Colours, markers, dashes and hatches.
//!
//! Colours are those of Okabe and Ito ("Color Universal Design", 2008), told apart with any
//! colour vision; grey stands in for their yellow, which vanishes on white paper, and the wine and olive of
//! Tol ("Colour Schemes", 2021) follow. Markers, dashes and hatches repeat the distinction for
//! black-and-white print; their numbers differ from that of the colours, so that an eleventh series still
//! looks like no other.

use super::canvas::{Canvas, Ink, Rect, Xy};
use plotters::style::RGBColor;

pub(super) const BLACK: RGBColor = RGBColor(0, 0, 0);
pub(super) const WHITE: RGBColor = RGBColor(255, 255, 255);
pub(super) const FRAME: RGBColor = RGBColor(90, 90, 90);
pub(super) const GRID: RGBColor = RGBColor(225, 225, 225);

const COLORS: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    BLACK,
    RGBColor(136, 136, 136),
    RGBColor(136, 34, 85),
    RGBColor(153, 153, 51),
];

const DASHES: [&[f64]; 5] = [
    &[],
    &[7.0, 3.0],
    &[2.0, 2.5],
    &[8.0, 2.5, 2.0, 2.5],
    &[12.0, 3.0],
];

/// Number of different markers.
const MARKERS: usize = 7;

/// The looks of a series: an index into each cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub color: usize,
    pub marker: usize,
    pub dash: usize,
}

impl Look {
    pub(super) fn ink(self, width: f64) -> Ink {
        Ink::line(color(self.color), width)
    }

    pub(super) fn dashes(self) -> &'static [f64] {
        DASHES[self.dash % DASHES.len()]
    }

    /// A ring around a point, wide enough for a marker inside.
    pub(super) fn draw_ring(self, canvas: &mut Canvas<'_>, at: Xy) {
        canvas.circle(at, 6.4, Ink::area(color(self.color), 1.0));
        canvas.circle(at, 5.1, Ink::area(WHITE, 1.0));
    }

    /// The marker, smaller and without an edge, for clouds of points.
    pub(super) fn draw_point(self, canvas: &mut Canvas<'_>, at: Xy) {
        let fill = Ink::area(color(self.color), 0.55);
        match self.marker % MARKERS {
            0 => canvas.circle(at, 2.0, fill),
            kind => canvas.polygon(&outline(kind, at, 0.6), fill),
        }
    }

    /// The marker of the series around a point.
    pub(super) fn draw_marker(self, canvas: &mut Canvas<'_>, at: Xy) {
        let (edge, fill) = (Ink::area(WHITE, 1.0), Ink::area(color(self.color), 1.0));
        match self.marker % MARKERS {
            0 => {
                canvas.circle(at, 4.1, edge);
                canvas.circle(at, 3.3, fill);
            }
            kind => {
                canvas.polygon(&outline(kind, at, 1.25), edge);
                canvas.polygon(&outline(kind, at, 1.0), fill);
            }
        }
    }
}

/// A colour of the cycle.
pub(super) fn color(index: usize) -> RGBColor {
    COLORS[index % COLORS.len()]
}

fn outline(kind: usize, (x, y): Xy, scale: f64) -> Vec<Xy> {
    let shape: &[Xy] = match kind {
        1 => &[(-3.0, -3.0), (3.0, -3.0), (3.0, 3.0), (-3.0, 3.0)],
        2 => &[(0.0, -4.2), (3.9, 3.0), (-3.9, 3.0)],
        3 => &[(0.0, -4.4), (4.4, 0.0), (0.0, 4.4), (-4.4, 0.0)],
        4 => &[(0.0, 4.2), (3.9, -3.0), (-3.9, -3.0)],
        5 => &[
            (-1.4, -4.2),
            (1.4, -4.2),
            (1.4, -1.4),
            (4.2, -1.4),
            (4.2, 1.4),
            (1.4, 1.4),
            (1.4, 4.2),
            (-1.4, 4.2),
            (-1.4, 1.4),
            (-4.2, 1.4),
            (-4.2, -1.4),
            (-1.4, -1.4),
        ],
        _ => &[
            (-4.1, -2.1),
            (-2.1, -4.1),
            (0.0, -2.0),
            (2.1, -4.1),
            (4.1, -2.1),
            (2.0, 0.0),
            (4.1, 2.1),
            (2.1, 4.1),
            (0.0, 2.0),
            (-2.1, 4.1),
            (-4.1, 2.1),
            (-2.0, 0.0),
        ],
    };
    let place = |&(dx, dy): &Xy| (x + dx * scale, y + dy * scale);
    shape.iter().map(place).collect()
}

/// Fills an area with a part's colour and hatch, with a thin white edge to its neighbours.
pub(super) fn draw_part(canvas: &mut Canvas<'_>, area: Rect, part: usize) {
    canvas.rect(area, Ink::area(color(part), 1.0));
    let spacing = 6.0;
    let slopes: &[f64] = match part % 4 {
        0 => &[],
        1 => &[1.0],
        2 => &[-1.0],
        _ => &[1.0, -1.0],
    };
    for slope in slopes {
        let reach = area.width + area.height;
        let first = libm::ceil((area.left - reach) / spacing) * spacing;
        let mut start = first;
        while start < area.right() + reach {
            hatch_line(canvas, area, start, *slope);
            start += spacing;
        }
    }
    let edge = [(area.right(), area.top), (area.right(), area.bottom())];
    canvas.line(&edge, Ink::line(WHITE, 0.6));
}

/// The piece inside `area` of the diagonal through (`start`, middle of the area).
fn hatch_line(canvas: &mut Canvas<'_>, area: Rect, start: f64, slope: f64) {
    let middle = area.top + area.height / 2.0;
    let half = area.height / 2.0;
    let left = (start - half).max(area.left);
    let right = (start + half).min(area.right());
    if right - left > 0.1 {
        let y = |x: f64| middle - slope * (x - start);
        let ink = Ink {
            opacity: 0.75,
            ..Ink::line(WHITE, 0.9)
        };
        canvas.line(&[(left, y(left)), (right, y(right))], ink);
    }
}
