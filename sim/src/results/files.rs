//! The files of results by name: each is `.partial` until it is finished.

use super::ResultsError;
use super::manifest::Manifest;
use crate::scenario::Scenario;
use std::fs::{File, OpenOptions};
use std::path::{Component, Path, PathBuf};

/// The folder of what a scenario was made of.
pub const INPUTS: &str = "inputs";

/// The page that `sim report` makes of a folder. No manifest lists it: it is no result.
pub const PAGE: &str = "report.html";

/// A manifest, or that it cannot be understood.
pub type Readable = Result<Manifest, String>;

/// The files of a folder by name; each is `.partial` until it is finished.
#[derive(Debug)]
pub struct Files(pub PathBuf);

impl Files {
    /// The path of a finished file.
    pub fn whole(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The path of a file that is being written.
    pub fn partial(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.partial"))
    }

    /// Writes a whole partial file.
    pub fn write(&self, name: &str, text: &str) -> Result<(), ResultsError> {
        let path = self.partial(name);
        std::fs::write(&path, text).map_err(ResultsError::file(&path))
    }

    /// Writes a finished file, and the folders in its name.
    pub fn save(&self, name: &str, bytes: &[u8]) -> Result<(), ResultsError> {
        let path = self.whole(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(ResultsError::file(folder))?;
        }
        std::fs::write(&path, bytes).map_err(ResultsError::file(&path))
    }

    /// Writes what a scenario was made of; the names of the files.
    pub fn keep_inputs(&self, scenario: &Scenario) -> Result<Vec<String>, ResultsError> {
        let mut names = Vec::new();
        for (name, text) in scenario.inputs() {
            let name = format!("{INPUTS}/{name}");
            self.save(&name, text.as_bytes())?;
            names.push(name);
        }
        Ok(names)
    }

    /// Opens a partial file to append to it.
    pub fn append(&self, name: &str) -> Result<File, ResultsError> {
        let path = self.partial(name);
        let file = OpenOptions::new().append(true).create(true).open(&path);
        file.map_err(ResultsError::file(&path))
    }

    /// The same, if the file is kept at all.
    pub fn append_if(&self, kept: bool, name: &str) -> Result<Option<File>, ResultsError> {
        kept.then(|| self.append(name)).transpose()
    }

    /// Gives a partial file its name.
    pub fn rename(&self, name: &str) -> Result<(), ResultsError> {
        let path = self.partial(name);
        std::fs::rename(&path, self.whole(name)).map_err(ResultsError::file(&path))
    }

    /// Removes a finished file, if it is there.
    pub fn remove(&self, name: &str) -> Result<(), ResultsError> {
        let path = self.whole(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(ResultsError::file(&path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Removes what the finished manifest lists, but for these names: files of an earlier command, of
    /// whatever build, and folders that are empty then. The page that was made of them goes too. Others
    /// are the user's.
    pub fn remove_stale(&self, kept: &[String]) -> Result<(), ResultsError> {
        let listed = self.listed();
        if !listed.is_empty() {
            self.remove(PAGE)?;
        }
        for name in listed {
            let inside = Path::new(&name)
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            if !inside || kept.contains(&name) {
                continue;
            }
            self.remove(&name)?;
            let folders = Path::new(&name).ancestors().skip(1);
            for folder in folders.filter(|folder| *folder != Path::new("")) {
                // Fails, as it should, if there is anything inside.
                let _ = std::fs::remove_dir(self.0.join(folder));
            }
        }
        Ok(())
    }

    /// The files that the finished manifest lists, if there is one.
    fn listed(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.whole("manifest.json")).unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let files = manifest["files"].as_array().into_iter().flatten();
        files
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }

    /// An error if there are results of something else, or files with these names of which no
    /// manifest says what they are.
    pub fn refuse_foreign(&self, manifest: &Manifest, own: &[&str]) -> Result<(), ResultsError> {
        let finished = self.manifest(&self.whole("manifest.json"))?;
        let partial = self.manifest(&self.partial("manifest.json"))?;
        for found in [&finished, &partial].into_iter().flatten() {
            let found = found.as_ref().map_err(|why| self.foreign(why.clone()))?;
            if let Some(difference) = manifest.difference(found) {
                return Err(self.foreign(difference));
            }
        }
        let unknown = own.iter().find(|name| self.whole(name).exists());
        match unknown {
            Some(name) if finished.is_none() && partial.is_none() => {
                Err(self.foreign(format!("a {name} without a manifest")))
            }
            _ => Ok(()),
        }
    }

    /// Results of something else.
    pub fn foreign(&self, difference: String) -> ResultsError {
        ResultsError::Foreign {
            folder: self.0.clone(),
            difference,
        }
    }

    /// A manifest, if there is one.
    pub fn manifest(&self, path: &Path) -> Result<Option<Readable>, ResultsError> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                Ok(Some(serde_json::from_str(&text).map_err(|_| {
                    "a manifest that this build cannot read".to_owned()
                })))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ResultsError::file(path)(error)),
        }
    }
}
