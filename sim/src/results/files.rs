//! The files of results by name: each is `.partial` until it is finished.

use super::ResultsError;
use super::manifest::Manifest;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

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
