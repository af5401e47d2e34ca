//! The file of a measurement: rows as they come, continued after an interruption.
//!
//! `runs.csv.partial` becomes `runs.csv` when the plan is done; `plan.txt` says what is measured, and
//! only the same may be continued.

use super::row;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to do about rows that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Refuse,
    Resume,
    Replace,
}

/// The rows on disk.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: Option<File>,
    lines: Vec<String>,
}

const PARTIAL: &str = "runs.csv.partial";
const WHOLE: &str = "runs.csv";
const PLAN: &str = "plan.txt";

impl Journal {
    /// Begins or continues. `identity` is everything that must be the same.
    pub fn open(folder: &Path, identity: &str, before: Before) -> Result<Journal, String> {
        let bad = |path: &Path, error: &std::io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(folder).map_err(|error| bad(folder, &error))?;
        let path = |name| folder.join(name);
        let there = path(PARTIAL).exists() || path(WHOLE).exists();
        if there && before == Before::Refuse {
            return Err(format!(
                "{} holds a measurement; --resume continues it, --force replaces it, --out takes another folder",
                folder.display()
            ));
        }
        let mut lines = Vec::new();
        if there && before == Before::Resume {
            check(&path(PLAN), identity)?;
            let whole = path(WHOLE);
            let file = if whole.exists() { whole } else { path(PARTIAL) };
            let text = fs::read_to_string(&file).map_err(|error| bad(&file, &error))?;
            lines = complete(&text);
        } else {
            for name in [PARTIAL, WHOLE] {
                let _ = fs::remove_file(path(name));
            }
            fs::write(path(PLAN), identity).map_err(|error| bad(&path(PLAN), &error))?;
        }
        let mut journal = Journal {
            folder: folder.to_owned(),
            file: None,
            lines,
        };
        journal.rewrite().map_err(|error| bad(folder, &error))?;
        Ok(journal)
    }

    /// Writes what is known to be complete, and leaves the file open for more.
    fn rewrite(&mut self) -> std::io::Result<()> {
        if self.folder.join(WHOLE).exists() {
            return Ok(());
        }
        let path = self.folder.join(PARTIAL);
        fs::write(&path, self.text())?;
        self.file = Some(OpenOptions::new().append(true).open(path)?);
        Ok(())
    }

    /// Rows that are there.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The whole file.
    pub fn text(&self) -> String {
        let mut text = row::header() + "\n";
        for line in &self.lines {
            text += line;
            text.push('\n');
        }
        text
    }

    /// Adds a row.
    pub fn add(&mut self, line: String) -> Result<(), String> {
        if let Some(file) = &mut self.file {
            let whole = format!("{line}\n");
            let written = file.write_all(whole.as_bytes()).and_then(|()| file.flush());
            written.map_err(|error| format!("{}: {error}", self.folder.join(PARTIAL).display()))?;
        }
        self.lines.push(line);
        Ok(())
    }

    /// Everything is there: the file gets its name.
    pub fn finish(&mut self) -> Result<PathBuf, String> {
        let whole = self.folder.join(WHOLE);
        if self.file.take().is_some() {
            let renamed = fs::rename(self.folder.join(PARTIAL), &whole);
            renamed.map_err(|error| format!("{}: {error}", whole.display()))?;
        }
        Ok(whole)
    }
}

fn check(path: &Path, identity: &str) -> Result<(), String> {
    let found = fs::read_to_string(path).unwrap_or_default();
    let differs = found
        .lines()
        .zip(identity.lines())
        .find(|(found, wanted)| found != wanted);
    match (differs, found == identity) {
        (_, true) => Ok(()),
        (Some((found, wanted)), _) => Err(format!(
            "{}: the measurement there is another one: `{found}`, now `{wanted}`; --force replaces it",
            path.display()
        )),
        (None, false) => Err(format!(
            "{}: the measurement there has other clips; --force replaces it",
            path.display()
        )),
    }
}

/// The rows of a file without a last one that was cut off.
fn complete(text: &str) -> Vec<String> {
    let end = text.rfind('\n').map_or(0, |end| end + 1);
    let columns = row::COLUMNS.len();
    let rows = text[..end].lines().skip(1);
    rows.take_while(|line| line.split(',').count() == columns)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize) -> String {
        let mut record = row::Record::default();
        record.set("crf", number);
        record.line()
    }

    #[test]
    fn a_measurement_that_was_cut_off_continues_after_its_last_whole_row() {
        let folder = tempfile::tempdir().unwrap();
        let open = |before| Journal::open(folder.path(), "seed 1\nclip a\n", before);
        let mut journal = open(Before::Refuse).unwrap();
        journal.add(line(1)).unwrap();
        journal.add(line(2)).unwrap();
        drop(journal);
        let path = folder.path().join(PARTIAL);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 3]).unwrap();

        let mut journal = open(Before::Resume).unwrap();
        assert_eq!(journal.rows(), 1);
        journal.add(line(3)).unwrap();
        let whole = journal.finish().unwrap();
        let expected = format!("{}\n{}\n{}\n", row::header(), line(1), line(3));
        assert_eq!(fs::read_to_string(&whole).unwrap(), expected);
        assert_eq!(open(Before::Resume).unwrap().rows(), 2, "it is finished");
        assert!(!path.exists());
    }

    #[test]
    fn another_measurement_is_neither_continued_nor_lost() {
        let folder = tempfile::tempdir().unwrap();
        let open = |identity, before| Journal::open(folder.path(), identity, before);
        open("seed 1\n", Before::Refuse)
            .unwrap()
            .add(line(1))
            .unwrap();
        assert!(
            open("seed 1\n", Before::Refuse)
                .unwrap_err()
                .contains("--resume")
        );
        let error = open("seed 2\n", Before::Resume).unwrap_err();
        assert!(error.contains("`seed 1`, now `seed 2`"), "{error}");
        assert_eq!(open("seed 1\n", Before::Resume).unwrap().rows(), 1);
        assert_eq!(open("seed 2\n", Before::Replace).unwrap().rows(), 0);
    }
}
