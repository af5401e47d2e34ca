//! A numeric axis: from values to a share of its length.
//!
//! A log axis that has to show zeros keeps a strip of its length for them at the lower end,
//! with a tick labelled 0 and a break between the strip and the logarithm.

use super::Scale;
use super::ticks::{self, Tick};

/// Share of a log axis set aside for zero, and where in it zero lies.
const ZERO_STRIP: f64 = 0.12;
const ZERO_AT: f64 = 0.04;

/// Values of an axis in the unit of its labels.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    /// Whether a strip for zero is kept.
    pub has_zero: bool,
    pub ticks: Vec<Tick>,
    /// Values of unlabelled lines.
    pub minor: Vec<f64>,
}

impl Axis {
    /// An axis that shows all of `values`, with about `wanted` ticks.
    pub(super) fn over(values: &[f64], scale: Scale, wanted: usize) -> Axis {
        let shown = values.iter().copied().filter(|value| value.is_finite());
        match scale {
            Scale::Linear => {
                let (low, high) = extremes(shown);
                let room = (high - low) * 0.04;
                let room = if room > 0.0 {
                    room
                } else {
                    low.abs().max(1.0) * 0.5
                };
                Axis::linear(low - room, high + room, wanted)
            }
            Scale::Log => Axis::logarithmic(shown.collect(), wanted),
        }
    }

    /// An axis with one place in its middle, labelled with this value.
    pub(super) fn single(value: f64) -> Axis {
        let room = if value == 0.0 { 1.0 } else { value.abs() };
        let label = ticks::label(value, room);
        let ticks = vec![Tick { value, label }];
        Axis {
            ticks,
            ..Axis::linear(value - room, value + room, 1)
        }
    }

    /// An axis for magnitudes: starts at zero unless the values vary little beside their size.
    pub(super) fn of_magnitudes(values: &[f64], scale: Scale, wanted: usize) -> Axis {
        let shown = values.iter().copied().filter(|value| value.is_finite());
        let (low, high) = extremes(shown);
        // Sums that are equal but for their rounding are equal.
        let differ = high - low > 1e-9 * high;
        if scale == Scale::Log || low < 0.0 || low > 0.75 * high && differ {
            return Axis::over(values, scale, wanted);
        }
        Axis::from_zero(high, wanted)
    }

    /// A linear axis from zero, for bars and for magnitudes.
    pub(super) fn from_zero(high: f64, wanted: usize) -> Axis {
        let high = if high > 0.0 { high } else { 1.0 };
        Axis::linear(0.0, high * 1.06, wanted)
    }

    /// From 0 to 1 with room for markers at both ends.
    pub(super) fn of_shares(wanted: usize) -> Axis {
        Axis::linear(-0.04, 1.04, wanted)
    }

    fn linear(low: f64, high: f64, wanted: usize) -> Axis {
        Axis {
            scale: Scale::Linear,
            low,
            high,
            has_zero: false,
            ticks: ticks::linear(low, high, wanted),
            minor: Vec::new(),
        }
    }

    fn logarithmic(values: Vec<f64>, wanted: usize) -> Axis {
        let positive = values.iter().copied().filter(|value| *value > 0.0);
        let (least, most) = extremes_or(positive, (0.1, 1.0));
        let room = libm::pow(most / least, 0.04).max(1.08);
        let (mut low, mut high) = (least / room, most * room);
        if high / low < 4.0 {
            (low, high) = (least / 2.0, most * 2.0);
        }
        let has_zero = values.iter().any(|value| *value <= 0.0);
        let mut ticks = ticks::logarithmic(low, high, wanted);
        if has_zero {
            let label = "0".to_owned();
            ticks.insert(0, Tick { value: 0.0, label });
        }
        let minor = ticks::minor(low, high);
        Axis {
            scale: Scale::Log,
            low,
            high,
            has_zero,
            ticks,
            minor,
        }
    }

    /// Where a value lies: 0 at the lower end of the axis, 1 at the upper.
    pub(super) fn position(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0),
            Scale::Log if value <= 0.0 => {
                if self.has_zero {
                    ZERO_AT
                } else {
                    0.0
                }
            }
            Scale::Log => {
                let share = libm::log(value / self.low) / libm::log(self.high / self.low);
                let start = self.log_start();
                start + (1.0 - start) * share.clamp(0.0, 1.0)
            }
        }
    }

    /// Where the logarithmic part begins.
    fn log_start(&self) -> f64 {
        if self.has_zero { ZERO_STRIP } else { 0.0 }
    }

    /// Where the axis is broken between zero and the logarithm, if it is.
    pub(super) fn break_at(&self) -> Option<f64> {
        self.has_zero.then_some((ZERO_AT + ZERO_STRIP) / 2.0)
    }
}

fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    extremes_or(values, (0.0, 1.0))
}

/// Least and greatest value, or `default` of nothing.
pub(super) fn extremes_or(values: impl Iterator<Item = f64>, default: (f64, f64)) -> (f64, f64) {
    let pair = values.fold(None, |found: Option<(f64, f64)>, value| {
        let (low, high) = found.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    });
    pair.unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_a_place_on_a_log_axis() {
        let axis = Axis::over(&[0.0, 0.01, 0.1], Scale::Log, 5);
        assert_eq!(axis.ticks[0].label, "0");
        let positions = [0.0, 0.01, 0.1].map(|value| axis.position(value));
        assert!(0.0 < positions[0] && positions[0] < ZERO_STRIP);
        assert!(positions.is_sorted() && positions[1] > ZERO_STRIP);
    }

    #[test]
    fn one_value_lies_in_the_middle() {
        assert_eq!(Axis::over(&[8.0], Scale::Linear, 5).position(8.0), 0.5);
        assert!((Axis::over(&[8.0], Scale::Log, 5).position(8.0) - 0.5).abs() < 1e-9);
    }
}
