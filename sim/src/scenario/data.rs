//! Platform and price files: where they are looked for, and overrides of their rows.
//!
//! `file = "NAME"` means `platforms/NAME.toml` (or `prices/NAME.toml`) beside the scenario, in a
//! parent folder, or in a parent folder's `scenarios/`; then the same from the working directory;
//! then the files of this name that are built in. A name that ends with `.toml` is a path relative
//! to the scenario. A copy that is kept with results ([`inputs`]) comes before the path.

use super::document::{Entry, Scalar};
use super::inputs;
use super::problem::{Problem, Problems};
use super::values;
use super::{Dial, Target};
use models::data::Table;
use models::settings::{Key, Kind, Setting};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A data file that was read.
#[derive(Clone, Debug)]
pub struct DataFile {
    /// SHA-256 of its text.
    pub sha256: String,
    /// The text itself, to be kept beside what was found with it.
    pub text: Arc<str>,
    pub table: Arc<Table>,
}

/// A file of `scenarios/` with its name.
macro_rules! built_in {
    ($folder:literal, $name:literal) => {
        (
            $name,
            include_str!(concat!("../../../scenarios/", $folder, "/", $name, ".toml")),
        )
    };
}

/// The two sorts of data files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Platform,
    Prices,
}

impl Sort {
    /// The table's name in a scenario.
    pub fn section(self) -> &'static str {
        match self {
            Sort::Platform => "platform",
            Sort::Prices => "prices",
        }
    }

    /// The folder that holds files of this sort.
    pub fn folder(self) -> &'static str {
        match self {
            Sort::Platform => "platforms",
            Sort::Prices => "prices",
        }
    }

    /// The files that come with the program, by name.
    pub fn built_in(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Sort::Platform => &[
                built_in!("platforms", "aws-us-east-1"),
                built_in!("platforms", "constant"),
            ],
            Sort::Prices => &[
                built_in!("prices", "aws-us-east-1-2024"),
                built_in!("prices", "aws-us-east-1-2026"),
            ],
        }
    }

    fn file_target(self) -> Target {
        match self {
            Sort::Platform => Target::PlatformFile,
            Sort::Prices => Target::PricesFile,
        }
    }

    /// What can replace a row: prices are plain numbers.
    fn row_kind(self) -> Kind {
        match self {
            Sort::Platform => Kind::Law,
            Sort::Prices => Kind::Float {
                min: 0.0,
                max: f64::INFINITY,
            },
        }
    }

    fn row_target(self, row: &str) -> Target {
        match self {
            Sort::Platform => Target::PlatformRow(row.to_owned()),
            Sort::Prices => Target::PricesRow(row.to_owned()),
        }
    }
}

/// The files of one sort that a scenario names, and what it sets of them.
pub fn read(
    sort: Sort,
    scenario: &Path,
    entries: &[&Entry],
    dials: &mut Vec<Dial>,
    problems: &mut Problems,
) -> BTreeMap<String, DataFile> {
    let file_path = format!("{}.file", sort.section());
    let Some(named) = entries.iter().find(|entry| entry.path == file_path) else {
        let found = format!("the scenario has no `{file_path}`");
        problems.add(Problem::anywhere(found).expected(known(sort, scenario)));
        return BTreeMap::new();
    };
    let mut files = BTreeMap::new();
    for scalar in &named.values {
        let file = problems.keep(open(sort, scenario, scalar));
        files.extend(file.map(|file| (scalar.raw.to_string(), file)));
    }
    let key = file_key(sort);
    push(dials, named, sort.file_target(), &key, problems);
    for entry in entries.iter().filter(|entry| entry.path != file_path) {
        row(sort, entry, &files, dials, problems);
    }
    files
}

fn push(dials: &mut Vec<Dial>, entry: &Entry, target: Target, key: &Key, problems: &mut Problems) {
    let values = values::values(key, entry, problems);
    dials.push(Dial {
        path: entry.path.clone(),
        target,
        values,
        axis: entry.list,
    });
}

fn file_key(sort: Sort) -> Key {
    Key {
        path: match sort {
            Sort::Platform => "platform.file",
            Sort::Prices => "prices.file",
        },
        kind: Kind::Text,
        default: "",
        doc: "",
    }
}

/// An override of a row: a number, or a law of the platform; every file in use must have the row.
fn row(
    sort: Sort,
    entry: &Entry,
    files: &BTreeMap<String, DataFile>,
    dials: &mut Vec<Dial>,
    problems: &mut Problems,
) {
    let name = entry.path.split_once('.').map_or("", |(_, name)| name);
    for (file, data) in files {
        if data.table.row(name).is_none() {
            let found = format!("{} file `{file}` has no row `{name}`", sort.section());
            let problem = Problem::at(&entry.place, found).expected("a row of the file");
            problems.add(problem.nearest(name, data.table.keys()));
        }
    }
    let key = Key {
        path: "",
        kind: sort.row_kind(),
        default: "0",
        doc: "",
    };
    push(dials, entry, sort.row_target(name), &key, problems);
}

fn open(sort: Sort, scenario: &Path, scalar: &Scalar) -> Result<DataFile, Problem> {
    let name = match &scalar.raw.to_string() {
        name if name.trim().is_empty() => {
            let found = format!("`{}.file` is empty", sort.section());
            return Err(Problem::at(&scalar.place, found).expected(known(sort, scenario)));
        }
        name => name.clone(),
    };
    let unreadable = |why: String| {
        let found = format!("{} file `{name}` cannot be used: {why}", sort.section());
        Problem::at(&scalar.place, found)
    };
    let text = match find(sort, scenario, &name) {
        Some(path) => {
            std::fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?
        }
        None => match sort.built_in().iter().find(|(own, _)| *own == name) {
            Some((_, text)) => (*text).to_owned(),
            None => return Err(absent(sort, scenario, &name, scalar)),
        },
    };
    let table = Table::parse(&text).map_err(|why| unreadable(why.trim_end().to_owned()))?;
    Ok(DataFile {
        sha256: crate::results::sha256(text.as_bytes()),
        table: Arc::new(table),
        text: text.into(),
    })
}

/// A name that is nowhere: where it was looked for, and what there is.
fn absent(sort: Sort, scenario: &Path, name: &str, scalar: &Scalar) -> Problem {
    let found = format!("no {} file `{name}`", sort.section());
    let problem = Problem::at(&scalar.place, found);
    if name.ends_with(".toml") {
        let path = beside(scenario, name);
        return problem.expected(format!("a file, and there is no {}", path.display()));
    }
    let names = available(sort, scenario);
    problem
        .expected(known(sort, scenario))
        .nearest(name, names.iter().map(String::as_str))
}

/// The names that can be given, where they are looked for, and which of them are built in.
fn known(sort: Sort, scenario: &Path) -> String {
    let list = |names: &mut dyn Iterator<Item = &str>| names.collect::<Vec<_>>().join(", ");
    let names = available(sort, scenario);
    let (names, built_in) = (
        list(&mut names.iter().map(String::as_str)),
        list(&mut sort.built_in().iter().map(|(name, _)| *name)),
    );
    let here = std::env::current_dir().unwrap_or_default();
    let beside = here.join(beside(scenario, ""));
    let beside = beside.canonicalize().unwrap_or(beside);
    let here = match beside.starts_with(&here) {
        true => String::new(),
        false => format!(" or of {}", here.display()),
    };
    format!(
        "one of {names}; a NAME.toml in {folder}/ or scenarios/{folder}/ of {beside}{here} or of a folder above; \
         built in are {built_in}; or a path that ends with .toml",
        folder = sort.folder(),
        beside = beside.display(),
    )
}

/// A path relative to the scenario.
fn beside(scenario: &Path, name: &str) -> PathBuf {
    scenario.parent().unwrap_or(Path::new("")).join(name)
}

fn find(sort: Sort, scenario: &Path, name: &str) -> Option<PathBuf> {
    if name.ends_with(".toml") {
        let path = beside(scenario, name);
        return inputs::find(scenario, name).or_else(|| path.is_file().then_some(path));
    }
    folders(sort, scenario)
        .into_iter()
        .map(|folder| folder.join(format!("{name}.toml")))
        .find(|path| path.is_file())
}

/// The names that could be given.
fn available(sort: Sort, scenario: &Path) -> BTreeSet<String> {
    let built_in = sort.built_in().iter();
    let mut names: BTreeSet<String> = built_in.map(|(name, _)| (*name).to_owned()).collect();
    for folder in folders(sort, scenario) {
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = file.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                names.extend(path.file_stem().map(|s| s.to_string_lossy().into_owned()));
            }
        }
    }
    names
}

fn folders(sort: Sort, scenario: &Path) -> Vec<PathBuf> {
    let absolute = std::path::absolute(scenario).unwrap_or_else(|_| scenario.to_owned());
    let here = std::env::current_dir().unwrap_or_default();
    let above = absolute.ancestors().skip(1).chain(here.ancestors());
    above
        .flat_map(|folder| {
            [
                folder.join(sort.folder()),
                folder.join("scenarios").join(sort.folder()),
            ]
        })
        .filter(|folder| folder.is_dir())
        .collect()
}

/// The table with overrides of rows, which were checked when the scenario was read.
///
/// # Panics
/// On an override that was not checked.
pub fn with_rows(table: &Arc<Table>, rows: &[(String, &Setting)]) -> Arc<Table> {
    let mut changed = Arc::clone(table);
    for (row, value) in rows {
        let law = value.to_string().parse().expect("checked by `row`");
        let replaced = Arc::make_mut(&mut changed).replace(row, law);
        replaced.expect("checked by `row`");
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_file_of_the_repository_is_built_in() {
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        for sort in [Sort::Platform, Sort::Prices] {
            let files = std::fs::read_dir(scenarios.join(sort.folder())).unwrap();
            let mut names: Vec<String> = files
                .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            let built_in = sort.built_in().iter();
            let built_in: Vec<String> = built_in.map(|(name, _)| format!("{name}.toml")).collect();
            assert_eq!(names, built_in);
        }
    }
}
