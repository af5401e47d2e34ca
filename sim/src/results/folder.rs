//! The folder of a run: refused, begun, continued, finished.

use super::ResultsError;
use super::files::Files;
use super::lock::Lock;
use super::manifest::Manifest;
use super::prefix::{cut, whole_rows};
use super::rows;
use crate::plan::Plan;
use crate::run::{HISTORY_HEADER, LEDGER_HEADER, RunOutput};
use crate::scenario::Scenario;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to do with results that are already there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// Continue an interrupted run.
    pub resume: bool,
    /// Replace whatever is there.
    pub force: bool,
}

/// A folder that rows are appended to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Held until the folder is finished.
    _lock: Lock,
    manifest: Manifest,
    runs: File,
    ledger: Option<File>,
    history: Option<File>,
    /// Number of runs whose rows are there.
    pub done: usize,
}

/// Whole lines of the files of rows.
#[derive(Debug, Default)]
pub struct Rows {
    pub runs: Vec<u8>,
    pub ledger: Vec<u8>,
    pub history: Vec<u8>,
}

/// What became of taking a folder.
#[derive(Debug)]
pub enum Opened {
    /// There are runs to be made, and rows to be appended.
    Ready(Box<Folder>),
    /// `--resume`, and the results are finished.
    Complete,
}

/// Files that are of a run, whatever the scenario.
const OWN: &[&str] = &[
    "runs.csv",
    "ledger.csv",
    "history.csv",
    "summary.csv",
    "comparison.csv",
];

/// What is in a folder.
enum Found {
    /// Nothing to go on from.
    Nothing,
    /// An interrupted run of the same.
    Begun,
    /// The finished results of the same.
    Finished,
}

impl Folder {
    /// Takes the folder, or says why not. Nothing that is there is lost before [`Folder::finish`].
    pub fn open(
        path: &Path,
        manifest: Manifest,
        plan: &Plan<'_>,
        policy: Policy,
    ) -> Result<Opened, ResultsError> {
        let lock = Lock::take(path)?;
        let files = Files(path.to_owned());
        let found = match policy.force {
            true => Found::Nothing,
            false => inspect(&files, &manifest, plan, policy)?,
        };
        let done = match found {
            Found::Finished if policy.resume => return Ok(Opened::Complete),
            Found::Begun => cut(&files, plan)?,
            Found::Nothing | Found::Finished => begin(&files, &manifest, plan)?,
        };
        files.write("manifest.json", &manifest.to_json())?;
        Ok(Opened::Ready(Box::new(Folder {
            path: path.to_owned(),
            _lock: lock,
            runs: files.append("runs.csv")?,
            ledger: files.append_if(manifest.ledger, "ledger.csv")?,
            history: files.append_if(manifest.history, "history.csv")?,
            manifest,
            done,
        })))
    }

    /// Appends runs, in the order of their numbers: the row of a run is written after its ledger
    /// and history, so that it stands for all three.
    pub fn append(&mut self, plan: &Plan<'_>, batch: &[RunOutput]) -> Result<(), ResultsError> {
        let mut text = String::new();
        for output in batch {
            rows::write(plan, &output.record, &mut text);
        }
        self.copy(&Rows {
            runs: text.into_bytes(),
            ledger: batch.iter().flat_map(|o| o.ledger.clone()).collect(),
            history: batch.iter().flat_map(|o| o.history.clone()).collect(),
        })
    }

    /// Appends rows of runs as they are in other folders.
    pub fn copy(&mut self, rows: &Rows) -> Result<(), ResultsError> {
        let files = Files(self.path.clone());
        let files_of_rows = [
            (self.ledger.as_mut(), "ledger.csv", &rows.ledger),
            (self.history.as_mut(), "history.csv", &rows.history),
            (Some(&mut self.runs), "runs.csv", &rows.runs),
        ];
        for (file, name, bytes) in files_of_rows {
            if let Some(file) = file {
                let written = file.write_all(bytes);
                written.map_err(ResultsError::file(&files.partial(name)))?;
            }
        }
        self.done += rows.runs.iter().filter(|byte| **byte == b'\n').count();
        Ok(())
    }

    /// Where the rows are until the run is finished.
    pub fn rows(&self) -> PathBuf {
        Files(self.path.clone()).partial("runs.csv")
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The manifest, to be completed before [`Folder::finish`].
    pub fn manifest(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    /// Keeps what the scenario was made of, gives the files their names, the manifest last, and
    /// removes what an earlier command left. `more` are the files that were written besides the rows.
    pub fn finish(mut self, scenario: &Scenario, more: Vec<String>) -> Result<(), ResultsError> {
        let files = Files(self.path.clone());
        let rows = [
            ("runs.csv", true),
            ("ledger.csv", self.manifest.ledger),
            ("history.csv", self.manifest.history),
        ];
        let kept = rows.iter().filter(|(_, kept)| *kept);
        self.manifest.files = kept.map(|(name, _)| (*name).to_owned()).collect();
        self.manifest.files.extend(more);
        self.manifest.files.extend(files.keep_inputs(scenario)?);
        self.manifest.files.sort();
        files.remove_stale(&self.manifest.files)?;
        files.remove("manifest.json")?;
        for (name, kept) in rows {
            match kept {
                true => files.rename(name)?,
                false => files.remove(name)?,
            }
        }
        files.write("manifest.json", &self.manifest.to_json())?;
        files.rename("manifest.json")
    }
}

/// What is there; an error if it is of something else.
fn inspect(
    files: &Files,
    manifest: &Manifest,
    plan: &Plan<'_>,
    policy: Policy,
) -> Result<Found, ResultsError> {
    let finished = files.manifest(&files.whole("manifest.json"))?;
    let partial = files.manifest(&files.partial("manifest.json"))?;
    let same = |found: &Manifest| manifest.difference(found).is_none();
    // Begun over other results with `--force`: it may go on over them.
    let begun = policy.resume && matches!(&partial, Some(Ok(partial)) if same(partial));
    if !begun {
        files.refuse_foreign(manifest, OWN)?;
    }
    let kept = |other: &Manifest| (other.ledger, other.history);
    let Some(Ok(partial)) = partial else {
        return Ok(match finished {
            Some(Ok(finished)) if kept(&finished) == kept(manifest) => Found::Finished,
            _ => Found::Nothing,
        });
    };
    let done = whole_rows(&files.partial("runs.csv"), plan)?.runs;
    if done > 0 && !policy.resume {
        return Err(ResultsError::Interrupted {
            folder: files.0.clone(),
            done,
            runs: partial.runs,
        });
    }
    if done > 0 && kept(&partial) != kept(manifest) {
        let choice = "a run with another choice of --ledger and --history";
        return Err(files.foreign(choice.to_owned()));
    }
    Ok(match done {
        0 => Found::Nothing,
        _ => Found::Begun,
    })
}

/// Starts empty files.
fn begin(files: &Files, manifest: &Manifest, plan: &Plan<'_>) -> Result<usize, ResultsError> {
    for name in ["runs.csv", "ledger.csv", "history.csv"] {
        let path = files.partial(name);
        if path.exists() {
            std::fs::remove_file(&path).map_err(ResultsError::file(&path))?;
        }
    }
    files.write("runs.csv", &rows::header(plan))?;
    if manifest.ledger {
        files.write("ledger.csv", LEDGER_HEADER)?;
    }
    if manifest.history {
        files.write("history.csv", HISTORY_HEADER)?;
    }
    Ok(0)
}
