//! Columns of text that fit a terminal without cutting what a row is called.
//!
//! A table that is too wide first gives its engines a line of their own above their rows, then
//! loses metric columns, the least important one first, and at last writes the axes of each row
//! in a line above it.

use super::cells::{Numbers, Row};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns between two columns of the table.
const GAP: usize = 2;

/// Where the names of a row stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// All in columns.
    Flat,
    /// The engine in a line above its rows, axes in columns.
    Grouped,
    /// Engine and axes in a line above the numbers.
    Listed,
}

/// The shapes in the order in which they are tried, with the number columns that are left out.
const SHAPES: [(Shape, &[usize]); 7] = [
    (Shape::Flat, &[]),
    (Shape::Grouped, &[]),
    (Shape::Grouped, &[super::cells::BODIES]),
    (Shape::Grouped, &[super::cells::BODIES, super::cells::RUNS]),
    (Shape::Listed, &[]),
    (Shape::Listed, &[super::cells::BODIES]),
    (Shape::Listed, &[super::cells::BODIES, super::cells::RUNS]),
];

/// Header and rows as lines of at most `width` columns; rows of one engine are neighbours.
pub(super) fn lines(header: &Row, rows: &[Row], width: usize) -> Vec<String> {
    let tables = SHAPES.iter().map(|(shape, hidden)| Table {
        shape: *shape,
        rows: std::iter::once(header)
            .chain(rows)
            .map(|row| row.without(hidden))
            .collect(),
    });
    let mut last = None;
    for table in tables {
        if table.width() <= width {
            return table.lines(width);
        }
        last = Some(table);
    }
    // Narrower than any table: lines are broken.
    let broken = last.map_or_else(Vec::new, |table| table.lines(width));
    broken.iter().flat_map(|line| wrap(line, width)).collect()
}

/// A header and rows in a shape.
struct Table {
    shape: Shape,
    rows: Vec<Row>,
}

impl Table {
    /// The names that stand in columns.
    fn columns<'a>(&self, row: &'a Row) -> &'a [String] {
        match self.shape {
            Shape::Flat => &row.names,
            Shape::Grouped => &row.names[1..],
            Shape::Listed => &[],
        }
    }

    /// What stands above a row.
    fn heading(&self, header: &Row, row: &Row) -> String {
        let axes = header.names.iter().zip(&row.names).skip(1);
        let axes = axes.map(|(key, value)| format!(", {key} = {value}"));
        match self.shape {
            Shape::Flat => String::new(),
            Shape::Grouped => row.names[0].clone(),
            Shape::Listed => row.names[0].clone() + &axes.collect::<String>(),
        }
    }

    fn indent(&self) -> usize {
        if self.shape == Shape::Flat { 0 } else { GAP }
    }

    fn name_widths(&self) -> Vec<usize> {
        widths(self.rows.iter().map(|row| self.columns(row)))
    }

    fn number_widths(&self) -> Vec<usize> {
        widths(self.rows.iter().filter_map(|row| match &row.numbers {
            Numbers::Columns(columns) => Some(&columns[..]),
            Numbers::Invalid(_) => None,
        }))
    }

    /// Columns of the widest row, headings aside: those are broken where they must be.
    fn width(&self) -> usize {
        let (names, numbers) = (self.name_widths(), self.number_widths());
        let gaps = (names.len() + numbers.len()).saturating_sub(1) * GAP;
        self.indent() + names.iter().chain(&numbers).sum::<usize>() + gaps
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let header = &self.rows[0];
        let (names, numbers) = (self.name_widths(), self.number_widths());
        let mut lines = Vec::new();
        let mut above = String::new();
        for (position, row) in self.rows.iter().enumerate() {
            let heading = self.heading(header, row);
            if position > 0 && heading != above {
                lines.extend(wrap(&heading, width));
                above = heading;
            }
            let mut line = " ".repeat(self.indent());
            for (name, width) in self.columns(row).iter().zip(&names) {
                let name = clean(name);
                line += &format!("{name}{}", pad(&name, width + GAP));
            }
            match &row.numbers {
                Numbers::Columns(texts) => {
                    let texts = texts.iter().zip(&numbers);
                    let padded = texts.map(|(text, width)| format!("{}{text}", pad(text, *width)));
                    line += &padded.collect::<Vec<_>>().join(&" ".repeat(GAP));
                }
                Numbers::Invalid(reason) => {
                    line += &fit(reason, width.saturating_sub(line.width()));
                }
            }
            lines.push(line);
        }
        lines
    }
}

fn widths<'a>(rows: impl Iterator<Item = &'a [String]> + Clone) -> Vec<usize> {
    let columns = rows.clone().map(<[String]>::len).max().unwrap_or(0);
    let width = |column: usize| {
        let texts = rows.clone().filter_map(|row| row.get(column));
        texts.map(|text| clean(text).width()).max().unwrap_or(0)
    };
    (0..columns).map(width).collect()
}

fn pad(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(text.width()))
}

/// Words in lines of at most `width` columns, each line but the first indented; a word that is
/// wider than a line is broken; control characters dropped.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let indent = " ".repeat(if width > 4 * GAP { 2 * GAP } else { 0 });
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in clean(text).split_whitespace() {
        let is_begun = !line.trim().is_empty();
        if is_begun && line.width() + 1 + word.width() > width {
            lines.push(std::mem::replace(&mut line, indent.clone()));
        } else if is_begun {
            line.push(' ');
        }
        for character in word.chars() {
            if line.width() + character.width().unwrap_or(0) > width {
                lines.push(std::mem::replace(&mut line, indent.clone()));
            }
            line.push(character);
        }
    }
    lines.push(line);
    lines
}

/// Text in at most `width` columns, ending with `…` if it was cut; control characters dropped.
pub(super) fn fit(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.width() <= width {
        return text;
    }
    let mut cut = String::new();
    for character in text.chars() {
        let longer = format!("{cut}{character}");
        if longer.width() + 1 > width {
            break;
        }
        cut = longer;
    }
    if width > 0 {
        cut.push('…');
    }
    cut
}

fn clean(text: &str) -> String {
    let blank = |c: char| if c == '\n' || c == '\t' { ' ' } else { c };
    let shown = text.chars().map(blank);
    shown.filter(|c| c.width().is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_broken_between_words_and_nothing_is_lost() {
        let lines = wrap("durable at_least_once nested, law = study", 22);
        assert_eq!(
            lines,
            ["durable at_least_once", "    nested, law =", "    study"]
        );
        assert_eq!(wrap("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
    }
}
