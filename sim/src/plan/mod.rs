//! From a scenario to its grid of cells and the specification of every run.
//!
//! Cells are ordered by workflow, engine, the engine's own axes, then the other axes in the order
//! of the file, the last one fastest. A run is numbered `cell x replicates + replicate`, so that
//! results in the order of the numbers are in the order of the cells. Nothing random depends on
//! the cell: the same replicate meets the same draws everywhere (common random numbers).

pub mod grid;
pub mod required;
pub mod shard;
mod tables;

use crate::run::RunSpec;
use crate::scenario::{Scenario, Target};
use grid::Choice;
use models::data::Table;
use models::records::Cell;
use models::registry::keys;
use models::settings::Settings;
use shard::Shard;
use std::collections::BTreeSet;
use std::sync::Arc;
use tables::Tables;

const DAY_S: f64 = 86_400.0;

/// The grid of a scenario.
#[derive(Debug)]
pub struct Plan<'a> {
    scenario: &'a Scenario,
    /// What the results show of each cell.
    pub cells: Vec<Cell>,
    /// Paths of the axes that some cell has, in the order of the file.
    pub axes: Vec<String>,
    /// Runs per cell.
    pub replicates: u64,
    /// The part of the grid whose runs are made and numbered.
    shard: Shard,
    /// What makes each cell what it is.
    points: Vec<Point<'a>>,
    /// The default of every key.
    defaults: Settings,
}

/// The values of one cell.
#[derive(Debug)]
struct Point<'a> {
    workflow: &'a str,
    engine: &'a str,
    choice: Choice<'a>,
    platform: Arc<Table>,
    prices: Arc<Table>,
}

impl<'a> Plan<'a> {
    /// A part of the grid: its runs are numbered from 0, in the order of the grid.
    pub fn part(self, shard: Shard) -> Plan<'a> {
        Plan { shard, ..self }
    }
}

impl Plan<'_> {
    /// Lays out the grid.
    pub fn new(scenario: &Scenario) -> Plan<'_> {
        let mut tables = Tables::default();
        let (mut cells, mut points) = (Vec::new(), Vec::new());
        for workflow in &scenario.workflows {
            for engine in &scenario.engines {
                for choice in grid::choices(scenario, workflow, engine) {
                    cells.push(grid::cell(cells.len(), workflow, engine, &choice));
                    points.push(Point {
                        workflow,
                        engine,
                        platform: tables.platform(scenario, &choice),
                        prices: tables.prices(scenario, &choice),
                        choice,
                    });
                }
            }
        }
        Plan {
            scenario,
            axes: axes(scenario, &cells),
            replicates: scenario.replicates,
            shard: Shard::WHOLE,
            cells,
            points,
            defaults: Settings::defaults(keys()),
        }
    }

    /// Number of runs of the grid, or of its part.
    pub fn runs(&self) -> usize {
        self.shard
            .count(self.cells.len() * self.replicates as usize)
    }

    /// Cell and replicate of the run with this number.
    pub fn place(&self, run: usize) -> (usize, u64) {
        let replicates = self.replicates as usize;
        let number = self.shard.number(run);
        (number / replicates, (number % replicates) as u64)
    }

    /// Number of the run of a cell and replicate.
    pub fn number(&self, cell: usize, replicate: usize) -> usize {
        self.shard
            .position(cell * self.replicates as usize + replicate)
    }

    /// The values that make a cell what it is.
    pub fn choice(&self, cell: usize) -> &Choice<'_> {
        &self.points[cell].choice
    }

    /// The specification of the run with this number.
    pub fn spec(&self, run: usize, keep: bool) -> RunSpec {
        let (cell, replicate) = self.place(run);
        self.spec_of(cell, replicate, keep)
    }

    /// The specification of a cell's first run, whether it is of this part or not.
    pub fn first_spec(&self, cell: usize) -> RunSpec {
        self.spec_of(cell, 0, false)
    }

    fn spec_of(&self, cell: usize, replicate: u64, keep: bool) -> RunSpec {
        let (scenario, point) = (self.scenario, &self.points[cell]);
        let mut settings = self.defaults.clone();
        let mut faults = scenario.faults.clone();
        for (dial, value) in &point.choice {
            match &dial.target {
                Target::Workflow(_) | Target::Engine(_) | Target::Common => {
                    settings.set(&dial.path, (*value).clone());
                }
                Target::Fault { entry, key } => faults[*entry].settings.set(key, (*value).clone()),
                _ => {}
            }
        }
        let encoder = scenario.encoders.get(settings.text("encoder.file"));
        RunSpec {
            cell,
            replicate,
            seed: scenario.seed,
            schedule_seed: schedule_seed(scenario.seed, replicate),
            workflow: point.workflow.to_owned(),
            engine: point.engine.to_owned(),
            settings,
            required: required::in_each_run(scenario),
            faults,
            platform: Arc::clone(&point.platform),
            prices: Arc::clone(&point.prices),
            budget_virtual_s: scenario.budget_virtual_days * DAY_S,
            budget_steps: scenario.budget_steps,
            keep,
            encoder: encoder.map(|file| Arc::clone(&file.model)),
        }
    }
}

fn axes(scenario: &Scenario, cells: &[Cell]) -> Vec<String> {
    let used: BTreeSet<&String> = cells
        .iter()
        .flat_map(|cell| cell.axes.iter().map(|(path, _)| path))
        .collect();
    let axes = scenario.dials.iter().filter(|dial| dial.axis);
    let paths = axes.map(|dial| dial.path.clone());
    paths.filter(|path| used.contains(path)).collect()
}

/// The order of ready tasks differs between replicates and not between cells.
fn schedule_seed(seed: u64, replicate: u64) -> u64 {
    let mut mixed = seed ^ replicate.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse;
    use std::path::Path;

    fn scenario(overrides: &[&str]) -> Scenario {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/grid.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let overrides: Vec<String> = overrides.iter().map(|o| (*o).to_owned()).collect();
        parse(&path, &text, &overrides).unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[test]
    fn axes_of_an_engine_multiply_its_cells_only() {
        let scenario = scenario(&[]);
        let plan = Plan::new(&scenario);
        let count = |label: &str| plan.cells.iter().filter(|c| c.engine == label).count();
        assert_eq!(count("local"), 2 * 6);
        assert_eq!(count("explicit naive"), 2 * 6);
        assert_eq!(plan.cells.len(), 60);
        assert_eq!(grid::count_cells(&scenario), 60);
    }

    #[test]
    fn a_replicate_has_the_same_seeds_in_every_cell() {
        let scenario = scenario(&[]);
        let plan = Plan::new(&scenario);
        let (first, last) = (plan.spec(3, false), plan.spec(59 * 25 + 3, false));
        assert_eq!(first.schedule_seed, last.schedule_seed);
        assert_eq!((first.seed, first.replicate), (last.seed, last.replicate));
        assert_ne!(first.schedule_seed, plan.spec(4, false).schedule_seed);
    }

    #[test]
    fn rows_of_the_platform_are_replaced_in_their_cells() {
        let scenario = scenario(&[]);
        let plan = Plan::new(&scenario);
        let value = |run| {
            plan.spec(run, false)
                .platform
                .number("durable.checkpoint_ms")
        };
        assert_eq!((value(0), value(25)), (Ok(5.0), Ok(50.0)));
    }

    #[test]
    fn an_axis_set_to_one_value_keeps_its_column() {
        let scenario = scenario(&["explicit.variant=conditional", "engine=explicit"]);
        let plan = Plan::new(&scenario);
        assert_eq!(plan.cells[0].engine, "explicit conditional");
        assert_eq!(plan.cells[0].axes[0].0, "explicit.variant");
    }

    #[test]
    fn a_required_rate_is_asked_of_the_cells_that_have_it() {
        let scenario = scenario(&[]);
        let plan = Plan::new(&scenario);
        assert!(plan.spec(0, false).required.is_empty());
        assert!(plan.required_rates(0).is_empty());
        assert_eq!(plan.required_rates(2), ["fail_rate"]);
    }
}
