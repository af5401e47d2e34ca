//! Values against keys.

use super::document::{Entry, Raw, Scalar};
use super::problem::{Place, Problem, Problems};
use models::settings::{Key, Kind, Setting};

/// The value of one scalar, as its key wants it; `path` is what the user calls it.
pub fn value(key: &Key, path: &str, scalar: &Scalar) -> Result<Setting, Problem> {
    let read = match &scalar.raw {
        Raw::Typed(setting) => key.check(setting.clone()),
        Raw::Word(word) => key.read(word),
    };
    match read {
        Ok(Setting::Float(number)) if !number.is_finite() => Err(wrong(key, path, scalar, None)),
        Ok(setting) => Ok(setting),
        Err(why) => Err(wrong(key, path, scalar, Some(why))),
    }
}

fn wrong(key: &Key, path: &str, scalar: &Scalar, why: Option<String>) -> Problem {
    let mut problem = Problem::at(
        &scalar.place,
        format!("`{path}` cannot be {}", shown(&scalar.raw)),
    )
    .expected(key.kind.to_string());
    match (key.kind, why) {
        (Kind::Choice(words), _) => problem.nearest(&scalar.raw.to_string(), words.iter().copied()),
        (Kind::Law, Some(why)) if !why.starts_with("expected") => {
            problem.found = format!("{}: {why}", problem.found);
            problem
        }
        _ => problem,
    }
}

/// A value as an error shows it: texts in quotes.
pub fn shown(raw: &Raw) -> String {
    match raw {
        Raw::Typed(Setting::Text(text)) => format!("\"{text}\""),
        Raw::Word(word) if word.is_empty() => "empty".to_owned(),
        other => other.to_string(),
    }
}

/// The values of an entry: one, or the values of an axis, which is neither empty nor repeats.
pub fn values(key: &Key, entry: &Entry, problems: &mut Problems) -> Vec<Setting> {
    let mut values = Vec::new();
    for scalar in &entry.values {
        if let Some(setting) = problems.keep(value(key, &entry.path, scalar)) {
            if values.contains(&setting) {
                problems.add(twice(&scalar.place, &entry.path, &setting.to_string()));
            }
            values.push(setting);
        }
    }
    check_not_empty(entry, problems);
    values
}

/// The single value of an entry that cannot be an axis.
pub fn single(key: &Key, entry: &Entry) -> Result<Setting, Problem> {
    match entry.values.as_slice() {
        [scalar] if !entry.list => value(key, &entry.path, scalar),
        _ => Err(
            Problem::at(&entry.place, format!("`{}` cannot be a list", entry.path))
                .expected(key.kind.to_string()),
        ),
    }
}

/// The texts of an entry, each of which must be one of these names.
pub fn names<'a>(
    entry: &Entry,
    what: &str,
    valid: &[&'a str],
    problems: &mut Problems,
) -> Vec<&'a str> {
    let mut found = Vec::new();
    for scalar in &entry.values {
        let word = scalar.raw.to_string();
        match valid.iter().find(|name| **name == word) {
            Some(name) if found.contains(name) => {
                problems.add(twice(&scalar.place, &entry.path, name));
            }
            Some(name) => found.push(*name),
            None => problems.add(
                Problem::at(&scalar.place, format!("unknown {what} `{word}`"))
                    .expected(format!("one of {}", valid.join(", ")))
                    .nearest(&word, valid.iter().copied()),
            ),
        }
    }
    check_not_empty(entry, problems);
    found
}

fn check_not_empty(entry: &Entry, problems: &mut Problems) {
    if entry.list && entry.values.is_empty() {
        let found = format!("`{}` is an empty list", entry.path);
        problems.add(Problem::at(&entry.place, found).expected("at least one value"));
    }
}

fn twice(place: &Place, path: &str, value: &str) -> Problem {
    Problem::at(place, format!("`{path}` has {value} twice")).expected("each value once")
}
