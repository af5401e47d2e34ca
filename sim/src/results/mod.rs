//! Results on disk.
//!
//! ```text
//! DIR/manifest.json   what was run, by which build, and whether it is finished
//! DIR/runs.csv        one row per run
//! DIR/ledger.csv      effects, with --ledger
//! DIR/history.csv     messages, with --history
//! DIR/inputs/         the scenario and the data files that it names, byte by byte
//! ```
//!
//! While a run goes on, each file has the ending `.partial`; the names change at the end, the
//! manifest's last. Rows are appended in the order of the grid, whole lines at a time, so an
//! interrupted run leaves a prefix that `--resume` continues to the same bytes. A file never holds
//! the time, the number of jobs or a path, so equal runs leave equal files. One process at a time
//! writes into a folder ([`lock`]). The manifest lists the files, so that those of an earlier command
//! can be told from the user's own when they are replaced. [`tables`] is the same for a search, which
//! writes all at its end.

pub mod csv;
mod files;
pub mod folder;
pub mod lock;
pub mod manifest;
pub mod merge;
mod prefix;
pub mod reading;
pub mod rows;
pub mod tables;

pub use files::PAGE;

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
    /// Another process writes into the folder.
    InUse(PathBuf),
    /// There is a file where the folder, or one above it, would be.
    NotAFolder { folder: PathBuf, file: PathBuf },
    /// There are no results in the folder.
    NoResults(PathBuf),
    /// A manifest of a build that wrote it in another form.
    Unreadable(PathBuf),
    /// The manifest lists a file that is not there.
    Missing(PathBuf),
    /// A kept input is not the text that was run.
    Changed(PathBuf),
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
            ResultsError::InUse(folder) => write!(
                f,
                "{} is in use: another `sim` is writing results there\n  = help: wait until it has ended, or `--out DIR` for another folder; nothing was changed",
                folder.display()
            ),
            ResultsError::NotAFolder { folder, file } if folder == file => write!(
                f,
                "{} is a file, not a folder\n  = help: `--out DIR` for another folder",
                folder.display()
            ),
            ResultsError::NotAFolder { folder, file } => write!(
                f,
                "{} cannot be a folder: {} is a file\n  = help: `--out DIR` for another folder",
                folder.display(),
                file.display()
            ),
            ResultsError::NoResults(folder) => write!(
                f,
                "{} holds no results: there is no manifest.json in it\n  = help: a folder that `sim run` or `sim check` wrote",
                folder.display()
            ),
            ResultsError::Unreadable(path) => write!(
                f,
                "{}: this build cannot read it\n  = help: use the build that wrote it, or run the scenario again",
                path.display()
            ),
            ResultsError::Missing(path) => write!(
                f,
                "{} is listed in the manifest and not there: the results are incomplete\n  = help: run the scenario again",
                path.display()
            ),
            ResultsError::Changed(path) => write!(
                f,
                "{} is not what was run: its SHA-256 is not that of the manifest\n  = help: put the file back as it was, or run the scenario again",
                path.display()
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
