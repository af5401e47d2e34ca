//! A document against the key tables.

use super::data::{self, Sort};
use super::document::{Document, Entry, Scalar, Section};
use super::figures::Axes;
use super::keys;
use super::problem::{Problem, Problems};
use super::values;
use super::{Dial, Scenario, encoders, faults, figures};
use models::claims::CLAIMS;
use models::engines;
use models::registry::{ENGINES, FAULTS, WORKFLOWS};
use models::settings::{Setting, Settings};
use models::workflows::program;
use std::path::Path;

/// More runs than this are a slip in a list, not a plan.
pub const RUNS_MAX: u128 = 100_000_000;

/// More cells than this are a slip, too.
pub const CELLS_MAX: u128 = 100_000;

/// Checks a document; what is wrong goes to `problems`, and `None` comes back if it is hopeless.
///
/// Figures may also be of the cells of `before`, the scenario without overrides.
pub fn scenario(
    path: &Path,
    document: &Document,
    before: Option<&Scenario>,
    problems: &mut Problems,
) -> Option<Scenario> {
    let own = own_values(document, problems);
    let workflows = choices("workflow", document, &names(WORKFLOWS), problems);
    let engines = choices("engine", document, &names(ENGINES), problems);
    let mut dials = declared(document, problems);
    let group = |sort: Sort| -> Vec<&Entry> { below(document, sort.section()) };
    let (platform, price) = (group(Sort::Platform), group(Sort::Prices));
    let platforms = data::read(Sort::Platform, path, &platform, &mut dials, problems);
    let prices = data::read(Sort::Prices, path, &price, &mut dials, problems);
    let overrides: Vec<&Entry> = document.entries.iter().collect();
    let written_out = sections(document, "faults.");
    let faults = faults::read(&written_out, &overrides, &mut dials, problems);
    let kinds: Vec<&'static str> = FAULTS.iter().map(|kind| kind.name).collect();
    let require = match find(document, "require") {
        Some(entry) => values::names(entry, "fault kind", &kinds, problems),
        None => Vec::new(),
    };
    check_unknown(document, problems);
    in_file_order(&mut dials, document);
    let mut all = axes(&workflows, &engines, &dials);
    if let Some(Scenario {
        workflows,
        engines,
        dials,
        ..
    }) = before
    {
        for (path, values) in axes(workflows, engines, dials) {
            let known = all.entry(path).or_default();
            let new = values.into_iter().filter(|value| !known.contains(value));
            let new: Vec<Setting> = new.collect();
            known.extend(new);
        }
    }
    let figures = match &*sections(document, "figure") {
        [] => figures::plain(&workflows, &engines, &dials),
        own => figures::read(own, &all, problems),
    };
    let scenario = Scenario {
        name: stem(path),
        title: own.text("title").to_owned(),
        question: own.text("question").to_owned(),
        seed: own.count("seed"),
        replicates: own.count("replicates"),
        workflows,
        engines,
        require,
        dials,
        faults,
        platforms,
        prices,
        encoders: encoders::read(path, document, problems),
        budget_virtual_days: own.number("budget.virtual_days"),
        budget_steps: own.count("budget.steps"),
        figures,
        check: own.clone(),
        text: String::new(),
        overrides: Vec::new(),
        warnings: Vec::new(),
    };
    check_required(&scenario, document, problems);
    check_programs(&scenario, document, problems);
    check_pairs(&scenario, document, problems);
    check_activities(&scenario, document, problems);
    check_size(&scenario, problems)?;
    Some(scenario)
}

fn names(entries: &[models::registry::Entry]) -> Vec<&'static str> {
    entries.iter().map(|entry| entry.name).collect()
}

fn find<'a>(document: &'a Document, path: &str) -> Option<&'a Entry> {
    document.entries.iter().find(|entry| entry.path == path)
}

fn below<'a>(document: &'a Document, section: &str) -> Vec<&'a Entry> {
    let inside = |entry: &&Entry| entry.path.split_once('.').is_some_and(|p| p.0 == section);
    document.entries.iter().filter(inside).collect()
}

fn sections<'a>(document: &'a Document, path: &str) -> Vec<&'a Section> {
    let all = document.sections.iter();
    all.filter(|section| match path.strip_suffix('.') {
        Some(_) => section.path.starts_with(path),
        None => section.path == path,
    })
    .collect()
}

fn stem(path: &Path) -> String {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    stem.unwrap_or_else(|| "scenario".to_owned())
}

fn own_values(document: &Document, problems: &mut Problems) -> Settings {
    let mut own = Settings::defaults(keys::own());
    for key in keys::own() {
        if let Some(entry) = find(document, key.path) {
            let value = problems.keep(values::single(&key, entry));
            own.set(key.path, value.unwrap_or_else(|| key.read_default()));
        }
    }
    check_names(document, problems);
    own
}

/// Names in `[check]` and `[case]`.
fn check_names(document: &Document, problems: &mut Problems) {
    let claims: Vec<&str> = CLAIMS.iter().map(|claim| claim.name()).collect();
    let kinds = crate::explore::Kind::ALL.map(crate::explore::Kind::name);
    let lists: [(&str, &str, &[&str]); 4] = [
        ("check.kinds", "kind of fault", &kinds),
        ("check.expect", "claim", &claims),
        ("case.claim", "claim", &claims),
        ("case.verdict", "verdict", &["holds", "violated", "unknown"]),
    ];
    for (path, what, valid) in lists {
        let entry = find(document, path);
        for value in entry.iter().flat_map(|entry| &entry.values) {
            let text = value.raw.to_string();
            let words = text.split(',').map(str::trim).filter(|w| !w.is_empty());
            for word in words.filter(|word| !valid.contains(word)) {
                let problem = Problem::at(&value.place, format!("unknown {what} `{word}`"))
                    .expected(format!("one of {}", valid.join(", ")));
                problems.add(problem.nearest(word, valid.iter().copied()));
            }
        }
    }
}

fn choices(
    path: &str,
    document: &Document,
    valid: &[&str],
    problems: &mut Problems,
) -> Vec<String> {
    let Some(entry) = find(document, path) else {
        let problem = Problem::anywhere(format!("the scenario has no `{path}`"));
        problems.add(problem.expected(format!("one of {}, or a list", valid.join(", "))));
        return Vec::new();
    };
    let found = values::names(entry, path, valid, problems);
    found.into_iter().map(str::to_owned).collect()
}

/// Keys of workflows, engines, services and fault rates.
fn declared(document: &Document, problems: &mut Problems) -> Vec<Dial> {
    let mut dials = Vec::new();
    for entry in &document.entries {
        if let Some(key) = keys::declared(&entry.path) {
            dials.push(Dial {
                path: entry.path.clone(),
                target: keys::owner(&entry.path),
                values: values::values(&key, entry, problems),
                axis: entry.list,
            });
        }
    }
    dials
}

fn check_unknown(document: &Document, problems: &mut Problems) {
    let prefixes = faults::prefixes(&sections(document, "faults."));
    let in_fault = |path: &str| {
        let under = |prefix: &String| path.strip_prefix(prefix.as_str());
        prefixes
            .iter()
            .filter_map(under)
            .any(|rest| rest.starts_with('.'))
    };
    for entry in &document.entries {
        let known = keys::paths().any(|path| path == entry.path);
        let row = ["platform.", "prices."]
            .iter()
            .any(|p| entry.path.starts_with(p));
        if !known && !row && !in_fault(&entry.path) {
            problems.add(match fault_without_table(entry, &prefixes) {
                Some(problem) => problem,
                None => {
                    let found = format!("unknown key `{}`", entry.path);
                    suggest(Problem::at(&entry.place, found), &entry.path)
                }
            });
        }
    }
    for (name, place) in &document.empty {
        if !tables().contains(&name.as_str()) {
            let problem = Problem::at(place, format!("unknown table `{name}`"));
            let problem = problem.expected(format!("one of {}", tables().join(", ")));
            problems.add(problem.nearest(name, tables()));
        }
    }
    for section in &document.sections {
        if section.path != "figure" && !section.path.starts_with("faults.") {
            let found = format!("unknown list of tables `{}`", section.path);
            let problem = Problem::at(&section.place, found);
            let mut known = vec!["figure".to_owned()];
            known.extend(FAULTS.iter().map(|kind| format!("faults.{}", kind.name)));
            problems.add(
                problem
                    .expected("`[[figure]]` or `[[faults.<kind>]]`")
                    .nearest(&section.path, known.iter().map(String::as_str)),
            );
        }
    }
}

/// The tables at the top of a scenario.
fn tables() -> Vec<&'static str> {
    let heads = keys::paths().filter_map(|path| Some(path.split_once('.')?.0));
    let mut tables: Vec<&str> = heads.collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// A key of a fault that is written out, where there is no such fault or more than one.
fn fault_without_table(entry: &Entry, prefixes: &[String]) -> Option<Problem> {
    let (name, key) = entry.path.strip_prefix("faults.")?.split_once('.')?;
    let kind = FAULTS.iter().find(|kind| kind.name == name)?;
    let key = key.rsplit('.').next().unwrap_or(key);
    kind.entry.iter().find(|own| own.path == key)?;
    let table = format!("[[faults.{name}]]");
    let numbered = format!("faults.{name}.");
    let count = prefixes.iter().filter(|p| p.starts_with(&numbered)).count();
    let problem = |found: String| Problem::at(&entry.place, found);
    Some(match count {
        0 => problem(format!(
            "`{}` is a key of a `{table}` table, and the scenario has none",
            entry.path
        ))
        .expected(format!("a `{table}` in the scenario")),
        _ => problem(format!("the scenario has {count} `{table}` tables")).expected(format!(
            "one of them: `faults.{name}.1.{key}` for the first"
        )),
    })
}

/// What could have been meant: the keys of the same table, and the nearest of all keys.
fn suggest(problem: Problem, path: &str) -> Problem {
    let table = path.split_once('.').map_or("", |(head, _)| head);
    let inside = |key: &&str| key.split_once('.').map_or("", |(head, _)| head) == table;
    let keys: Vec<&str> = keys::paths().filter(inside).collect();
    let problem = match (keys.is_empty(), table) {
        (true, _) => {
            let problem = problem.expected(format!("a table of {}", tables().join(", ")));
            let Some(near) = super::nearest::nearest(table, tables()) else {
                return problem.nearest(path, keys::paths());
            };
            let whole = path.replacen(table, near, 1);
            return match keys::paths().any(|known| known == whole) {
                true => problem.help(format!("did you mean `{whole}`?")),
                false => problem.help(format!("did you mean `{near}`?")),
            };
        }
        (false, "") => problem.expected(format!("a table or one of {}", keys.join(", "))),
        (false, _) => problem.expected(format!("one of {}", keys.join(", "))),
    };
    problem.nearest(path, keys::paths())
}

/// Sorts by place in the file; what `--set` added comes last, in the order of the arguments.
fn in_file_order(dials: &mut [Dial], document: &Document) {
    let position = |dial: &Dial| {
        let entries = document.entries.iter();
        let mut positions = entries
            .enumerate()
            .filter(|(_, entry)| entry.path == dial.path);
        positions.next().map_or(usize::MAX, |(at, _)| at)
    };
    dials.sort_by_key(position);
}

fn axes(workflows: &[String], engines: &[String], dials: &[Dial]) -> Axes {
    let texts = |words: &[String]| words.iter().cloned().map(Setting::Text).collect();
    let mut axes = Axes::new();
    axes.insert("workflow".to_owned(), texts(workflows));
    let labels: Vec<String> = engines
        .iter()
        .flat_map(|engine| crate::plan::grid::labels(engine, dials))
        .collect();
    axes.insert("engine".to_owned(), texts(&labels));
    for dial in dials.iter().filter(|dial| dial.axis) {
        axes.insert(dial.path.clone(), dial.values.clone());
    }
    axes
}

/// `program.text` must be a program, and one that every engine can run.
fn check_programs(scenario: &Scenario, document: &Document, problems: &mut Problems) {
    let unable = |engine: &String| engines::invokes(engine).err();
    let unable = scenario.engines.iter().find_map(unable);
    let texts = find(document, "program.text");
    for scalar in texts.iter().flat_map(|entry| &entry.values) {
        let why = match program::parse(&scalar.raw.to_string()) {
            Err(why) => why,
            Ok(parts) => match unable {
                Some(why) if program::invokes(&parts) => why.to_owned(),
                _ => continue,
            },
        };
        problems.add(Problem::at(&scalar.place, format!("`program.text`: {why}")));
    }
}

/// Every workflow must be able to run on every engine.
fn check_pairs(scenario: &Scenario, document: &Document, problems: &mut Problems) {
    for workflow in &scenario.workflows {
        let able = |engine: &&str| engines::accepts(engine, workflow).is_ok();
        for engine in &scenario.engines {
            let Err(why) = engines::accepts(engine, workflow) else {
                continue;
            };
            let written = find(document, "engine").into_iter();
            let mut written = written.flat_map(|entry| &entry.values);
            let place = written.find(|value| value.raw.to_string() == *engine);
            let problem = match place {
                Some(value) => Problem::at(&value.place, why),
                None => Problem::anywhere(why),
            };
            let able: Vec<&str> = names(ENGINES).into_iter().filter(|e| able(e)).collect();
            problems.add(problem.expected(format!("one of {}", able.join(", "))));
        }
    }
}

/// What the server refuses of an activity that is scheduled: in no cell may there be such a pair of values.
fn check_activities(scenario: &Scenario, document: &Document, problems: &mut Problems) {
    if !scenario.engines.iter().any(|engine| engine == "queue") {
        return;
    }
    let values = |path: &str| -> Vec<f64> {
        let dial = scenario.dials.iter().find(|dial| dial.path == path);
        let values = match dial {
            Some(dial) => dial.values.clone(),
            None => keys::declared(path)
                .iter()
                .map(|k| k.read_default())
                .collect(),
        };
        let number = |value: &Setting| match value {
            Setting::Float(number) => Some(*number),
            _ => None,
        };
        values.iter().filter_map(number).collect()
    };
    let mut refuse = |path: &str, value: f64, found: String, expected: &str| {
        let written = find(document, path).into_iter();
        let mut written = written.flat_map(|entry| &entry.values);
        let shown = |scalar: &&Scalar| scalar.raw.to_string().parse() == Ok(value);
        let problem = match written.find(shown) {
            Some(scalar) => Problem::at(&scalar.place, found),
            None => Problem::anywhere(found),
        };
        problems.add(problem.expected(expected));
    };
    let (attempt, whole) = ("queue.start_to_close_s", "queue.schedule_to_close_s");
    if values(attempt).contains(&0.0) && values(whole).contains(&0.0) {
        let found = format!("an activity has neither `{attempt}` nor `{whole}`");
        refuse(attempt, 0.0, found, "one of the two above 0");
    }
    let first = values("queue.retry_initial_s");
    let longest = first.iter().copied().fold(0.0, f64::max);
    for cap in values("queue.retry_cap_s") {
        if cap != 0.0 && cap < longest {
            let found = format!(
                "`queue.retry_cap_s` of {cap} is shorter than the first pause, `queue.retry_initial_s` of {longest}"
            );
            let expected = "0 (100 times the first pause) or at least the first pause";
            refuse("queue.retry_cap_s", cap, found, expected);
        }
    }
}

/// A required kind must be set up in some cell, or every run would pass without it.
fn check_required(scenario: &Scenario, document: &Document, problems: &mut Problems) {
    let Some(entry) = find(document, "require") else {
        return;
    };
    for kind in FAULTS.iter().filter(|k| scenario.require.contains(&k.name)) {
        if !crate::plan::required::may_fire(scenario, kind) {
            let found = format!("`{}` is required but can fire in no cell", kind.name);
            let mut ways: Vec<String> = kind.rates.iter().map(|k| k.path.to_owned()).collect();
            if !kind.entry.is_empty() {
                ways.push(format!("[[faults.{}]]", kind.name));
            }
            let place = &entry.place;
            problems.add(Problem::at(place, found).expected(format!("a {}", ways.join(" or "))));
        }
    }
}

fn check_size(scenario: &Scenario, problems: &mut Problems) -> Option<()> {
    let cells = crate::plan::grid::count_cells(scenario);
    let runs = cells.saturating_mul(u128::from(scenario.replicates));
    if runs > RUNS_MAX || cells > CELLS_MAX {
        let found = format!("the grid has {cells} cells and {runs} runs");
        let expected = format!("at most {CELLS_MAX} cells and {RUNS_MAX} runs");
        problems.add(Problem::anywhere(found).expected(expected));
        return None;
    }
    Some(())
}
