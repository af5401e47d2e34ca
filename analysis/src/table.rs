//! The table a run ends with on the terminal.
//!
//! One section per workflow, one row per cell, never wider than the terminal, and never cutting the
//! name of an engine or an axis value. Only axes that vary inside a workflow get a column. Of a
//! long grid it shows an excerpt; every row is in `summary.csv`.

pub(crate) mod cells;
mod excerpt;
mod failures;
mod layout;

use crate::csv_rows::{axis_value, open_axis_keys};
use crate::summary::SummaryRow;
use cells::{Costs, Row};
use models::records::{Cell, CellRuns};

/// Width where nothing better is known, in terminal columns.
pub const WIDTH: usize = 100;

/// What stands below the table.
const NOTES: [&str; 2] = [
    "Intervals in [ ] are 95 %; where there are too few runs for one there is none.",
    "Bodies and cost are means per execution.",
];

/// Rows over all sections beyond which an excerpt is shown, and rows of a section's excerpt.
const MANY_ROWS: usize = 40;

/// The summary of a grid as text of at most `width` columns, with a final line break; empty for an
/// empty grid.
///
/// `rows` are those of [`crate::summary::summarise`] for the same cells.
pub fn render(cells: &[CellRuns], rows: &[SummaryRow], width: usize) -> String {
    let is_long = cells.len() > MANY_ROWS;
    let mut lines: Vec<String> = Vec::new();
    let mut workflows: Vec<&str> = Vec::new();
    for cell in cells {
        if !workflows.contains(&cell.cell.workflow.as_str()) {
            workflows.push(&cell.cell.workflow);
        }
    }
    for workflow in workflows {
        let of_workflow = cells.iter().filter(|cell| cell.cell.workflow == workflow);
        let of_workflow: Vec<&CellRuns> = of_workflow.collect();
        lines.extend(section(workflow, &of_workflow, rows, is_long, width));
        lines.push(String::new());
    }
    if !lines.is_empty() {
        for note in NOTES {
            lines.extend(layout::wrap(note, width));
        }
    }
    let with_end = |line: &String| format!("{}\n", line.trim_end());
    lines.iter().map(with_end).collect()
}

fn section(
    workflow: &str,
    cells: &[&CellRuns],
    rows: &[SummaryRow],
    is_long: bool,
    width: usize,
) -> Vec<String> {
    let of_cells: Vec<&Cell> = cells.iter().map(|cell| &cell.cell).collect();
    let axes = varying_axes(&of_cells);
    let shown = match is_long {
        true => excerpt::of(cells, &axes, MANY_ROWS),
        false => cells.to_vec(),
    };
    let costs = Costs::of(&shown, rows);
    let row = |cell: &&CellRuns| Row::of(cell, rows, &axes, costs);
    let table: Vec<Row> = shown.iter().map(row).collect();
    let mut lines = layout::wrap(workflow, width);
    lines.extend(layout::lines(&Row::header(&axes, costs), &table, width));
    lines.extend(failures::lines(cells, width));
    if shown.len() < cells.len() {
        let (hidden, all) = (cells.len() - shown.len(), cells.len());
        let how = match axes.len() {
            0 | 1 => "",
            _ => " (shown: one axis at a time, the others at their first value)",
        };
        let note = format!("{hidden} more of {all} rows{how}: summary.csv");
        lines.extend(layout::wrap(&note, width));
    }
    lines
}

/// Axes with more than one value among these cells, or that only some of them have.
pub(crate) fn varying_axes<'a>(cells: &[&'a Cell]) -> Vec<&'a str> {
    let keys = open_axis_keys(cells.iter().copied());
    let varies = |key: &&str| {
        let first = cells.first().map(|cell| axis_value(cell, key));
        cells
            .iter()
            .any(|cell| Some(axis_value(cell, key)) != first)
    };
    keys.into_iter().filter(varies).collect()
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
        let text = render(&cells, &summarise(&cells), WIDTH);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "counter");
        assert!(lines[1].starts_with("engine    fail_rate"), "{text}");
        for part in ["129 ms [74, 184]", "75.0 %", "10.5", "2.10"] {
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
        let text = render(&cells, &summarise(&cells), WIDTH);
        assert!(
            text.contains("invalid: required fault crash never fired"),
            "{text}"
        );
    }

    #[test]
    fn a_long_grid_is_a_digest_that_says_where_the_rest_is() {
        let rates = (0..60).map(|i| filled(i, "counter", "durable", &[("fail_rate", i as f64)]));
        let cells: Vec<CellRuns> = rates.collect();
        let text = render(&cells, &summarise(&cells), WIDTH);
        assert!(text.lines().count() < 10);
        assert!(text.contains("57 more of 60 rows: summary.csv"), "{text}");
    }

    /// Two variants with long names and two axes beside the length, as the chunk scenario has.
    fn variants() -> Vec<CellRuns> {
        let mut cells = Vec::new();
        for engine in [
            "local",
            "durable nested",
            "durable flat",
            "explicit conditional",
        ] {
            for (length, order) in (1..=8).flat_map(|l| [0.0, 1.0].map(|o| (f64::from(l), o))) {
                let axes = [("video.length_s", length), ("video.order", order)];
                cells.push(filled(cells.len(), "video", engine, &axes));
            }
        }
        cells
    }

    #[test]
    fn an_excerpt_varies_one_axis_at_a_time() {
        let cells = variants();
        let text = render(&cells, &summarise(&cells), WIDTH);
        let axes = |engine: &str| {
            let rows = text.lines().filter_map(|line| line.strip_prefix(engine));
            let axes = |row: &str| row.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            rows.map(axes).collect::<Vec<_>>()
        };
        for engine in [
            "local",
            "durable nested",
            "durable flat",
            "explicit conditional",
        ] {
            assert_eq!(axes(engine), ["1 0", "1 1", "4 0", "8 0"], "{text}");
        }
        let rest =
            "48 more of 64 rows (shown: one axis at a time, the others at their first value)";
        assert!(text.contains(&format!("{rest}: summary.csv")), "{text}");
    }

    #[test]
    fn a_narrow_table_names_every_engine_and_value_in_full() {
        let cells = variants();
        let wide = render(&cells, &summarise(&cells), WIDTH);
        for width in [24, 40, 60, 72, 80] {
            let text = render(&cells, &summarise(&cells), width);
            assert!(!text.contains('…'), "{text}");
            for engine in ["durable nested", "durable flat", "explicit conditional"] {
                assert!(text.lines().any(|line| line.starts_with(engine)), "{text}");
            }
            let shown = |text: &str| text.matches("75.0 %").count();
            assert_eq!(shown(&text), shown(&wide), "every row at {width}:\n{text}");
        }
        let narrow = render(&cells, &summarise(&cells), 72);
        let mut lines = narrow.lines().skip_while(|line| *line != "durable flat");
        let first = lines.nth(1).expect("a row below its engine");
        assert!(first.starts_with("  1         0 "), "{narrow}");
    }

    #[test]
    fn an_excerpt_leaves_no_engine_out_however_many_there_are() {
        let mut cells = Vec::new();
        for engine in (0..60).map(|number| format!("durable {number}")) {
            for rate in 0..3 {
                let axes = [("fail_rate", f64::from(rate))];
                cells.push(filled(cells.len(), "counter", &engine, &axes));
            }
        }
        let text = render(&cells, &summarise(&cells), WIDTH);
        assert_eq!(text.matches("\ndurable ").count(), 60, "{text}");
        assert!(text.contains("120 more of 180 rows: summary.csv"), "{text}");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_table(
            names in proptest::collection::vec(("\\PC{0,80}", "\\PC{0,80}", "\\PC{1,60}"), 1..5),
            axes in 0_usize..9,
            reason in proptest::option::of("\\PC{0,200}"),
            width in 10_usize..200,
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
            let text = render(&cells, &summarise(&cells), width);
            for line in text.lines() {
                prop_assert!(line.width() <= width, "{} columns: {line}", line.width());
            }
        }
    }
}
