//! What a fit says of itself: errors on sources held out, in sample beside them, coverage, noise.

use crate::cli::output::columns;
use crate::results::csv;
use analysis::calibration::{Accuracy, Held, HeldOut, in_sample, rows};
use models::encoder::model::Model;
use std::fmt::Write;

fn accuracy(rows: &[&HeldOut], error: fn(&HeldOut) -> f64) -> Accuracy {
    let errors: Vec<f64> = rows.iter().map(|row| error(row)).collect();
    let measured: Vec<f64> = rows.iter().map(|row| libm::log(row.measured_s)).collect();
    Accuracy::of(&errors, &measured)
}

fn share(rows: &[&HeldOut], kind: usize) -> f64 {
    let covered = rows.iter().filter(|row| row.covered[kind]).count();
    100.0 * covered as f64 / rows.len().max(1) as f64
}

/// What is wrong with test pictures.
pub(super) const SYNTHETIC: &str = "a fit to synthetic clips is wrong by 25 to 40 % on real ones";

/// The report of a fit, as text.
pub(super) fn report(measured: &[rows::Row], model: &Model, held: &Held) -> String {
    let all: Vec<&HeldOut> = held.rows.iter().collect();
    let sources = held.sources();
    let line = |name: &str, a: Accuracy, coverage: Option<f64>| {
        let tail = coverage.map_or_else(|| "-".to_owned(), |share| format!("{share:.0} %"));
        vec![
            name.to_owned(),
            format!("{:.1} %", a.mape),
            format!("{:.1} %", a.median),
            format!("{:.1} %", a.p90),
            format!("{:.3}", a.sigma_log),
            format!("{:.3}", a.r2_log),
            format!("{:+.1} %", a.total),
            tail,
        ]
    };
    let head = [
        "",
        "MAPE",
        "median",
        "p90",
        "sigma log",
        "R2 log",
        "total",
        "in 90 % interval",
    ];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    table.push(line(
        "held out, bits known",
        accuracy(&all, |r| r.time),
        Some(share(&all, 0)),
    ));
    table.push(line(
        "held out, probe only",
        accuracy(&all, |r| r.time_from_probe),
        Some(share(&all, 1)),
    ));
    table.push(line(
        "held out, bytes from probe",
        accuracy(&all, |r| r.bits),
        Some(share(&all, 2)),
    ));
    table.push(line(
        "in sample, bits known",
        in_sample(measured, model),
        None,
    ));
    for source in &sources {
        let own: Vec<&HeldOut> = all
            .iter()
            .copied()
            .filter(|row| row.source == *source)
            .collect();
        table.push(line(
            &format!("  {source}"),
            accuracy(&own, |r| r.time),
            Some(share(&own, 0)),
        ));
    }
    for preset in &model.time.presets {
        let own: Vec<&HeldOut> = all
            .iter()
            .copied()
            .filter(|row| row.preset == preset.preset)
            .collect();
        table.push(line(
            &format!("  {}", preset.preset),
            accuracy(&own, |r| r.time),
            Some(share(&own, 0)),
        ));
    }
    let by_source = |kind| {
        let shares = sources.iter().map(move |source| {
            let own: Vec<&HeldOut> = held
                .rows
                .iter()
                .filter(|row| row.source == *source)
                .collect();
            (share(&own, kind), source)
        });
        shares.collect::<Vec<_>>()
    };
    let mut text = format!(
        "{} encodes of {} real sources ({}); each source predicted by a fit to the others\n\n",
        all.len(),
        sources.len(),
        model.data.file
    );
    text.push_str(&columns(&table));
    text.push_str("\n90 % intervals, each source's from the others alone\n");
    for (kind, name) in ["time, bits known", "time, probe only", "bytes from probe"]
        .into_iter()
        .enumerate()
    {
        let shares = by_source(kind);
        let mean = shares.iter().map(|(share, _)| share).sum::<f64>() / shares.len().max(1) as f64;
        let worst = shares.iter().min_by(|a, b| a.0.total_cmp(&b.0));
        let (low, worst) = worst.expect("there are sources");
        let _ = writeln!(
            text,
            "  {name}: cover {:.0} % of the encodes, {mean:.0} % if every source counts the same, {low:.0} % of the worst ({worst})",
            share(&all, kind)
        );
    }
    if let Some(noise) = repeat_noise(measured) {
        let _ = writeln!(
            text,
            "same encode run again: sd of the log {noise:.3}; errors below that are noise"
        );
    }
    let synthetic = measured
        .iter()
        .filter(|row| row.exp == "grid" && row.synthetic == Some(1.0))
        .count();
    if synthetic > 0 {
        let _ = writeln!(
            text,
            "warning: {synthetic} rows of synthetic clips are left out; {SYNTHETIC}"
        );
    }
    text
}

/// Standard deviation of one run, from cells that were run twice.
fn repeat_noise(measured: &[rows::Row]) -> Option<f64> {
    let key = |row: &rows::Row| {
        (
            row.clip.clone(),
            format!(
                "{:?}{:?}{:?}{:?}",
                row.offset_s, row.chunk_s, row.height, row.crf
            ),
            row.preset.clone(),
        )
    };
    let grid = rows::usable(measured);
    let repeats = measured
        .iter()
        .filter(|row| row.exp == "repeat" && row.synthetic != Some(1.0));
    let differences: Vec<f64> = repeats
        .filter_map(|again| {
            let first = grid.iter().find(|row| key(row) == key(again))?;
            Some(libm::log(again.cpu_s? / first.cpu_s?))
        })
        .collect();
    let count = differences.len() as f64;
    if count < 5.0 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / count;
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some((variance / 2.0).sqrt())
}

/// Every row as it was predicted by a fit to the other sources, the worst prediction of time first.
pub(super) fn held_csv(rows: &[HeldOut]) -> String {
    let mut text = String::from(
        "source,clip,offset_s,chunk_s,height,preset,crf,measured_cpu_s,predicted_cpu_s,log_error,\
         log_error_from_probe,log_error_bytes,log_half_width,log_half_width_from_probe,log_half_width_bytes\n",
    );
    let known = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let mut rows: Vec<&HeldOut> = rows.iter().collect();
    rows.sort_by(|a, b| b.time.abs().total_cmp(&a.time.abs()));
    for row in rows {
        for name in [&row.source, &row.clip] {
            csv::push(&mut text, name);
        }
        let _ = writeln!(
            text,
            ",{},{},{},{},{},{:.6},{:.6},{:.6},{:.6},{:.6},{:.6},{:.6},{:.6}",
            known(row.offset_s),
            known(row.chunk_s),
            row.height,
            row.preset,
            row.crf,
            row.measured_s,
            row.predicted_s,
            row.time,
            row.time_from_probe,
            row.bits,
            row.half_widths[0],
            row.half_widths[1],
            row.half_widths[2]
        );
    }
    text
}
