//! Shards of a run, joined.
//!
//! The shards of N take the runs of the grid in turn, so their rows are taken in turn, as they are.
//! Ledger and history have any number of lines for a run, in the order of the runs.

use super::folder::{Folder, Rows};
use super::manifest::{Command, Manifest};
use super::reading::Reading;
use super::{ResultsError, csv, rows};
use crate::plan::Plan;
use crate::run::{HISTORY_HEADER, LEDGER_HEADER};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Bytes of rows that are kept before they are written.
const BATCH_BYTES: usize = 1 << 20;

/// All shards of one run, in their order.
#[derive(Debug)]
pub struct Shards(Vec<Reading>);

/// Why folders are not the shards of one run, in words.
pub type Unfit = String;

impl Shards {
    /// Puts the shards in order; an error if they are not all shards of one run, each once.
    pub fn of(folders: Vec<Reading>) -> Result<Shards, Unfit> {
        let mut shards: Vec<(usize, Reading)> = Vec::new();
        for folder in folders {
            let manifest = &folder.manifest;
            let path = folder.path().display().to_string();
            let shard = match manifest.shard {
                Some(shard) if manifest.command == Command::Run => shard,
                _ => {
                    return Err(format!(
                        "{path} holds no shard\n  = help: `sim run --shard I/N` makes shards"
                    ));
                }
            };
            if !manifest.finished {
                let (done, runs) = (folder.rows_so_far(), manifest.runs);
                return Err(format!(
                    "{path} holds an interrupted run ({done} of {runs} runs of shard {shard})\n  = help: `sim run --shard {shard}` with `--resume` continues it"
                ));
            }
            if let Some((_, first)) = shards.first() {
                if let Some(difference) = difference(&first.manifest, manifest) {
                    return Err(format!(
                        "{path} is not of the same run as {}: {difference}\n  = help: shards of one scenario, seed, `--set` and build",
                        first.path().display()
                    ));
                }
            }
            if let Some((_, twin)) = shards.iter().find(|(index, _)| *index == shard.index) {
                return Err(format!(
                    "{path} and {} both hold shard {shard}\n  = help: each shard once",
                    twin.path().display()
                ));
            }
            shards.push((shard.index, folder));
        }
        shards.sort_by_key(|(index, _)| *index);
        let of = shards.first().and_then(|(_, first)| first.manifest.shard);
        let of = of.map_or(0, |shard| shard.of);
        let is_there = |index: &usize| shards.iter().any(|(known, _)| known == index);
        let missing = (1..=of).filter(|index| !is_there(index));
        let missing: Vec<String> = missing.map(|index| format!("{index}/{of}")).collect();
        match missing.is_empty() {
            true => Ok(Shards(
                shards.into_iter().map(|(_, folder)| folder).collect(),
            )),
            false => Err(format!(
                "shards are missing: {}\n  = help: all {of} are needed; `sim run --shard` makes them",
                missing.join(", ")
            )),
        }
    }

    /// The first shard, whose inputs are those of all.
    pub fn first(&self) -> &Reading {
        &self.0[0]
    }

    /// Appends the rows of all shards in the order of the grid.
    pub fn append_to(&self, folder: &mut Folder, plan: &Plan<'_>) -> Result<(), ResultsError> {
        let open = |name: &str, header: &str, is_kept: bool| {
            let kept = self.0.iter().filter(|_| is_kept);
            let files = kept.map(|shard| Lines::open(&shard.path().join(name), header));
            files.collect::<Result<Vec<Lines>, ResultsError>>()
        };
        let manifest = &self.first().manifest;
        let mut runs = open("runs.csv", &rows::header(plan), true)?;
        let mut ledgers = open("ledger.csv", LEDGER_HEADER, manifest.ledger)?;
        let mut histories = open("history.csv", HISTORY_HEADER, manifest.history)?;
        let mut rows = Rows::default();
        for number in 0..plan.runs() {
            let (cell, replicate) = plan.place(number);
            let shard = number % self.0.len();
            runs[shard].take_run(cell, replicate, plan, &mut rows.runs)?;
            let start = format!("{cell},{replicate},");
            for (files, text) in [
                (&mut ledgers, &mut rows.ledger),
                (&mut histories, &mut rows.history),
            ] {
                if let Some(file) = files.get_mut(shard) {
                    file.take_all(&start, text)?;
                }
            }
            if rows.runs.len() + rows.ledger.len() + rows.history.len() > BATCH_BYTES {
                folder.copy(&std::mem::take(&mut rows))?;
            }
        }
        for file in [runs, ledgers, histories].iter().flatten() {
            file.expect_end()?;
        }
        folder.copy(&rows)
    }
}

/// What tells two shards of different runs apart.
fn difference(first: &Manifest, other: &Manifest) -> Option<String> {
    let of = |manifest: &Manifest| manifest.shard.map(|shard| shard.of);
    let kept = |manifest: &Manifest| (manifest.ledger, manifest.history);
    let same_shard = Manifest {
        shard: first.shard,
        ..other.clone()
    };
    first.difference(&same_shard).or_else(|| {
        if kept(first) != kept(other) {
            return Some("another choice of --ledger and --history".to_owned());
        }
        let (ours, theirs) = (of(first)?, of(other)?);
        (ours != theirs).then(|| format!("one of {theirs} shards, not of {ours}"))
    })
}

/// A file of rows that is read line by line.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    /// The line that comes next, with its end; empty at the end of the file.
    next: Vec<u8>,
    /// Its number.
    number: usize,
}

impl Lines {
    fn open(path: &Path, header: &str) -> Result<Lines, ResultsError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ResultsError::Missing(path.to_owned()));
            }
            opened => opened.map_err(ResultsError::file(path))?,
        };
        let mut lines = Lines {
            path: path.to_owned(),
            file: BufReader::new(file),
            next: Vec::new(),
            number: 0,
        };
        lines.advance()?;
        match lines.next == header.as_bytes() {
            true => lines.advance()?,
            false => return Err(lines.damaged("another header")),
        }
        Ok(lines)
    }

    fn advance(&mut self) -> Result<(), ResultsError> {
        self.next.clear();
        self.number += 1;
        let read = self.file.read_until(b'\n', &mut self.next);
        read.map_err(ResultsError::file(&self.path))?;
        match self.next.is_empty() || self.next.ends_with(b"\n") {
            true => Ok(()),
            false => Err(self.damaged("a line without an end")),
        }
    }

    /// Moves the row of a run.
    fn take_run(
        &mut self,
        cell: usize,
        replicate: u64,
        plan: &Plan<'_>,
        to: &mut Vec<u8>,
    ) -> Result<(), ResultsError> {
        let line = std::str::from_utf8(&self.next).unwrap_or_default();
        if !rows::is_of(plan, &csv::split(line.trim_end()), cell, replicate) {
            return Err(self.damaged(&format!("expected run {replicate} of cell {cell}")));
        }
        to.extend_from_slice(&self.next);
        self.advance()
    }

    /// Moves all lines that begin so.
    fn take_all(&mut self, start: &str, to: &mut Vec<u8>) -> Result<(), ResultsError> {
        while self.next.starts_with(start.as_bytes()) {
            to.extend_from_slice(&self.next);
            self.advance()?;
        }
        Ok(())
    }

    fn expect_end(&self) -> Result<(), ResultsError> {
        match self.next.is_empty() {
            true => Ok(()),
            false => Err(self.damaged("a line of no run of this shard, or out of order")),
        }
    }

    fn damaged(&self, why: &str) -> ResultsError {
        ResultsError::Damaged {
            path: self.path.clone(),
            line: self.number,
            why: why.to_owned(),
        }
    }
}
