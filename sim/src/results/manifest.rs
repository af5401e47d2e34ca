//! `manifest.json`: what was run, by which build, and how it ended.

use crate::plan::Plan;
use crate::plan::shard::Shard;
use crate::scenario::{DataFile, Scenario};
use models::records::CellRuns;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The content of `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The command that wrote the folder.
    #[serde(default)]
    pub command: Command,
    pub build: Build,
    pub scenario: Text,
    /// SHA-256 of each platform file in use, by its name in the scenario.
    pub platform: BTreeMap<String, String>,
    /// SHA-256 of each price file in use, by its name in the scenario.
    pub prices: BTreeMap<String, String>,
    /// Calibrations of the encoder, where the scenario names any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub encoder: BTreeMap<String, String>,
    pub seed: u64,
    pub replicates: u64,
    /// Arguments of `--set`.
    pub set: Vec<String>,
    /// Whether `ledger.csv` is kept.
    pub ledger: bool,
    /// Whether `history.csv` is kept.
    pub history: bool,
    /// The part of the grid that the folder holds; none if it is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Number of cells in the grid.
    pub cells: usize,
    /// Number of runs in the grid, or in its part.
    pub runs: usize,
    /// Whether all runs were made.
    pub finished: bool,
    /// Runs that must not be counted.
    pub invalid_runs: usize,
    /// Cells without a single run that saw a fault kind which was required there.
    pub unfired: Vec<Unfired>,
    /// Every other file that the command wrote, `/` between the parts of a name.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A command that leaves a manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    #[default]
    Run,
    Check,
}

impl Command {
    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Command::Run => "run",
            Command::Check => "check",
        }
    }
}

/// The build that ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    pub version: String,
    /// Fingerprint of the sources and the locked dependencies: the build's identity.
    pub source: String,
    /// Revision of the repository, if there was one; for people.
    pub revision: String,
    pub rustc: String,
    pub target: String,
}

/// The scenario that was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub name: String,
    pub title: String,
    pub question: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// A required fault kind that never fired in a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unfired {
    pub cell: usize,
    pub kind: String,
}

impl Build {
    /// This build.
    pub fn current() -> Build {
        Build {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            source: env!("SIM_SOURCE").to_owned(),
            revision: env!("SIM_REVISION").to_owned(),
            rustc: env!("SIM_RUSTC").to_owned(),
            target: env!("SIM_TARGET").to_owned(),
        }
    }

    fn same(&self, other: &Build) -> bool {
        let identity = |build: &Build| {
            let Build {
                version,
                source,
                rustc,
                target,
                ..
            } = build.clone();
            [version, source, rustc, target]
        };
        identity(self) == identity(other)
    }
}

impl std::fmt::Display for Build {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} (source {}, revision {}, {}, {})",
            self.version, self.source, self.revision, self.rustc, self.target
        )
    }
}

impl Manifest {
    /// The manifest of a run that has not begun.
    pub fn new(scenario: &Scenario, plan: &Plan<'_>, ledger: bool, history: bool) -> Manifest {
        let encoders = scenario.encoders.iter();
        Manifest {
            command: Command::Run,
            build: Build::current(),
            scenario: Text {
                name: scenario.name.clone(),
                title: scenario.title.clone(),
                question: scenario.question.clone(),
                sha256: super::sha256(scenario.text.as_bytes()),
            },
            platform: hashes(&scenario.platforms),
            prices: hashes(&scenario.prices),
            encoder: encoders
                .map(|(name, file)| (name.clone(), file.sha256.clone()))
                .collect(),
            seed: scenario.seed,
            replicates: scenario.replicates,
            set: scenario.overrides.clone(),
            ledger,
            history,
            shard: None,
            cells: plan.cells.len(),
            runs: plan.runs(),
            finished: false,
            invalid_runs: 0,
            unfired: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The manifest of a search.
    pub fn of_search(scenario: &Scenario, plan: &Plan<'_>) -> Manifest {
        Manifest {
            command: Command::Check,
            ..Manifest::new(scenario, plan, false, false)
        }
    }

    /// Counts what the runs came to. That a kind fired in no run of a cell is for the whole grid to say.
    pub fn finish(&mut self, plan: &Plan<'_>, cells: &[CellRuns]) {
        self.finished = true;
        let runs = cells.iter().flat_map(|cell| &cell.runs);
        self.invalid_runs = runs.filter(|run| run.invalid.is_some()).count();
        if self.shard.is_none() {
            self.unfired = cells.iter().flat_map(|cell| unfired(plan, cell)).collect();
        }
    }

    /// What tells the results of `other` from this one's, if they are not of the same.
    pub fn difference(&self, other: &Manifest) -> Option<String> {
        let text = |what: &str| Some(format!("another {what}"));
        if self.command != other.command {
            return Some(format!("those of `sim {}`", other.command.name()));
        }
        if self.scenario.sha256 != other.scenario.sha256 {
            let Text { name, .. } = &other.scenario;
            return Some(format!("another scenario text (of `{name}`)"));
        }
        if self.shard != other.shard {
            let part = |shard: Option<Shard>| {
                shard.map_or("the whole grid".to_owned(), |shard| {
                    format!("shard {shard}")
                })
            };
            let (theirs, ours) = (part(other.shard), part(self.shard));
            return Some(format!("{theirs}, not {ours}"));
        }
        if self.seed != other.seed {
            return Some(format!("seed {}, not {}", other.seed, self.seed));
        }
        if self.replicates != other.replicates {
            let (theirs, ours) = (other.replicates, self.replicates);
            return Some(format!("{theirs} replicates, not {ours}"));
        }
        if self.set != other.set {
            let said = |set: &[String]| match set {
                [] => "no --set".to_owned(),
                set => format!("--set {}", set.join(" --set ")),
            };
            let (theirs, ours) = (said(&other.set), said(&self.set));
            return Some(format!("{theirs}, not {ours}"));
        }
        if self.platform != other.platform {
            return text("platform file");
        }
        if self.prices != other.prices {
            return text("price file");
        }
        if self.encoder != other.encoder {
            return text("calibration of the encoder");
        }
        if !self.build.same(&other.build) {
            return Some(format!("another build, {}", other.build));
        }
        None
    }

    /// The cells in which a required kind never fired, by kind.
    pub fn unfired_by_kind(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for unfired in &self.unfired {
            kinds.entry(&unfired.kind).or_default().push(unfired.cell);
        }
        kinds
    }

    /// The file's bytes.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("a manifest is plain data") + "\n"
    }
}

fn hashes(files: &BTreeMap<String, DataFile>) -> BTreeMap<String, String> {
    let hash = |(name, file): (&String, &DataFile)| (name.clone(), file.sha256.clone());
    files.iter().map(hash).collect()
}

fn unfired(plan: &Plan<'_>, cell: &CellRuns) -> Vec<Unfired> {
    let index = cell.cell.index;
    let required = plan.required_rates(index).into_iter();
    required
        .filter(|kind| !cell.saw(kind))
        .map(|kind| Unfired {
            cell: index,
            kind: kind.to_owned(),
        })
        .collect()
}
