//! From a scenario to its grid of cells and the specification of every run.
//!
//! Cells are ordered by workflow, engine, the engine's own axes, then the other axes in the order
//! of the file, the last one fastest. A run is numbered `cell x replicates + replicate`, so that
//! results in the order of the numbers are in the order of the cells. Nothing random depends on
//! the cell: the same replicate meets the same draws everywhere (common random numbers).

use crate::run::RunSpec;
use crate::scenario::data::with_rows;
use crate::scenario::{Dial, Scenario, Target};
use models::data::Table;
use models::faults::FaultSpec;
use models::records::Cell;
use models::registry::{FAULTS, FaultKind, keys};
use models::settings::{Setting, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DAY_S: f64 = 86_400.0;

/// The grid of a scenario.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the results show of each cell.
    pub cells: Vec<Cell>,
    /// Paths of all axes, in the order of the file.
    pub axes: Vec<String>,
    /// Runs per cell.
    pub replicates: u64,
    /// The first replicate of each cell.
    specs: Vec<RunSpec>,
}

impl Plan {
    /// Lays out the grid.
    pub fn new(scenario: &Scenario) -> Plan {
        let mut tables = Tables::default();
        let (mut cells, mut specs) = (Vec::new(), Vec::new());
        for workflow in &scenario.workflows {
            for engine in &scenario.engines {
                for choice in choices(scenario, workflow, engine) {
                    let index = cells.len();
                    cells.push(cell(index, workflow, engine, &choice));
                    specs.push(spec(
                        scenario,
                        index,
                        workflow,
                        engine,
                        &choice,
                        &mut tables,
                    ));
                }
            }
        }
        let axes = scenario.dials.iter().filter(|dial| dial.axis);
        let used: BTreeSet<&String> = cells
            .iter()
            .flat_map(|cell| cell.axes.iter().map(|(path, _)| path))
            .collect();
        Plan {
            axes: axes
                .map(|dial| dial.path.clone())
                .filter(|path| used.contains(path))
                .collect(),
            replicates: scenario.replicates,
            cells,
            specs,
        }
    }

    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.cells.len() * self.replicates as usize
    }

    /// Cell and replicate of the run with this number.
    pub fn place(&self, run: usize) -> (usize, u64) {
        let replicates = self.replicates as usize;
        (run / replicates, (run % replicates) as u64)
    }

    /// The specification of the run with this number.
    pub fn spec(&self, run: usize, keep: bool) -> RunSpec {
        let (cell, replicate) = self.place(run);
        let mut spec = self.specs[cell].clone();
        spec.replicate = replicate;
        spec.schedule_seed = schedule_seed(spec.seed, replicate);
        spec.keep = keep;
        spec
    }

    /// The required kinds that are drawn from a rate in this cell: some run of it must see them.
    pub fn required_rates(&self, scenario: &Scenario, cell: usize) -> Vec<&'static str> {
        let spec = &self.specs[cell];
        let everywhere = |kind: &FaultKind| kind.rates.is_empty() && kind.entry.is_empty();
        FAULTS
            .iter()
            .filter(|kind| scenario.require.contains(&kind.name))
            .filter(|kind| !spec.required.iter().any(|name| name == kind.name))
            .filter(|kind| everywhere(kind) || rate_is_set(kind, &spec.settings))
            .map(|kind| kind.name)
            .collect()
    }
}

/// One dial with the value it has in a cell.
type Turned<'a> = (&'a Dial, &'a Setting);

/// Every combination of values that a workflow on an engine can have; each in the file's order.
fn choices<'a>(scenario: &'a Scenario, workflow: &str, engine: &str) -> Vec<Vec<Turned<'a>>> {
    let mut order: Vec<usize> = (0..scenario.dials.len())
        .filter(|at| applies(&scenario.dials[*at], workflow, engine))
        .collect();
    order.sort_by_key(|at| !matches!(scenario.dials[*at].target, Target::Engine(_)));
    let mut choices: Vec<Vec<(usize, Turned<'a>)>> = vec![Vec::new()];
    for at in order {
        let dial = &scenario.dials[at];
        choices = choices
            .iter()
            .flat_map(|choice| {
                dial.values.iter().map(move |value| {
                    let mut longer = choice.clone();
                    longer.push((at, (dial, value)));
                    longer
                })
            })
            .collect();
    }
    let in_file_order = |mut choice: Vec<(usize, Turned<'a>)>| {
        choice.sort_by_key(|(at, _)| *at);
        choice.into_iter().map(|(_, turned)| turned).collect()
    };
    choices.into_iter().map(in_file_order).collect()
}

fn applies(dial: &Dial, workflow: &str, engine: &str) -> bool {
    match dial.target {
        Target::Workflow(name) => name == workflow,
        Target::Engine(name) => name == engine,
        _ => true,
    }
}

/// Number of cells, without laying them out.
pub fn count_cells(scenario: &Scenario) -> u128 {
    let mut cells = 0u128;
    for workflow in &scenario.workflows {
        for engine in &scenario.engines {
            let dials = scenario.dials.iter();
            let lengths = dials
                .filter(|dial| applies(dial, workflow, engine))
                .map(|dial| dial.values.len() as u128);
            cells = cells.saturating_add(lengths.fold(1, u128::saturating_mul));
        }
    }
    cells
}

/// The labels that an engine's cells have: its name, and its variants if there are several.
pub fn labels(engine: &str, dials: &[Dial]) -> Vec<String> {
    let mut labels = vec![engine.to_owned()];
    for dial in dials.iter().filter(|dial| tells_apart(dial, engine)) {
        labels = labels
            .iter()
            .flat_map(|label| dial.values.iter().map(move |v| format!("{label} {v}")))
            .collect();
    }
    labels
}

fn tells_apart(dial: &Dial, engine: &str) -> bool {
    matches!(dial.target, Target::Engine(name) if name == engine) && dial.values.len() > 1
}

fn cell(index: usize, workflow: &str, engine: &str, choice: &[Turned<'_>]) -> Cell {
    let variants = choice.iter().filter(|(dial, _)| tells_apart(dial, engine));
    let label = variants.fold(engine.to_owned(), |label, (_, v)| format!("{label} {v}"));
    let axes = choice.iter().filter(|(dial, _)| dial.axis);
    Cell {
        index,
        workflow: workflow.to_owned(),
        engine: label,
        axes: axes
            .map(|(dial, value)| (dial.path.clone(), (*value).clone()))
            .collect(),
    }
}

fn spec(
    scenario: &Scenario,
    index: usize,
    workflow: &str,
    engine: &str,
    choice: &[Turned<'_>],
    tables: &mut Tables,
) -> RunSpec {
    let mut settings = Settings::defaults(keys());
    let mut faults = scenario.faults.clone();
    for (dial, value) in choice {
        match &dial.target {
            Target::Workflow(_) | Target::Engine(_) | Target::Common => {
                settings.set(&dial.path, (*value).clone());
            }
            Target::Fault { entry, key } => faults[*entry].settings.set(key, (*value).clone()),
            _ => {}
        }
    }
    RunSpec {
        cell: index,
        replicate: 0,
        seed: scenario.seed,
        schedule_seed: schedule_seed(scenario.seed, 0),
        workflow: workflow.to_owned(),
        engine: engine.to_owned(),
        required: required(scenario, &faults),
        settings,
        faults,
        platform: tables.platform(scenario, choice),
        prices: tables.prices(scenario, choice),
        budget_virtual_s: scenario.budget_virtual_days * DAY_S,
        budget_steps: scenario.budget_steps,
        keep: false,
    }
}

/// Required kinds that are written out: every run must see them.
fn required(scenario: &Scenario, faults: &[FaultSpec]) -> Vec<String> {
    let written = |kind: &&&str| faults.iter().any(|fault| fault.kind == **kind);
    let kinds = scenario.require.iter().filter(written);
    kinds.map(|kind| (*kind).to_owned()).collect()
}

/// Whether a kind can fire in some cell: it is written out, has a rate, or lives in a data file.
pub fn may_fire(scenario: &Scenario, kind: &FaultKind) -> bool {
    let written = scenario.faults.iter().any(|fault| fault.kind == kind.name);
    let elsewhere = kind.rates.is_empty() && kind.entry.is_empty();
    let rated = scenario.dials.iter().any(|dial| {
        let key = kind.rates.iter().find(|key| key.path == dial.path);
        key.is_some_and(|key| {
            // No value: what was given is wrong, which is said elsewhere.
            let default = key.read_default();
            dial.values.is_empty() || dial.values.iter().any(|value| *value != default)
        })
    });
    written || elsewhere || rated
}

fn rate_is_set(kind: &FaultKind, settings: &Settings) -> bool {
    let differs = |path: &str, default: Setting| settings.get(path) != Some(&default);
    kind.rates
        .iter()
        .any(|key| differs(key.path, key.read_default()))
}

/// The order of ready tasks differs between replicates and not between cells.
fn schedule_seed(seed: u64, replicate: u64) -> u64 {
    let mut mixed = seed ^ replicate.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> 31)
}

/// Data tables with overrides, shared by the cells that have the same.
#[derive(Default)]
struct Tables(BTreeMap<String, Arc<Table>>);

impl Tables {
    fn platform(&mut self, scenario: &Scenario, choice: &[Turned<'_>]) -> Arc<Table> {
        let named = |dial: &Dial| dial.target == Target::PlatformFile;
        let row = |dial: &Dial| matches!(dial.target, Target::PlatformRow(_));
        let file = choice.iter().find(|(dial, _)| named(dial));
        let base = file.and_then(|(_, name)| scenario.platforms.get(&name.to_string()));
        self.shared(
            base,
            choice.iter().filter(|(dial, _)| named(dial) || row(dial)),
        )
    }

    fn prices(&mut self, scenario: &Scenario, choice: &[Turned<'_>]) -> Arc<Table> {
        let named = |dial: &Dial| dial.target == Target::PricesFile;
        let row = |dial: &Dial| matches!(dial.target, Target::PricesRow(_));
        let file = choice.iter().find(|(dial, _)| named(dial));
        let base = file.and_then(|(_, name)| scenario.prices.get(&name.to_string()));
        self.shared(
            base,
            choice.iter().filter(|(dial, _)| named(dial) || row(dial)),
        )
    }

    fn shared<'a>(
        &mut self,
        base: Option<&crate::scenario::DataFile>,
        dials: impl Iterator<Item = &'a Turned<'a>>,
    ) -> Arc<Table> {
        let dials: Vec<&Turned<'_>> = dials.collect();
        let name = |(dial, value): &&Turned<'_>| format!("{}={value}\n", dial.path);
        let key: String = dials.iter().map(name).collect();
        let rows = dials.iter().filter_map(|(dial, value)| match &dial.target {
            Target::PlatformRow(row) | Target::PricesRow(row) => Some((row.as_str(), *value)),
            _ => None,
        });
        let table = self.0.entry(key);
        let make = || base.map_or_else(Arc::default, |file| with_rows(&file.table, rows));
        Arc::clone(table.or_insert_with(make))
    }
}
