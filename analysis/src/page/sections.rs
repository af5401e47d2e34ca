//! The parts of a page, in their order.

use super::numbers::{estimate, plain, signed, time, time_apart};
use super::{Page, Results, code};
use crate::comparison::{COMPARED, ComparisonRow};
use crate::csv_rows::axis_value;
use crate::number::{digits3, percent};
use crate::summary::SummaryRow;
use crate::table::cells::{Costs, short_key};
use crate::table::varying_axes;
use crate::tally::Tally;
use maud::{Markup, PreEscaped, html};
use models::data::{Evidence, Row};
use models::records::{Cell, Measure};
use std::collections::BTreeMap;

/// Most reasons for runs that do not count; panics may each have their own.
const MOST_REASONS: usize = 20;

/// Name, heading and content of every part; none of a part that there is nothing for.
pub(super) fn of(page: &Page) -> [(&'static str, &'static str, Option<Markup>); 13] {
    let results = page.results.as_ref();
    let tally = page.tally.as_ref();
    let compared = results.filter(|results| !results.comparison.is_empty());
    [
        ("run", "What was run", some(&page.facts, || facts(page))),
        ("figures", "Figures", some(&page.figures, || figures(page))),
        ("summary", "Summary", results.map(summary)),
        ("comparison", "Comparison", compared.map(comparison)),
        (
            "violations",
            "Violations",
            page.violations.as_ref().map(violations),
        ),
        ("faults", "Faults that fired", tally.map(faults)),
        (
            "failures",
            "Executions that failed",
            tally.and_then(failures),
        ),
        ("invalid", "Runs that do not count", invalid(page)),
        (
            "repeat",
            "How to repeat it",
            page.repeat.as_ref().map(repeat),
        ),
        (
            "intervals",
            "What the intervals mean",
            results.map(|_| intervals()),
        ),
        ("coverage", "What was covered", coverage(page)),
        (
            "scenario",
            "The scenario",
            some(
                page.scenario.as_bytes(),
                || html! { pre { (page.scenario) } },
            ),
        ),
        (
            "data",
            "Platform and prices",
            some(&page.data, || data(page)),
        ),
    ]
}

fn some<T>(what: &[T], markup: impl FnOnce() -> Markup) -> Option<Markup> {
    (!what.is_empty()).then(markup)
}

/// A table that can be wider than the page.
fn wide(table: Markup) -> Markup {
    html! { div.wide tabindex="0" { (table) } }
}

fn facts(page: &Page) -> Markup {
    html! {
        dl {
            @for (name, values) in &page.facts {
                div { dt { (name) } @for value in values { dd { (value) } } }
            }
        }
    }
}

fn figures(page: &Page) -> Markup {
    html! {
        @for figure in &page.figures {
            figure {
                div.wide role="img" tabindex="0" aria-label=(figure.name) { (PreEscaped(figure.svg.trim())) }
                figcaption { (figure.name) }
            }
        }
    }
}

/// The cells of each workflow, in their order.
fn by_workflow(cells: &[Cell]) -> Vec<(&str, Vec<&Cell>)> {
    let mut workflows: Vec<(&str, Vec<&Cell>)> = Vec::new();
    for cell in cells {
        match workflows
            .iter_mut()
            .find(|(name, _)| *name == cell.workflow)
        {
            Some((_, cells)) => cells.push(cell),
            None => workflows.push((&cell.workflow, vec![cell])),
        }
    }
    workflows
}

/// Heads of the columns that name a cell.
fn name_heads(axes: &[&str], rows: u8) -> Markup {
    html! {
        th scope="col" rowspan=(rows) { "engine" }
        @for axis in axes { th.number scope="col" rowspan=(rows) title=(axis) { (short_key(axis, axes)) } }
    }
}

fn names(cell: &Cell, axes: &[&str]) -> Markup {
    html! {
        th scope="row" { (cell.engine) }
        @for axis in axes {
            td.number { @match axis_value(cell, axis) { Some(value) => (value), None => "-" } }
        }
    }
}

/// Class of the first row of an engine.
fn first_of(engine: &str, before: Option<&&Cell>) -> Option<&'static str> {
    before
        .is_none_or(|before| before.engine != engine)
        .then_some("first")
}

/// Rows by cell and metric.
type Known<'a> = BTreeMap<(usize, usize), &'a SummaryRow>;

fn summary(results: &Results) -> Markup {
    let rows = results.summary.iter();
    let known: Known = rows.map(|row| ((row.cell, row.metric), row)).collect();
    html! {
        p { "Every cell of the grid. Latency is that of executions that succeeded; bodies and cost are means per execution. 95\u{a0}% intervals stand below their numbers; where there are too few runs for an end there is none. All metrics are in " code { "summary.csv" } "." }
        @for (workflow, cells) in by_workflow(&results.cells) {
            h3 { (workflow) }
            (wide(summary_table(&cells, &known)))
        }
    }
}

fn summary_table(cells: &[&Cell], known: &Known<'_>) -> Markup {
    let axes = varying_axes(cells);
    let row = |cell: &Cell, measure: Measure| known.get(&(cell.index, measure as usize)).copied();
    let costs = cells.iter().filter_map(|cell| row(cell, Measure::CostUsd));
    let costs = Costs::for_means(costs.map(|row| row.mean));
    let before = std::iter::once(None).chain(cells.iter().map(Some));
    html! {
        table {
            thead { tr {
                (name_heads(&axes, 1))
                @for head in ["runs", "success", "latency p50", "latency p99", "bodies"] { th.number scope="col" { (head) } }
                th.number scope="col" { "cost (" (costs.unit) ")" }
            } }
            tbody {
                @for (cell, before) in cells.iter().zip(before) {
                    tr class=[first_of(&cell.engine, before)] {
                        (names(cell, &axes))
                        (plain(runs(cell, known)))
                        (mean(row(cell, Measure::Succeeded), percent))
                        @match row(cell, Measure::LatencyS) {
                            Some(row) => { (time(row.p50, row.p50_interval)) (time(row.p99, row.p99_interval)) }
                            None => { (plain("-")) (plain("-")) }
                        }
                        (mean(row(cell, Measure::Bodies), digits3))
                        (mean(row(cell, Measure::CostUsd), |usd| digits3(usd / costs.usd)))
                    }
                }
            }
        }
    }
}

fn mean(row: Option<&SummaryRow>, show: impl Fn(f64) -> String) -> Markup {
    match row {
        Some(row) => estimate(row.mean, row.mean_interval, show),
        None => plain("-"),
    }
}

/// Runs of a cell that count, of all where some do not. Every run has the virtual time of its end.
fn runs(cell: &Cell, known: &Known<'_>) -> String {
    match known.get(&(cell.index, Measure::VirtualS as usize)) {
        None => "-".to_owned(),
        Some(row) if row.invalid == 0 => row.n.to_string(),
        Some(row) => format!("{}/{}", row.n, row.n + row.invalid),
    }
}

fn comparison(results: &Results) -> Markup {
    html! {
        p { "Every engine against the first engine of its workflow, where the axes that both have agree. Runs are compared in pairs: a replicate met the same draws on both engines, so what they share cancels. A pair counts if both have a value; latency is thus conditional on success of both. Difference: mean of engine minus baseline; ratio: mean of the engine over mean of the baseline." }
        @for (workflow, cells) in by_workflow(&results.cells) {
            @let of_cell = |row: &&ComparisonRow| cells.iter().find(|cell| cell.index == row.cell).copied();
            @let rows: Vec<(&Cell, &ComparisonRow)> = results.comparison.iter().filter_map(|row| Some((of_cell(&row)?, row))).collect();
            @if let Some((_, first)) = rows.first() {
                @let baseline = cells.iter().find(|cell| cell.index == first.baseline);
                h3 { (workflow) @if let Some(baseline) = baseline { ", against " (baseline.engine) } }
                (wide(comparison_table(&cells, &rows)))
            }
        }
    }
}

fn comparison_table(cells: &[&Cell], rows: &[(&Cell, &ComparisonRow)]) -> Markup {
    let axes = varying_axes(cells);
    let differences = rows
        .iter()
        .filter(|(_, row)| row.metric == Measure::CostUsd as usize);
    let costs = Costs::for_means(differences.map(|(_, row)| row.comparison.difference.abs()));
    let pairs: Vec<&[(&Cell, &ComparisonRow)]> = rows
        .chunk_by(|(_, a), (_, b)| (a.cell, a.baseline) == (b.cell, b.baseline))
        .collect();
    let before = std::iter::once(None).chain(pairs.iter().map(|pair| Some(&pair[0].0)));
    html! {
        table {
            thead {
                tr {
                    (name_heads(&axes, 2))
                    @for measure in COMPARED { th.group scope="colgroup" colspan="3" { (compared_name(measure)) } }
                }
                tr {
                    @for measure in COMPARED {
                        th.number.pairs scope="col" { "pairs" }
                        th.number scope="col" { "difference" @if measure == Measure::CostUsd { " (" (costs.unit) ")" } }
                        th.number scope="col" { "ratio" }
                    }
                }
            }
            tbody {
                @for (pair, before) in pairs.iter().zip(before) {
                    tr class=[first_of(&pair[0].0.engine, before)] {
                        (names(pair[0].0, &axes))
                        @for measure in COMPARED {
                            @match pair.iter().find(|(_, row)| row.metric == measure as usize) {
                                Some((_, row)) => (compared(row, measure, costs)),
                                None => { td.number.pairs { "-" } (plain("-")) (plain("-")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn compared_name(measure: Measure) -> &'static str {
    match measure {
        Measure::LatencyS => "latency",
        Measure::CostUsd => "cost",
        Measure::Bodies => "bodies",
        _ => models::records::METRICS[measure as usize].name,
    }
}

fn compared(row: &ComparisonRow, measure: Measure, costs: Costs) -> Markup {
    let show = |value: f64| match measure {
        Measure::CostUsd => digits3(value / costs.usd),
        _ => digits3(value),
    };
    let found = &row.comparison;
    html! {
        td.number.pairs { (found.n) }
        @match measure {
            Measure::LatencyS => (time_apart(found.difference, found.difference_interval)),
            _ => (estimate(found.difference, found.difference_interval, |value| signed(value, show))),
        }
        (estimate(found.ratio, found.ratio_interval, digits3))
    }
}

fn faults(tally: &Tally) -> Markup {
    let kinds = tally.kinds();
    if kinds.is_empty() {
        return html! { p { "No fault fired in any run." } };
    }
    let before = std::iter::once("").chain(tally.engines.iter().map(|e| e.workflow.as_str()));
    html! {
        p { "Faults are counted when they fire, in all runs, those that do not count included." }
        (wide(html! {
            table {
                thead { tr {
                    th scope="col" { "workflow" }
                    th scope="col" { "engine" }
                    th.number scope="col" { "runs" }
                    @for kind in &kinds { th.number scope="col" { (kind) } }
                } }
                tbody { @for (engine, before) in tally.engines.iter().zip(before) {
                    tr class=[(engine.workflow != before).then_some("first")] {
                        th scope="row" { (engine.workflow) }
                        td { (engine.engine) }
                        (plain(engine.runs))
                        @for kind in &kinds {
                            @match engine.fired.get(*kind) {
                                Some(fired) => td.number { (fired.faults) small { "in " (fired.runs) " runs" } },
                                None => (plain("0")),
                            }
                        }
                    }
                } }
            }
        }))
    }
}

/// Why executions failed, by engine; no part of a page where none did.
fn failures(tally: &Tally) -> Option<Markup> {
    let failed = tally
        .engines
        .iter()
        .flat_map(|engine| engine.failures.iter().map(move |failure| (engine, failure)));
    let failed: Vec<_> = failed.collect();
    (!failed.is_empty()).then(|| html! {
        p { "Executions of the runs that count, by reason." }
        (wide(html! {
            table {
                thead { tr {
                    th scope="col" { "workflow" }
                    th scope="col" { "engine" }
                    th.number scope="col" { "failed" }
                    th scope="col" { "why" }
                } }
                tbody { @for (engine, (why, count)) in &failed {
                    tr { th scope="row" { (engine.workflow) } td { (engine.engine) } (plain(count)) td { (why) } }
                } }
            }
        }))
    })
}

fn invalid(page: &Page) -> Option<Markup> {
    let tally = page.tally.as_ref()?;
    if tally.invalid.is_empty() && page.unfired.is_empty() {
        return None;
    }
    let more = tally.invalid.len().saturating_sub(MOST_REASONS);
    Some(html! {
        @if !tally.invalid.is_empty() {
            p { (tally.invalid_runs()) " of " (tally.runs()) " runs are invalid and left out of all statistics." }
            (wide(html! {
                table {
                    thead { tr { th.number scope="col" { "runs" } th scope="col" { "why" } th scope="col" { "the first" } } }
                    tbody { @for reason in tally.invalid.iter().take(MOST_REASONS) {
                        tr { (plain(reason.runs)) td { (reason.why) } td { "cell " (reason.first.0) ", replicate " (reason.first.1) } }
                    } }
                }
            }))
            @if more > 0 { p { (more) " more reasons: column " code { "invalid" } " of " code { "runs.csv" } "." } }
        }
        @for (kind, cells) in &page.unfired {
            @let cells: Vec<String> = cells.iter().map(usize::to_string).collect();
            p { "The fault " code { (kind) } " is required and fired in no run of these cells: " (cells.join(", ")) "." }
        }
    })
}

fn violations(found: &super::Violations) -> Markup {
    if found.rows.is_empty() {
        return html! { p { "None: every claim holds in every plan that ran." } };
    }
    html! {
        p { "Claims that some plan of faults violates, each with the smallest plan that was found. A claim that the engine does not make is a fact to know; one that it makes is a bug. Claims that hold are in the figure and in " code { "verdicts.csv" } "." }
        (wide(html! {
            table {
                thead { tr { @for head in &found.header { th scope="col" { (head) } } } }
                tbody { @for row in &found.rows { tr { @for field in row { td { (field) } } } } }
            }
        }))
    }
}

fn coverage(page: &Page) -> Option<Markup> {
    let found = page.violations.as_ref()?;
    Some(html! { pre { (found.coverage) } })
}

fn repeat(repeat: &super::Repeat) -> Markup {
    html! { pre { (repeat.command) } p { (code(&repeat.note)) } }
}

fn intervals() -> Markup {
    html! {
        p { "A cell is run with many seeds (replicates). Its numbers are estimates: other seeds would give others. A 95\u{a0}% interval is made in such a way that in 95\u{a0}% of such experiments it holds the value that infinitely many replicates would give. It says what chance does to the number, not whether the model is right: what prices, limits and latencies rest on stands beside each under “Platform and prices”." }
        ul {
            li { "Success: the share of all executions of a cell, with Wilson's interval." }
            li { "Latency p50 and p99: order statistics of the runs, without assumptions about their law. The median needs 6 runs for an interval, the upper end of p99 needs 368; an end that a cell has too few runs for is absent (-)." }
            li { "Bodies and cost: the mean over runs, with percentiles of 1,000 bootstrap resamples. Below some ten runs these intervals are too narrow." }
            li { "Differences and ratios: bootstrap over pairs of runs with the same replicate. Engines meet the same random draws, so the interval of a difference is much narrower than the two intervals side by side suggest. Where it does not hold 0 (or 1, of a ratio) the engines differ." }
        }
        p { "Every interval stands for itself: of twenty that compare equals, one misses by chance." }
    }
}

fn data(page: &Page) -> Markup {
    html! {
        p { "Every number with its unit and source, as the files have it; what the scenario replaces stands in the scenario. Evidence: official, what the vendor says; measured, in a paper or its raw data; third-party, measured by somebody else; assumption, ours." }
        @for (name, table) in &page.data {
            h3 { (name) }
            (wide(html! {
                table.data {
                    thead { tr { th scope="col" { "row" } th scope="col" { "value" } th scope="col" { "unit" } th scope="col" { "evidence" } th scope="col" { "source" } } }
                    tbody { @for key in table.keys() { @if let Some(row) = table.row(key) {
                        tr { th scope="row" { (key) } td { (value(row)) } td { (row.unit) } td { (evidence(row.kind)) }
                            td { (row.source) " (" (row.region) ", " (row.date) ")" @if !row.note.is_empty() { small { (row.note) } } } }
                    } } }
                }
            }))
        }
    }
}

fn value(row: &Row) -> String {
    match (row.value, &row.law) {
        (Some(value), _) => value.to_string(),
        (None, Some(law)) => law.clone(),
        (None, None) => "-".to_owned(),
    }
}

fn evidence(kind: Evidence) -> &'static str {
    match kind {
        Evidence::Official => "official",
        Evidence::Measured => "measured",
        Evidence::ThirdParty => "third-party",
        Evidence::Assumption => "assumption",
    }
}
