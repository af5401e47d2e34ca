//! `sim calibrate --predict`: a model applied to rows.

use super::{CalibrateArguments, bad, read};
use crate::cli::Failure;
use crate::cli::output::{print, save};
use analysis::calibration::{predict, rows};
use models::encoder::model::Model;
use std::fmt::Write;
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
        Some(file) => save(file, out.as_bytes()),
        None => {
            print(&out);
            Ok(())
        }
    }
}
