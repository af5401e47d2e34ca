//! `sim calibrate --fit`: coefficients and report from measured rows.

use super::report::{self, held_csv};
use super::{bad, read};
use crate::cli::Failure;
use crate::cli::output::{print, save};
use crate::results::sha256;
use analysis::calibration::{HeldOut, fit, join, rows};
use analysis::figures::{errors, png};
use models::encoder::model::Model;
use std::fs;
use std::path::Path;

/// Fits a file of rows and writes model, report, held-out rows and figures into a folder.
pub(super) fn refit(path: &Path, chunking: Option<&Path>, folder: &Path) -> Result<(), Failure> {
    let text = read(path)?;
    let measured = rows::read(&text).map_err(|why| bad(path, &why))?;
    let (mut model, held) = fit(&measured).map_err(|why| bad(path, &why))?;
    model.data.file = path
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    model.data.sha256 = sha256(text.as_bytes());
    model.join = match chunking {
        Some(path) => join(&read(path)?).map_err(|why| bad(path, &why))?,
        None => Model::reference().join.clone(),
    };
    if model.decode.start_s == 0.0 {
        model.decode = Model::reference().decode;
    }
    model.fingerprint = fingerprint(path, &measured);
    let report = report::report(&measured, &model, &held);
    fs::create_dir_all(folder).map_err(|error| bad(folder, &error.to_string()))?;
    let json = serde_json::to_string_pretty(&model).expect("numbers and names") + "\n";
    save(&folder.join("model.json"), json.as_bytes())?;
    save(&folder.join("report.txt"), report.as_bytes())?;
    save(
        &folder.join("held_out.csv"),
        held_csv(&held.rows).as_bytes(),
    )?;
    draw(&held.rows, &folder.join("figures"))?;
    print(&format!(
        "{report}\nmodel, report, held-out rows and figures in {}\n",
        folder.display()
    ))
}

/// The figures, as SVG and PNG.
fn draw(rows: &[HeldOut], folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| bad(folder, &error.to_string()))?;
    for (name, svg) in errors::draw(rows) {
        let bitmap = png::render(&svg).map_err(|error| bad(folder, &error.to_string()))?;
        save(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
        save(&folder.join(format!("{name}.png")), &bitmap)?;
    }
    Ok(())
}

/// What is known of the machine and the encoder: `RUNS.fingerprint.txt` beside `RUNS.csv`, lines of
/// `name = value`, and what the rows say of the tool.
fn fingerprint(path: &Path, measured: &[rows::Row]) -> Vec<(String, String)> {
    let mut tools: Vec<&str> = rows::usable(measured)
        .iter()
        .map(|row| row.tool.as_str())
        .collect();
    tools.sort_unstable();
    tools.dedup();
    let text = fs::read_to_string(path.with_extension("fingerprint.txt")).unwrap_or_default();
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    let tool = ("tool".to_owned(), tools.join(", "));
    text.lines().filter_map(pair).chain([tool]).collect()
}
