//! Results on disk.
//!
//! ```text
//! DIR/manifest.json   what was run, by which build, and whether it is finished
//! DIR/runs.csv        one row per run
//! DIR/ledger.csv      effects, with --ledger
//! DIR/history.csv     messages, with --history
//! ```
//!
//! While a run goes on, each file has the ending `.partial`; the names change at the end, the
//! manifest's last. Rows are appended in the order of the grid, whole lines at a time, so an
//! interrupted run leaves a prefix that `--resume` continues to the same bytes. A file never holds
//! the time, the number of jobs or a path, so equal runs leave equal files.

pub mod csv;
mod files;
pub mod folder;
pub mod manifest;
mod prefix;
pub mod rows;

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Why results cannot be written or read.
#[derive(Debug)]
pub enum ResultsError {
    /// The folder holds results of something else; says what differs.
    Foreign { folder: PathBuf, difference: String },
    /// The folder holds an interrupted run of the same.
    Interrupted {
        folder: PathBuf,
        done: usize,
        runs: usize,
    },
    /// A file cannot be read or written.
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    /// A file of results is not what a run leaves.
    Damaged {
        path: PathBuf,
        line: usize,
        why: String,
    },
}

impl ResultsError {
    /// Adds the path to an error of the file system.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> ResultsError + '_ {
        move |error| ResultsError::File {
            path: path.to_owned(),
            error,
        }
    }
}

impl std::fmt::Display for ResultsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ResultsError::Foreign { folder, difference } => write!(
                f,
                "{} holds other results: {difference}\n  = help: `--out DIR` for another folder, or `--force` to replace them; nothing was overwritten",
                folder.display()
            ),
            ResultsError::Interrupted { folder, done, runs } => write!(
                f,
                "{} holds an interrupted run ({done} of {runs} runs)\n  = help: `--resume` to continue it, or `--force` to start again",
                folder.display()
            ),
            ResultsError::File { path, error } => write!(f, "{}: {error}", path.display()),
            ResultsError::Damaged { path, line, why } => write!(
                f,
                "{}:{line}: {why}\n  = help: `--force` to start again",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ResultsError {}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
