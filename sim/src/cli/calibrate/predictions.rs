//! `sim calibrate --predict`: a model applied to rows.

use super::{CalibrateArguments, bad, read};
use crate::cli::Failure;
use crate::cli::output::{print, save, tell};
use analysis::calibration::{predict, rows};
use models::encoder::model::Model;
use std::path::Path;
use std::sync::Arc;

/// Writes predictions beside the rows.
pub(super) fn predictions(arguments: &CalibrateArguments, path: &Path) -> Result<(), Failure> {
    let model = match &arguments.model {
        Some(path) => Arc::new(Model::parse(&read(path)?).map_err(|why| bad(path, &why))?),
        None => Model::reference(),
    };
    let text = read(path)?;
    let measured = rows::read(&text).map_err(|why| bad(path, &why))?;
    let (out, left_out) = table(&text, &measured, &model).map_err(|why| bad(path, &why))?;
    for why in left_out.iter().take(SHOWN) {
        tell(&format!("warning: {}: {why}", path.display()));
    }
    if left_out.len() > SHOWN {
        tell(&format!("warning: {} such rows in all", left_out.len()));
    }
    if left_out.len() == measured.len() && !measured.is_empty() {
        return Err(bad(path, "no row could be predicted"));
    }
    match &arguments.out {
        Some(file) => save(file, out.as_bytes()),
        None => print(&out),
    }
}

/// Warnings about rows that are shown; the number of all follows.
const SHOWN: usize = 5;

const NEW: [&str; 7] = [
    "predicted_cpu_s",
    "predicted_cpu_s_lo90",
    "predicted_cpu_s_hi90",
    "predicted_es_bytes",
    "predicted_es_bytes_lo90",
    "predicted_es_bytes_hi90",
    "basis",
];

/// The rows with predictions after them, and why some have none.
fn table(
    text: &str,
    measured: &[rows::Row],
    model: &Model,
) -> Result<(String, Vec<String>), String> {
    let (mut header, records) = rows::records(text)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut left_out = Vec::new();
    let broken = |error: csv::Error| error.to_string();
    header.extend(NEW);
    writer.write_record(&header).map_err(broken)?;
    for ((line, mut record), row) in records.into_iter().zip(measured) {
        match predict(model, row) {
            Ok(found) => {
                let ([lo, mid, hi], [few, bytes, many]) = (found.cpu_s, found.es_bytes);
                let seconds = [mid, lo, hi].map(|s| format!("{s:.6}"));
                record.extend(seconds);
                record.extend([bytes, few, many].map(|b| format!("{b:.0}")));
                record.push_field(found.basis.name());
            }
            Err(column) => {
                left_out.push(format!(
                    "line {line}: not predicted, no usable `{column}`, which is known before an encode"
                ));
                record.extend([""; NEW.len()]);
            }
        }
        writer.write_record(&record).map_err(broken)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    Ok((text, left_out))
}
