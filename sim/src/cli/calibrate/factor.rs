//! `sim calibrate --anchors-only`: how fast this machine is beside the calibrated one.

use super::{CalibrateArguments, wrong};
use crate::calibrate::anchors::{self, Factor, REFUSED, Reference, Verdict};
use crate::calibrate::{Runner, fingerprint, tool};
use crate::cli::Failure;
use crate::cli::output::{print, save};
use crate::cli::process::stop_on_interrupt;
use crate::cli::progress::Progress;
use crate::stop;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::json;
use std::fmt::Write;

/// Cells between two anchors.
const ANCHOR_EVERY: usize = 6;

/// The same encodes of test pictures as in the reference measurement, so that nothing but the machine
/// differs: the bytes must be equal where the encoder is.
pub(super) fn factor(arguments: &CalibrateArguments) -> Result<(), Failure> {
    let tool = tool::find().map_err(wrong)?;
    stop_on_interrupt()?;
    let mut cells = anchors::references();
    shuffle(&mut cells, arguments.seed);
    let mut runner = Runner::new(&[], &tool).map_err(wrong)?;
    runner.warm_up().map_err(wrong)?;
    let mut progress = Progress::new(cells.len(), 0, arguments.quiet);
    let (mut pairs, mut same, mut repeated) = (Vec::new(), 0, Vec::new());
    for (place, cell) in cells.iter().enumerate() {
        if place % ANCHOR_EVERY == 0 {
            repeated.push(run(&mut runner, &anchors::anchor())?.0);
        }
        let (seconds, bytes) = run(&mut runner, cell)?;
        pairs.push((seconds, cell.cpu_s));
        same += usize::from(bytes == cell.mp4_bytes);
        progress.show(place + 1);
    }
    repeated.push(run(&mut runner, &anchors::anchor())?.0);
    progress.finish();
    let noise = match anchors::verdict(&repeated) {
        Verdict::Refused(cv) => {
            return Err(wrong(format!(
                "the CPU time of the same encode varies by {:.1} % over {} runs, more than {:.0} %; \
                 stop other work on the machine and try again",
                100.0 * cv,
                repeated.len(),
                100.0 * REFUSED
            )));
        }
        Verdict::Noisy(cv) => format!("warning: the same encode varies by {:.1} %\n", 100.0 * cv),
        Verdict::Quiet(cv) => format!("the same encode varies by {:.1} %\n", 100.0 * cv),
        Verdict::TooFew => String::new(),
    };
    let factor = Factor::of(&pairs).expect("there are two dozen cells");
    let (low, high) = factor.interval();
    let mut text = noise;
    let _ = writeln!(
        text,
        "k = {:.3}, 90 % interval {low:.3} to {high:.3}: CPU seconds here for each of the calibrated core",
        factor.k
    );
    let _ = writeln!(
        text,
        "{} cells, sd of the log of one {:.3}; {same} of them with the reference's bytes",
        factor.cells, factor.cell_sigma
    );
    let _ = writeln!(
        text,
        "in a scenario: --set encoder.k={low:.2},{:.2},{high:.2}",
        factor.k
    );
    print(&text)?;
    let facts = fingerprint(&tool, runner.encoder().as_deref());
    let json = json!({
        "k": factor.k, "k_lo90": low, "k_hi90": high, "cells": factor.cells,
        "sigma_log_cell": factor.cell_sigma, "same_bytes": same, "fingerprint": facts,
    });
    let Some(folder) = &arguments.out else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|e| wrong(format!("{}: {e}", folder.display())))?;
    let json = serde_json::to_string_pretty(&json).expect("numbers and names") + "\n";
    save(&folder.join("factor.json"), json.as_bytes())
}

fn run(runner: &mut Runner<'_>, cell: &Reference) -> Result<(f64, u64), Failure> {
    let done = runner.reference(cell, "anchor");
    if stop::requested() {
        return Err(Failure::Interrupted("stopped; nothing is kept".to_owned()));
    }
    done.map(|(_, seconds, bytes)| (seconds, bytes))
        .map_err(wrong)
}

fn shuffle(cells: &mut [Reference], seed: u64) {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    for last in (1..cells.len()).rev() {
        cells.swap(last, (draws.next_u64() % (last as u64 + 1)) as usize);
    }
}
