//! One process at a time in a folder of results.
//!
//! The lock is the operating system's, on the folder itself: no file is left behind, and it ends
//! with the process, however that ends. Where folders cannot be locked (Windows, some network file
//! systems) nothing is.

use super::ResultsError;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// A folder that no other process writes results into while this is held.
#[derive(Debug)]
pub struct Lock {
    folder: PathBuf,
    /// Whether the folder was not there before.
    made: bool,
    _file: Option<File>,
}

impl Lock {
    /// Makes the folder if it is not there, and takes it.
    pub fn take(folder: &Path) -> Result<Lock, ResultsError> {
        if let Some(file) = folder.ancestors().find(|path| path.is_file()) {
            return Err(ResultsError::NotAFolder {
                folder: folder.to_owned(),
                file: file.to_owned(),
            });
        }
        let made = !folder.exists();
        fs::create_dir_all(folder).map_err(ResultsError::file(folder))?;
        let file = File::open(folder).ok();
        let file = match file.as_ref().map(File::try_lock) {
            Some(Err(TryLockError::WouldBlock)) => {
                return Err(ResultsError::InUse(folder.to_owned()));
            }
            Some(Ok(())) => file,
            Some(Err(TryLockError::Error(_))) | None => None,
        };
        Ok(Lock {
            folder: folder.to_owned(),
            made,
            _file: file,
        })
    }
}

impl Drop for Lock {
    /// A folder into which nothing came is taken away again.
    fn drop(&mut self) {
        if self.made {
            // Fails, as it should, if there is anything inside.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}
