//! One run: what it is given and what it leaves behind.

use crate::kernel::{End, execute};
use crate::rows;
use models::data::Table;
use models::encoder::model::Model;
use models::faults::FaultSpec;
use models::ledger::Logs;
use models::measure;
use models::records::{Failures, RunRecord, Values};
use models::settings::Settings;
use models::world::{Setup, World};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that a run depends on. Two equal specifications give equal outputs.
#[derive(Clone, Debug)]
pub struct RunSpec {
    /// Position of the cell in the grid; copied to the record, without influence on the run.
    pub cell: usize,
    /// Number of the replicate.
    pub replicate: u64,
    /// The scenario's seed; random streams are keyed by (seed, replicate, purpose, entity).
    pub seed: u64,
    /// Seed of the order in which tasks that are ready at the same instant run.
    pub schedule_seed: u64,
    /// Name in `models::registry::WORKFLOWS`.
    pub workflow: String,
    /// Name in `models::registry::ENGINES`.
    pub engine: String,
    /// Value of every declared key.
    pub settings: Settings,
    /// Written-out faults, in the order of the scenario.
    pub faults: Vec<FaultSpec>,
    /// Written-out fault kinds that must fire, or the run is invalid.
    pub required: Vec<String>,
    /// Latencies and limits, overrides applied.
    pub platform: Arc<Table>,
    /// Prices, overrides applied.
    pub prices: Arc<Table>,
    /// The run stops, and says so, after this much virtual time (seconds)...
    pub budget_virtual_s: f64,
    /// ... or after this many crossings of the host boundary.
    pub budget_steps: u64,
    /// Whether to keep the ledger and the history.
    pub keep: bool,
    /// The calibration of the encoder; `None` for the one that comes with the program.
    pub encoder: Option<Arc<Model>>,
}

/// What a run leaves behind.
#[derive(Clone, Debug)]
pub struct RunOutput {
    pub record: RunRecord,
    /// Lines of `ledger.csv` without its header; empty unless asked for.
    pub ledger: Vec<u8>,
    /// Lines of `history.csv` without its header; empty unless asked for.
    pub history: Vec<u8>,
}

pub use crate::rows::{HISTORY_HEADER, LEDGER_HEADER};

/// Whether the data files have all rows that the run needs, as plain numbers where it needs
/// those. The error names the row.
pub fn check(spec: &RunSpec) -> Result<(), String> {
    World::new(&setup(spec), Logs::default()).map(drop)
}

fn setup(spec: &RunSpec) -> Setup<'_> {
    Setup {
        seed: spec.seed,
        replicate: spec.replicate,
        workflow: &spec.workflow,
        engine: &spec.engine,
        settings: &spec.settings,
        faults: &spec.faults,
        platform: &spec.platform,
        prices: &spec.prices,
        encoder: spec.encoder.as_ref(),
        keep: spec.keep,
    }
}

/// Runs one specification.
///
/// To be called on a fresh thread: randomness that a library keeps per thread would otherwise
/// depend on the runs before.
///
/// # Panics
/// If the specification was not [`check`]ed.
pub fn run(spec: &RunSpec) -> RunOutput {
    let setup = setup(spec);
    let budget = (
        models::time::seconds(spec.budget_virtual_s),
        spec.budget_steps,
    );
    let finished = execute(&setup, spec.schedule_seed, budget, |world, _, now| {
        let fired = world.faults.borrow().fired();
        Left {
            values: measure::values(world, now),
            verdict: measure::verdict(world).name(),
            failures: measure::failures(world),
            fired,
            ledger: if spec.keep {
                rows::ledger(spec, world)
            } else {
                Vec::new()
            },
            history: if spec.keep {
                rows::history(spec, world)
            } else {
                Vec::new()
            },
        }
    });
    let finished = finished.unwrap_or_else(|why| panic!("an unchecked specification: {why}"));
    let Left {
        values,
        verdict,
        failures,
        fired,
        ledger,
        history,
    } = finished.result;
    let unmet = |kind: &&String| fired.get(kind.as_str()).copied().unwrap_or(0) == 0;
    let (outcome, invalid) = match finished.end {
        End::Done => (
            verdict,
            spec.required
                .iter()
                .find(unmet)
                .map(|kind| format!("required fault `{kind}` never fired")),
        ),
        End::Steps => (
            "over_budget",
            Some("more boundary crossings than budget.steps".to_owned()),
        ),
        End::Time => (
            "over_budget",
            Some("more virtual time than budget.virtual_days".to_owned()),
        ),
        // The pool does not hand it over.
        End::Stopped => ("stuck", Some("stopped".to_owned())),
    };
    let record = RunRecord {
        cell: spec.cell,
        replicate: spec.replicate,
        outcome: outcome.to_owned(),
        invalid,
        values,
        failures,
        fired,
    };
    RunOutput {
        record,
        ledger,
        history,
    }
}

/// What is read from the world at the end.
struct Left {
    values: Values,
    verdict: &'static str,
    failures: Failures,
    fired: BTreeMap<&'static str, u64>,
    ledger: Vec<u8>,
    history: Vec<u8>,
}
