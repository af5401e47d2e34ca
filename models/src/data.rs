//! Data files of physical numbers: one row per price, limit, rate or latency, each with its source.
//!
//! ```toml
//! [dynamodb.get_ms]
//! law = "mixture(1.64, 0.83, 0.4264, 0.00833, 3.3407, 0.3329)"   # or: value = 5
//! unit = "ms"
//! region = "us-east-1"
//! date = "2024"
//! kind = "measured"       # official | measured | third-party | assumption
//! source = "where it is written"
//! note = "optional"
//! ```
//!
//! A row's key is its dotted path (`dynamodb.get_ms`). A scenario overrides `platform.<key>` or
//! `prices.<key>` with a number or a law.

use crate::Law;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How well a number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The vendor says so.
    Official,
    /// Measured in a paper or its raw data.
    Measured,
    /// Measured by a third party.
    ThirdParty,
    /// Ours; sweep it.
    Assumption,
}

/// One number with its source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// A plain number.
    pub value: Option<f64>,
    /// Or a distribution.
    pub law: Option<String>,
    pub unit: String,
    pub region: String,
    pub date: String,
    pub kind: Evidence,
    pub source: String,
    #[serde(default)]
    pub note: String,
}

/// A data file: rows by dotted key.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: BTreeMap<String, Row>,
    laws: BTreeMap<String, Law>,
}

impl Table {
    /// Reads a data file's text. The error names the row.
    pub fn parse(text: &str) -> Result<Table, String> {
        let file: BTreeMap<String, BTreeMap<String, Row>> =
            toml::from_str(text).map_err(|error| error.to_string())?;
        let mut table = Table::default();
        for (group, rows) in file {
            for (name, row) in rows {
                let key = format!("{group}.{name}");
                let law = match (&row.value, &row.law) {
                    (Some(value), None) if value.is_finite() && *value >= 0.0 => {
                        Law::Constant(*value)
                    }
                    (Some(value), None) => {
                        return Err(format!("{key}: expected a number from 0, found {value}"));
                    }
                    (None, Some(text)) => text.parse().map_err(|why| format!("{key}: {why}"))?,
                    _ => return Err(format!("{key}: needs either `value` or `law`")),
                };
                if row.source.trim().is_empty() {
                    return Err(format!("{key}: a number without a source"));
                }
                table.laws.insert(key.clone(), law);
                table.rows.insert(key, row);
            }
        }
        Ok(table)
    }

    /// Replaces a row's value, as a scenario's override does. The key must exist.
    pub fn replace(&mut self, key: &str, law: Law) -> Result<(), String> {
        match self.laws.get_mut(key) {
            Some(slot) => {
                *slot = law;
                Ok(())
            }
            None => Err(format!("no row `{key}`")),
        }
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// A row with its source.
    pub fn row(&self, key: &str) -> Option<&Row> {
        self.rows.get(key)
    }

    /// The distribution of a row that the models need.
    pub fn law(&self, key: &str) -> Result<Law, String> {
        self.laws
            .get(key)
            .cloned()
            .ok_or_else(|| format!("the data file has no row `{key}`"))
    }

    /// The number of a row that the models need.
    pub fn number(&self, key: &str) -> Result<f64, String> {
        match self.law(key)? {
            Law::Constant(value) => Ok(value),
            other => Err(format!("row `{key}` must be a plain number, not {other}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_number_from_zero() {
        let table = |value: &str| {
            let known = "unit = 'ms'\nregion = 'r'\ndate = '2026'\nkind = 'official'\nsource = 's'";
            Table::parse(&format!("[kv.get_ms]\nvalue = {value}\n{known}"))
        };
        assert!(table("0").is_ok() && table("1.5").is_ok());
        for wrong in ["-5", "nan", "inf"] {
            let why = table(wrong).expect_err(wrong);
            assert!(
                why.starts_with("kv.get_ms: expected a number from 0"),
                "{why}"
            );
        }
    }
}
