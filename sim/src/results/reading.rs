//! Reading a folder that an earlier command wrote, whatever its build.

use super::ResultsError;
use super::files::{Files, INPUTS};
use super::lock::Lock;
use super::manifest::Manifest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A folder of results.
#[derive(Debug)]
pub struct Reading {
    files: Files,
    /// No other process writes here meanwhile.
    _lock: Lock,
    pub manifest: Manifest,
}

impl Reading {
    /// Takes the folder of finished results or, if there are none, of an interrupted run.
    pub fn open(path: &Path) -> Result<Reading, ResultsError> {
        let none = || ResultsError::NoResults(path.to_owned());
        if !path.is_dir() {
            return Err(none());
        }
        let lock = Lock::take(path)?;
        let files = Files(path.to_owned());
        let [whole, partial] = [files.whole(MANIFEST), files.partial(MANIFEST)];
        let found = match files.manifest(&whole)? {
            Some(found) => (whole, found),
            None => (partial.clone(), files.manifest(&partial)?.ok_or_else(none)?),
        };
        let (path, manifest) = found;
        let manifest = manifest.map_err(|_| ResultsError::Unreadable(path))?;
        Ok(Reading {
            files,
            _lock: lock,
            manifest,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.files.0
    }

    /// Where a file of the results is, if the manifest lists it.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        let mut listed = self.manifest.files.iter();
        listed
            .any(|listed| listed == name)
            .then(|| self.files.whole(name))
    }

    /// A file of the results as text.
    pub fn text(&self, name: &str) -> Result<String, ResultsError> {
        let path = self.files.whole(name);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(ResultsError::Missing(path))
            }
            read => read.map_err(ResultsError::file(&path)),
        }
    }

    /// Rows of an interrupted run so far.
    pub fn rows_so_far(&self) -> usize {
        let text = std::fs::read(self.files.partial("runs.csv")).unwrap_or_default();
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        lines.saturating_sub(1)
    }

    /// The name of the scenario's file among the [`Reading::inputs`].
    pub fn scenario_file(&self) -> String {
        format!("{INPUTS}/{}.toml", self.manifest.scenario.name)
    }

    /// What the scenario was made of, by the names of the files; an error if it is not what was run.
    pub fn inputs(&self) -> Result<BTreeMap<String, String>, ResultsError> {
        let manifest = &self.manifest;
        let data = [&manifest.platform, &manifest.prices, &manifest.encoder];
        let is_known = |sha256: &String| {
            data.iter()
                .any(|hashes| hashes.values().any(|h| h == sha256))
        };
        let names = manifest.files.iter().filter(|name| {
            let folder = name.split('/').next();
            folder == Some(INPUTS)
        });
        let mut inputs = BTreeMap::new();
        for name in names {
            let text = self.text(name)?;
            let sha256 = super::sha256(text.as_bytes());
            let same = match *name == self.scenario_file() {
                true => sha256 == manifest.scenario.sha256,
                false => is_known(&sha256),
            };
            if !same {
                return Err(ResultsError::Changed(self.files.whole(name)));
            }
            inputs.insert(name.clone(), text);
        }
        Ok(inputs)
    }
}

/// What a command leaves in every folder.
const MANIFEST: &str = "manifest.json";
