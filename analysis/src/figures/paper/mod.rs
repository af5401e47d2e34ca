//! Figures of published studies: simulated values with their intervals, published ones beside them.
//!
//! A figure is one file here: the study and the scenario that its values come from, what was fitted, and a
//! drawing function that says which panels there are. The values are handed over as [`Mark`]s by whoever ran
//! the study; `sheet` draws them all alike.

mod backoff;
mod exact;
mod excamera_makespan;
mod excamera_rate;
mod excamera_speed;
mod excamera_workers;
mod money;
mod queue;
mod replay;
mod sheet;
mod wosc26_counter;
mod wosc26_retry;
mod wosc26_video;

use super::FigureError;
use crate::stats::Interval;

/// Where a mark stands along x.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    At(f64),
    /// Among others of that name.
    Named(String),
}

/// A simulated value, and the published one if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Name of its figure, and of the panel in it.
    pub figure: &'static str,
    pub panel: &'static str,
    pub series: String,
    pub place: Place,
    /// In the unit of the panel's axis.
    pub simulated: f64,
    pub interval: Interval,
    pub published: Option<f64>,
    /// The simulated value was set by the published one: that they agree says nothing.
    pub fitted: bool,
}

/// A figure of a study.
#[derive(Clone, Copy, Debug)]
pub struct PaperFigure {
    /// Stem of the file names.
    pub name: &'static str,
    pub title: &'static str,
    /// The study whose values it shows.
    pub study: &'static str,
    /// The scenarios that are run, in `scenarios/paper`.
    pub scenarios: &'static [&'static str],
    /// What is shown and what was fitted.
    pub caption: &'static str,
    /// What whiskers span.
    pub whiskers: &'static str,
    /// Makes the SVG document.
    pub draw: fn(&PaperFigure, &[Mark]) -> Result<String, FigureError>,
}

/// Every figure, in the order in which they are shown.
pub const FIGURES: &[PaperFigure] = &[
    exact::FIGURE,
    queue::FIGURE,
    backoff::FIGURE,
    wosc26_counter::FIGURE,
    wosc26_retry::FIGURE,
    wosc26_video::FIGURE,
    excamera_workers::FIGURE,
    excamera_makespan::FIGURE,
    excamera_speed::FIGURE,
    excamera_rate::FIGURE,
    replay::FIGURE,
    money::FIGURE,
];

impl PaperFigure {
    /// Draws those of the marks that are this figure's.
    ///
    /// # Errors
    /// If there is none.
    pub fn svg(&self, marks: &[Mark]) -> Result<String, FigureError> {
        let own: Vec<Mark> = marks
            .iter()
            .filter(|mark| mark.figure == self.name)
            .cloned()
            .collect();
        if own.is_empty() {
            return Err(FigureError::NoValues);
        }
        (self.draw)(self, &own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different() {
        let mut names: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIGURES.len());
    }

    #[test]
    fn a_published_value_has_a_ring_and_a_missing_figure_an_error() {
        let mark = |published| Mark {
            figure: "replay",
            panel: "total",
            series: "kept".to_owned(),
            place: Place::At(10.0),
            simulated: 1.0,
            interval: Interval {
                low: 0.9,
                high: 1.1,
            },
            published,
            fitted: false,
        };
        let circles = |mark| {
            let svg = replay::FIGURE.svg(&[mark]).unwrap();
            svg.matches("<circle").count()
        };
        // A ring is two circles, in the panel and in the legend; the hole of a fitted one is another.
        assert_eq!(circles(mark(Some(1.0))), circles(mark(None)) + 4);
        let fitted = Mark {
            fitted: true,
            ..mark(Some(1.0))
        };
        assert_eq!(circles(fitted), circles(mark(Some(1.0))) + 1);
        assert_eq!(money::FIGURE.svg(&[mark(None)]), Err(FigureError::NoValues));
    }
}
