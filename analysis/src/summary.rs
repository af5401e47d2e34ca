//! One row per cell and metric: what `summary.csv` holds and figures draw.
//!
//! Runs marked invalid are left out and counted. A quantity is summed up over runs: mean with a
//! bootstrap interval, quantiles with order-statistic intervals; an end of an interval for which there
//! are too few runs is empty. A quotient is the sum over all runs of what is above divided by the sum
//! of what is below. A rate is summed up over
//! executions: the share of all executions of the valid runs, with Wilson's interval; quantiles
//! of rates and quotients are left empty.

use crate::csv_rows::{CellColumns, Table, to_io};
use crate::number;
use crate::stats::bootstrap::Resamples;
use crate::stats::{Interval, mean, quantile, wilson};
use models::records::{Cell, CellRuns, METRICS, Measure, RunRecord, Summary, metric_index};
use std::io::{self, Write};

/// Statistics of one metric in one cell; numbers that do not exist are `NaN`.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// [`models::records::Cell::index`].
    pub cell: usize,
    /// Position in [`METRICS`].
    pub metric: usize,
    /// Valid runs in which the metric has a value.
    pub n: usize,
    /// Runs left out because they are invalid.
    pub invalid: usize,
    /// Mean over runs, or share of executions; in the metric's unit, as all that follow.
    pub mean: f64,
    pub mean_interval: Interval,
    pub p50: f64,
    pub p50_interval: Interval,
    pub p95: f64,
    pub p95_interval: Interval,
    pub p99: f64,
    pub p99_interval: Interval,
}

impl SummaryRow {
    fn empty(cell: usize, metric: usize, invalid: usize) -> SummaryRow {
        SummaryRow {
            cell,
            metric,
            n: 0,
            invalid,
            mean: f64::NAN,
            mean_interval: Interval::UNKNOWN,
            p50: f64::NAN,
            p50_interval: Interval::UNKNOWN,
            p95: f64::NAN,
            p95_interval: Interval::UNKNOWN,
            p99: f64::NAN,
            p99_interval: Interval::UNKNOWN,
        }
    }

    /// Value and interval of a statistic.
    pub fn statistic(&self, statistic: Statistic) -> (f64, Interval) {
        match statistic {
            Statistic::Mean => (self.mean, self.mean_interval),
            Statistic::P50 => (self.p50, self.p50_interval),
            Statistic::P95 => (self.p95, self.p95_interval),
            Statistic::P99 => (self.p99, self.p99_interval),
        }
    }
}

/// What is shown of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    Mean,
    P50,
    P95,
    P99,
}

/// Sums up every metric of every cell, in the order of cells and [`METRICS`].
pub fn summarise(cells: &[CellRuns]) -> Vec<SummaryRow> {
    cells.iter().flat_map(summarise_cell).collect()
}

fn summarise_cell(cell: &CellRuns) -> Vec<SummaryRow> {
    let valid: Vec<&RunRecord> = valid_runs(cell).collect();
    let invalid = cell.runs.len() - valid.len();
    let mut sizes = Sizes::default();
    let mut rows = Vec::with_capacity(METRICS.len());
    for (metric, description) in METRICS.iter().enumerate() {
        let mut row = SummaryRow::empty(cell.cell.index, metric, invalid);
        match description.summary {
            Summary::Quantity => fill_quantity(&mut row, &valid, &mut sizes),
            Summary::Rate => fill_rate(&mut row, &valid),
            Summary::Quotient(over, under) => {
                fill_quotient(&mut row, &valid, [over, under], &mut sizes);
            }
        }
        rows.push(row);
    }
    rows
}

/// The runs of a cell that count.
pub(crate) fn valid_runs(cell: &CellRuns) -> impl Iterator<Item = &RunRecord> {
    cell.runs.iter().filter(|run| run.invalid.is_none())
}

fn fill_quantity(row: &mut SummaryRow, runs: &[&RunRecord], sizes: &mut Sizes) {
    let values = runs.iter().map(|run| run.values.at(row.metric));
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    if values.is_empty() {
        return;
    }
    let size = sizes.of(values.len());
    row.n = values.len();
    row.mean = mean(&values);
    row.mean_interval = size.draws.mean_interval(&values);
    values.sort_unstable_by(f64::total_cmp);
    let [p50, p95, p99] = size.ranks;
    row.p50 = quantile::quantile(&values, 0.5);
    row.p50_interval = quantile::interval_at(&values, p50);
    row.p95 = quantile::quantile(&values, 0.95);
    row.p95_interval = quantile::interval_at(&values, p95);
    row.p99 = quantile::quantile(&values, 0.99);
    row.p99_interval = quantile::interval_at(&values, p99);
}

/// Executions of a run; a run that does not say counts as one.
fn executions(run: &RunRecord) -> f64 {
    let executions = run.values.get(Measure::Executions);
    match executions.is_finite() {
        true => executions,
        false => 1.0,
    }
}

/// Those that its shares are of.
fn counted(run: &RunRecord) -> f64 {
    let counted = run.values.get(Measure::Counted);
    match counted.is_finite() {
        true => counted,
        false => executions(run),
    }
}

/// Sum over sum, of all runs that have both; no value if the lower sum is zero.
fn fill_quotient(
    row: &mut SummaryRow,
    runs: &[&RunRecord],
    parts: [Measure; 2],
    sizes: &mut Sizes,
) {
    let both = |run: &&RunRecord| {
        let [over, under] = parts.map(|part| run.values.get(part) * executions(run));
        (over.is_finite() && under.is_finite()).then_some((over, under))
    };
    let (over, under): (Vec<f64>, Vec<f64>) = runs.iter().filter_map(both).unzip();
    let total: f64 = under.iter().sum();
    if total > 0.0 {
        row.n = over.len();
        row.mean = over.iter().sum::<f64>() / total;
        row.mean_interval = sizes.of(over.len()).draws.quotient_interval(&over, &under);
    }
}

/// Shares weighted by the executions of each run.
fn fill_rate(row: &mut SummaryRow, runs: &[&RunRecord]) {
    let of = |run: &&RunRecord| {
        let (share, trials) = (run.values.at(row.metric), counted(run));
        (share.is_finite() && trials > 0.0).then_some((share * trials, trials))
    };
    let clusters: Vec<(f64, f64)> = runs.iter().filter_map(of).collect();
    row.n = clusters.len();
    if row.n > 0 {
        let sum = |of: fn(&(f64, f64)) -> f64| clusters.iter().map(of).sum::<f64>();
        let (successes, trials) = (sum(|run| run.0), sum(|run| run.1));
        row.mean = (successes / trials).clamp(0.0, 1.0);
        row.mean_interval = wilson::clustered(&clusters);
    }
}

/// What depends on the number of values only, shared by the metrics of a cell.
#[derive(Default)]
struct Sizes {
    known: Vec<Size>,
}

struct Size {
    draws: Resamples,
    /// Order statistics around p50, p95 and p99.
    ranks: [quantile::Ranks; 3],
}

impl Sizes {
    fn of(&mut self, size: usize) -> &Size {
        let found = self
            .known
            .iter()
            .position(|known| known.draws.size() == size);
        let index = found.unwrap_or_else(|| {
            self.known.push(Size {
                draws: Resamples::new(size),
                ranks: [0.5, 0.95, 0.99].map(|p| quantile::ranks(size, p)),
            });
            self.known.len() - 1
        });
        &self.known[index]
    }
}

/// Writes `summary.csv`: cell, workflow, engine, one column per axis, then the statistics.
pub fn write_csv(cells: &[CellRuns], rows: &[SummaryRow], out: impl Write) -> io::Result<()> {
    let columns = CellColumns::of(cells);
    let mut file = csv::Writer::from_writer(out);
    let mut header = vec!["cell", "workflow", "engine"];
    header.extend(columns.axes());
    header.extend(["metric", "unit", "n", "invalid"]);
    header.extend([
        "mean",
        "mean_low",
        "mean_high",
        "p50",
        "p50_low",
        "p50_high",
    ]);
    header.extend(["p95", "p95_low", "p95_high", "p99", "p99_low", "p99_high"]);
    file.write_record(header).map_err(to_io)?;
    for row in rows {
        file.write_record(record(&columns, row)).map_err(to_io)?;
    }
    file.flush()
}

fn record(columns: &CellColumns<'_>, row: &SummaryRow) -> Vec<String> {
    let mut record = vec![row.cell.to_string()];
    record.extend(columns.names(row.cell));
    record.extend(columns.values(row.cell));
    let metric = &METRICS[row.metric];
    record.extend([metric.name.to_owned(), metric.unit.to_owned()]);
    record.extend([row.n.to_string(), row.invalid.to_string()]);
    let statistics = [
        Statistic::Mean,
        Statistic::P50,
        Statistic::P95,
        Statistic::P99,
    ];
    for statistic in statistics {
        let (value, interval) = row.statistic(statistic);
        record.extend([value, interval.low, interval.high].map(number::file));
    }
    record
}

/// The statistics of a `summary.csv` as [`write_csv`] left them, with the cells that they are of.
/// Metrics that this build does not have are left out.
///
/// # Errors
/// What is not as it was written.
pub fn read_csv(file: impl io::Read) -> Result<(Vec<Cell>, Vec<SummaryRow>), String> {
    let mut table = Table::open(file, &["cell", "workflow", "engine", "metric", "n", "mean"])?;
    let (mut cells, mut rows): (Vec<Cell>, Vec<SummaryRow>) = Default::default();
    while table.next()? {
        let cell = table.count("cell")?;
        if cells.last().is_none_or(|last| last.index != cell) {
            cells.push(table.cell("metric")?);
        }
        let Some(metric) = metric_index(table.text("metric")) else {
            continue;
        };
        rows.push(SummaryRow {
            n: table.count("n")?,
            mean: table.number("mean")?,
            mean_interval: table.interval("mean")?,
            p50: table.number("p50")?,
            p50_interval: table.interval("p50")?,
            p95: table.number("p95")?,
            p95_interval: table.interval("p95")?,
            p99: table.number("p99")?,
            p99_interval: table.interval("p99")?,
            ..SummaryRow::empty(cell, metric, table.count("invalid")?)
        });
    }
    Ok((cells, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{cell, run};

    const LATENCY: usize = Measure::LatencyS as usize;
    const SUCCESS: usize = Measure::Succeeded as usize;

    #[test]
    fn invalid_runs_are_left_out_and_counted() {
        let mut cell = cell(0, "counter", "durable", &[]);
        cell.runs = [1.0, 2.0, 900.0]
            .map(|v| run(0, &[(Measure::LatencyS, v)]))
            .into();
        cell.runs[2].invalid = Some("required fault never fired".to_owned());
        let row = &summarise(&[cell])[LATENCY];
        assert_eq!((row.n, row.invalid, row.mean), (2, 1, 1.5));
    }

    #[test]
    fn a_cell_without_valid_runs_is_a_row_of_empty_numbers() {
        let mut cell = cell(0, "counter", "durable", &[]);
        cell.runs = vec![run(0, &[(Measure::LatencyS, 1.0)])];
        cell.runs[0].invalid = Some("over budget".to_owned());
        let rows = summarise(std::slice::from_ref(&cell));
        assert_eq!((rows[LATENCY].n, rows[LATENCY].invalid), (0, 1));
        let mut out = Vec::new();
        write_csv(&[cell], &rows[LATENCY..=LATENCY], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.ends_with("0,counter,durable,latency_s,s,0,1,,,,,,,,,,,,\n"),
            "{text}"
        );
    }

    #[test]
    fn what_was_written_is_read() {
        let mut cells = [
            cell(0, "counter", "durable", &[("poll_s", 0.5)]),
            cell(1, "counter", "explicit", &[]),
        ];
        for cell in &mut cells {
            let runs = (0..8).map(|r| run(r, &[(Measure::LatencyS, (r + 1) as f64)]));
            cell.runs = runs.collect();
        }
        let rows = summarise(&cells);
        let mut first = Vec::new();
        write_csv(&cells, &rows, &mut first).unwrap();
        let (known, read) = read_csv(&first[..]).unwrap();
        let runs = Vec::new;
        let known: Vec<CellRuns> = known
            .into_iter()
            .map(|cell| CellRuns { cell, runs: runs() })
            .collect();
        assert_eq!(known[0].cell.axes.len(), 1);
        assert!(known[1].cell.axes.is_empty());
        let mut second = Vec::new();
        write_csv(&known, &read, &mut second).unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn what_is_no_summary_is_refused_with_its_place() {
        let refused = |text: &str| read_csv(text.as_bytes()).unwrap_err();
        assert_eq!(refused(""), "there is no column `cell`");
        let header = "cell,workflow,engine,metric,n,invalid,mean,mean_low\n";
        let message = refused(&format!("{header}0,counter,local,latency_s,x,0,1,1\n"));
        assert_eq!(message, "line 2: `x` is no n");
    }

    #[test]
    fn a_rate_weighs_runs_by_their_executions() {
        let mut cell = cell(0, "counter", "durable", &[]);
        let runs = [(1.0, 30.0), (0.5, 10.0)];
        cell.runs = runs
            .map(|(share, n)| run(0, &[(Measure::Succeeded, share), (Measure::Executions, n)]))
            .into();
        let row = &summarise(std::slice::from_ref(&cell))[SUCCESS];
        assert_eq!((row.n, row.mean), (2, 0.875));
        assert_eq!(
            row.mean_interval,
            wilson::clustered(&[(30.0, 30.0), (5.0, 10.0)])
        );
        assert!(row.p50.is_nan());
        // Those that only warmed up are no trials.
        for run in &mut cell.runs {
            let executions = run.values.get(Measure::Executions);
            run.values.set(Measure::Executions, executions + 1000.0);
            run.values.set(Measure::Counted, executions);
        }
        let warmed = &summarise(&[cell])[SUCCESS];
        assert_eq!(
            (warmed.mean, warmed.mean_interval),
            (row.mean, row.mean_interval)
        );
    }

    #[test]
    fn an_end_that_too_few_runs_cannot_give_is_an_empty_field() {
        let mut cell = cell(0, "counter", "durable", &[]);
        let runs = |count: u64| (0..count).map(|r| run(r, &[(Measure::LatencyS, r as f64)]));
        let mut written = |count: u64| {
            cell.runs = runs(count).collect();
            let rows = summarise(std::slice::from_ref(&cell));
            let mut out = Vec::new();
            let cells = std::slice::from_ref(&cell);
            write_csv(cells, &rows[LATENCY..=LATENCY], &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let two = written(2);
        assert!(
            two.ends_with(",2,0,0.5,0,1,0.5,,,0.95,0,,0.99,0,\n"),
            "{two}"
        );
        let hundred = written(100);
        assert!(hundred.ends_with(",98.01,96,\n"), "{hundred}");
    }

    #[test]
    fn a_quotient_counts_the_cost_of_runs_that_delivered_nothing() {
        use Measure::{CostPerEncodedMinuteUsd, CostUsd, EncodedMinutes, Executions};
        const PER_MINUTE: usize = CostPerEncodedMinuteUsd as usize;
        let mut cell = cell(0, "video", "local", &[]);
        let good = [
            (CostUsd, 2.0),
            (EncodedMinutes, 1.0),
            (CostPerEncodedMinuteUsd, 2.0),
        ];
        let bad = [(CostUsd, 1.0), (EncodedMinutes, 0.0)];
        let two = [(CostUsd, 2.0), (EncodedMinutes, 0.5), (Executions, 2.0)];
        cell.runs = vec![run(0, &good), run(1, &bad)];
        let row = &summarise(std::slice::from_ref(&cell))[PER_MINUTE];
        assert_eq!((row.n, row.mean), (2, 3.0));
        // Nothing but the good run, and nothing but the bad one: no upper end.
        assert_eq!(row.mean_interval.low, 2.0);
        assert!(row.mean_interval.high.is_nan() && row.p50.is_nan());
        cell.runs = vec![run(0, &good), run(1, &two)];
        let row = &summarise(std::slice::from_ref(&cell))[PER_MINUTE];
        assert_eq!(row.mean, 3.0, "weighted by executions");
        assert_eq!((row.mean_interval.low, row.mean_interval.high), (2.0, 4.0));
        cell.runs = vec![run(0, &bad)];
        let row = &summarise(&[cell])[PER_MINUTE];
        assert!(row.n == 0 && row.mean.is_nan());
    }

    #[test]
    fn equal_data_have_equal_intervals_in_every_cell() {
        let mut cells = [
            cell(0, "counter", "local", &[]),
            cell(7, "counter", "queue", &[]),
        ];
        for cell in &mut cells {
            let value = |r: u64| run(r, &[(Measure::LatencyS, (r * r % 17) as f64)]);
            cell.runs = (0..40).map(value).collect();
        }
        let intervals = cells.map(|cell| summarise(&[cell])[LATENCY].mean_interval);
        assert_eq!(intervals[0], intervals[1]);
    }

    #[test]
    fn a_file_never_contains_nan_and_has_a_column_per_axis() {
        let cells = [
            cell(0, "counter", "durable", &[("faults.fail_rate", 0.1)]),
            cell(1, "video", "explicit", &[("video.chunks", 4.0)]),
        ];
        let mut out = Vec::new();
        write_csv(&cells, &summarise(&cells), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("cell,workflow,engine,faults.fail_rate,video.chunks,metric,unit"));
        assert!(text.contains("\n0,counter,durable,0.1,,latency_s,s,0"));
        assert!(!text.contains("NaN"));
    }
}
