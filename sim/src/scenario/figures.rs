//! `[[figure]]`: what is drawn, checked against the axes and the metrics.

use super::document::{Entry, Scalar, Section};
use super::keys;
use super::problem::{Place, Problem, Problems};
use super::values;
use super::{Dial, Target};
use crate::report::figure_kinds;
use models::records::METRICS;
use models::settings::{Key, Setting, Settings};
use std::collections::BTreeMap;

/// One figure of a scenario. Empty texts mean that nothing was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Name of the file in `figures/`.
    pub name: String,
    /// Name in [`figure_kinds`].
    pub kind: String,
    pub title: String,
    pub caption: String,
    /// Names of metrics (means), or with `.p50`, `.p95` or `.p99`.
    pub metrics: Vec<String>,
    /// Path of an axis, `workflow` or `engine`.
    pub x: String,
    /// Whether the abscissa is logarithmic.
    pub x_log: bool,
    /// Whether the ordinate is logarithmic.
    pub y_log: bool,
    /// Path of an axis, `workflow`, `engine` or `metric`.
    pub facet: Option<String>,
    /// Path of an axis whose values make a band.
    pub band: Option<String>,
    /// Only cells with these values.
    pub fixed: Vec<(String, Setting)>,
}

/// What can follow the name of a metric.
const QUANTILES: [&str; 3] = [".p50", ".p95", ".p99"];

/// The axes of a scenario with their values; `workflow` and `engine` (by label) are among them.
pub type Axes = BTreeMap<String, Vec<Setting>>;

/// Reads the figures.
pub fn read(sections: &[&Section], axes: &Axes, problems: &mut Problems) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::new();
    for section in sections {
        let mut reader = Reader {
            section,
            axes,
            problems,
        };
        let figure = reader.figure();
        if figures.iter().any(|other| other.name == figure.name) {
            let found = format!("two figures are called `{}`", figure.name);
            problems.add(Problem::at(&section.place, found).expected("a name of its own"));
        }
        figures.push(figure);
    }
    figures
}

/// More lines than a reader tells apart.
const MANY_SERIES: usize = 24;

/// The figures of a scenario that names none: time and cost, along the first axis of numbers that all
/// engines share, or side by side. None if there were too many lines.
pub fn plain(workflows: &[String], engines: &[String], dials: &[Dial]) -> Vec<Figure> {
    let is_number = |value: &Setting| matches!(value, Setting::Int(_) | Setting::Float(_));
    let shared = |dial: &&Dial| match dial.target {
        Target::Engine(_) => engines.len() == 1,
        _ => true,
    };
    let axes = || dials.iter().filter(|dial| dial.values.len() > 1);
    let axis = axes()
        .filter(shared)
        .find(|dial| dial.values.iter().all(is_number));
    let others = axes().filter(|dial| axis.is_none_or(|axis| axis.path != dial.path));
    let lines: usize = others.map(|dial| dial.values.len()).product();
    if lines * engines.len() > MANY_SERIES {
        return Vec::new();
    }
    let figure = |name: &str, title: &str, metric: &str| Figure {
        name: name.to_owned(),
        kind: if axis.is_some() { "lines" } else { "bars" }.to_owned(),
        title: title.to_owned(),
        caption: String::new(),
        metrics: vec![metric.to_owned()],
        x: axis.map_or("engine", |dial| &dial.path).to_owned(),
        x_log: false,
        y_log: false,
        facet: (workflows.len() > 1).then(|| "workflow".to_owned()),
        band: None,
        fixed: Vec::new(),
    };
    vec![
        figure("latency", "Time of an execution that succeeds", "latency_s"),
        figure(
            "cost",
            "Cost of an execution, whether it succeeds or not",
            "cost_usd",
        ),
    ]
}

struct Reader<'a> {
    section: &'a Section,
    axes: &'a Axes,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn figure(&mut self) -> Figure {
        let mut texts = Settings::defaults(keys::FIGURE.iter().copied());
        let (mut metrics, mut fixed) = (Vec::new(), Vec::new());
        for entry in &self.section.entries {
            let known = keys::FIGURE.iter().find(|key| key.path == entry.path);
            match (known, entry.path.strip_prefix("where.")) {
                (Some(key), _) => self.text(key, entry, &mut texts),
                (None, Some(axis)) => fixed.extend(self.fixed(axis, entry)),
                (None, None) if entry.path == "metrics" => metrics = self.metrics(entry),
                (None, None) => self.unknown(entry),
            }
        }
        self.check_complete(&texts, &metrics);
        let text = |path: &str| texts.text(path).to_owned();
        Figure {
            name: text("name"),
            kind: text("kind"),
            title: text("title"),
            caption: text("caption"),
            metrics,
            x: text("x"),
            x_log: texts.text("x_scale") == "log",
            y_log: texts.text("y_scale") == "log",
            facet: Some(text("facet")).filter(|facet| !facet.is_empty()),
            band: Some(text("band")).filter(|band| !band.is_empty()),
            fixed,
        }
    }

    fn text(&mut self, key: &Key, entry: &Entry, texts: &mut Settings) {
        let Some(value) = self.problems.keep(values::single(key, entry)) else {
            return;
        };
        let (word, place) = (value.to_string(), &entry.values[0].place);
        texts.set(key.path, value);
        match key.path {
            "facet" if word.is_empty() || word == "metric" => {}
            "band" if word.is_empty() => {}
            "x" | "facet" | "band" => self.check_axis(&word, place),
            "kind" => self.check_kind(&word, place),
            "name" => self.check_name(&word, place),
            _ => {}
        }
    }

    fn check_axis(&mut self, word: &str, place: &Place) {
        if !self.axes.contains_key(word) {
            let names: Vec<&str> = self.axes.keys().map(String::as_str).collect();
            let problem = Problem::at(place, format!("`{word}` is not an axis of this scenario"))
                .expected(format!("one of {}", names.join(", ")));
            self.problems.add(match keys::declared(word) {
                Some(_) => problem.help(format!("give `{word}` a list of values")),
                None => problem.nearest(word, names.iter().copied()),
            });
        }
    }

    fn check_kind(&mut self, word: &str, place: &Place) {
        let names: Vec<&str> = figure_kinds().iter().map(|(name, _)| *name).collect();
        if !names.contains(&word) {
            let problem = Problem::at(place, format!("unknown figure kind `{word}`"))
                .expected(format!("one of {}", names.join(", ")));
            self.problems
                .add(problem.nearest(word, names.iter().copied()));
        }
    }

    fn check_name(&mut self, word: &str, place: &Place) {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if word.is_empty() || !word.chars().all(fits) {
            let problem = Problem::at(place, format!("`{word}` cannot be the name of a file"));
            self.problems
                .add(problem.expected("letters, digits, `_` and `-`"));
        }
    }

    /// Names of metrics, each with a quantile or without.
    fn metrics(&mut self, entry: &Entry) -> Vec<String> {
        let names = || METRICS.iter().map(|metric| metric.name);
        let mut metrics = Vec::new();
        for scalar in &entry.values {
            let word = scalar.raw.to_string();
            let base = QUANTILES.iter().find_map(|end| word.strip_suffix(end));
            if names().any(|name| name == base.unwrap_or(&word)) {
                metrics.push(word);
            } else {
                let names: Vec<&str> = names().collect();
                let expected = format!("one of {}, or with .p50, .p95, .p99", names.join(", "));
                let problem = Problem::at(&scalar.place, format!("unknown metric `{word}`"));
                let near = base.unwrap_or(&word);
                let problem = problem.expected(expected).nearest(near, names);
                self.problems.add(problem);
            }
        }
        if entry.values.is_empty() {
            let found = "`metrics` is an empty list";
            let problem = Problem::at(&entry.place, found);
            self.problems.add(problem.expected("at least one metric"));
        }
        metrics
    }

    /// A value that cells must have; it must be one that some cells do have.
    fn fixed(&mut self, axis: &str, entry: &Entry) -> Option<(String, Setting)> {
        let Some(valid) = self.axes.get(axis) else {
            self.check_axis(axis, &entry.place);
            return None;
        };
        let [scalar] = entry.values.as_slice() else {
            let problem = Problem::at(&entry.place, format!("`where` of `{axis}` is a list"));
            self.problems.add(problem.expected("one value"));
            return None;
        };
        let found = valid.iter().find(|value| same(value, scalar));
        if found.is_none() {
            let words: Vec<String> = valid.iter().map(Setting::to_string).collect();
            let word = scalar.raw.to_string();
            let problem = Problem::at(&scalar.place, format!("no cell has `{axis}` = {word}"))
                .expected(format!("one of {}", words.join(", ")));
            let problem = problem.nearest(&word, words.iter().map(String::as_str));
            self.problems.add(problem);
        }
        found.map(|value| (axis.to_owned(), value.clone()))
    }

    fn unknown(&mut self, entry: &Entry) {
        let lists = keys::FIGURE_LISTS.iter().map(|(path, _)| *path);
        let valid: Vec<&str> = keys::FIGURE
            .iter()
            .map(|key| key.path)
            .chain(lists)
            .collect();
        self.problems.add(
            Problem::at(
                &entry.place,
                format!("unknown key `{}` of a figure", entry.path),
            )
            .expected(format!("one of {}", valid.join(", ")))
            .nearest(&entry.path, valid.iter().copied()),
        );
    }

    fn check_complete(&mut self, texts: &Settings, metrics: &[String]) {
        let has = |path: &str| self.section.entries.iter().any(|entry| entry.path == path);
        let mut missing: Vec<&str> = Vec::new();
        for path in ["name", "x"] {
            if texts.text(path).is_empty() && !has(path) {
                missing.push(path);
            }
        }
        if metrics.is_empty() && !has("metrics") {
            missing.push("metrics");
        }
        for path in missing {
            let found = format!("a figure without `{path}`");
            self.problems.add(Problem::at(&self.section.place, found));
        }
    }
}

fn same(value: &Setting, scalar: &Scalar) -> bool {
    value.to_string() == scalar.raw.to_string()
}
