//! Calibrations of the encoder that a scenario names (`encoder.file`), relative to the scenario.

use super::document::{Document, Scalar};
use super::inputs;
use super::problem::{Problem, Problems};
use models::encoder::model::Model;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A calibration that was read.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// SHA-256 of its text.
    pub sha256: String,
    /// The text itself, to be kept beside the results.
    pub text: Arc<str>,
    pub model: Arc<Model>,
}

/// The files that the scenario names, by name.
pub fn read(
    scenario: &Path,
    document: &Document,
    problems: &mut Problems,
) -> BTreeMap<String, Calibration> {
    let named = document.entries.iter().filter(|e| e.path == "encoder.file");
    let mut files = BTreeMap::new();
    for scalar in named.flat_map(|entry| &entry.values) {
        let name = scalar.raw.to_string();
        if !name.is_empty() {
            let file = problems.keep(open(scenario, &name, scalar));
            files.extend(file.map(|file| (name, file)));
        }
    }
    files
}

fn open(scenario: &Path, name: &str, scalar: &Scalar) -> Result<Calibration, Problem> {
    let unusable = |why: String| {
        let found = format!("calibration `{name}` cannot be used: {why}");
        Problem::at(&scalar.place, found)
            .expected("a .json file written by `sim calibrate`, or an empty text")
    };
    let path = inputs::find(scenario, name)
        .unwrap_or_else(|| scenario.parent().unwrap_or(Path::new("")).join(name));
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    Ok(Calibration {
        sha256: crate::results::sha256(text.as_bytes()),
        model: Arc::new(Model::parse(&text).map_err(unusable)?),
        text: text.into(),
    })
}
