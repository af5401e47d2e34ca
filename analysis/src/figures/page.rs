//! The sheet around the panels: title on top, panels in columns, one legend and the caption
//! below. Every part measures its text, so nothing overlaps whatever the names.

use super::canvas::{Canvas, Ink, Lettering, Rect};
use super::frame::{self, BELOW};
use super::quantity::Quantity;
use super::style::{self, Look};
use super::text::{self, size};
use crate::stats::Interval;
use crate::summary::Statistic;
use models::records::{METRICS, Summary};
use plotters_backend::text_anchor::HPos;

/// Width of a sheet in pixels, if its panels do not need more: about 17 cm at 8 points a label.
const WIDTH: f64 = 760.0;
const MARGIN: f64 = 12.0;
/// Pixels right of each panel.
const RIGHT: f64 = 16.0;
const LINE: f64 = 16.0;
/// Pixels of a legend's sample and of the space around it.
const SAMPLE: f64 = 42.0;
const SAMPLE_GAP: f64 = 7.0;

/// A panel that can be placed on a sheet.
pub(super) trait Plot {
    /// Printed bold above the frame; may be empty.
    fn title(&self) -> &str;
    /// Pixels left of the frame.
    fn left(&self) -> f64;
    /// Height of the frame in pixels when it is this wide.
    fn height(&self, width: f64) -> f64;
    /// Draws everything of the panel but its title.
    fn draw(&self, canvas: &mut Canvas<'_>, frame: Rect);
}

/// What stands beside a name in the legend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sample {
    Line(Look),
    Marker(Look),
    Part(usize),
    /// A published value.
    Ring,
}

/// A whole figure.
pub(super) struct Page {
    pub title: String,
    pub caption: String,
    /// Numbers of replicates and meaning of bands, printed after the caption.
    pub note: String,
    pub legend: Vec<(Sample, String)>,
    pub columns: usize,
    pub plots: Vec<Box<dyn Plot>>,
    /// Panels are at least this wide.
    pub least_width: f64,
}

/// Where everything goes.
struct Plan {
    width: f64,
    height: f64,
    frames: Vec<Rect>,
    legend_top: f64,
    legend_columns: usize,
    caption_top: f64,
    title: Vec<String>,
    caption: Vec<String>,
}

impl Page {
    /// The SVG document.
    pub(super) fn svg(&self) -> String {
        let plan = self.plan();
        Canvas::document(plan.width, plan.height, |canvas| {
            self.draw_title(canvas, &plan);
            for (plot, frame) in self.plots.iter().zip(&plan.frames) {
                frame::panel_title(canvas, *frame, plot.title());
                plot.draw(canvas, *frame);
            }
            self.draw_legend(canvas, &plan);
            self.draw_caption(canvas, &plan);
        })
    }

    fn plan(&self) -> Plan {
        let lefts = self.column_lefts();
        let taken = lefts.iter().sum::<f64>() + RIGHT * lefts.len() as f64;
        let space = (WIDTH - 2.0 * MARGIN - taken) / lefts.len() as f64;
        let frame_width = space.max(self.least_width);
        let width = libm::ceil(frame_width * lefts.len() as f64 + taken + 2.0 * MARGIN);
        let inner = width - 2.0 * MARGIN;
        // Bold letters are a little wider than those that `wrap` measures.
        let title = text::wrap(&self.title, size::TITLE * 1.1, inner);
        // Without a title only the room that every frame has above it.
        let top = match title.len() {
            0 => 4.0,
            lines => MARGIN + lines as f64 * 20.0 + 4.0,
        };
        let (frames, legend_top) = self.place(&lefts, frame_width, top);
        let legend_columns = self.legend_columns(inner);
        let legend_rows = self.legend.len().div_ceil(legend_columns.max(1));
        let caption_top = legend_top + legend_rows as f64 * LINE + 8.0;
        let words = [self.caption.trim(), self.note.trim()].join(" ");
        let caption = text::wrap(words.trim(), size::CAPTION, inner);
        let height = libm::ceil(caption_top + caption.len() as f64 * LINE + MARGIN);
        Plan {
            width,
            height,
            frames,
            legend_top,
            legend_columns,
            caption_top,
            title,
            caption,
        }
    }

    /// The widest left margin of every column.
    fn column_lefts(&self) -> Vec<f64> {
        let columns = self.columns.clamp(1, self.plots.len().max(1));
        let left = |column: usize| {
            let plots = self.plots.iter().skip(column).step_by(columns);
            plots.map(|plot| plot.left()).fold(0.0, f64::max)
        };
        (0..columns).map(left).collect()
    }

    /// The frames row by row, and where the space below them begins.
    fn place(&self, lefts: &[f64], width: f64, mut top: f64) -> (Vec<Rect>, f64) {
        let mut frames = Vec::new();
        for row in self.plots.chunks(lefts.len()) {
            let has_title = row.iter().any(|plot| !plot.title().is_empty());
            top += if has_title { 22.0 } else { 8.0 };
            let height = row
                .iter()
                .map(|plot| plot.height(width))
                .fold(0.0, f64::max);
            let mut left = MARGIN;
            for (_, margin) in row.iter().zip(lefts) {
                left += margin;
                frames.push(Rect {
                    left,
                    top,
                    width,
                    height,
                });
                left += width + RIGHT;
            }
            top += height + BELOW;
        }
        (frames, top + 6.0)
    }

    fn entry_width(&self) -> f64 {
        let widths = self
            .legend
            .iter()
            .map(|(_, name)| text::width(name, size::LABEL, false));
        widths.fold(0.0, f64::max) + SAMPLE + SAMPLE_GAP + 18.0
    }

    fn legend_columns(&self, space: f64) -> usize {
        let fitting = (space / self.entry_width()) as usize;
        let columns = fitting.clamp(1, self.legend.len().max(1));
        // Equal rows look better than a full one and a remainder.
        let rows = self.legend.len().div_ceil(columns).max(1);
        self.legend.len().div_ceil(rows).max(1)
    }

    fn draw_title(&self, canvas: &mut Canvas<'_>, plan: &Plan) {
        for (row, line) in plan.title.iter().enumerate() {
            let at = (plan.width / 2.0, MARGIN + 10.0 + row as f64 * 20.0);
            canvas.text(at, line, Lettering::new(size::TITLE, HPos::Center).bold());
        }
    }

    fn draw_legend(&self, canvas: &mut Canvas<'_>, plan: &Plan) {
        let inner = plan.width - 2.0 * MARGIN;
        let step = self.entry_width().min(inner / plan.legend_columns as f64);
        let left = (plan.width - step * plan.legend_columns as f64) / 2.0;
        for (index, (sample, name)) in self.legend.iter().enumerate() {
            let x = left + step * (index % plan.legend_columns) as f64;
            let y = plan.legend_top + LINE * ((index / plan.legend_columns) as f64 + 0.5);
            draw_sample(canvas, *sample, x, y);
            let space = step - SAMPLE - SAMPLE_GAP;
            let name = text::fit(name, size::LABEL, false, space);
            let lettering = Lettering::new(size::LABEL, HPos::Left);
            canvas.text((x + SAMPLE + SAMPLE_GAP, y), &name, lettering);
        }
    }

    fn draw_caption(&self, canvas: &mut Canvas<'_>, plan: &Plan) {
        for (row, line) in plan.caption.iter().enumerate() {
            let at = (MARGIN, plan.caption_top + LINE * (row as f64 + 0.5));
            canvas.text(at, line, Lettering::new(size::CAPTION, HPos::Left));
        }
    }
}

fn draw_sample(canvas: &mut Canvas<'_>, sample: Sample, x: f64, y: f64) {
    match sample {
        Sample::Line(look) => {
            let ends = [(x, y), (x + SAMPLE, y)];
            canvas.dashed(&ends, look.ink(1.6), look.dashes());
            look.draw_marker(canvas, (x + SAMPLE / 2.0, y));
        }
        Sample::Ring => {
            let look = Look {
                color: 6,
                marker: 0,
                dash: 0,
            };
            look.draw_ring(canvas, (x + SAMPLE / 2.0, y));
        }
        Sample::Marker(look) => look.draw_marker(canvas, (x + SAMPLE - 8.0, y)),
        Sample::Part(part) => {
            let area = Rect {
                left: x + 20.0,
                top: y - 5.5,
                width: 22.0,
                height: 11.0,
            };
            style::draw_part(canvas, area, part);
            let edge = Ink::line(style::FRAME, 0.4);
            let (left, right, top, bottom) = (area.left, area.right(), area.top, area.bottom());
            let corners = [
                (left, top),
                (right, top),
                (right, bottom),
                (left, bottom),
                (left, top),
            ];
            canvas.line(&corners, edge);
        }
    }
}

/// How many runs a mark sums up, and whether its interval can be drawn. No runs: a cell without a
/// value, which is not drawn either.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub n: usize,
    pub has_interval: bool,
    /// Whether the interval is a bootstrap's of so few runs that it is narrower than it should be.
    pub is_narrow: bool,
}

impl Count {
    /// Fewer runs than this are few for a bootstrap.
    const FEW: usize = 10;

    pub(super) fn of(n: usize, interval: Interval, quantity: Quantity) -> Count {
        let is_rate = matches!(METRICS[quantity.metric].summary, Summary::Rate);
        Count {
            n,
            has_interval: interval.is_known(),
            is_narrow: interval.is_known()
                && n < Count::FEW
                && quantity.statistic == Statistic::Mean
                && !is_rate,
        }
    }
}

/// `(n = 200 runs per point; bands: 95 % interval.)`, for the end of a caption.
pub(super) fn replicates(counts: &[Count], mark: &str, interval: &str) -> String {
    let bare = counts.iter().filter(|c| c.n > 1 && !c.has_interval).count();
    let narrow = match counts.iter().any(|count| count.is_narrow) {
        true => ", too narrow where n is below 10",
        false => "",
    };
    let counts: Vec<usize> = counts.iter().map(|count| count.n).collect();
    let drawn = counts.iter().copied().filter(|n| *n > 0);
    let (least, most) = (
        drawn.clone().min().unwrap_or(0),
        drawn.clone().max().unwrap_or(0),
    );
    let missing = match counts.len() - drawn.count() {
        0 => String::new(),
        1 => format!("; 1 {mark} without a valid value is missing"),
        some => format!("; {some} {mark}s without a valid value are missing"),
    };
    let n = match (least, most) {
        (_, 0 | 1) => return format!("(n = {most} run per {mark}, no intervals{missing}.)"),
        _ if least == most => most.to_string(),
        _ => format!("{least} to {most}"),
    };
    let few = match bare {
        0 => "",
        all if all == counts.iter().filter(|n| **n > 0).count() => {
            return format!("(n = {n} runs per {mark}, too few for 95 % intervals{missing}.)");
        }
        _ => ", where there are runs enough for one",
    };
    format!("(n = {n} runs per {mark}; {interval}{few}{narrow}{missing}.)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_says_how_many_runs_and_what_is_missing() {
        let counts = |list: &[usize], has_interval| -> Vec<Count> {
            let count = |n: &usize| Count {
                n: *n,
                has_interval,
                is_narrow: false,
            };
            list.iter().map(count).collect()
        };
        let all = replicates(&counts(&[20, 20], true), "point", "bands: 95 % interval");
        assert_eq!(all, "(n = 20 runs per point; bands: 95 % interval.)");
        let some = replicates(
            &counts(&[20, 0, 18], true),
            "bar",
            "whiskers: 95 % interval",
        );
        assert!(some.contains("n = 18 to 20 runs per bar"), "{some}");
        assert!(
            some.contains("1 bar without a valid value is missing"),
            "{some}"
        );
        assert_eq!(
            replicates(&counts(&[1], false), "bar", "whiskers: 95 % interval"),
            "(n = 1 run per bar, no intervals.)"
        );
        let few = counts(&[3, 4], false);
        assert_eq!(
            replicates(&few, "point", "bands: 95 % interval"),
            "(n = 3 to 4 runs per point, too few for 95 % intervals.)"
        );
        let some = [few, counts(&[20], true)].concat();
        let some = replicates(&some, "point", "bands: 95 % interval");
        assert!(
            some.contains("95 % interval, where there are runs enough"),
            "{some}"
        );
        let narrow = Count {
            n: 3,
            has_interval: true,
            is_narrow: true,
        };
        assert_eq!(
            replicates(&[narrow], "point", "bands: 95 % interval"),
            "(n = 3 runs per point; bands: 95 % interval, too narrow where n is below 10.)"
        );
    }
}
