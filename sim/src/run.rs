//! One run: what it is given and what it leaves behind.

use models::data::Table;
use models::faults::FaultSpec;
use models::records::RunRecord;
use models::settings::Settings;
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

/// Header of `ledger.csv`.
pub const LEDGER_HEADER: &str =
    "cell,replicate,time_s,execution,step,attempt,body,kind,effect,worker,ended\n";

/// Header of `history.csv`.
pub const HISTORY_HEADER: &str = "cell,replicate,time_s,from,to,operation,key,bytes,outcome,point,ordinal,execution,step,request,update,operation_type,operation_id\n";

/// Runs one specification on a fresh thread and returns what it left behind.
pub fn run(spec: &RunSpec) -> RunOutput {
    let _ = spec;
    unreachable!("replaced by the kernel")
}
