//! Scenario files: what is run, as data.
//!
//! ```text
//! file.toml, --set -> document (paths and values) -> read (checked against the key tables) -> Scenario
//! ```
//!
//! A list in the place of a scalar is an axis of the grid. Unknown keys, values out of range and
//! names that do not exist are [`Problems`], reported all at once and before anything runs.
//! `sim init` writes a commented scenario with every key there is.

pub mod data;
pub mod document;
mod encoders;
pub mod faults;
pub mod figures;
pub mod inputs;
pub mod keys;
pub mod nearest;
pub mod overrides;
pub mod problem;
mod read;
mod values;

pub use data::DataFile;
pub use encoders::Calibration;
pub use figures::Figure;
pub use problem::{Problem, Problems};

use document::Document;
use models::faults::FaultSpec;
use models::settings::{Setting, Settings};
use problem::Source;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A scenario that was read and found right.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name without `.toml`; names the results.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// What the scenario answers.
    pub question: String,
    /// Seed of every random stream.
    pub seed: u64,
    /// Runs per cell.
    pub replicates: u64,
    /// Names of workflows, in the order of the file.
    pub workflows: Vec<String>,
    /// Names of engines, in the order of the file.
    pub engines: Vec<String>,
    /// Fault kinds that must fire.
    pub require: Vec<&'static str>,
    /// Every key that the scenario sets, in the order of the file.
    pub dials: Vec<Dial>,
    /// Faults written out; keys that are axes hold their default here.
    pub faults: Vec<FaultSpec>,
    /// Latencies and limits by the name in the scenario.
    pub platforms: BTreeMap<String, DataFile>,
    /// Prices by the name in the scenario.
    pub prices: BTreeMap<String, DataFile>,
    /// Calibrations of the encoder by the name in the scenario.
    pub encoders: BTreeMap<String, Calibration>,
    /// Longest virtual time of a run, in days.
    pub budget_virtual_days: f64,
    /// Most crossings of the host boundary in a run.
    pub budget_steps: u64,
    /// Figures to draw.
    pub figures: Vec<Figure>,
    /// Keys `check.*` and `case.*`: how claims are searched, or which case this is.
    pub check: Settings,
    /// The text of the file.
    pub text: String,
    /// The `--set` arguments, as given, but for the seed and the replicates.
    pub overrides: Vec<String>,
    /// What is allowed and does nothing, one a line.
    pub warnings: Vec<String>,
}

/// One key that a scenario sets: to a value, or to several, which makes it an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    /// Dotted path, as in `--set` and in the columns of `runs.csv`.
    pub path: String,
    /// What it turns.
    pub target: Target,
    /// At least one value.
    pub values: Vec<Setting>,
    /// Whether it is a column of the results: written as a list.
    pub axis: bool,
}

/// What a [`Dial`] turns.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A key of a workflow: nothing to cells of other workflows.
    Workflow(&'static str),
    /// A key of an engine: nothing to cells of other engines.
    Engine(&'static str),
    /// A key of every cell.
    Common,
    /// Which platform file.
    PlatformFile,
    /// Which price file.
    PricesFile,
    /// A row of the platform file.
    PlatformRow(String),
    /// A row of the price file.
    PricesRow(String),
    /// A key of the n-th of [`Scenario::faults`].
    Fault { entry: usize, key: &'static str },
}

/// Reads a scenario file with overrides of the command line.
pub fn load(path: &Path, overrides: &[String]) -> Result<Scenario, Problems> {
    let mut problems = Problems::default();
    if path == Path::new("-") {
        let problem = Problem::anywhere("a scenario is not read from standard input");
        problems.add(
            problem
                .expected("a file: data files are looked for beside it, and it names the results"),
        );
        return Err(problems);
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let found = format!("cannot read {}: {error}", path.display());
            problems.add(Problem::anywhere(found));
            return Err(problems);
        }
    };
    parse(path, &text, overrides)
}

/// Reads a scenario's text; `path` names it and says where to look for data files.
pub fn parse(path: &Path, text: &str, overrides: &[String]) -> Result<Scenario, Problems> {
    let mut problems = Problems::default();
    let source = Arc::new(Source {
        name: path.display().to_string(),
        text: text.to_owned(),
    });
    let mut document = Document::parse(&source, &mut problems);
    if !problems.is_empty() {
        return Err(problems.sorted());
    }
    // A figure of cells that an override took away is not wrong, only not drawn.
    let before = match overrides {
        [] => None,
        _ => read::scenario(path, &document, None, &mut Problems::default()),
    };
    let mut overridden = Vec::new();
    for argument in overrides {
        if let Some(entry) = problems.keep(overrides::parse(argument)) {
            overridden.push(entry.path.clone());
            document.replace(entry);
        }
    }
    let read = read::scenario(path, &document, before.as_ref(), &mut problems);
    let set = |path: &str| overridden.iter().any(|overridden| overridden == path);
    match read {
        Some(mut scenario) if problems.is_empty() => {
            scenario.text = text.to_owned();
            scenario.warnings = idle(&scenario, before.as_ref(), set);
            let own =
                |text: &&String| !text.starts_with("seed=") && !text.starts_with("replicates=");
            scenario.overrides = overrides.iter().filter(own).cloned().collect();
            Ok(scenario)
        }
        _ => Err(problems.sorted()),
    }
}

/// Keys of workflows and engines that no cell has. A key of the file is none if an override took its
/// cells away.
fn idle(scenario: &Scenario, before: Option<&Scenario>, set: impl Fn(&str) -> bool) -> Vec<String> {
    let warning = |dial: &Dial| {
        let (kind, name) = match dial.target {
            Target::Workflow(name) => ("workflow", name),
            Target::Engine(name) => ("engine", name),
            _ => return None,
        };
        let runs = |scenario: &Scenario| match kind {
            "workflow" => scenario.workflows.iter().any(|own| own == name),
            _ => scenario.engines.iter().any(|own| own == name),
        };
        if runs(scenario) || !set(&dial.path) && before.is_some_and(runs) {
            return None;
        }
        Some(format!(
            "`{}` does nothing: no cell has the {kind} `{name}`",
            dial.path
        ))
    };
    let mut warnings: Vec<String> = scenario.dials.iter().filter_map(warning).collect();
    warnings.extend(
        scenario
            .dials
            .iter()
            .filter_map(|dial| not_all(scenario, dial)),
    );
    warnings.extend(unlike(scenario));
    warnings
}

/// Executions side by side share the counter of `explicit`, and that of other engines only if told to.
fn unlike(scenario: &Scenario) -> Option<String> {
    let has = |names: &[String], name: &str| names.iter().any(|own| own == name);
    let other = scenario
        .engines
        .iter()
        .find(|engine| *engine != "explicit")?;
    let dial = |path: &str| scenario.dials.iter().find(|dial| dial.path == path);
    let several = |dial: &Dial| dial.values.iter().any(|value| *value != Setting::Int(1));
    let side_by_side = dial("load.in_flight").is_some_and(several);
    let alike = !has(&scenario.engines, "explicit") || dial("counter.shared").is_some();
    if alike || !side_by_side || !has(&scenario.workflows, "counter") {
        return None;
    }
    Some(format!(
        "executions side by side share one counter on `explicit` and have their own on `{other}`: \
         `counter.shared = true` makes them alike, `false` says that they differ"
    ))
}

/// Keys of every cell that only one engine heeds.
const OF_ONE_ENGINE: &[(&str, &str)] = &[("load.cancel_after_s", "staged")];

/// Says so if such a key is set for others too.
fn not_all(scenario: &Scenario, dial: &Dial) -> Option<String> {
    let (_, only) = OF_ONE_ENGINE.iter().find(|(path, _)| dial.path == *path)?;
    let mut engines = scenario.engines.iter();
    let other = engines.find(|engine| engine != only)?;
    Some(format!(
        "`{}` does nothing on the engine `{other}`: only `{only}` knows how",
        dial.path
    ))
}
