//! The glue to `analysis`: what is made of a finished grid.
//!
//! Searches, studies and calibrations call `analysis` for results of their own.

pub mod page;

use crate::scenario::{Figure, Scenario};
use analysis::{FigureError, FigureSpec, KINDS, Scale, SummaryRow};
use models::records::CellRuns;
use std::fs;
use std::path::Path;

/// Kinds of figures: the name in a scenario and what is drawn.
pub fn figure_kinds() -> Vec<(&'static str, &'static str)> {
    KINDS.iter().map(|kind| (kind.name, kind.doc)).collect()
}

/// What is shown and written after a run.
#[derive(Debug, Default)]
pub struct Report {
    /// A short table for people.
    pub table: String,
    /// Warnings, one a line.
    pub warnings: Vec<String>,
    /// Files that were written, by their names in the folder.
    pub files: Vec<String>,
}

/// Columns of a table on standard output: those of `COLUMNS` or of the terminal, at least as many
/// as a name needs; in a pipe what most readers can show.
fn width() -> usize {
    const LEAST: usize = 30;
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let terminal = || {
        let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(width.0))
    };
    let known = told.filter(|width| *width > 0).or_else(terminal);
    known.map_or(analysis::table::WIDTH, |width| width.max(LEAST))
}

/// The table that is shown for these cells.
pub fn table(cells: &[CellRuns]) -> String {
    analysis::table::render(cells, &analysis::summarise(cells), width())
}

/// Writes what is made of the records into the folder: summary, comparison and figures.
///
/// # Errors
/// A message for people: a file that cannot be written, a figure that cannot be drawn.
pub fn write(folder: &Path, scenario: &Scenario, cells: &[CellRuns]) -> Result<Report, String> {
    let rows = analysis::summarise(cells);
    let compared = analysis::compare_engines(cells);
    let (mut summary, mut comparison) = (Vec::new(), Vec::new());
    analysis::summary::write_csv(cells, &rows, &mut summary)
        .and_then(|()| analysis::comparison::write_csv(cells, &compared, &mut comparison))
        .map_err(|error| format!("error: {error}"))?;
    save(&folder.join("summary.csv"), &summary)?;
    save(&folder.join("comparison.csv"), &comparison)?;
    let mut report = Report {
        table: analysis::table::render(cells, &rows, width()),
        warnings: never_fired(scenario, cells),
        files: ["summary.csv", "comparison.csv"]
            .map(str::to_owned)
            .to_vec(),
    };
    draw_all(folder, scenario, cells, &rows, &mut report)?;
    Ok(report)
}

/// Fault kinds that are written out and fired in no run at all, whether they are required or not.
fn never_fired(scenario: &Scenario, cells: &[CellRuns]) -> Vec<String> {
    let mut kinds: Vec<&str> = scenario.faults.iter().map(|fault| fault.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.retain(|kind| !cells.iter().any(|cell| cell.saw(kind)));
    let warning = |kind: &&str| {
        format!(
            "[[faults.{kind}]] fired in no run: no run came to its place; with require = [\"{kind}\"] such runs are invalid"
        )
    };
    kinds.iter().map(warning).collect()
}

/// Draws the figures; those that have nothing to show become warnings.
fn draw_all(
    folder: &Path,
    scenario: &Scenario,
    cells: &[CellRuns],
    rows: &[SummaryRow],
    report: &mut Report,
) -> Result<(), String> {
    for figure in &scenario.figures {
        match analysis::figures::draw(&spec(figure), cells, rows) {
            Ok(svg) => {
                save_figure(&folder.join("figures"), &figure.name, &svg)?;
                let file = |form: &str| format!("figures/{}.{form}", figure.name);
                report.files.extend(["svg", "png"].map(file));
            }
            Err(why) => report.warnings.push(not_drawn(figure, &why)),
        }
    }
    Ok(())
}

/// Writes a figure as SVG and PNG.
///
/// # Errors
/// A message for people: a file that cannot be written.
pub fn save_figure(folder: &Path, name: &str, svg: &str) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))?;
    save(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
    let png = analysis::figures::png::render(svg).map_err(|error| format!("error: {error}"))?;
    save(&folder.join(format!("{name}.png")), &png)
}

fn not_drawn(figure: &Figure, why: &FigureError) -> String {
    format!("figure `{}` is not drawn: {why}", figure.name)
}

fn spec(figure: &Figure) -> FigureSpec {
    let scale = |log: bool| if log { Scale::Log } else { Scale::Linear };
    FigureSpec {
        name: figure.name.clone(),
        kind: figure.kind.clone(),
        title: figure.title.clone(),
        caption: figure.caption.clone(),
        metrics: figure.metrics.clone(),
        x: figure.x.clone(),
        x_scale: scale(figure.x_log),
        y_scale: scale(figure.y_log),
        facet: figure.facet.clone(),
        band: figure.band.clone(),
        fixed: figure.fixed.clone(),
    }
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| cannot(path, &error))
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    format!("error: {}: {error}", path.display())
}
