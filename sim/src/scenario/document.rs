//! A scenario's text as a flat list of entries: dotted path, values, place.
//!
//! TOML's tables, dotted keys and quoted keys all come down to a path, so `[platform]` with
//! `"durable.checkpoint_ms" = 5` and `[platform.durable]` with `checkpoint_ms = 5` are the same.
//! Lists of tables are the `[[figure]]`s and the `[[faults.<kind>]]` entries. Nothing is checked
//! here but the shape.

use super::problem::{Place, Problem, Problems, Source, Span};
use models::settings::Setting;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One value as it was written.
#[derive(Clone, Debug)]
pub struct Scalar {
    pub raw: Raw,
    pub place: Place,
}

/// A value whose key has not been looked at yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// A TOML value.
    Typed(Setting),
    /// A bare word of `--set`, to be read as its key wants.
    Word(String),
}

impl std::fmt::Display for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Raw::Typed(setting) => write!(f, "{setting}"),
            Raw::Word(word) => f.write_str(word),
        }
    }
}

/// One `key = value` or `key = [value, ...]`.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Dotted path from the top, or from the head of its list of tables.
    pub path: String,
    /// Where the key is written.
    pub place: Place,
    /// The value, or the elements of the list.
    pub values: Vec<Scalar>,
    /// Whether it is a list.
    pub list: bool,
}

/// One table of a list of tables.
#[derive(Clone, Debug)]
pub struct Section {
    /// Path of the list: `figure`, `faults.crash`.
    pub path: String,
    pub place: Place,
    pub entries: Vec<Entry>,
}

/// A scenario's text, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// In the order of the text.
    pub entries: Vec<Entry>,
    /// In the order of the text.
    pub sections: Vec<Section>,
    /// Tables at the top that hold nothing.
    pub empty: Vec<(String, Place)>,
}

impl Document {
    /// Takes a TOML text apart; syntax errors and wrong shapes become problems.
    pub fn parse(source: &Arc<Source>, problems: &mut Problems) -> Document {
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        for error in &errors {
            let place = Place::new(source, error.span().unwrap_or_default());
            problems.add(Problem::at(
                &place,
                format!("not TOML: {}", error.message()),
            ));
        }
        let mut reader = Reader {
            source,
            problems,
            sections: Vec::new(),
            empty: Vec::new(),
        };
        let mut entries = Vec::new();
        if errors.is_empty() {
            reader.table("", table.get_ref(), &mut entries);
        }
        let (mut sections, empty) = (reader.sections, reader.empty);
        entries.sort_by_key(|entry| entry.place.span.start);
        sections.sort_by_key(|section| section.place.span.start);
        Document {
            entries,
            sections,
            empty,
        }
    }

    /// Puts an override in the place of the entry with its path, or at the end.
    ///
    /// An axis stays an axis when it is set to one value, so that figures over it stay valid.
    pub fn replace(&mut self, mut entry: Entry) {
        match self.entries.iter_mut().find(|old| old.path == entry.path) {
            Some(old) => {
                entry.list |= old.list;
                *old = entry;
            }
            None => self.entries.push(entry),
        }
    }
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    problems: &'a mut Problems,
    sections: Vec<Section>,
    empty: Vec<(String, Place)>,
}

impl Reader<'_> {
    fn place(&self, span: Span) -> Place {
        Place::new(self.source, span)
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>, entries: &mut Vec<Entry>) {
        for (key, value) in table {
            let path = match prefix {
                "" => key.get_ref().to_string(),
                _ => format!("{prefix}.{}", key.get_ref()),
            };
            self.value(path, key.span(), value, entries);
        }
    }

    fn value(
        &mut self,
        path: String,
        key: Span,
        value: &Spanned<DeValue<'_>>,
        entries: &mut Vec<Entry>,
    ) {
        match value.get_ref() {
            DeValue::Table(table) if table.is_empty() && !path.contains('.') => {
                let place = self.place(key);
                self.empty.push((path, place));
            }
            DeValue::Table(table) => self.table(&path, table, entries),
            DeValue::Array(items) if is_sections(items) => {
                for item in items {
                    self.section(&path, &key, item);
                }
            }
            DeValue::Array(items) => {
                let values = items.iter().filter_map(|item| self.scalar(item)).collect();
                self.entry(path, key, values, true, entries);
            }
            _ => {
                let values: Vec<Scalar> = self.scalar(value).into_iter().collect();
                if !values.is_empty() {
                    self.entry(path, key, values, false, entries);
                }
            }
        }
    }

    fn entry(
        &self,
        path: String,
        key: Span,
        values: Vec<Scalar>,
        list: bool,
        entries: &mut Vec<Entry>,
    ) {
        let place = self.place(key);
        entries.push(Entry {
            path,
            place,
            values,
            list,
        });
    }

    fn section(&mut self, path: &str, key: &Span, item: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = item.get_ref() else {
            return;
        };
        let mut entries = Vec::new();
        self.table("", table, &mut entries);
        entries.sort_by_key(|entry| entry.place.span.start);
        // A `[[header]]` spans its own line; an inline table spans itself.
        let span = if item.span().is_empty() {
            key.clone()
        } else {
            item.span()
        };
        self.sections.push(Section {
            path: path.to_owned(),
            place: self.place(span),
            entries,
        });
    }

    fn scalar(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Scalar> {
        let place = self.place(value.span());
        match typed(value.get_ref()) {
            Ok(setting) => Some(Scalar {
                raw: Raw::Typed(setting),
                place,
            }),
            Err(found) => {
                let problem = Problem::at(&place, found);
                self.problems
                    .add(problem.expected("a number, a text, true or false"));
                None
            }
        }
    }
}

/// Whether a list is a list of tables.
fn is_sections(items: &[Spanned<DeValue<'_>>]) -> bool {
    !items.is_empty() && items.iter().all(|item| item.get_ref().is_table())
}

fn typed(value: &DeValue<'_>) -> Result<Setting, String> {
    match value {
        DeValue::String(text) => Ok(Setting::Text(text.to_string())),
        DeValue::Boolean(flag) => Ok(Setting::Bool(*flag)),
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
            .map(Setting::Int)
            .map_err(|_| format!("`{digits}` does not fit in 64 bits")),
        DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Setting::Float(number)),
            _ => Err(format!("`{digits}` is not a finite number")),
        },
        other => Err(format!("a value cannot be of type {}", other.type_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Document, Problems) {
        let source = Arc::new(Source {
            name: "a.toml".into(),
            text: text.into(),
        });
        let mut problems = Problems::default();
        let document = Document::parse(&source, &mut problems);
        (document, problems)
    }

    #[test]
    fn tables_dotted_keys_and_quoted_keys_are_the_same_paths_in_file_order() {
        let text =
            "z = 1\nplatform.\"a.b\" = [1, 2]\nplatform.b.c = 2\n[faults]\nfail_rate = 0.5\n";
        let (document, problems) = parse(text);
        assert!(problems.is_empty(), "{problems}");
        let paths: Vec<&str> = document.entries.iter().map(|e| e.path.as_str()).collect();
        assert_eq!(
            paths,
            ["z", "platform.a.b", "platform.b.c", "faults.fail_rate"]
        );
        assert!(document.entries[1].list);
    }

    #[test]
    fn lists_of_tables_are_sections() {
        let (document, problems) = parse("[[faults.crash]]\npoint = \"x\"\n[[faults.crash]]\n");
        assert!(problems.is_empty(), "{problems}");
        assert_eq!(document.sections.len(), 2);
        assert_eq!(document.sections[0].entries[0].path, "point");
    }

    #[test]
    fn a_nested_list_is_refused() {
        let (_, problems) = parse("x = [[1]]\ny = 1979-05-27\n");
        assert!(
            problems
                .to_string()
                .ends_with("2 problems; nothing was run")
        );
    }
}
