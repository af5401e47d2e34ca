//! The complete runs at the beginning of interrupted results.

use super::ResultsError;
use super::files::Files;
use super::rows;
use crate::plan::Plan;
use std::fs::OpenOptions;
use std::path::Path;

/// Cuts off what belongs to no complete run; returns the number of complete runs.
pub fn cut(files: &Files, plan: &Plan<'_>) -> Result<usize, ResultsError> {
    let runs = files.partial("runs.csv");
    let whole = whole_rows(&runs, plan)?;
    truncate(&runs, whole.bytes)?;
    for name in ["ledger.csv", "history.csv"] {
        let path = files.partial(name);
        if path.exists() {
            let text = std::fs::read(&path).map_err(ResultsError::file(&path))?;
            truncate(&path, lines_of(&text, whole.runs, plan))?;
        }
    }
    Ok(whole.runs)
}

/// Complete rows of a file, and the bytes that they take with the header.
#[derive(Debug)]
pub struct Whole {
    pub runs: usize,
    pub bytes: usize,
}

/// Counts the complete rows of a file.
pub fn whole_rows(path: &Path, plan: &Plan<'_>) -> Result<Whole, ResultsError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(ResultsError::file(path)(error)),
    };
    let header = rows::header(plan);
    if !text.starts_with(header.as_bytes()) {
        return Ok(Whole { runs: 0, bytes: 0 });
    }
    let bytes = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let lines = text[..bytes].iter().filter(|byte| **byte == b'\n').count();
    Ok(Whole {
        runs: (lines - 1).min(plan.runs()),
        bytes,
    })
}

/// Bytes of the header and of the lines that belong to the first `runs` runs.
fn lines_of(text: &[u8], runs: usize, plan: &Plan<'_>) -> usize {
    let mut bytes = 0;
    for (at, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = || {
            let line = std::str::from_utf8(line).ok()?;
            let mut fields = line.split(',');
            let cell: usize = fields.next()?.parse().ok()?;
            let replicate: usize = fields.next()?.parse().ok()?;
            Some(plan.number(cell, replicate))
        };
        let complete = line.ends_with(b"\n");
        if !complete || (at > 0 && number().is_none_or(|number| number >= runs)) {
            break;
        }
        bytes += line.len();
    }
    bytes
}

fn truncate(path: &Path, bytes: usize) -> Result<(), ResultsError> {
    let file = OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.set_len(bytes as u64))
        .map_err(ResultsError::file(path))
}
