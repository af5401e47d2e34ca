//! The timeline of one run: a row per lane, bars for what takes time, marks for what happens at
//! once, arrows from requests to where they are applied and back.
//!
//! A run is a few milliseconds of work between waits of seconds, so a gap in which nothing happens
//! is cut short, and marked as such with its length.

mod scale;

use super::canvas::{Canvas, Ink, Lettering, Rect, Xy};
use super::style::{self, BLACK, FRAME, GRID, WHITE};
use super::text::{self, size};
use crate::timeline::{Mark, MarkKind, Span, SpanKind, Timeline, Track};
use plotters::style::RGBColor;
use plotters_backend::text_anchor::HPos;
use scale::TimeScale;

const WIDTH: f64 = 1080.0;
const MARGIN: f64 = 12.0;
const ROW: f64 = 24.0;
/// Space above a group of rows.
const GROUP_GAP: f64 = 7.0;
const LINE: f64 = 16.0;
/// Rows that are drawn; a longer run is for the trace viewer.
const ROWS_MAX: usize = 80;

const RED: RGBColor = RGBColor(200, 30, 30);
const GREEN: RGBColor = RGBColor(0, 120, 80);
const SHADE: RGBColor = RGBColor(240, 240, 240);

/// Draws a timeline as an SVG document.
pub fn draw(timeline: &Timeline) -> String {
    let sheet = Sheet::of(timeline);
    Canvas::document(WIDTH, sheet.height, |canvas| {
        sheet.draw_words(canvas);
        sheet.draw_scale(canvas);
        sheet.draw_rows(canvas);
        sheet.draw_arrows(canvas);
        sheet.draw_marks(canvas);
        sheet.draw_legend(canvas);
    })
}

/// Where everything goes.
struct Sheet<'t> {
    timeline: &'t Timeline,
    tracks: &'t [Track],
    scale: TimeScale,
    /// Middle of each row.
    rows: Vec<f64>,
    frame: Rect,
    title: Vec<String>,
    caption: Vec<String>,
    height: f64,
}

impl<'t> Sheet<'t> {
    fn of(timeline: &'t Timeline) -> Sheet<'t> {
        let tracks = &timeline.tracks[..timeline.tracks.len().min(ROWS_MAX)];
        let labels = tracks.iter().enumerate().map(|(row, _)| label(tracks, row));
        let widest = labels.map(|label| text::width(&label, size::TICK, false));
        let left = MARGIN + widest.fold(60.0, f64::max) + 8.0;
        let title = text::wrap(&timeline.title, size::TITLE * 1.1, WIDTH - 2.0 * MARGIN);
        let top = MARGIN + title.len() as f64 * 20.0 + 8.0;
        let mut rows = Vec::new();
        // Lengths of cut gaps stand above the first row.
        let mut y = top + 12.0;
        for (row, track) in tracks.iter().enumerate() {
            if row == 0 || tracks[row - 1].group != track.group {
                y += GROUP_GAP;
            }
            rows.push(y + ROW / 2.0);
            y += ROW;
        }
        let frame = Rect {
            left,
            top,
            width: WIDTH - MARGIN - 8.0 - left,
            height: y + GROUP_GAP - top,
        };
        let caption = text::wrap(&words(timeline), size::CAPTION, WIDTH - 2.0 * MARGIN);
        let below = 46.0 + 2.0 * LINE + caption.len() as f64 * LINE;
        Sheet {
            timeline,
            tracks,
            scale: TimeScale::of(&timeline.instants(), frame.left, frame.width),
            rows,
            frame,
            title,
            caption,
            height: libm::ceil(frame.bottom() + below + MARGIN),
        }
    }

    fn draw_words(&self, canvas: &mut Canvas<'_>) {
        for (row, line) in self.title.iter().enumerate() {
            let at = (WIDTH / 2.0, MARGIN + 10.0 + row as f64 * 20.0);
            canvas.text(at, line, Lettering::new(size::TITLE, HPos::Center).bold());
        }
        let top = self.frame.bottom() + 46.0 + 2.0 * LINE;
        for (row, line) in self.caption.iter().enumerate() {
            let at = (MARGIN, top + LINE * (row as f64 + 0.5));
            canvas.text(at, line, Lettering::new(size::CAPTION, HPos::Left));
        }
    }

    /// Gaps that are cut, ticks and the axis.
    fn draw_scale(&self, canvas: &mut Canvas<'_>) {
        let (top, bottom) = (self.frame.top, self.frame.bottom());
        for gap in self.scale.cuts() {
            let area = Rect {
                left: gap.from,
                top,
                width: gap.to - gap.from,
                height: bottom - top,
            };
            canvas.rect(area, Ink::area(SHADE, 1.0));
            let long = seconds(gap.length.as_secs_f64());
            if text::width(&long, size::TICK, false) < area.width {
                let at = ((gap.from + gap.to) / 2.0, top + 6.0);
                canvas.text(at, &long, Lettering::new(size::TICK - 1.0, HPos::Center));
            }
        }
        for (x, time) in self.scale.ticks(62.0) {
            canvas.line(&[(x, bottom), (x, bottom + 4.0)], Ink::line(FRAME, 0.8));
            canvas.line(&[(x, top), (x, bottom)], Ink::line(GRID, 0.6));
            let shown = format!("{:.4}", time.as_secs_f64());
            canvas.text(
                (x, bottom + 12.0),
                &shown,
                Lettering::new(size::TICK, HPos::Center),
            );
        }
        let ends = [(self.frame.left, bottom), (self.frame.right(), bottom)];
        canvas.line(&ends, Ink::line(FRAME, 0.8));
        let at = (self.frame.left + self.frame.width / 2.0, bottom + 29.0);
        let title = "virtual time (s); shaded: nothing happens, cut short";
        canvas.text(at, title, Lettering::new(size::LABEL, HPos::Center));
    }

    fn draw_rows(&self, canvas: &mut Canvas<'_>) {
        for (row, (track, y)) in self.tracks.iter().zip(&self.rows).enumerate() {
            if row > 0 && self.tracks[row - 1].group != track.group {
                let y = y - (ROW + GROUP_GAP) / 2.0;
                canvas.line(
                    &[(MARGIN, y), (self.frame.right(), y)],
                    Ink::line(GRID, 1.0),
                );
            }
            let at = (self.frame.left - 8.0, *y);
            canvas.text(
                at,
                &label(self.tracks, row),
                Lettering::new(size::TICK, HPos::Right),
            );
            for span in &track.spans {
                self.draw_span(canvas, span, *y);
            }
        }
    }

    fn draw_span(&self, canvas: &mut Canvas<'_>, span: &Span, y: f64) {
        let (left, right) = (self.scale.x(span.from), self.scale.x(span.to));
        if span.kind == SpanKind::Applied {
            return canvas.circle((left, y), 3.0, Ink::area(FRAME, 1.0));
        }
        let half = half_height(span.kind);
        let area = Rect {
            left,
            top: y - half,
            width: (right - left).max(1.0),
            height: 2.0 * half,
        };
        canvas.rect(
            area,
            Ink::area(color(span.kind), if span.lost { 0.35 } else { 1.0 }),
        );
        if span.lost {
            torn(canvas, area);
        }
        if span.kind == SpanKind::Invocation {
            // Its row says which; bodies lie upon it.
            return;
        }
        let size = if span.kind == SpanKind::Request {
            9.0
        } else {
            10.0
        };
        let shown = text::fit(&span.name, size, false, area.width - 5.0);
        // A few letters say nothing.
        if shown == span.name || shown.chars().count() > 7 {
            let dark = span.lost || !matches!(span.kind, SpanKind::Body);
            let at = (left + 3.0, y);
            let ink = if dark { BLACK } else { WHITE };
            canvas.text(at, &shown, Lettering::new(size, HPos::Left).colored(ink));
        }
    }

    fn draw_arrows(&self, canvas: &mut Canvas<'_>) {
        for arrow in &self.timeline.arrows {
            for hop in arrow.hops.windows(2) {
                let [(a, from), (b, to)] = [hop[0], hop[1]];
                if a >= self.rows.len() || b >= self.rows.len() {
                    continue;
                }
                let down = if self.rows[b] > self.rows[a] {
                    1.0
                } else {
                    -1.0
                };
                let start = (self.scale.x(from), self.rows[a] + 5.0 * down);
                let end = (self.scale.x(to), self.rows[b] - 4.0 * down);
                let ink = Ink {
                    opacity: 0.7,
                    ..Ink::line(RGBColor(120, 120, 120), 0.7)
                };
                canvas.line(&[start, end], ink);
                head(canvas, start, end, ink);
            }
        }
    }

    fn draw_marks(&self, canvas: &mut Canvas<'_>) {
        for (track, y) in self.tracks.iter().zip(&self.rows) {
            for mark in &track.marks {
                sign(canvas, mark.kind, (self.scale.x(mark.time), *y));
            }
            let worded = |mark: &&Mark| matches!(mark.kind, MarkKind::Fault | MarkKind::Outcome);
            let words: Vec<&Mark> = track.marks.iter().filter(worded).collect();
            let mut free_from = self.frame.left;
            for (place, mark) in words.iter().enumerate() {
                let next = words.get(place + 1).map(|next| self.scale.x(next.time));
                let free_to = next.map_or(self.frame.right() + 8.0, |next| next - 5.0);
                let at = (self.scale.x(mark.time), *y);
                free_from = draw_word(canvas, mark, at, (free_from, free_to));
            }
        }
    }

    fn draw_legend(&self, canvas: &mut Canvas<'_>) {
        let y = self.frame.bottom() + 46.0 + LINE / 2.0;
        let mut x = MARGIN;
        let word = |canvas: &mut Canvas<'_>, x: &mut f64, name: &str| {
            canvas.text((*x, y), name, Lettering::new(size::LABEL, HPos::Left));
            *x += text::width(name, size::LABEL, false) + 18.0;
        };
        for kind in [
            SpanKind::Execution,
            SpanKind::Invocation,
            SpanKind::Body,
            SpanKind::Request,
        ] {
            let half = half_height(kind);
            let area = Rect {
                left: x,
                top: y - half,
                width: 22.0,
                height: 2.0 * half,
            };
            canvas.rect(area, Ink::area(color(kind), 1.0));
            x += 27.0;
            word(canvas, &mut x, kind.name());
        }
        let area = Rect {
            left: x,
            top: y - 7.0,
            width: 22.0,
            height: 14.0,
        };
        canvas.rect(area, Ink::area(color(SpanKind::Body), 0.35));
        torn(canvas, area);
        x += 30.0;
        word(canvas, &mut x, "lost");
        canvas.circle((x + 4.0, y), 3.0, Ink::area(FRAME, 1.0));
        x += 12.0;
        word(canvas, &mut x, "applied by the service");
        for kind in [MarkKind::Effect, MarkKind::Completion, MarkKind::Fault] {
            sign(canvas, kind, (x + 5.0, y));
            x += 14.0;
            let name = match kind {
                MarkKind::Completion => "completion acknowledged",
                kind => kind.name(),
            };
            word(canvas, &mut x, name);
        }
    }
}

/// What a mark means, beside it where there is room; returns where the next may begin.
fn draw_word(canvas: &mut Canvas<'_>, mark: &Mark, at: Xy, free: (f64, f64)) -> f64 {
    let ink = if mark.kind == MarkKind::Fault {
        RED
    } else {
        GREEN
    };
    let width = text::width(&mark.name, 10.0, true);
    let (after, before) = (at.0 + 7.0, at.0 - 7.0 - width);
    let left = match (after + width <= free.1, before >= free.0) {
        (true, _) => after,
        (false, true) => before,
        (false, false) => return free.0,
    };
    let paper = Rect {
        left: left - 1.0,
        top: at.1 - 6.5,
        width: width + 2.0,
        height: 13.0,
    };
    canvas.rect(paper, Ink::area(WHITE, 0.75));
    let lettering = Lettering::new(10.0, HPos::Left).bold().colored(ink);
    canvas.text((left, at.1), &mark.name, lettering);
    (left + width + 4.0).max(at.0 + 5.0)
}

fn words(timeline: &Timeline) -> String {
    match timeline.tracks.len().saturating_sub(ROWS_MAX) {
        0 => timeline.caption.clone(),
        more => format!("{} {more} more rows are not drawn.", timeline.caption),
    }
}

fn label(tracks: &[Track], row: usize) -> String {
    let track = &tracks[row];
    match row > 0 && tracks[row - 1].group == track.group {
        true => track.name.clone(),
        false => format!("{}: {}", track.group, track.name),
    }
}

/// A number of seconds with its unit.
fn seconds(length: f64) -> String {
    match length {
        long if long >= 1.0 => format!("{long:.2} s"),
        short => format!("{:.1} ms", short * 1e3),
    }
}

fn half_height(kind: SpanKind) -> f64 {
    match kind {
        SpanKind::Body => 8.0,
        SpanKind::Request => 5.5,
        _ => 11.0,
    }
}

fn color(kind: SpanKind) -> RGBColor {
    match kind {
        SpanKind::Execution => RGBColor(200, 230, 220),
        SpanKind::Invocation => RGBColor(214, 226, 240),
        SpanKind::Body => style::color(0),
        SpanKind::Request | SpanKind::Applied => RGBColor(244, 205, 150),
    }
}

/// The right edge of what did not come to its end.
fn torn(canvas: &mut Canvas<'_>, area: Rect) {
    let teeth = 4;
    let step = area.height / f64::from(teeth);
    let points: Vec<Xy> = (0..=teeth)
        .map(|tooth| {
            let out = if tooth % 2 == 0 { 0.0 } else { 3.0 };
            (area.right() + out, area.top + step * f64::from(tooth))
        })
        .collect();
    canvas.line(&points, Ink::line(RED, 1.2));
}

fn head(canvas: &mut Canvas<'_>, from: Xy, to: Xy, ink: Ink) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = libm::sqrt(dx * dx + dy * dy).max(1e-6);
    let (ux, uy) = (dx / length, dy / length);
    let back = |side: f64| (to.0 - 5.0 * ux - side * uy, to.1 - 5.0 * uy + side * ux);
    let tip = Ink { width: 0.0, ..ink };
    canvas.polygon(&[to, back(1.9), back(-1.9)], tip);
}

fn sign(canvas: &mut Canvas<'_>, kind: MarkKind, at: Xy) {
    let (x, y) = at;
    match kind {
        MarkKind::Fault => {
            for ends in [
                [(x - 4.0, y - 4.0), (x + 4.0, y + 4.0)],
                [(x - 4.0, y + 4.0), (x + 4.0, y - 4.0)],
            ] {
                canvas.line(&ends, Ink::line(WHITE, 3.6));
                canvas.line(&ends, Ink::line(RED, 2.0));
            }
        }
        MarkKind::Effect => {
            let diamond = |r: f64| [(x, y - r), (x + r, y), (x, y + r), (x - r, y)];
            canvas.polygon(&diamond(6.0), Ink::area(WHITE, 1.0));
            canvas.polygon(&diamond(4.8), Ink::area(style::color(1), 1.0));
        }
        MarkKind::Completion => {
            canvas.circle(at, 4.6, Ink::area(WHITE, 1.0));
            canvas.circle(at, 3.6, Ink::area(GREEN, 1.0));
        }
        MarkKind::Outcome => {}
    }
}
