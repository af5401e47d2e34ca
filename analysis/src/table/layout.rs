//! Columns of text that fit a terminal.
//!
//! Number columns are as wide as they need to be; names share what is left, the widest giving
//! way first. If the axes do not fit at all they are joined into one column.

use super::WIDTH;
use super::cells::{Numbers, Row};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns between two columns of the table.
const GAP: usize = 2;
/// A name column is not squeezed below this.
const LEAST: usize = 5;

/// Header and rows as lines of at most [`WIDTH`] columns.
pub(super) fn lines(header: &Row, rows: &[Row]) -> Vec<String> {
    let all: Vec<&Row> = std::iter::once(header).chain(rows).collect();
    let number_widths = number_widths(&all);
    let numbers_width: usize = number_widths.iter().map(|width| width + GAP).sum();
    let space = WIDTH.saturating_sub(numbers_width);
    let names: Vec<Vec<String>> = all.iter().map(|row| row.names.clone()).collect();
    let names = joined_if_too_many(names, space);
    let name_widths = squeeze(widths(&names), space);
    let line = |(names, row): (&Vec<String>, &&Row)| {
        let left = left_aligned(names, &name_widths);
        format!("{left}{}", numbers(&row.numbers, &number_widths))
    };
    names.iter().zip(&all).map(line).collect()
}

fn number_widths(rows: &[&Row]) -> Vec<usize> {
    let columns = rows.iter().filter_map(|row| match &row.numbers {
        Numbers::Columns(columns) => Some(columns.clone()),
        Numbers::Invalid(_) => None,
    });
    widths(&columns.collect::<Vec<_>>())
}

fn numbers(numbers: &Numbers, widths: &[usize]) -> String {
    match numbers {
        Numbers::Columns(columns) => {
            let cell =
                |(text, width): (&String, &usize)| format!("{}{text}", pad(text, width + GAP));
            columns.iter().zip(widths).map(cell).collect()
        }
        Numbers::Invalid(reason) => {
            let space: usize = widths.iter().map(|width| width + GAP).sum();
            format!("  {}", fit(reason, space.saturating_sub(GAP)))
        }
    }
}

fn left_aligned(names: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (position, (name, &width)) in names.iter().zip(widths).enumerate() {
        let name = fit(name, width);
        let gap = if position == 0 { "" } else { "  " };
        line.push_str(&format!("{gap}{name}{}", pad(&name, width)));
    }
    line
}

/// Engine and one column `a b c` when the axes cannot all have their least width.
fn joined_if_too_many(names: Vec<Vec<String>>, space: usize) -> Vec<Vec<String>> {
    let columns = names.first().map_or(0, Vec::len);
    if columns <= 2 || columns * (LEAST + GAP) <= space {
        return names;
    }
    let join = |row: Vec<String>| vec![row[0].clone(), row[1..].join(" ")];
    names.into_iter().map(join).collect()
}

fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let texts = rows.iter().filter_map(|row| row.get(column));
        texts.map(|text| clean(text).width()).max().unwrap_or(0)
    };
    (0..columns).map(width).collect()
}

/// Takes from the widest column until all fit into `space`.
fn squeeze(mut widths: Vec<usize>, space: usize) -> Vec<usize> {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > space {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => break,
        }
    }
    widths
}

fn pad(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(text.width()))
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
