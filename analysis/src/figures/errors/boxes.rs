//! A panel with a box for each group, one below the other.

use crate::figures::Scale;
use crate::figures::axis::Axis;
use crate::figures::canvas::{Canvas, Ink, Lettering, Rect};
use crate::figures::frame;
use crate::figures::page::Plot;
use crate::figures::style::{BLACK, FRAME, color};
use crate::figures::text::{self, size};
use plotters_backend::text_anchor::HPos;

/// Pixels of a group.
const ROW: f64 = 22.0;

/// Quantiles of a group: 5, 25, 50, 75 and 95 %.
pub(super) struct Spread {
    label: String,
    quantiles: [f64; 5],
}

impl Spread {
    pub(super) fn of(name: &str, mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (values.len().max(1) - 1) as f64;
            let (low, high) = (libm::floor(place) as usize, libm::ceil(place) as usize);
            let value = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
            value(low) + (place - libm::floor(place)) * (value(high) - value(low))
        };
        Spread {
            label: format!("{name} ({})", values.len()),
            quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(at),
        }
    }
}

/// The panel.
pub(super) struct Boxes {
    title: String,
    x_title: String,
    x: Axis,
    groups: Vec<Spread>,
}

impl Boxes {
    pub(super) fn new(title: &str, x_title: &str, groups: Vec<Spread>) -> Boxes {
        let mut shown: Vec<f64> = groups.iter().flat_map(|group| group.quantiles).collect();
        shown.push(0.0);
        Boxes {
            title: title.to_owned(),
            x_title: x_title.to_owned(),
            x: Axis::over(&shown, Scale::Linear, 6),
            groups,
        }
    }
}

impl Plot for Boxes {
    fn title(&self) -> &str {
        &self.title
    }

    fn left(&self) -> f64 {
        let widths = self
            .groups
            .iter()
            .map(|g| text::width(&g.label, size::TICK, false));
        widths.fold(0.0, f64::max) + 12.0
    }

    fn height(&self, _: f64) -> f64 {
        ROW * self.groups.len() as f64
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        frame::grid(canvas, area, &self.x, None);
        frame::x_axis(canvas, area, &self.x, &self.x_title);
        let across = |value: f64| area.left + self.x.position(value) * area.width;
        let zero = across(0.0);
        canvas.line(
            &[(zero, area.top), (zero, area.bottom())],
            Ink::line(FRAME, 1.0),
        );
        for (nth, group) in self.groups.iter().enumerate() {
            let y = area.top + ROW * (nth as f64 + 0.5);
            let lettering = Lettering::new(size::TICK, HPos::Right);
            canvas.text((area.left - 7.0, y), &group.label, lettering);
            let [low, first, middle, third, high] = group.quantiles.map(across);
            frame::whisker(canvas, (low, y), (high, y), FRAME);
            let body = Rect {
                left: first,
                top: y - 6.0,
                width: third - first,
                height: 12.0,
            };
            canvas.rect(body, Ink::area(color(5), 1.0));
            canvas.line(
                &[(middle, y - 7.0), (middle, y + 7.0)],
                Ink::line(BLACK, 1.8),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_values() {
        let spread = Spread::of("x", vec![4.0, 0.0, 2.0, 1.0, 3.0]);
        assert_eq!(spread.label, "x (5)");
        let expected = [0.2, 1.0, 2.0, 3.0, 3.8];
        for (found, expected) in spread.quantiles.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
    }
}
