//! The table a run ends with on the terminal.
//!
//! One section per workflow, one row per cell, never wider than [`WIDTH`] columns. Only axes
//! that vary inside a workflow get a column. A long grid is shown as a digest: the first and
//! the last cell of each engine; every row is in `summary.csv`.

mod cells;
mod layout;

use crate::csv_rows::open_axis_keys;
use crate::number;
use crate::summary::SummaryRow;
use cells::{Costs, Row};
use models::records::{Cell, CellRuns};

/// Widest line of the table, in terminal columns.
pub const WIDTH: usize = 100;

/// Rows over all sections beyond which a digest is shown.
const MANY_ROWS: usize = 40;

/// The summary of a grid as text, with a final line break; empty for an empty grid.
///
/// `rows` are those of [`crate::summary::summarise`] for the same cells.
pub fn render(cells: &[CellRuns], rows: &[SummaryRow]) -> String {
    let digest = cells.len() > MANY_ROWS;
    let mut text = String::new();
    let mut workflows: Vec<&str> = Vec::new();
    for cell in cells {
        if !workflows.contains(&cell.cell.workflow.as_str()) {
            workflows.push(&cell.cell.workflow);
        }
    }
    for workflow in workflows {
        let of_workflow = cells.iter().filter(|cell| cell.cell.workflow == workflow);
        section(
            &mut text,
            workflow,
            &of_workflow.collect::<Vec<_>>(),
            rows,
            digest,
        );
    }
    if !text.is_empty() {
        line(&mut text, "");
        line(
            &mut text,
            "Intervals in [ ] are 95 %. Bodies and cost are means per execution.",
        );
    }
    text
}

fn section(
    text: &mut String,
    workflow: &str,
    cells: &[&CellRuns],
    rows: &[SummaryRow],
    digest: bool,
) {
    let shown = if digest {
        ends_of_engines(cells)
    } else {
        cells.to_vec()
    };
    let axes = varying_axes(cells);
    let costs = Costs::of(&shown, rows);
    let table: Vec<Row> = shown
        .iter()
        .map(|cell| Row::of(cell, rows, &axes, costs))
        .collect();
    if !text.is_empty() {
        text.push('\n');
    }
    line(text, workflow);
    for written in layout::lines(&Row::header(&axes, costs), &table) {
        line(text, &written);
    }
    if shown.len() < cells.len() {
        let hidden = cells.len() - shown.len();
        line(
            text,
            &format!("{hidden} more of {} rows: summary.csv", cells.len()),
        );
    }
}

/// Appends one line, cut to the width of the table.
fn line(text: &mut String, content: &str) {
    text.push_str(layout::fit(content, WIDTH).trim_end());
    text.push('\n');
}

/// Axes with more than one value among these cells, or that only some of them have.
fn varying_axes<'a>(cells: &[&'a CellRuns]) -> Vec<&'a str> {
    let keys = open_axis_keys(cells.iter().map(|cell| &cell.cell));
    let value = |cell: &'a Cell, key: &str| crate::csv_rows::axis_value(cell, key);
    let varies = |key: &&str| {
        let first = cells.first().map(|cell| value(&cell.cell, key));
        cells
            .iter()
            .any(|cell| Some(value(&cell.cell, key)) != first)
    };
    keys.into_iter().filter(varies).collect()
}

/// The first, the middle and the last cell of every engine, at most [`MANY_ROWS`], in the order of
/// cells.
fn ends_of_engines<'a>(cells: &[&'a CellRuns]) -> Vec<&'a CellRuns> {
    let mut shown: Vec<&CellRuns> = Vec::new();
    for (position, cell) in cells.iter().enumerate() {
        let same = |other: &&CellRuns| other.cell.engine == cell.cell.engine;
        let before = cells[..position].iter().filter(|c| same(c)).count();
        let after = cells[position + 1..].iter().filter(|c| same(c)).count();
        let is_middle = before == (before + after) / 2;
        if before == 0 || after == 0 || is_middle {
            shown.push(cell);
        }
    }
    shown.truncate(MANY_ROWS);
    shown
}

/// `12.3 ms [11.9 ms, 12.8 ms]`, without brackets when no interval is known.
fn with_interval(value: f64, interval: crate::stats::Interval) -> String {
    let shown = number::duration(value);
    if !interval.is_known() {
        return shown;
    }
    let (low, high) = (
        number::duration(interval.low),
        number::duration(interval.high),
    );
    format!("{shown} [{low}, {high}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{cell, run};
    use crate::summary::summarise;
    use models::records::Measure;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    fn filled(index: usize, workflow: &str, engine: &str, axes: &[(&str, f64)]) -> CellRuns {
        let mut cell = cell(index, workflow, engine, axes);
        let values = |r: u64| {
            let latency = (Measure::LatencyS, 0.0123 * (r + 1) as f64);
            let rest = [(Measure::Succeeded, 0.75), (Measure::Executions, 20.0)];
            [
                &[latency],
                &rest[..],
                &[(Measure::Bodies, 10.5), (Measure::CostUsd, 2.1e-6)],
            ]
            .concat()
        };
        cell.runs = (0..20).map(|r| run(r, &values(r))).collect();
        cell
    }

    #[test]
    fn a_row_reads_as_expected() {
        let cells = [
            filled(0, "counter", "durable", &[("faults.fail_rate", 0.0)]),
            filled(1, "counter", "explicit", &[("faults.fail_rate", 0.1)]),
        ];
        let text = render(&cells, &summarise(&cells));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "counter");
        assert!(lines[1].starts_with("engine    fail_rate"), "{text}");
        for part in ["129 ms [73.8 ms, 184 ms]", "75.0 %", "10.5", "2.10"] {
            assert!(lines[3].contains(part), "{part} in\n{text}");
        }
        assert!(lines[1].contains("cost (µ$)"), "{text}");
    }

    #[test]
    fn invalid_cells_say_why() {
        let mut cells = [filled(0, "counter", "durable", &[])];
        for run in &mut cells[0].runs {
            run.invalid = Some("required fault crash never fired".to_owned());
        }
        let text = render(&cells, &summarise(&cells));
        assert!(
            text.contains("invalid: required fault crash never fired"),
            "{text}"
        );
    }

    #[test]
    fn a_long_grid_is_a_digest_that_says_where_the_rest_is() {
        let rates = (0..60).map(|i| filled(i, "counter", "durable", &[("fail_rate", i as f64)]));
        let cells: Vec<CellRuns> = rates.collect();
        let text = render(&cells, &summarise(&cells));
        assert!(text.lines().count() < 10);
        assert!(text.contains("57 more of 60 rows: summary.csv"), "{text}");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_table(
            names in proptest::collection::vec(("\\PC{0,80}", "\\PC{0,80}", "\\PC{1,60}"), 1..5),
            axes in 0_usize..9,
            reason in proptest::option::of("\\PC{0,200}"),
        ) {
            let mut cells = Vec::new();
            for (index, (workflow, engine, key)) in names.iter().enumerate() {
                let keys: Vec<String> = (0..axes).map(|i| format!("{i}{key}")).collect();
                let point = |key| (key, index as f64 * 1e-7);
                let point: Vec<(&str, f64)> = keys.iter().map(String::as_str).map(point).collect();
                let mut cell = filled(index, workflow, engine, &point);
                cell.runs.iter_mut().for_each(|run| run.invalid.clone_from(&reason));
                cells.push(cell);
            }
            let text = render(&cells, &summarise(&cells));
            for line in text.lines() {
                prop_assert!(line.width() <= WIDTH, "{} columns: {line}", line.width());
            }
        }
    }
}
