//! What is wrong with a scenario, and how it is shown.
//!
//! A problem points at a range of bytes in a source (the file, or one `--set` argument) and is
//! rendered with the offending line and a caret under what was found. Problems are collected, so
//! that a user sees all of them at once.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Bytes in a source's text.
pub type Span = Range<usize>;

/// A text that a scenario was read from.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Path of the file as the user gave it, or `--set`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A place in a source.
#[derive(Clone, Debug)]
pub struct Place {
    pub source: Arc<Source>,
    pub span: Span,
}

impl Place {
    /// A place in `source`.
    pub fn new(source: &Arc<Source>, span: Span) -> Place {
        let source = Arc::clone(source);
        Place { source, span }
    }

    /// Line and column, both from 1; columns count characters.
    fn line_and_column(&self) -> (usize, usize) {
        let before = &self.source.text[..self.start()];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The start, moved back to a boundary of characters.
    fn start(&self) -> usize {
        let text = &self.source.text;
        let mut at = self.span.start.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// The line that holds the start, without its end.
    fn line_text(&self) -> &str {
        let (text, start) = (&self.source.text, self.start());
        let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
        text[from..to].trim_end_matches('\r')
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where, if it is anywhere in a text.
    pub place: Option<Place>,
    /// What was found.
    pub found: String,
    /// What was expected instead.
    pub expected: Option<String>,
    /// What to do about it; usually the nearest valid name.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at a place.
    pub fn at(place: &Place, found: impl Into<String>) -> Problem {
        Problem {
            place: Some(place.clone()),
            ..Problem::anywhere(found)
        }
    }

    /// A problem of the scenario as a whole.
    pub fn anywhere(found: impl Into<String>) -> Problem {
        Problem {
            place: None,
            found: found.into(),
            expected: None,
            help: None,
        }
    }

    /// Adds what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Problem {
        self.expected = Some(expected.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// Adds the nearest valid name, if one is near.
    #[must_use]
    pub fn nearest<'a>(self, word: &str, valid: impl IntoIterator<Item = &'a str>) -> Problem {
        match super::nearest::nearest(word, valid) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.found)?;
        let margin = match &self.place {
            Some(place) => show_place(f, place)?,
            None => String::new(),
        };
        for (label, text) in [("expected", &self.expected), ("help", &self.help)] {
            if let Some(text) = text {
                writeln!(f, "{margin} = {label}: {text}")?;
            }
        }
        Ok(())
    }
}

/// Writes where it is and the line with a caret; returns the margin of what follows.
fn show_place(f: &mut fmt::Formatter<'_>, place: &Place) -> Result<String, fmt::Error> {
    let (line, column) = place.line_and_column();
    let text = place.line_text().replace('\t', " ");
    let margin = " ".repeat(line.to_string().len() + 1);
    let rest = text.chars().count().saturating_sub(column - 1).max(1);
    let length = place.span.end.saturating_sub(place.span.start);
    let marked = length.clamp(1, rest);
    writeln!(f, "{margin}--> {}:{line}:{column}", place.source.name)?;
    writeln!(f, "{margin}|")?;
    writeln!(f, "{line} | {text}")?;
    let (pad, carets) = (" ".repeat(column - 1), "^".repeat(marked));
    writeln!(f, "{margin}| {pad}{carets}")?;
    Ok(margin)
}

/// Every problem of a scenario, in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the value of a result, or its problem.
    pub fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    /// The problems in the order of the text.
    #[must_use]
    pub fn sorted(mut self) -> Problems {
        self.0.sort_by_key(|problem| {
            let place = problem.place.as_ref();
            place.map_or((true, 0), |place| {
                (place.source.name == "--set", place.span.start)
            })
        });
        self
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 problem; nothing was run"),
            count => write!(f, "{count} problems; nothing was run"),
        }
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_line_with_a_caret() {
        let source = Arc::new(Source {
            name: "a.toml".into(),
            text: "é = 1\n  x = 22\n".into(),
        });
        let at = source.text.find("22").unwrap();
        let problem = Problem::at(&Place::new(&source, at..at + 2), "22 is too much")
            .expected("a small number");
        let shown = problem.to_string();
        assert_eq!(
            shown,
            "error: 22 is too much\n  --> a.toml:2:7\n  |\n2 |   x = 22\n  |       ^^\n   = expected: a small number\n"
        );
    }
}
