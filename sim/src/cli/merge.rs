//! `sim merge`: shards of a run to its results.

use super::Failure;
use super::run::conclude;
use crate::plan::Plan;
use crate::results::ResultsError;
use crate::results::folder::{Folder, Opened, Policy};
use crate::results::manifest::Manifest;
use crate::results::merge::Shards;
use crate::results::reading::Reading;
use crate::scenario::{self, Scenario};
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `sim merge`.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// The folders of all shards, in any order
    #[arg(required = true)]
    folder: Vec<PathBuf>,
    /// Folder of the results [default: results/SCENARIO]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replace whatever the folder holds
    #[arg(long)]
    force: bool,
    /// No table
    #[arg(long)]
    quiet: bool,
}

/// Joins shards.
pub fn merge(arguments: &MergeArguments) -> Result<(), Failure> {
    let unfit = |why: String| Failure::Input(format!("error: {why}"));
    let folders = distinct(&arguments.folder).map_err(unfit)?;
    let folders = folders.iter().map(|path| Reading::open(path));
    let folders = folders.collect::<Result<Vec<Reading>, ResultsError>>()?;
    let shards = Shards::of(folders).map_err(unfit)?;
    let scenario = kept_scenario(shards.first())?;
    let plan = Plan::new(&scenario);
    let of = &shards.first().manifest;
    let manifest = Manifest::new(&scenario, &plan, of.ledger, of.history);
    let whole = Manifest {
        shard: None,
        ..of.clone()
    };
    if let Some(difference) = manifest.difference(&whole) {
        return Err(unfit(format!(
            "{} is not of this build and these inputs: {difference}\n  = help: join shards with the build that made them",
            shards.first().path().display()
        )));
    }
    let default = || Path::new("results").join(&scenario.name);
    let path = arguments.out.clone().unwrap_or_else(default);
    let policy = Policy {
        resume: false,
        force: arguments.force,
    };
    match Folder::open(&path, manifest, &plan, policy)? {
        Opened::Complete => Ok(()),
        Opened::Ready(mut folder) => {
            shards.append_to(&mut folder, &plan)?;
            conclude(&scenario, &plan, *folder, arguments.quiet)
        }
    }
}

/// The folders, or the one that is named twice.
fn distinct(folders: &[PathBuf]) -> Result<Vec<&Path>, String> {
    let mut known: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let place = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        if known.contains(&place) {
            return Err(format!(
                "{} is named twice\n  = help: each shard once",
                folder.display()
            ));
        }
        known.push(place);
    }
    Ok(folders.iter().map(PathBuf::as_path).collect())
}

/// The scenario that a folder keeps, with what was set on the command line.
fn kept_scenario(shard: &Reading) -> Result<Scenario, Failure> {
    shard.inputs()?;
    let manifest = &shard.manifest;
    let mut set = manifest.set.clone();
    set.push(format!("seed={}", manifest.seed));
    set.push(format!("replicates={}", manifest.replicates));
    let path = shard.path().join(shard.scenario_file());
    scenario::load(&path, &set).map_err(|problems| Failure::Input(problems.to_string()))
}
