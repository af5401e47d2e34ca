//! Results as one HTML page that needs nothing else: no script, no font, no network.
//!
//! A page is a pure function of what it shows. All text is escaped where it is put in; figures are
//! put in as they are, and the page's policy keeps a browser from running or fetching anything.

mod numbers;
mod sections;

use crate::comparison::ComparisonRow;
use crate::summary::SummaryRow;
use crate::tally::Tally;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use models::data::Table;
use models::records::Cell;

/// What a page shows; what is empty is left out.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub title: String,
    /// What the scenario answers.
    pub question: String,
    /// The comment at the head of the scenario, by paragraphs.
    pub comment: Vec<String>,
    /// What a reader must know before anything else.
    pub notices: Vec<String>,
    /// What was run: a name and what it was.
    pub facts: Vec<(&'static str, Vec<String>)>,
    pub figures: Vec<Figure>,
    pub results: Option<Results>,
    pub tally: Option<Tally>,
    /// Required kinds of fault that fired in no run of a cell, with the cells.
    pub unfired: Vec<(String, Vec<usize>)>,
    pub violations: Option<Violations>,
    pub repeat: Option<Repeat>,
    /// The scenario's text.
    pub scenario: String,
    /// Platform and price files by name.
    pub data: Vec<(String, Table)>,
}

/// A drawing, by the name of its file.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: String,
    /// An SVG document.
    pub svg: String,
}

/// What `sim run` made of its rows.
#[derive(Clone, Debug)]
pub struct Results {
    pub cells: Vec<Cell>,
    pub summary: Vec<SummaryRow>,
    pub comparison: Vec<ComparisonRow>,
}

/// What a search found: verdicts in words, and the rows of those that are violated.
#[derive(Clone, Debug, Default)]
pub struct Violations {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// What was covered.
    pub coverage: String,
}

/// How to make the same again.
#[derive(Clone, Debug)]
pub struct Repeat {
    pub command: String,
    /// Where to call it, and what must come out.
    pub note: String,
}

const STYLE: &str = include_str!("style.css");

/// Nothing is fetched and nothing runs, whatever a figure holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page as a document.
pub fn render(page: &Page) -> String {
    let sections: Vec<Section> = sections::of(page)
        .into_iter()
        .filter_map(|(id, heading, body)| {
            let body = body?;
            Some(Section { id, heading, body })
        })
        .collect();
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (page.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (page.title) }
                    @if !page.question.is_empty() { p.question { (page.question) } }
                    @for notice in &page.notices { p.notice role="note" { (code(notice)) } }
                    @for paragraph in &page.comment { p { (code(paragraph)) } }
                    nav aria-label="Contents" {
                        ul { @for section in &sections { li { a href={ "#" (section.id) } { (section.heading) } } } }
                    }
                }
                main { @for section in &sections { (section.markup()) } }
            }
        }
    };
    document.into_string() + "\n"
}

struct Section {
    id: &'static str,
    heading: &'static str,
    body: Markup,
}

impl Section {
    fn markup(&self) -> Markup {
        html! { section id=(self.id) { h2 { (self.heading) } (self.body) } }
    }
}

/// Text with what stands between backticks as code.
fn code(text: &str) -> Markup {
    let parts = text.split('`').enumerate();
    html! { @for (at, part) in parts { @if at % 2 == 1 { code { (part) } } @else { (part) } } }
}

#[cfg(test)]
mod tests;
