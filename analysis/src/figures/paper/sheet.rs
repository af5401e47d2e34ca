//! The sheet that all figures of studies are drawn on.
//!
//! A filled marker is a simulated value, its whisker the 95 % interval; one with a hole was fitted to the
//! published value, which is a ring at the same place. Numbers along x are joined by lines; names along x are not, and values of one name stand side
//! by side.

use super::{Mark, PaperFigure, Place};
use crate::figures::axis::Axis;
use crate::figures::canvas::{Canvas, Ink, Rect, Xy};
use crate::figures::frame;
use crate::figures::page::{Page, Plot, Sample};
use crate::figures::style::{FRAME, Look, WHITE};
use crate::figures::ticks::{self, Tick};
use crate::figures::{FigureError, Scale};

/// A panel: which marks, and its axes.
#[derive(Clone, Copy, Debug)]
pub struct Panel {
    /// The marks' panel.
    pub key: &'static str,
    pub title: &'static str,
    pub x_title: &'static str,
    pub y_title: &'static str,
    pub x_scale: Scale,
    pub y_scale: Scale,
    /// Levels that are drawn across.
    pub levels: &'static [f64],
}

impl Panel {
    /// A panel with linear axes.
    pub const fn new(
        key: &'static str,
        title: &'static str,
        x_title: &'static str,
        y_title: &'static str,
    ) -> Panel {
        Panel {
            key,
            title,
            x_title,
            y_title,
            x_scale: Scale::Linear,
            y_scale: Scale::Linear,
            levels: &[],
        }
    }
}

/// Draws the marks on these panels, two beside each other.
pub fn draw(
    figure: &PaperFigure,
    panels: &[Panel],
    columns: usize,
    marks: &[Mark],
) -> Result<String, FigureError> {
    let mut series: Vec<&str> = Vec::new();
    for mark in marks {
        if !series.contains(&mark.series.as_str()) {
            series.push(&mark.series);
        }
    }
    let look = |nth: usize| Look {
        color: nth,
        marker: nth,
        dash: nth,
    };
    let plot = |panel: &Panel| -> Box<dyn Plot> {
        let own = marks.iter().filter(|mark| mark.panel == panel.key);
        Box::new(Drawn::new(*panel, own.cloned().collect(), &series))
    };
    let mut legend: Vec<(Sample, String)> = Vec::new();
    if series.len() > 1 {
        let entry = |(nth, name): (usize, &&str)| (Sample::Line(look(nth)), (*name).to_owned());
        legend.extend(series.iter().enumerate().map(entry));
    }
    if marks.iter().any(|mark| mark.published.is_some()) {
        legend.push((Sample::Ring, "published".to_owned()));
    }
    let intervals = marks.iter().any(|mark| mark.interval.is_known());
    let rings = match marks.iter().any(|mark| mark.published.is_some()) {
        true => "; rings: published",
        false => "",
    };
    let fitted = match marks.iter().any(|mark| mark.fitted) {
        true => ", hollow: fitted to the published value",
        false => "",
    };
    let whiskers = match intervals {
        true => format!("; whiskers: {}", figure.whiskers),
        false => String::new(),
    };
    let note = format!("Markers: simulated{fitted}{whiskers}{rings}.");
    let page = Page {
        title: figure.title.to_owned(),
        caption: figure.caption.to_owned(),
        note,
        legend,
        columns,
        plots: panels.iter().map(plot).collect(),
        least_width: 150.0,
    };
    Ok(page.svg())
}

/// A mark with its place on the x axis, and the number of its series.
type Placed = (f64, usize, Mark);

struct Drawn {
    panel: Panel,
    x: Axis,
    y: Axis,
    marks: Vec<Placed>,
    joined: bool,
}

impl Drawn {
    fn new(panel: Panel, marks: Vec<Mark>, series: &[&str]) -> Drawn {
        let number = |mark: &Mark| series.iter().position(|s| *s == mark.series).unwrap_or(0);
        let names = names(&marks);
        let joined = names.is_empty();
        let mut placed: Vec<Placed> = Vec::new();
        for (nth, mark) in marks.iter().enumerate() {
            let x = match &mark.place {
                Place::At(x) => *x,
                Place::Named(name) => beside(&names, name, &marks, nth),
            };
            placed.push((x, number(mark), mark.clone()));
        }
        let xs: Vec<f64> = placed.iter().map(|(x, ..)| *x).collect();
        Drawn {
            x: if joined {
                numbers(&xs, panel.x_scale)
            } else {
                named(&names)
            },
            y: Axis::of_magnitudes(&heights(&panel, &marks), panel.y_scale, 7),
            panel,
            marks: placed,
            joined,
        }
    }

    fn at(&self, frame: Rect, x: f64, y: f64) -> Xy {
        frame.at(self.x.position(x), self.y.position(y))
    }
}

/// Names along x in the order in which they come.
fn names(marks: &[Mark]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for mark in marks {
        if let Place::Named(name) = &mark.place {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// Marks of one name share its place evenly.
fn beside(names: &[String], name: &str, marks: &[Mark], nth: usize) -> f64 {
    let same = |mark: &&Mark| mark.place == Place::Named(name.to_owned());
    let all = marks.iter().filter(same).count() as f64;
    let before = marks[..nth].iter().filter(same).count() as f64;
    let middle = names.iter().position(|known| known == name).unwrap_or(0);
    middle as f64 + 0.8 * ((before + 0.5) / all - 0.5)
}

fn named(names: &[String]) -> Axis {
    let mut axis = Axis::over(&[-0.5, names.len() as f64 - 0.5], Scale::Linear, 1);
    let tick = |(nth, name): (usize, &String)| Tick {
        value: nth as f64,
        label: name.clone(),
    };
    axis.ticks = names.iter().enumerate().map(tick).collect();
    axis
}

/// An axis of numbers; a few of them are its ticks.
fn numbers(xs: &[f64], scale: Scale) -> Axis {
    let mut places = xs.to_vec();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let mut axis = match places[..] {
        [only] => Axis::single(only),
        _ => Axis::over(&places, scale, 6),
    };
    if (2..=6).contains(&places.len()) {
        let tick = |value: &f64| Tick {
            value: *value,
            label: ticks::label(*value, *value),
        };
        axis.ticks = places.iter().map(tick).collect();
        axis.minor = Vec::new();
    }
    axis
}

/// All that has to fit on the y axis.
fn heights(panel: &Panel, marks: &[Mark]) -> Vec<f64> {
    let of = |mark: &Mark| {
        let published = mark.published.unwrap_or(f64::NAN);
        [
            mark.simulated,
            mark.interval.low,
            mark.interval.high,
            published,
        ]
    };
    let all = marks
        .iter()
        .flat_map(of)
        .chain(panel.levels.iter().copied());
    all.filter(|value| value.is_finite()).collect()
}

impl Plot for Drawn {
    fn title(&self) -> &str {
        self.panel.title
    }

    fn left(&self) -> f64 {
        frame::left_of(&self.y, true)
    }

    fn height(&self, width: f64) -> f64 {
        (width * 0.7).clamp(180.0, 300.0)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, frame: Rect) {
        frame::grid(canvas, frame, &self.x, Some(&self.y));
        for level in self.panel.levels {
            let up = self.y.position(*level);
            let ends = [frame.at(0.0, up), frame.at(1.0, up)];
            canvas.dashed(&ends, Ink::line(FRAME, 1.0), &[5.0, 3.0]);
        }
        let look = |nth: usize| Look {
            color: nth,
            marker: nth,
            dash: nth,
        };
        if self.joined {
            let most = self.marks.iter().map(|(_, nth, _)| *nth).max().unwrap_or(0);
            for nth in 0..=most {
                let mut own: Vec<&Placed> = self.marks.iter().filter(|m| m.1 == nth).collect();
                own.sort_by(|a, b| a.0.total_cmp(&b.0));
                let points: Vec<Xy> = own
                    .iter()
                    .map(|(x, _, mark)| self.at(frame, *x, mark.simulated))
                    .collect();
                if points.len() > 1 {
                    canvas.dashed(&points, look(nth).ink(1.4), look(nth).dashes());
                }
            }
        }
        for (x, nth, mark) in &self.marks {
            if let Some(published) = mark.published {
                look(*nth).draw_ring(canvas, self.at(frame, *x, published));
            }
        }
        for (x, nth, mark) in &self.marks {
            if mark.interval.is_known() && mark.interval.low < mark.interval.high {
                let ends = [mark.interval.low, mark.interval.high];
                let [low, high] = ends.map(|y| self.at(frame, *x, y));
                frame::whisker(canvas, low, high, look(*nth).ink(1.0).color);
            }
            let at = self.at(frame, *x, mark.simulated);
            look(*nth).draw_marker(canvas, at);
            if mark.fitted {
                canvas.circle(at, 1.7, Ink::area(WHITE, 1.0));
            }
        }
        frame::x_axis(canvas, frame, &self.x, self.panel.x_title);
        frame::y_axis(canvas, frame, &self.y, Some(self.panel.y_title));
    }
}
