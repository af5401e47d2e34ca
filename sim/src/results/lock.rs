//! One process at a time in a folder of results.
//!
//! The lock is the operating system's, on the folder itself: no file is left behind, and it ends
//! with the process, however that ends. Where folders cannot be locked (Windows, some network file
//! systems) nothing is.

use super::ResultsError;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that no other process writes results into while this is held.
#[derive(Debug)]
pub struct Lock {
    folder: PathBuf,
    /// Whether the folder was not there before.
    made: bool,
    _held: Held,
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
        Ok(Lock {
            folder: folder.to_owned(),
            made,
            _held: hold(folder)?,
        })
    }
}

/// What holds the operating system's lock; nothing where there is none.
#[cfg(unix)]
type Held = Option<nix::fcntl::Flock<fs::File>>;
#[cfg(not(unix))]
type Held = ();

#[cfg(unix)]
fn hold(folder: &Path) -> Result<Held, ResultsError> {
    use nix::errno::Errno;
    use nix::fcntl::{Flock, FlockArg};
    let file = fs::File::open(folder).map_err(ResultsError::file(folder))?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(held) => Ok(Some(held)),
        Err((_, Errno::EWOULDBLOCK)) => Err(ResultsError::InUse(folder.to_owned())),
        Err(_) => Ok(None),
    }
}

#[cfg(not(unix))]
fn hold(_: &Path) -> Result<Held, ResultsError> {
    Ok(())
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
