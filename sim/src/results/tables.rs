//! The folder of a search: whole files that are written at its end, and a manifest after them.

use super::ResultsError;
use super::files::Files;
use super::lock::Lock;
use super::manifest::Manifest;
use crate::scenario::Scenario;
use std::path::Path;

/// A folder that tables are written into.
#[derive(Debug)]
pub struct Tables {
    files: Files,
    _lock: Lock,
    manifest: Manifest,
}

impl Tables {
    /// Takes the folder, or says why not; `own` are the files that a search always writes. Nothing
    /// that is there is lost before the first [`Tables::save`].
    pub fn open(
        path: &Path,
        manifest: Manifest,
        own: &[&str],
        force: bool,
    ) -> Result<Tables, ResultsError> {
        let lock = Lock::take(path)?;
        let files = Files(path.to_owned());
        if !force {
            files.refuse_foreign(&manifest, own)?;
        }
        // A folder that cannot be written is found out before the search, not after.
        files.write("manifest.probe", "")?;
        files.remove("manifest.probe.partial")?;
        Ok(Tables {
            files,
            _lock: lock,
            manifest,
        })
    }

    /// Writes a file, `/` between the parts of its name.
    pub fn save(&mut self, name: &str, bytes: &[u8]) -> Result<(), ResultsError> {
        self.files.save(name, bytes)?;
        self.manifest.files.push(name.to_owned());
        Ok(())
    }

    /// Keeps what the scenario was made of, removes what an earlier command left, and writes the
    /// manifest.
    pub fn finish(mut self, scenario: &Scenario) -> Result<(), ResultsError> {
        self.manifest
            .files
            .extend(self.files.keep_inputs(scenario)?);
        self.manifest.finished = true;
        self.manifest.files.sort();
        self.files.remove_stale(&self.manifest.files)?;
        for name in ["runs.csv", "ledger.csv", "history.csv", "manifest.json"] {
            self.files.remove(&format!("{name}.partial"))?;
        }
        self.files
            .write("manifest.json", &self.manifest.to_json())?;
        self.files.rename("manifest.json")
    }
}
