//! `[[faults.<kind>]]`: faults written out, and `require`.
//!
//! A list in the place of a scalar is an axis here too. Its path is `faults.crash.occurrence`, or
//! `faults.crash.2.occurrence` for the second of several entries of one kind.

use super::document::{Entry, Section};
use super::problem::{Problem, Problems};
use super::values;
use super::{Dial, Target};
use models::faults::{FaultSpec, plan};
use models::point::{Point, RequestKind};
use models::registry::{FAULTS, FaultKind};
use models::settings::{Key, Setting, Settings};

/// Reads the entries; their axes become dials.
pub fn read(
    sections: &[&Section],
    overrides: &[&Entry],
    dials: &mut Vec<Dial>,
    problems: &mut Problems,
) -> Vec<FaultSpec> {
    let mut faults = Vec::new();
    for section in sections {
        let Some(kind) = problems.keep(kind_of(section)) else {
            continue;
        };
        let mut spec = FaultSpec {
            kind: kind.name,
            settings: Settings::defaults(kind.entry.iter().copied()),
        };
        let prefix = prefix(section, sections);
        let entries = merged(section, &prefix, overrides);
        // What is wrong with the entry as a whole is said only if its keys are right.
        let (mut right, mut lists) = (true, Vec::new());
        for entry in &entries {
            let Some(key) = problems.keep(key_of(kind, entry)) else {
                right = false;
                continue;
            };
            let values = values::values(&key, entry, problems);
            right &= !values.is_empty() && values.len() == entry.values.len();
            if let (false, Some(value)) = (entry.list, values.first()) {
                spec.settings.set(key.path, value.clone());
            } else {
                lists.push((key.path, values.clone()));
                dials.push(Dial {
                    path: format!("{prefix}.{}", key.path),
                    target: Target::Fault {
                        entry: faults.len(),
                        key: key.path,
                    },
                    values,
                    axis: true,
                });
            }
        }
        if right {
            check(&spec, &lists, &entries, section, problems);
        }
        faults.push(spec);
    }
    faults
}

/// Checks an entry as a whole, with each value of its lists beside the first of the others; says the
/// first problem.
fn check(
    spec: &FaultSpec,
    lists: &[(&'static str, Vec<Setting>)],
    entries: &[Entry],
    section: &Section,
    problems: &mut Problems,
) {
    let mut first = spec.clone();
    for (key, values) in lists {
        first.settings.set(key, values[0].clone());
    }
    // Each with the key that is varied, and which of its values it has.
    let mut all = vec![(first.clone(), "", 0)];
    for (key, values) in lists {
        for (number, value) in values.iter().enumerate().skip(1) {
            let mut other = first.clone();
            other.settings.set(key, value.clone());
            all.push((other, *key, number));
        }
    }
    let wrong = |(spec, varied, number): (FaultSpec, &'static str, usize)| {
        Some((plan::check(&spec).err()?, spec, varied, number))
    };
    if let Some(((key, found), spec, varied, number)) = all.into_iter().find_map(wrong) {
        let number = if varied == key { number } else { 0 };
        let entry = entries.iter().find(|entry| entry.path == key);
        let value = entry.and_then(|entry| entry.values.get(number));
        let place = value.map_or(&section.place, |value| &value.place);
        let word = spec.settings.text(key);
        let names = names(key);
        let valid = names.iter().map(String::as_str);
        problems.add(Problem::at(place, found).nearest(word, valid));
    }
}

/// What a key of an entry may name, besides patterns.
fn names(key: &str) -> Vec<String> {
    match key {
        "point" => Point::all().map(|point| point.to_string()).collect(),
        "request" => {
            let kinds = RequestKind::ALL.iter();
            kinds.map(|kind| kind.name().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// The paths that `--set` can reach in the entries of a document.
pub fn prefixes(sections: &[&Section]) -> Vec<String> {
    sections.iter().map(|s| prefix(s, sections)).collect()
}

/// `faults.crash` if it is the only one of its kind, otherwise with its number from 1.
fn prefix(section: &Section, all: &[&Section]) -> String {
    let same = || all.iter().filter(|other| other.path == section.path);
    if same().count() == 1 {
        return section.path.clone();
    }
    let number = same().position(|other| std::ptr::eq(*other, section));
    format!("{}.{}", section.path, number.map_or(0, |n| n + 1))
}

/// The section's entries with the overrides that reach it.
fn merged(section: &Section, prefix: &str, overrides: &[&Entry]) -> Vec<Entry> {
    let mut document = super::document::Document {
        entries: section.entries.clone(),
        ..Default::default()
    };
    for entry in overrides {
        let rest = entry.path.strip_prefix(prefix);
        if let Some(key) = rest.and_then(|rest| rest.strip_prefix('.')) {
            let mut entry = (*entry).clone();
            entry.path = key.to_owned();
            document.replace(entry);
        }
    }
    document.entries
}

fn kind_of(section: &Section) -> Result<&'static FaultKind, Problem> {
    let name = section.path.strip_prefix("faults.").unwrap_or_default();
    let writable = || FAULTS.iter().filter(|kind| !kind.entry.is_empty());
    writable().find(|kind| kind.name == name).ok_or_else(|| {
        let names: Vec<&str> = writable().map(|kind| kind.name).collect();
        let found = match FAULTS.iter().any(|kind| kind.name == name) {
            true => format!("fault kind `{name}` has no entries"),
            false => format!("unknown fault kind `{name}`"),
        };
        Problem::at(&section.place, found)
            .expected(format!("one of {}", names.join(", ")))
            .nearest(name, names.iter().copied())
    })
}

fn key_of(kind: &FaultKind, entry: &Entry) -> Result<Key, Problem> {
    let found = kind.entry.iter().find(|key| key.path == entry.path);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = kind.entry.iter().map(|key| key.path).collect();
        Problem::at(
            &entry.place,
            format!("unknown key `{}` of a `{}` fault", entry.path, kind.name),
        )
        .expected(format!("one of {}", names.join(", ")))
        .nearest(&entry.path, names.iter().copied())
    })
}
