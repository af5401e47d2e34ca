//! `sim calibrate`: the encoder timing model, measured, fitted and applied.

mod factor;
mod fit;
mod measure;
mod predictions;
mod report;

use super::Failure;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments of `sim calibrate`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["clips", "anchors_only", "fit", "predict"]))]
pub struct CalibrateArguments {
    /// Folder of clips to encode with ffmpeg and libx264; clips in a folder of their own are of one source
    #[arg(value_name = "CLIPS")]
    clips: Option<PathBuf>,
    /// Small frames, three presets, under a minute [with CLIPS]
    #[arg(long, requires = "clips")]
    quick: bool,
    /// Only the speed of this machine against the calibrated one, from 24 encodes of test pictures
    #[arg(long)]
    anchors_only: bool,
    /// CPU seconds to spend on encodes, in the place of 200 cells [with CLIPS]
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "clips",
        conflicts_with = "quick"
    )]
    budget: Option<f64>,
    /// Seed of the choice and order of cells
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Continue an interrupted measurement
    #[arg(long, requires = "clips", conflicts_with = "force")]
    resume: bool,
    /// Replace the measurement that the folder holds
    #[arg(long, requires = "clips")]
    force: bool,
    /// No progress
    #[arg(long)]
    quiet: bool,
    /// Fit the rows of a measurement without running anything
    #[arg(long, value_name = "RUNS.csv")]
    fit: Option<PathBuf>,
    /// A chunking experiment, for the costs of joining [with --fit]
    #[arg(long, value_name = "CHUNKING.csv", requires = "fit")]
    chunking: Option<PathBuf>,
    /// Predict CPU seconds and bytes of each row, with 90 % intervals
    #[arg(long, value_name = "ROWS.csv")]
    predict: Option<PathBuf>,
    /// The calibration to predict with [default: the one that comes with the program]
    #[arg(long, value_name = "MODEL.json", requires = "predict")]
    model: Option<PathBuf>,
    /// Where results go: a folder, or with --predict a CSV file [default: results/calibrate, standard output]
    #[arg(long)]
    out: Option<PathBuf>,
}

impl CalibrateArguments {
    fn folder(&self) -> PathBuf {
        let default = || PathBuf::from("results/calibrate");
        self.out.clone().unwrap_or_else(default)
    }
}

/// Does what the arguments say.
pub fn calibrate(arguments: &CalibrateArguments) -> Result<(), Failure> {
    if let Some(runs) = &arguments.fit {
        fit::refit(runs, arguments.chunking.as_deref(), &arguments.folder())
    } else if let Some(rows) = &arguments.predict {
        predictions::predictions(arguments, rows)
    } else if let Some(clips) = &arguments.clips {
        measure::measure(arguments, clips)
    } else {
        factor::factor(arguments)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::Input(format!("error: {}: {error}", path.display())))
}

fn bad(path: &Path, why: &str) -> Failure {
    Failure::Input(format!("error: {}: {why}", path.display()))
}

fn wrong(why: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("error: {why}"))
}
