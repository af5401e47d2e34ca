//! Engines against a baseline, cell by cell: the rows of `comparison.csv`.
//!
//! The baseline of a workflow is the engine, or variant of one, of its first cell. A cell of another
//! is compared with every baseline cell that agrees with it on all axes they share. Axes that only one
//! of the two has (a polling interval, say) do not keep them apart, nor do those that tell variants of
//! an engine apart.

use crate::csv_rows::{CellColumns, Table, axis_value, open_axis_keys, to_io};
use crate::number;
use crate::stats::bootstrap::Draws;
use crate::stats::paired::{Comparison, compare};
use crate::summary::valid_runs;
use models::records::{Cell, CellRuns, METRICS, Measure, metric_index};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The metrics that are compared.
pub const COMPARED: [Measure; 3] = [Measure::LatencyS, Measure::CostUsd, Measure::Bodies];

/// One cell against its baseline cell, for one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRow {
    /// [`Cell::index`] of the engine.
    pub cell: usize,
    /// [`Cell::index`] of the baseline engine.
    pub baseline: usize,
    /// Position in [`METRICS`].
    pub metric: usize,
    /// Engine against baseline, paired by replicate.
    pub comparison: Comparison,
}

/// Compares every engine with the first engine of its workflow.
pub fn compare_engines(cells: &[CellRuns]) -> Vec<ComparisonRow> {
    let mut rows = Vec::new();
    let open = open_axis_keys(cells.iter().map(|cell| &cell.cell));
    for cell in cells {
        let Some(engine) = baseline_engine(cells, &cell.cell.workflow) else {
            continue;
        };
        let mut draws = Draws::default();
        let baselines = cells.iter().filter(|other| other.cell.engine == engine);
        for baseline in baselines.filter(|other| comparable(&other.cell, &cell.cell, &open)) {
            let compared = |measure| compare_cells(baseline, cell, measure, &mut draws);
            rows.extend(COMPARED.map(compared));
        }
    }
    rows
}

fn baseline_engine<'a>(cells: &'a [CellRuns], workflow: &str) -> Option<&'a str> {
    let mut same = cells.iter().filter(|cell| cell.cell.workflow == workflow);
    same.next().map(|cell| cell.cell.engine.as_str())
}

fn comparable(baseline: &Cell, cell: &Cell, open: &[&str]) -> bool {
    let agrees = |(key, value): &(String, _)| axis_value(cell, key).is_none_or(|v| v == value);
    let shared = |(key, _): &&(String, _)| open.contains(&key.as_str());
    baseline.workflow == cell.workflow
        && baseline.engine != cell.engine
        && baseline.axes.iter().filter(shared).all(agrees)
}

fn compare_cells(
    baseline: &CellRuns,
    cell: &CellRuns,
    measure: Measure,
    draws: &mut Draws,
) -> ComparisonRow {
    let value_of = |run: &models::records::RunRecord| (run.replicate, run.values.get(measure));
    let before: BTreeMap<u64, f64> = valid_runs(baseline).map(value_of).collect();
    let pairs = valid_runs(cell)
        .map(value_of)
        .filter_map(|(replicate, value)| Some((*before.get(&replicate)?, value)));
    ComparisonRow {
        cell: cell.cell.index,
        baseline: baseline.cell.index,
        metric: measure as usize,
        comparison: compare(pairs, draws),
    }
}

/// Writes `comparison.csv`; axis columns are those of the engine's cell.
pub fn write_csv(cells: &[CellRuns], rows: &[ComparisonRow], out: impl Write) -> io::Result<()> {
    let columns = CellColumns::of(cells);
    let mut file = csv::Writer::from_writer(out);
    let mut header = vec!["cell", "workflow", "engine"];
    header.extend(columns.axes());
    header.extend(["baseline", "baseline_engine", "metric", "unit", "n"]);
    header.extend(["difference", "difference_low", "difference_high"]);
    header.extend(["ratio", "ratio_low", "ratio_high"]);
    file.write_record(header).map_err(to_io)?;
    for row in rows {
        file.write_record(record(&columns, row)).map_err(to_io)?;
    }
    file.flush()
}

fn record(columns: &CellColumns<'_>, row: &ComparisonRow) -> Vec<String> {
    let mut record = vec![row.cell.to_string()];
    record.extend(columns.names(row.cell));
    record.extend(columns.values(row.cell));
    let [_, baseline_engine] = columns.names(row.baseline);
    record.extend([row.baseline.to_string(), baseline_engine]);
    let metric = &METRICS[row.metric];
    record.extend([metric.name.to_owned(), metric.unit.to_owned()]);
    let found = &row.comparison;
    record.push(found.n.to_string());
    let (difference, ratio) = (found.difference_interval, found.ratio_interval);
    record.extend([found.difference, difference.low, difference.high].map(number::file));
    record.extend([found.ratio, ratio.low, ratio.high].map(number::file));
    record
}

/// The comparisons of a `comparison.csv` as [`write_csv`] left them. Metrics that this build does not
/// have are left out.
///
/// # Errors
/// What is not as it was written.
pub fn read_csv(file: impl io::Read) -> Result<Vec<ComparisonRow>, String> {
    let mut table = Table::open(file, &["cell", "baseline", "metric", "n", "difference"])?;
    let mut rows = Vec::new();
    while table.next()? {
        let Some(metric) = metric_index(table.text("metric")) else {
            continue;
        };
        rows.push(ComparisonRow {
            cell: table.count("cell")?,
            baseline: table.count("baseline")?,
            metric,
            comparison: Comparison {
                n: table.count("n")?,
                difference: table.number("difference")?,
                difference_interval: table.interval("difference")?,
                ratio: table.number("ratio")?,
                ratio_interval: table.interval("ratio")?,
            },
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{cell, run};

    fn grid() -> Vec<CellRuns> {
        let mut grid = vec![
            cell(0, "counter", "durable", &[("fail_rate", 0.0)]),
            cell(1, "counter", "durable", &[("fail_rate", 0.5)]),
            cell(
                2,
                "counter",
                "explicit",
                &[("fail_rate", 0.5), ("poll_s", 1.0)],
            ),
        ];
        for (cell, factor) in grid.iter_mut().zip([1.0, 2.0, 3.0]) {
            let runs = (0..5).map(|r| run(r, &[(Measure::LatencyS, factor * (r + 1) as f64)]));
            cell.runs = runs.collect();
        }
        grid
    }

    #[test]
    fn engines_are_compared_where_their_shared_axes_agree() {
        let rows = compare_engines(&grid());
        assert_eq!(rows.len(), COMPARED.len());
        assert_eq!((rows[0].cell, rows[0].baseline), (2, 1));
        assert_eq!((rows[0].comparison.ratio, rows[0].comparison.n), (1.5, 5));
    }

    #[test]
    fn pairs_are_matched_by_replicate_and_invalid_runs_break_their_pair() {
        let mut grid = grid();
        grid[1].runs.swap(0, 4);
        grid[2].runs[2].invalid = Some("never fired".to_owned());
        let found = compare_engines(&grid)[0].comparison;
        assert_eq!((found.ratio, found.n), (1.5, 4));
    }

    #[test]
    fn the_file_names_both_engines() {
        let grid = grid();
        let mut out = Vec::new();
        write_csv(&grid, &compare_engines(&grid), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("2,counter,explicit,0.5,1,1,durable,latency_s,s,5,3,"),
            "{text}"
        );
        assert!(!text.contains("NaN"));
        let mut again = Vec::new();
        write_csv(&grid, &read_csv(text.as_bytes()).unwrap(), &mut again).unwrap();
        assert_eq!(text.as_bytes(), again);
    }
}
