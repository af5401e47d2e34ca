//! `--set key=value`: an entry written on the command line.
//!
//! A comma makes an axis (`counter.operations=1,10,100`), except inside the parentheses of a law.

use super::document::{Entry, Raw, Scalar};
use super::problem::{Place, Problem, Source, Span};
use std::sync::Arc;

/// Reads one argument of `--set`.
pub fn parse(argument: &str) -> Result<Entry, Problem> {
    let source = Arc::new(Source {
        name: "--set".to_owned(),
        text: argument.to_owned(),
    });
    let Some(equals) = argument.find('=') else {
        let place = Place::new(&source, 0..argument.len());
        return Err(Problem::at(&place, format!("`{argument}` has no `=`"))
            .expected("key=value, or key=value,value,... for an axis"));
    };
    let values: Vec<Scalar> = pieces(argument, equals + 1)
        .into_iter()
        .map(|span| scalar(&source, span))
        .collect();
    Ok(Entry {
        path: argument[..equals].trim().to_owned(),
        place: Place::new(&source, 0..equals),
        list: values.len() > 1,
        values,
    })
}

/// The ranges between the commas that are outside of parentheses.
fn pieces(text: &str, from: usize) -> Vec<Span> {
    let (mut spans, mut start, mut depth) = (Vec::new(), from, 0usize);
    for (at, letter) in text.char_indices().skip_while(|(at, _)| *at < from) {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                spans.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    spans.push(start..text.len());
    spans
}

fn scalar(source: &Arc<Source>, span: Span) -> Scalar {
    Scalar {
        raw: Raw::Word(source.text[span.clone()].trim().to_owned()),
        place: Place::new(source, span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(argument: &str) -> Vec<String> {
        let entry = parse(argument).unwrap();
        entry.values.iter().map(|v| v.raw.to_string()).collect()
    }

    #[test]
    fn a_comma_makes_an_axis() {
        assert_eq!(words("counter.operations=1,10, 100"), ["1", "10", "100"]);
    }

    #[test]
    fn a_comma_inside_a_law_does_not() {
        let words = words("counter.body_ms=lognormal(p50 = 5, p99 = 9),7");
        assert_eq!(words, ["lognormal(p50 = 5, p99 = 9)", "7"]);
    }
}
