//! `sim calibrate`: the encoder timing model, measured, fitted and applied.

use super::Failure;
use super::output::{columns, print};
use crate::results::sha256;
use analysis::calibration::{Accuracy, Held, HeldOut, fit, in_sample, join, predict, rows};
use clap::Args;
use models::encoder::model::Model;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `sim calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArguments {
    /// Fit the rows of a measurement without running anything
    #[arg(long, value_name = "RUNS.csv", conflicts_with = "predict")]
    fit: Option<PathBuf>,
    /// A chunking experiment, for the costs of joining [with --fit]
    #[arg(long, value_name = "CHUNKING.csv", requires = "fit")]
    chunking: Option<PathBuf>,
    /// Predict CPU seconds and bytes of each row, with 90 % intervals
    #[arg(long, value_name = "ROWS.csv")]
    predict: Option<PathBuf>,
    /// The calibration to predict with [default: the one that comes with the program]
    #[arg(long, value_name = "MODEL.json")]
    model: Option<PathBuf>,
    /// Where results go: a folder, or with --predict a CSV file [default: results/calibrate, standard output]
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Does what the arguments say.
pub fn calibrate(arguments: &CalibrateArguments) -> Result<(), Failure> {
    match (&arguments.fit, &arguments.predict) {
        (Some(runs), _) => refit(arguments, runs),
        (None, Some(rows)) => predictions(arguments, rows),
        (None, None) => Err(Failure::Input(
            "error: nothing to do; expected --fit RUNS.csv or --predict ROWS.csv".to_owned(),
        )),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::Input(format!("error: {}: {error}", path.display())))
}

fn bad(path: &Path, why: &str) -> Failure {
    Failure::Input(format!("error: {}: {why}", path.display()))
}

fn refit(arguments: &CalibrateArguments, path: &Path) -> Result<(), Failure> {
    let text = read(path)?;
    let measured = rows::read(&text).map_err(|why| bad(path, &why))?;
    let (mut model, held) = fit(&measured).map_err(|why| bad(path, &why))?;
    model.data.file = path
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    model.data.sha256 = sha256(text.as_bytes());
    model.join = match &arguments.chunking {
        Some(path) => join(&read(path)?).map_err(|why| bad(path, &why))?,
        None => Model::reference().join,
    };
    model.fingerprint = fingerprint(path, &measured);
    let report = report(&measured, &model, &held);
    let default = || PathBuf::from("results/calibrate");
    let folder = arguments.out.clone().unwrap_or_else(default);
    fs::create_dir_all(&folder).map_err(|error| bad(&folder, &error.to_string()))?;
    let json = serde_json::to_string_pretty(&model).expect("numbers and names") + "\n";
    save(&folder.join("model.json"), &json)?;
    save(&folder.join("report.txt"), &report)?;
    save(&folder.join("held_out.csv"), &held_csv(&held.rows))?;
    print(&format!(
        "{report}\nmodel, report and held-out rows in {}\n",
        folder.display()
    ));
    Ok(())
}

fn save(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| bad(path, &error.to_string()))
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

fn accuracy(rows: &[&HeldOut], error: fn(&HeldOut) -> f64) -> Accuracy {
    let errors: Vec<f64> = rows.iter().map(|row| error(row)).collect();
    let measured: Vec<f64> = rows.iter().map(|row| libm::log(row.measured_s)).collect();
    Accuracy::of(&errors, &measured)
}

fn share(rows: &[&HeldOut], kind: usize) -> f64 {
    let covered = rows.iter().filter(|row| row.covered[kind]).count();
    100.0 * covered as f64 / rows.len().max(1) as f64
}

fn report(measured: &[rows::Row], model: &Model, held: &Held) -> String {
    let all: Vec<&HeldOut> = held.rows.iter().collect();
    let sources = held.sources();
    let line = |name: &str, a: Accuracy, coverage: Option<f64>| {
        let tail = coverage.map_or_else(|| "-".to_owned(), |share| format!("{share:.0} %"));
        vec![
            name.to_owned(),
            format!("{:.1} %", a.mape),
            format!("{:.1} %", a.median),
            format!("{:.1} %", a.p90),
            format!("{:.3}", a.sigma_log),
            format!("{:.3}", a.r2_log),
            format!("{:+.1} %", a.total),
            tail,
        ]
    };
    let head = [
        "",
        "MAPE",
        "median",
        "p90",
        "sigma log",
        "R2 log",
        "total",
        "in 90 % interval",
    ];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    table.push(line(
        "held out, bits known",
        accuracy(&all, |r| r.time),
        Some(share(&all, 0)),
    ));
    table.push(line(
        "held out, probe only",
        accuracy(&all, |r| r.time_from_probe),
        Some(share(&all, 1)),
    ));
    table.push(line(
        "held out, bytes from probe",
        accuracy(&all, |r| r.bits),
        Some(share(&all, 2)),
    ));
    table.push(line(
        "in sample, bits known",
        in_sample(measured, model),
        None,
    ));
    for source in &sources {
        let own: Vec<&HeldOut> = all
            .iter()
            .copied()
            .filter(|row| row.source == *source)
            .collect();
        table.push(line(
            &format!("  {source}"),
            accuracy(&own, |r| r.time),
            Some(share(&own, 0)),
        ));
    }
    for preset in &model.time.presets {
        let own: Vec<&HeldOut> = all
            .iter()
            .copied()
            .filter(|row| row.preset == preset.preset)
            .collect();
        table.push(line(
            &format!("  {}", preset.preset),
            accuracy(&own, |r| r.time),
            Some(share(&own, 0)),
        ));
    }
    let worst = |kind| {
        let shares = sources.iter().map(|source| {
            let own: Vec<&HeldOut> = all
                .iter()
                .copied()
                .filter(|row| row.source == *source)
                .collect();
            (share(&own, kind), source)
        });
        shares
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .expect("there are sources")
    };
    let mut text = format!(
        "{} encodes of {} real sources ({}); each source predicted by a fit to the others\n\n",
        all.len(),
        sources.len(),
        model.data.file
    );
    text.push_str(&columns(&table));
    let (low, name) = worst(0);
    let _ = writeln!(text, "\nworst coverage of a source: {low:.0} % ({name})");
    if let Some(noise) = repeat_noise(measured) {
        let _ = writeln!(
            text,
            "same encode run again: sd of the log {noise:.3}; errors below that are noise"
        );
    }
    let synthetic = measured
        .iter()
        .filter(|row| row.exp == "grid" && row.synthetic == Some(1.0))
        .count();
    if synthetic > 0 {
        let _ = writeln!(
            text,
            "warning: {synthetic} rows of synthetic clips are left out; a fit to synthetic clips is wrong by 25 to 40 % on real ones"
        );
    }
    text
}

/// Standard deviation of one run, from cells that were run twice.
fn repeat_noise(measured: &[rows::Row]) -> Option<f64> {
    let key = |row: &rows::Row| {
        (
            row.clip.clone(),
            format!(
                "{:?}{:?}{:?}{:?}",
                row.offset_s, row.chunk_s, row.height, row.crf
            ),
            row.preset.clone(),
        )
    };
    let grid = rows::usable(measured);
    let repeats = measured
        .iter()
        .filter(|row| row.exp == "repeat" && row.synthetic != Some(1.0));
    let differences: Vec<f64> = repeats
        .filter_map(|again| {
            let first = grid.iter().find(|row| key(row) == key(again))?;
            Some(libm::log(again.cpu_s? / first.cpu_s?))
        })
        .collect();
    let count = differences.len() as f64;
    if count < 5.0 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / count;
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some((variance / 2.0).sqrt())
}

fn held_csv(rows: &[HeldOut]) -> String {
    let mut text = String::from(
        "source,preset,measured_cpu_s,predicted_cpu_s,log_error,log_error_from_probe,log_error_bytes\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "{},{},{:.6},{:.6},{:.6},{:.6},{:.6}",
            row.source,
            row.preset,
            row.measured_s,
            row.predicted_s,
            row.time,
            row.time_from_probe,
            row.bits
        );
    }
    text
}

fn predictions(arguments: &CalibrateArguments, path: &Path) -> Result<(), Failure> {
    let model = match &arguments.model {
        Some(path) => Arc::new(Model::parse(&read(path)?).map_err(|why| bad(path, &why))?),
        None => Model::reference(),
    };
    let text = read(path)?;
    let measured = rows::read(&text).map_err(|why| bad(path, &why))?;
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let mut out = format!(
        "{header},predicted_cpu_s,predicted_cpu_s_lo90,predicted_cpu_s_hi90,predicted_es_bytes,predicted_es_bytes_lo90,predicted_es_bytes_hi90,basis\n"
    );
    for (number, (row, line)) in measured.iter().zip(lines).enumerate() {
        let found = predict(&model, row).map_err(|column| {
            bad(
                path,
                &format!(
                    "line {}: no usable `{column}`, which is known before an encode",
                    number + 2
                ),
            )
        })?;
        let ([lo, mid, hi], [few, bytes, many]) = (found.cpu_s, found.es_bytes);
        let _ = writeln!(
            out,
            "{line},{mid:.6},{lo:.6},{hi:.6},{bytes:.0},{few:.0},{many:.0},{}",
            found.basis.name()
        );
    }
    match &arguments.out {
        Some(file) => save(file, &out),
        None => {
            print(&out);
            Ok(())
        }
    }
}
