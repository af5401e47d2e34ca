//! The vocabulary of a scenario: which keys exist, what they mean, and the values of one cell.
//!
//! Each workflow, engine, service and fault kind declares its keys beside its code as a table of
//! [`Key`]s. The scenario reader checks a file against these tables, `sim init` prints them, and
//! a simulated part reads its own values back from the [`Settings`] of a cell.

use crate::{Law, time};
use std::collections::BTreeMap;
use std::time::Duration;

/// One key of a scenario file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Dotted path, for example `counter.operations`; the last part ends with its unit.
    pub path: &'static str,
    /// What a value must look like.
    pub kind: Kind,
    /// The value when the scenario is silent, written as in TOML (`""` for an empty text).
    pub default: &'static str,
    /// One sentence: meaning, unit and, where it is a physical number, where it comes from.
    pub doc: &'static str,
}

/// The type and range of a key's value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Bool,
    /// Whole number in `min..=max`.
    Int {
        min: i64,
        max: i64,
    },
    /// Number in `min..=max`.
    Float {
        min: f64,
        max: f64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A distribution in the syntax of [`Law`], or a number for a constant.
    Law,
    /// Any text.
    Text,
}

/// The value of one key in one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl std::fmt::Display for Setting {
    /// As it appears in tables and CSV files.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Setting::Bool(v) => write!(f, "{v}"),
            Setting::Int(v) => write!(f, "{v}"),
            Setting::Float(v) => write!(f, "{v}"),
            Setting::Text(v) => f.write_str(v),
        }
    }
}

/// All values of one cell, checked against the keys: every declared key has a value.
///
/// The getters panic on a key that is not declared or has another kind: that is a mistake in
/// the program, never in a scenario, which was checked before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<String, Setting>);

impl Settings {
    /// The default of every key in these tables.
    pub fn defaults(keys: impl IntoIterator<Item = Key>) -> Settings {
        let mut settings = Settings::default();
        for key in keys {
            let value = key.read_default();
            settings.set(key.path, value);
        }
        settings
    }

    /// Gives `path` a value.
    pub fn set(&mut self, path: &str, value: Setting) {
        self.0.insert(path.to_owned(), value);
    }

    /// The value of `path`, if it has one.
    pub fn get(&self, path: &str) -> Option<&Setting> {
        self.0.get(path)
    }

    /// All values in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0.iter().map(|(path, value)| (path.as_str(), value))
    }

    fn expect(&self, path: &str) -> &Setting {
        self.get(path)
            .unwrap_or_else(|| panic!("key `{path}` is not declared"))
    }

    /// A whole number that cannot be negative.
    pub fn count(&self, path: &str) -> u64 {
        match self.expect(path) {
            Setting::Int(v) => u64::try_from(*v).unwrap_or_else(|_| panic!("`{path}` is negative")),
            other => panic!("`{path}` is not a count: {other:?}"),
        }
    }

    /// A number; whole numbers are widened.
    pub fn number(&self, path: &str) -> f64 {
        match self.expect(path) {
            Setting::Float(v) => *v,
            Setting::Int(v) => *v as f64,
            other => panic!("`{path}` is not a number: {other:?}"),
        }
    }

    /// A number of seconds, as a length of time.
    pub fn seconds(&self, path: &str) -> Duration {
        time::seconds(self.number(path))
    }

    /// A switch.
    pub fn flag(&self, path: &str) -> bool {
        match self.expect(path) {
            Setting::Bool(v) => *v,
            other => panic!("`{path}` is not a switch: {other:?}"),
        }
    }

    /// A word or text.
    pub fn text(&self, path: &str) -> &str {
        match self.expect(path) {
            Setting::Text(v) => v,
            other => panic!("`{path}` is not a text: {other:?}"),
        }
    }

    /// A distribution.
    pub fn law(&self, path: &str) -> Law {
        match self.expect(path) {
            Setting::Text(v) => v
                .parse()
                .unwrap_or_else(|why| panic!("`{path}` was not checked: {why}")),
            _ => Law::Constant(self.number(path)),
        }
    }
}

impl Key {
    /// The default as a value.
    ///
    /// # Panics
    /// If the table is wrong: the default does not fit the kind.
    pub fn read_default(&self) -> Setting {
        self.read(self.default)
            .unwrap_or_else(|why| panic!("default of `{}`: {why}", self.path))
    }

    /// Reads a bare word, as `--set` and the defaults write it.
    pub fn read(&self, text: &str) -> Result<Setting, String> {
        let value = match self.kind {
            Kind::Bool => text.parse().map(Setting::Bool).ok(),
            Kind::Int { .. } => text.parse().map(Setting::Int).ok(),
            Kind::Float { .. } => text.parse().map(Setting::Float).ok(),
            Kind::Law => match text.parse() {
                Ok(number) => Some(Setting::Float(number)),
                Err(_) => Some(Setting::Text(text.to_owned())),
            },
            Kind::Choice(_) | Kind::Text => Some(Setting::Text(text.to_owned())),
        };
        let value = value.ok_or_else(|| format!("expected {}, found `{text}`", self.kind))?;
        self.check(value)
    }

    /// Accepts a value that fits, widening whole numbers where a number is wanted.
    pub fn check(&self, value: Setting) -> Result<Setting, String> {
        let wrong = |value: &Setting| Err(format!("expected {}, found {value}", self.kind));
        match (self.kind, value) {
            (Kind::Bool, Setting::Bool(v)) => Ok(Setting::Bool(v)),
            (Kind::Int { min, max }, Setting::Int(v)) if (min..=max).contains(&v) => {
                Ok(Setting::Int(v))
            }
            (Kind::Float { min, max }, Setting::Float(v)) if v >= min && v <= max => {
                Ok(Setting::Float(v))
            }
            (Kind::Float { min, max }, Setting::Int(v)) if v as f64 >= min && v as f64 <= max => {
                Ok(Setting::Float(v as f64))
            }
            (Kind::Choice(words), Setting::Text(v)) if words.contains(&v.as_str()) => {
                Ok(Setting::Text(v))
            }
            (Kind::Text, Setting::Text(v)) => Ok(Setting::Text(v)),
            (Kind::Law, Setting::Text(v)) => v.parse::<Law>().map(|_| Setting::Text(v)),
            (Kind::Law, Setting::Float(v)) if v >= 0.0 => Ok(Setting::Float(v)),
            (Kind::Law, Setting::Int(v)) if v >= 0 => Ok(Setting::Float(v as f64)),
            (_, value) => wrong(&value),
        }
    }
}

impl std::fmt::Display for Kind {
    /// What a value must be, for error messages and generated documentation.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Kind::Bool => f.write_str("true or false"),
            Kind::Int { min, max } if *max == i64::MAX => write!(f, "a whole number from {min}"),
            Kind::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Kind::Float { min, max } if max.is_infinite() => write!(f, "a number from {min}"),
            Kind::Float { min, max } => write!(f, "a number from {min} to {max}"),
            Kind::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Kind::Law => {
                f.write_str("a number or a law such as \"lognormal(p50 = 5.6, p99 = 12.7)\"")
            }
            Kind::Text => f.write_str("a text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Key = Key {
        path: "faults.fail_rate",
        kind: Kind::Float { min: 0.0, max: 1.0 },
        default: "0",
        doc: "",
    };

    #[test]
    fn a_whole_number_is_accepted_where_a_number_is_wanted() {
        assert_eq!(RATE.check(Setting::Int(1)), Ok(Setting::Float(1.0)));
    }

    #[test]
    fn a_value_out_of_range_names_the_range() {
        let error = RATE.check(Setting::Float(1.5)).unwrap_err();
        assert_eq!(error, "expected a number from 0 to 1, found 1.5");
    }
}
