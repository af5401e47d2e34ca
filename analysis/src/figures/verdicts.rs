//! The table of verdicts as a map: a row per claim, a block per engine, a column per kind of fault.
//!
//! Blue holds, orange does not and nobody said it would, red is a broken promise. The number in a
//! field is the length of plans: up to which all were tried, or of the shortest that violates. A
//! frame around a block says that the engine makes the claim.

use super::canvas::{Canvas, Ink, Lettering, Rect};
use super::style::{BLACK, FRAME, WHITE};
use super::text::{self, size};
use crate::verdicts::VerdictRow;
use plotters::style::RGBColor;
use plotters_backend::text_anchor::HPos;

const MARGIN: f64 = 12.0;
const FIELD: (f64, f64) = (11.0, 15.0);
/// Space between blocks.
const GAP: f64 = 7.0;
const LINE: f64 = 16.0;

/// Kinds of faults in the order of their columns, with the letters above them.
const KINDS: [(&str, &str); 10] = [
    ("none", "n"),
    ("crash", "c"),
    ("error", "e"),
    ("lost_ack", "l"),
    ("partition", "p"),
    ("one_way_partition", "o"),
    ("duplicate_start", "d"),
    ("short_freeze", "s"),
    ("freeze", "f"),
    ("mixed", "m"),
];

const MEANINGS: &str = "n: no fault; c: crash of a worker; e: service error; l: lost acknowledgement; p: a link is cut for a while; o: the answers on it are lost; d: the execution is started again; s, f: a worker stands still, is given up and comes back soon or late; m: random plans of several kinds. Numbers: every plan of up to so many faults ran (m: none exhaustively), or the faults in the smallest plan that violates the claim. A frame: the engine makes the claim.";

/// How a field looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Holds,
    /// No plan violated it, and not all were tried.
    Sampled,
    Violated,
    /// Violated although claimed.
    Broken,
    Unknown,
}

impl Look {
    fn of(row: &VerdictRow) -> Look {
        match (row.verdict, row.claimed) {
            ("violated", true) => Look::Broken,
            ("violated", false) => Look::Violated,
            ("holds", _) if row.exhaustive_to > 0 || row.faults == "none" => Look::Holds,
            ("holds", _) => Look::Sampled,
            _ => Look::Unknown,
        }
    }

    fn color(self) -> RGBColor {
        match self {
            Look::Holds => RGBColor(86, 160, 211),
            Look::Sampled => RGBColor(190, 220, 240),
            Look::Violated => RGBColor(238, 178, 60),
            Look::Broken => RGBColor(190, 20, 20),
            Look::Unknown => RGBColor(190, 190, 190),
        }
    }

    const ALL: [(Look, &'static str); 5] = [
        (Look::Holds, "holds, all plans tried"),
        (Look::Sampled, "holds, plans drawn at random"),
        (Look::Violated, "violated, not claimed"),
        (Look::Broken, "violated although claimed"),
        (Look::Unknown, "unknown"),
    ];
}

/// One workflow: its claims and engines in the order of the rows.
struct Panel<'r> {
    workflow: &'r str,
    claims: Vec<&'static str>,
    engines: Vec<&'r str>,
    kinds: Vec<(&'static str, &'static str)>,
    rows: Vec<&'r VerdictRow>,
}

impl<'r> Panel<'r> {
    fn of(rows: Vec<&'r VerdictRow>) -> Panel<'r> {
        let mut claims = Vec::new();
        let mut engines = Vec::new();
        for row in &rows {
            if !claims.contains(&row.claim) {
                claims.push(row.claim);
            }
            if !engines.contains(&row.engine.as_str()) {
                engines.push(row.engine.as_str());
            }
        }
        let used = |(kind, _): &&(&str, &str)| rows.iter().any(|row| row.faults == *kind);
        Panel {
            workflow: rows.first().map_or("", |row| row.workflow.as_str()),
            kinds: KINDS.iter().filter(used).copied().collect(),
            claims,
            engines,
            rows,
        }
    }

    fn block(&self) -> f64 {
        self.kinds.len() as f64 * FIELD.0
    }

    /// A label of two lines: the engine, and what tells its variants apart.
    fn names(&self) -> Vec<Vec<String>> {
        let wrap = |name: &&str| text::wrap(name, size::TICK, self.block() + GAP - 4.0);
        self.engines.iter().map(wrap).collect()
    }

    fn head(&self) -> f64 {
        let lines = self.names().iter().map(Vec::len).max().unwrap_or(1);
        26.0 + lines as f64 * 13.0 + LINE
    }

    fn height(&self) -> f64 {
        self.head() + self.claims.len() as f64 * (FIELD.1 + 3.0) + 14.0
    }

    fn width(&self) -> f64 {
        self.engines.len() as f64 * (self.block() + GAP)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, left: f64, top: f64) {
        let title = Lettering::new(size::LABEL + 1.0, HPos::Left).bold();
        canvas.text((MARGIN, top + 10.0), self.workflow, title);
        let head = self.head();
        for (number, lines) in self.names().iter().enumerate() {
            let x = left + number as f64 * (self.block() + GAP);
            for (row, line) in lines.iter().enumerate() {
                let at = (x + self.block() / 2.0, top + 26.0 + row as f64 * 13.0);
                canvas.text(at, line, Lettering::new(size::TICK, HPos::Center));
            }
            for (column, (_, letter)) in self.kinds.iter().enumerate() {
                let at = (x + (column as f64 + 0.5) * FIELD.0, top + head - 8.0);
                canvas.text(at, letter, Lettering::new(9.0, HPos::Center));
            }
        }
        for (number, claim) in self.claims.iter().enumerate() {
            let y = top + head + number as f64 * (FIELD.1 + 3.0);
            let at = (left - 8.0, y + FIELD.1 / 2.0);
            canvas.text(at, claim, Lettering::new(size::TICK, HPos::Right));
            for (place, engine) in self.engines.iter().enumerate() {
                let x = left + place as f64 * (self.block() + GAP);
                self.draw_block(canvas, claim, engine, (x, y));
            }
        }
    }

    fn draw_block(&self, canvas: &mut Canvas<'_>, claim: &str, engine: &str, (x, y): (f64, f64)) {
        let mine = |row: &&&VerdictRow| row.claim == claim && row.engine == engine;
        let rows: Vec<&&VerdictRow> = self.rows.iter().filter(mine).collect();
        for row in &rows {
            let Some(column) = self.kinds.iter().position(|(kind, _)| *kind == row.faults) else {
                continue;
            };
            let area = Rect {
                left: x + column as f64 * FIELD.0 + 0.5,
                top: y,
                width: FIELD.0 - 1.0,
                height: FIELD.1,
            };
            field(canvas, area, row);
        }
        if rows.iter().any(|row| row.claimed) {
            let (right, bottom) = (x + self.block() + 1.0, y + FIELD.1 + 1.0);
            let (left, top) = (x - 1.0, y - 1.0);
            let corners = [
                (left, top),
                (right, top),
                (right, bottom),
                (left, bottom),
                (left, top),
            ];
            canvas.line(&corners, Ink::line(BLACK, 1.3));
        }
    }
}

fn field(canvas: &mut Canvas<'_>, area: Rect, row: &VerdictRow) {
    let look = Look::of(row);
    canvas.rect(area, Ink::area(look.color(), 1.0));
    let number = match look {
        Look::Holds => row.exhaustive_to,
        Look::Violated | Look::Broken => row.plan_length,
        Look::Sampled | Look::Unknown => return,
    };
    let ink = if look == Look::Broken { WHITE } else { BLACK };
    let at = (area.left + area.width / 2.0, area.top + area.height / 2.0);
    let lettering = Lettering::new(9.0, HPos::Center).colored(ink);
    canvas.text(at, &number.to_string(), lettering);
}

/// Draws the verdicts as an SVG document.
pub fn draw(title: &str, rows: &[VerdictRow]) -> String {
    let mut panels: Vec<Panel<'_>> = Vec::new();
    for group in rows.chunk_by(|a, b| a.workflow == b.workflow) {
        panels.push(Panel::of(group.iter().collect()));
    }
    let names = rows
        .iter()
        .map(|row| text::width(row.claim, size::TICK, false));
    let left = MARGIN + names.fold(60.0, f64::max) + 10.0;
    let widest = panels.iter().map(Panel::width).fold(320.0, f64::max);
    let width = libm::ceil(left + widest + MARGIN);
    let inner = width - 2.0 * MARGIN;
    let title = text::wrap(title, size::TITLE * 1.1, inner);
    let top = MARGIN + title.len() as f64 * 20.0 + 6.0;
    let drawn: f64 = panels.iter().map(Panel::height).sum();
    let legend = legend_rows(inner);
    let caption = text::wrap(MEANINGS, size::CAPTION, inner);
    let below = (legend.len() + caption.len()) as f64 * LINE + 14.0;
    let height = libm::ceil(top + drawn + below + MARGIN);
    Canvas::document(width, height, |canvas| {
        for (row, line) in title.iter().enumerate() {
            let at = (width / 2.0, MARGIN + 10.0 + row as f64 * 20.0);
            canvas.text(at, line, Lettering::new(size::TITLE, HPos::Center).bold());
        }
        let mut y = top;
        for panel in &panels {
            panel.draw(canvas, left, y);
            y += panel.height();
        }
        y += 6.0;
        for row in &legend {
            draw_legend(canvas, row, y + LINE / 2.0);
            y += LINE;
        }
        y += 4.0;
        for line in &caption {
            canvas.text(
                (MARGIN, y + LINE / 2.0),
                line,
                Lettering::new(size::CAPTION, HPos::Left),
            );
            y += LINE;
        }
    })
}

fn entry_width(name: &str) -> f64 {
    text::width(name, size::LABEL, false) + 40.0
}

/// The legend in as many lines as it needs.
fn legend_rows(space: f64) -> Vec<Vec<(Look, &'static str)>> {
    let mut rows: Vec<Vec<(Look, &str)>> = vec![Vec::new()];
    let mut taken = 0.0;
    for (look, name) in Look::ALL {
        let width = entry_width(name);
        if taken + width > space {
            rows.push(Vec::new());
            taken = 0.0;
        }
        taken += width;
        rows.last_mut().expect("a row").push((look, name));
    }
    rows
}

fn draw_legend(canvas: &mut Canvas<'_>, row: &[(Look, &str)], y: f64) {
    let mut x = MARGIN;
    for (look, name) in row {
        let area = Rect {
            left: x,
            top: y - 6.0,
            width: 18.0,
            height: 12.0,
        };
        canvas.rect(area, Ink::area(look.color(), 1.0));
        let edge = [(x, y + 6.0), (x + 18.0, y + 6.0)];
        canvas.line(&edge, Ink::line(FRAME, 0.4));
        canvas.text((x + 23.0, y), name, Lettering::new(size::LABEL, HPos::Left));
        x += entry_width(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(verdict: &'static str, claimed: bool, exhaustive_to: usize) -> VerdictRow {
        VerdictRow {
            workflow: "counter".to_owned(),
            engine: "durable at_least_once 6".to_owned(),
            claim: "result_once",
            claimed,
            faults: "crash",
            verdict,
            schedules: 10,
            exhaustive_to,
            violations: 0,
            plan_length: 1,
            plan: String::new(),
            witness: String::new(),
            case: String::new(),
        }
    }

    #[test]
    fn a_broken_promise_looks_like_nothing_else() {
        let rows = [
            (row("holds", true, 2), Look::Holds),
            (row("holds", true, 0), Look::Sampled),
            (row("violated", false, 2), Look::Violated),
            (row("violated", true, 2), Look::Broken),
            (row("unknown", true, 2), Look::Unknown),
        ];
        for (row, look) in rows {
            assert_eq!(Look::of(&row), look);
        }
    }

    #[test]
    fn every_claim_and_engine_is_named_once() {
        let svg = draw(
            "Claims",
            &[row("holds", true, 2), row("violated", false, 1)],
        );
        assert_eq!(svg.matches("\nresult_once\n").count(), 1, "{svg}");
        assert!(svg.contains("durable"));
    }
}
