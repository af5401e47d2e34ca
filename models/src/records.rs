//! What a run leaves behind: the only interface between running and analysing.

use crate::settings::Setting;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// How a metric is summed up over the runs of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summary {
    /// A quantity of a run: mean over runs with a bootstrap interval, quantiles over runs.
    Quantity,
    /// A share of executions: successes over `executions`, with a Wilson interval.
    Rate,
    /// A quotient of two metrics that count per execution: the sum of the first over all runs
    /// divided by that of the second, with a bootstrap interval. A run that has used much and
    /// delivered nothing counts, which it would not in a mean of the runs' quotients.
    Quotient(Measure, Measure),
}

/// One column of `runs.csv`.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Column name, unit last.
    pub name: &'static str,
    /// Unit as an axis label shows it.
    pub unit: &'static str,
    /// How runs are summed up.
    pub summary: Summary,
    /// Meaning, in one sentence.
    pub doc: &'static str,
}

macro_rules! metrics {
    ($($id:ident $name:literal $unit:literal $summary:ident $(($over:ident / $under:ident))? $doc:literal)*) => {
        /// Index of a metric in [`METRICS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(usize)]
        pub enum Measure { $(#[doc = $doc] $id),* }

        /// Every metric, in the order of the columns.
        pub const METRICS: &[Metric] = &[$(Metric {
            name: $name, unit: $unit, doc: $doc,
            summary: Summary::$summary $((Measure::$over, Measure::$under))?,
        }),*];
    };
}

metrics! {
    LatencyS "latency_s" "s" Quantity "Start to end of an execution that succeeded, mean over the run's executions."
    LatencyMaxS "latency_max_s" "s" Quantity "The slowest execution of the run that succeeded."
    LatencyP99S "latency_p99_s" "s" Quantity "99th percentile of the latency of the run's executions (the slowest, of fewer than a hundred). `latency_s.p99` is that of the runs' means."
    BilledS "billed_s" "s" Quantity "Function time billed per execution, initialisation included, each invocation rounded up as the price says."
    ComputeGbS "compute_gb_s" "GB s" Quantity "Billed time times memory, per execution; of workers, the time they are paid for."
    WastedGbS "wasted_gb_s" "GB s" Quantity "Compute that was repeated or thrown away, per execution: on functions, compute_gb_s times the share of the bodies' time that was (so it grows with whatever else is billed around the bodies); on `queue`, the time of these bodies times their slot's share of a worker. `wasted_s` compares engines."
    EncodeS "encode_s" "s" Quantity "Mean time of one chunk's encoding body (video)."
    WaitS "wait_s" "s" Quantity "Time in line: of an invocation for an environment (only with `function.excess = queue`), or of an activity in its task queue for a worker (engine `queue`); mean."
    WaitP99S "wait_p99_s" "s" Quantity "The 99th percentile of that time over the run's invocations or activities."
    Waited "waited" "share" Quantity "Share of the run's invocations or activities that had to wait in line."
    OutputBytes "output_bytes" "bytes" Quantity "Size of the finished video, mean over executions that left one (video)."
    PsnrLossDb "psnr_loss_db" "dB" Quantity "Loss of PSNR against an encode of the whole, by the length of chunks (video; laws calibrated and replay)."
    RecoveryS "recovery_s" "s" Quantity "First fault of an execution to its next progress: the next step completed beyond those that were complete before (an engine that keeps none does them all again first). Mean over recoveries."
    RedoS "redo_s" "s" Quantity "From the loss of a body with its worker to the next body of the same step, mean over lost bodies."
    ReplayS "replay_s" "s" Quantity "Time spent replaying finished operations before new work, per execution."
    WastedS "wasted_s" "s" Quantity "Time of bodies whose work was repeated or thrown away, per execution."
    WorkerS "worker_s" "s" Quantity "Time that the workers of all fleets are paid for, busy or not, per execution (queue)."
    WorkerBusy "worker_busy" "share" Quantity "Share of the slots' time in which activity workers run a body (queue)."
    Executions "executions" "executions" Quantity "Executions started in the run."
    Counted "counted" "executions" Quantity "Those that latency and success are of: without the first `load.warmup`."
    Succeeded "success_rate" "share" Rate "Share of executions that ended with success."
    Invocations "invocations" "invocations" Quantity "Activations of a worker, per execution."
    ColdStarts "cold_starts" "cold starts" Quantity "Activations that had to start an environment, per execution."
    Attempts "attempts" "attempts" Quantity "Tries of steps as the retry policy counts them, per execution."
    Bodies "bodies" "bodies" Quantity "Actual entries into step code, per execution."
    Effects "effects" "effects" Quantity "Effects on the outside world, per execution."
    DuplicateEffects "duplicate_effects" "effects" Quantity "Effects on the outside world beyond the first of each (execution, step), per execution."
    DuplicateWrites "duplicate_writes" "writes" Quantity "Changes of the store by the workflow beyond the first of each (execution, step), per execution (explicit, and counters with `counter.shared`)."
    LostEffects "lost_effects" "effects" Quantity "Additions acknowledged as done that the counter in the store does not show, per execution: the net sum, from which duplicates and what decrements lose are taken off (counter)."
    WorkflowTasks "workflow_tasks" "tasks" Quantity "Workflow tasks handed to workers, per execution (queue)."
    ActivityTasks "activity_tasks" "tasks" Quantity "Attempts of activities handed to workers, per execution (queue)."
    HistoryEvents "history_events" "events" Quantity "Events of histories, those of earlier runs of an execution included, per execution (queue)."
    HistoryBytes "history_bytes" "bytes" Quantity "Size of these events, per execution (queue)."
    Heartbeats "heartbeats" "requests" Quantity "Heartbeats that reached the orchestrator, per execution (queue)."
    CheckpointUpdates "checkpoint_updates" "updates" Quantity "Updates sent to the durable backend and accepted, per execution."
    CheckpointRequests "checkpoint_requests" "requests" Quantity "Checkpoint requests accepted by the durable backend, per execution."
    DurableOperations "durable_operations" "operations" Quantity "Durable operations as the price list counts them, per execution."
    StoreReads "store_reads" "requests" Quantity "Key-value reads (get, query), per execution."
    StoreWrites "store_writes" "requests" Quantity "Key-value writes (put, update, conditional, transaction), refused ones included, per execution."
    StoreConflicts "store_conflicts" "requests" Quantity "Conditional writes and transactions refused by their condition, per execution."
    ObjectPuts "object_puts" "requests" Quantity "Object-store puts and lists, per execution."
    ObjectGets "object_gets" "requests" Quantity "Object-store gets, per execution."
    ObjectDeletes "object_deletes" "requests" Quantity "Object-store deletes, per execution."
    QueueMessages "queue_messages" "messages" Quantity "Asynchronous events accepted by the function platform, per execution."
    StateBytesWritten "state_bytes_written" "bytes" Quantity "Bytes of state written (checkpoints, items; media objects not counted), per execution."
    StateBytesPeak "state_bytes_peak" "bytes" Quantity "Largest amount of state held at once in the run."
    StateByteSeconds "state_byte_seconds" "byte s" Quantity "State held, integrated over the run's time, per execution."
    CostUsd "cost_usd" "USD" Quantity "Total cost per execution at the scenario's prices, free tier not used."
    CostComputeUsd "cost_compute_usd" "USD" Quantity "Function duration, and time of workers, per execution."
    CostRequestsUsd "cost_requests_usd" "USD" Quantity "Function requests, per execution."
    CostDurableUsd "cost_durable_usd" "USD" Quantity "Durable operations, data written and data retained, per execution."
    CostOrchestratorUsd "cost_orchestrator_usd" "USD" Quantity "Actions and storage of the orchestrator, or its servers, per execution (queue)."
    CostStoreUsd "cost_store_usd" "USD" Quantity "Key-value requests and storage, per execution."
    CostObjectUsd "cost_object_usd" "USD" Quantity "Object-store requests and storage, per execution."
    CostQueueUsd "cost_queue_usd" "USD" Quantity "Asynchronous events beyond the function request, per execution."
    EncodedMinutes "encoded_minutes" "min" Quantity "Minutes of video delivered, per execution (video, ladder)."
    CostPerEncodedMinuteUsd "cost_per_encoded_minute_usd" "USD/min" Quotient(CostUsd / EncodedMinutes) "Whole cost divided by the minutes of video delivered: in runs.csv of the run, empty if it delivered none; in summary.csv and figures of all runs together, those that delivered none included (video, ladder)."
    CostProviderUsd "cost_provider_usd" "USD" Quantity "Text, speech and pictures that providers accepted to make, per execution (generation)."
    ProviderCalls "provider_calls" "calls" Quantity "Questions put to providers, per execution (generation)."
    ProviderCallsKeptBack "provider_calls_kept_back" "calls" Quantity "Questions that a circuit breaker kept back, per execution (generation)."
    ProviderBackupCalls "provider_backup_calls" "calls" Quantity "Questions put to the providers that stand in, per execution (generation)."
    LlmErrorRate "llm_error_rate" "share" Quantity "Share of the questions to the language model that came to nothing (generation)."
    TtsErrorRate "tts_error_rate" "share" Quantity "The same of the speech provider (generation)."
    ImageErrorRate "image_error_rate" "share" Quantity "The same of the picture provider (generation)."
    BriefS "brief_s" "s" Quantity "Time in the bodies of the stage brief, all attempts, per execution (generation)."
    ScriptS "script_s" "s" Quantity "The same of the stage script, per execution (generation)."
    VoiceS "voice_s" "s" Quantity "The same of the stage voice, per execution (generation)."
    VisualsS "visuals_s" "s" Quantity "The same of the stage visuals, per execution (generation)."
    CompositionS "composition_s" "s" Quantity "The same of the stage composition, per execution (generation)."
    StagesSkipped "stages_skipped" "stages" Quantity "Optional stages that were left out, per execution (staged)."
    CancelLatencyS "cancel_latency_s" "s" Quantity "Wish to cancel to its acknowledgement, mean over the acknowledged ones (staged)."
    FaultsFired "faults_fired" "faults" Quantity "Faults that fired in the run, all kinds."
    ObjectBytesIn "object_bytes_in" "bytes" Quantity "Bytes written to the object store, per execution."
    ObjectBytesOut "object_bytes_out" "bytes" Quantity "Bytes read from the object store, per execution."
    ObjectByteSeconds "object_byte_seconds" "byte s" Quantity "Bytes held in the object store, integrated over the run's time, per execution."
    PartialUploads "partial_uploads" "uploads" Quantity "Uploads that were cut off with their worker, per execution."
    OrphanedObjects "orphaned_objects" "objects" Quantity "Objects and uploads left at the end of the run that belong to no recorded result, per execution (ladder)."
    VirtualS "virtual_s" "s" Quantity "Virtual time at the end of the run."
}

/// The values of one run; a metric that has no meaning there stays `NaN` and is written empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(Vec<f64>);

impl Default for Values {
    fn default() -> Values {
        Values(vec![f64::NAN; METRICS.len()])
    }
}

impl Values {
    /// The value of one metric.
    pub fn get(&self, measure: Measure) -> f64 {
        self.0[measure as usize]
    }

    /// Sets the value of one metric.
    pub fn set(&mut self, measure: Measure, value: f64) {
        self.0[measure as usize] = value;
    }

    /// By position in [`METRICS`].
    pub fn at(&self, index: usize) -> f64 {
        self.0[index]
    }

    /// By position in [`METRICS`].
    pub fn set_at(&mut self, index: usize, value: f64) {
        self.0[index] = value;
    }
}

/// Position of a metric by name.
pub fn metric_index(name: &str) -> Option<usize> {
    METRICS.iter().position(|metric| metric.name == name)
}

/// One point of a scenario's grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Position in the grid; the order of rows everywhere.
    pub index: usize,
    /// The workflow's name.
    pub workflow: String,
    /// The engine with the variants that tell it apart in this scenario, as tables and legends show it.
    pub engine: String,
    /// Value of every axis that applies to this cell, by key path, in the order of the file.
    /// Workflow and engine are not repeated here.
    pub axes: Vec<(String, Setting)>,
}

/// Why executions failed, and how many for each reason; as text `over quota: 2; worker lost: 1`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failures(pub BTreeMap<String, u64>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (why, count)) in self.0.iter().enumerate() {
            let comma = if place > 0 { "; " } else { "" };
            write!(f, "{comma}{why}: {count}")?;
        }
        Ok(())
    }
}

impl FromStr for Failures {
    type Err = String;

    fn from_str(text: &str) -> Result<Failures, String> {
        let failures = text.split("; ").filter(|failure| !failure.is_empty());
        let read = |failure: &str| {
            let (why, count) = failure.rsplit_once(": ")?;
            Some((why.to_owned(), count.parse().ok()?))
        };
        let read = |failure| read(failure).ok_or_else(|| format!("`{failure}` has no count"));
        Ok(Failures(failures.map(read).collect::<Result<_, _>>()?))
    }
}

/// The outcome of one (cell, replicate).
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// [`Cell::index`].
    pub cell: usize,
    /// Number of the replicate, from 0; the same number means the same random draws in every cell.
    pub replicate: u64,
    /// `succeeded`, `failed`, `partial` (some executions failed), `over_budget` or `stuck`.
    pub outcome: String,
    /// Why the run must not be counted, if so: a required fault that never fired, or a budget exceeded.
    pub invalid: Option<String>,
    /// One value per metric.
    pub values: Values,
    pub failures: Failures,
    /// How often each fault kind fired.
    pub fired: BTreeMap<&'static str, u64>,
}

/// One cell with all its runs.
#[derive(Clone, Debug)]
pub struct CellRuns {
    pub cell: Cell,
    /// In the order of the replicates.
    pub runs: Vec<RunRecord>,
}

impl CellRuns {
    /// Whether a kind of fault fired in some run.
    pub fn saw(&self, kind: &str) -> bool {
        self.runs.iter().any(|run| run.fired.get(kind) > Some(&0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_read_as_they_were_written() {
        let reasons = [("over quota", 2), ("checkpoint: lost", 11)];
        let failures = Failures(reasons.map(|(why, n)| (why.to_owned(), n)).into());
        assert_eq!(failures.to_string(), "checkpoint: lost: 11; over quota: 2");
        assert_eq!(failures.to_string().parse(), Ok(failures));
        assert_eq!("".parse(), Ok(Failures::default()));
        assert!("lost".parse::<Failures>().is_err());
        assert!("lost: many".parse::<Failures>().is_err());
    }
}
