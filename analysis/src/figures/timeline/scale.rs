//! Time along a row, with the long gaps cut short.

use std::time::Duration;

/// A gap this many times as long as the middle one is cut to this length.
const LONGEST: f64 = 4.0;

/// Where each instant lies; straight in between.
pub(super) struct TimeScale {
    points: Vec<(Duration, f64)>,
    cut: Vec<bool>,
}

/// A gap that is drawn shorter than it was.
pub(super) struct Cut {
    pub from: f64,
    pub to: f64,
    pub length: Duration,
}

impl TimeScale {
    pub(super) fn of(instants: &[Duration], left: f64, width: f64) -> TimeScale {
        let first = instants.first().copied().unwrap_or_default();
        let mut gaps: Vec<f64> = instants
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .collect();
        let mut sorted = gaps.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(1.0);
        let longest = LONGEST * middle;
        let cut: Vec<bool> = gaps.iter().map(|gap| *gap > longest).collect();
        for gap in &mut gaps {
            *gap = gap.min(longest);
        }
        let total: f64 = gaps.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut x = 0.0;
        let mut points = vec![(first, left)];
        for (gap, time) in gaps.iter().zip(instants.iter().skip(1)) {
            x += gap;
            points.push((*time, left + width * x / total));
        }
        TimeScale { points, cut }
    }

    pub(super) fn x(&self, time: Duration) -> f64 {
        let after = self.points.partition_point(|(known, _)| *known <= time);
        let Some((before, x)) = after
            .checked_sub(1)
            .and_then(|place| self.points.get(place))
        else {
            return self.points.first().map_or(0.0, |(_, x)| *x);
        };
        let Some((next, next_x)) = self.points.get(after) else {
            return *x;
        };
        let share = (time - *before).as_secs_f64() / (*next - *before).as_secs_f64();
        x + share * (next_x - x)
    }

    pub(super) fn cuts(&self) -> Vec<Cut> {
        let pairs = self.points.windows(2).zip(&self.cut);
        pairs
            .filter(|(_, cut)| **cut)
            .map(|(pair, _)| Cut {
                from: pair[0].1,
                to: pair[1].1,
                length: pair[1].0 - pair[0].0,
            })
            .collect()
    }

    /// Instants far enough from each other to be written.
    pub(super) fn ticks(&self, apart: f64) -> Vec<(f64, Duration)> {
        let mut ticks: Vec<(f64, Duration)> = Vec::new();
        for (time, x) in &self.points {
            if ticks.last().is_none_or(|(last, _)| x - last >= apart) {
                ticks.push((*x, *time));
            }
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gap_is_cut_and_order_is_kept() {
        let ms = [0, 5, 10, 15, 20, 9_000, 9_005];
        let instants: Vec<Duration> = ms.map(Duration::from_millis).to_vec();
        let scale = TimeScale::of(&instants, 100.0, 900.0);
        let cuts = scale.cuts();
        assert_eq!(cuts.len(), 1);
        assert_eq!(cuts[0].length, Duration::from_millis(8_980));
        // Five gaps of 5 ms and one cut to 20 ms.
        assert!((cuts[0].to - cuts[0].from - 400.0).abs() < 1e-9);
        let places: Vec<f64> = instants.iter().map(|time| scale.x(*time)).collect();
        assert!(
            places.windows(2).all(|pair| pair[0] < pair[1]),
            "{places:?}"
        );
        assert!((places[6] - 1000.0).abs() < 1e-9);
        assert!((scale.x(Duration::from_micros(2_500)) - 150.0).abs() < 1e-9);
    }

    #[test]
    fn one_instant_has_a_place() {
        let scale = TimeScale::of(&[Duration::ZERO], 10.0, 100.0);
        assert_eq!(scale.x(Duration::ZERO), 10.0);
        assert_eq!(TimeScale::of(&[], 10.0, 100.0).x(Duration::ZERO), 10.0);
    }
}
