//! What a model errs by on a source that it was not fitted to.
//!
//! All clips of one source are held out together. Intervals are tested in the same way: the width for
//! a source comes from the errors of the others. What coefficients change by when a source is left out
//! is their covariance.

use super::fit::{FEWEST_SOURCES, Sample, coefficients};
use super::least_squares::{Prior, minimise};
use models::encoder::model::{Covariance, Interval, Model, Residual};
use models::law::normal_quantile;
use std::collections::BTreeMap;

/// Errors of logs of one held-out row: predicted - measured.
#[derive(Clone, Debug)]
pub struct HeldOut {
    pub source: String,
    pub preset: String,
    /// Lines of a frame.
    pub height: f64,
    pub measured_s: f64,
    pub predicted_s: f64,
    pub log_bpp: f64,
    pub predicted_log_bpp: f64,
    /// Time when the chunk's own bits are known, and when only the probe is.
    pub time: f64,
    pub time_from_probe: f64,
    pub bits: f64,
    /// Whether the 90 % interval from the other sources covers the time (known bits), and from the
    /// probe, and the bytes.
    pub covered: [bool; 3],
}

/// All rows, held out.
#[derive(Clone, Debug)]
pub struct Held {
    pub rows: Vec<HeldOut>,
    pub residual: Residual,
    pub covariance: Covariance,
}

impl Held {
    /// Names of the sources.
    pub fn sources(&self) -> Vec<String> {
        let mut names: Vec<String> = self.rows.iter().map(|row| row.source.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// How far predictions are from measurements.
#[derive(Clone, Copy, Debug)]
pub struct Accuracy {
    /// Mean, median and 90 % quantile of the absolute relative error, in per cent.
    pub mape: f64,
    pub median: f64,
    pub p90: f64,
    /// Standard deviation of the log of predicted over measured.
    pub sigma_log: f64,
    /// Share of the variance of the log that is explained.
    pub r2_log: f64,
    /// Total predicted over total measured - 1, in per cent.
    pub total: f64,
}

impl Accuracy {
    /// From logs of errors and logs of what was measured.
    pub fn of(errors: &[f64], measured: &[f64]) -> Accuracy {
        let count = errors.len().max(1) as f64;
        let mut relative: Vec<f64> = errors
            .iter()
            .map(|e| 100.0 * (libm::exp(*e) - 1.0).abs())
            .collect();
        relative.sort_by(f64::total_cmp);
        let quantile = |q: f64| {
            let place = (q * (relative.len().max(1) - 1) as f64).round() as usize;
            relative.get(place).copied().unwrap_or(f64::NAN)
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
        let centre = mean(errors);
        let middle = mean(measured);
        let squares: f64 = errors.iter().map(|e| e * e).sum();
        let whole: f64 = measured.iter().map(|m| (m - middle).powi(2)).sum();
        let sum: f64 = measured.iter().map(|m| libm::exp(*m)).sum();
        let predicted = errors.iter().zip(measured).map(|(e, m)| libm::exp(e + m));
        Accuracy {
            mape: mean(&relative),
            median: quantile(0.5),
            p90: quantile(0.9),
            sigma_log: (errors.iter().map(|e| (e - centre).powi(2)).sum::<f64>()
                / (count - 1.0).max(1.0))
            .sqrt(),
            r2_log: 1.0 - squares / whole,
            total: 100.0 * (predicted.sum::<f64>() / sum - 1.0),
        }
    }
}

/// Accuracy of a model on samples that it was fitted to: beside the held-out figure, never instead.
pub fn in_sample(rows: &[super::rows::Row], model: &Model) -> Accuracy {
    let used = super::rows::usable(rows);
    let (mut errors, mut measured) = (Vec::new(), Vec::new());
    for row in used {
        let (Ok(job), Some(content), Some(bits), Some(s)) =
            (row.job(), row.content(), row.log_bpp(), row.cpu_s)
        else {
            continue;
        };
        errors.push(libm::log(model.cpu_seconds(&job, bits, &content) / s));
        measured.push(libm::log(s));
    }
    Accuracy::of(&errors, &measured)
}

/// Holds out one source after the other.
pub fn held_out(rows: &[super::rows::Row]) -> Result<Held, String> {
    let used = super::rows::usable(rows);
    let names = super::fit::presets(&used);
    hold_out(&super::fit::samples(&used, &names), &names)
}

pub(super) fn hold_out(samples: &[Sample<'_>], names: &[&str]) -> Result<Held, String> {
    let mut sources: Vec<&str> = samples.iter().map(|sample| sample.source).collect();
    sources.sort_unstable();
    sources.dedup();
    if sources.len() < FEWEST_SOURCES {
        return Err(format!(
            "{} real sources with everything measured; a fit needs at least {FEWEST_SOURCES}",
            sources.len()
        ));
    }
    let (mut rows, mut fits) = (Vec::new(), Vec::new());
    for source in &sources {
        let others: Vec<Sample<'_>> = samples
            .iter()
            .filter(|s| s.source != *source)
            .cloned()
            .collect();
        let model = coefficients(&others, names);
        let held = samples.iter().filter(|s| s.source == *source);
        rows.extend(held.map(|sample| row(&model, sample)));
        fits.push(model);
    }
    cover(&mut rows, &sources);
    let residual = residual(&rows);
    Ok(Held {
        rows,
        residual,
        covariance: jackknife(&fits),
    })
}

/// Covariance of the coefficients of time, from fits that leave out one source each. Rows of one source
/// err together, so a covariance from rows as if they were independent would be too small.
fn jackknife(fits: &[Model]) -> Covariance {
    let parameters = fits.first().map(Model::time_parameters).unwrap_or_default();
    let values: Vec<Vec<f64>> = fits
        .iter()
        .map(|fit| fit.time_parameters().into_iter().map(|p| p.1).collect())
        .collect();
    let count = fits.len() as f64;
    let mean = |i: usize| values.iter().map(|v| v[i]).sum::<f64>() / count;
    let means: Vec<f64> = (0..parameters.len()).map(mean).collect();
    let entry = |i: usize, j: usize| {
        let products = values.iter().map(|v| (v[i] - means[i]) * (v[j] - means[j]));
        (count - 1.0) / count * products.sum::<f64>()
    };
    let places = 0..parameters.len();
    Covariance {
        matrix: places
            .clone()
            .map(|i| places.clone().map(|j| entry(i, j)).collect())
            .collect(),
        parameters: parameters.into_iter().map(|p| p.0).collect(),
    }
}

fn row(model: &Model, sample: &Sample<'_>) -> HeldOut {
    let Sample {
        job,
        content,
        log_bpp,
        ..
    } = sample;
    let predicted_s = model.cpu_seconds(job, *log_bpp, content);
    let predicted_log_bpp = model.log_bpp(job, content);
    let from_probe = model.cpu_seconds(job, predicted_log_bpp, content);
    HeldOut {
        source: sample.source.to_owned(),
        preset: job.preset.to_owned(),
        height: job.height,
        measured_s: libm::exp(sample.log_s),
        predicted_s,
        log_bpp: *log_bpp,
        predicted_log_bpp,
        time: libm::log(predicted_s) - sample.log_s,
        time_from_probe: libm::log(from_probe) - sample.log_s,
        bits: predicted_log_bpp - log_bpp,
        covered: [false; 3],
    }
}

/// A number of a row.
type Of = fn(&HeldOut) -> f64;

/// A kind of error: what it is, and the bits that its width goes by.
type Error = (Of, Of);

/// The kinds of errors in the order of `covered`.
const KINDS: [Error; 3] = [
    (|row| row.time, |row| row.log_bpp),
    (|row| row.time_from_probe, |row| row.predicted_log_bpp),
    (|row| row.bits, |row| row.predicted_log_bpp),
];

fn cover(rows: &mut [HeldOut], sources: &[&str]) {
    for source in sources {
        let others: Vec<&HeldOut> = rows.iter().filter(|row| row.source != *source).collect();
        let widths = KINDS.map(|kind| interval(&others, kind));
        for row in rows.iter_mut().filter(|row| row.source == *source) {
            row.covered = std::array::from_fn(|kind| {
                let (error, bits) = KINDS[kind];
                error(row).abs() <= widths[kind].half_width(&row.preset, bits(row))
            });
        }
    }
}

/// Share of errors that an interval takes in.
const LEVEL: f64 = 0.9;

/// How much wider an interval is for one more source than for those whose errors it was taken from:
/// Student's quantile over the normal one, and a mean that is itself uncertain.
fn one_more(sources: usize) -> f64 {
    let freedom = sources.max(2) as f64 - 1.0;
    let z = normal_quantile(0.5 + LEVEL / 2.0);
    // Abramowitz and Stegun 26.7.5.
    let terms = [
        (z.powi(3) + z) / 4.0,
        (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
        (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
    ];
    let powers = [freedom, freedom.powi(2), freedom.powi(3)];
    let student = z + terms.iter().zip(powers).map(|(t, p)| t / p).sum::<f64>();
    student / z * (1.0 + 1.0 / sources.max(1) as f64).sqrt()
}

/// Half-width by a regression of the log of the absolute error, then scaled to the level. Errors of one
/// source go together, so it is sources that count, and they are few.
fn interval(rows: &[&HeldOut], (error, bits): Error) -> Interval {
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.source.as_str()).or_default() += 1.0;
    }
    let weight = |row: &HeldOut| counts[row.source.as_str()].powf(-0.5);
    let total: f64 = rows.iter().map(|row| weight(row)).sum();
    let features = |row: &HeldOut| Interval::features(&row.preset, bits(row));
    // Slopes are held towards zero, as by four rows in which nothing differs.
    let loose = Prior { mean: 0.0, sd: 1e3 };
    let held = Prior {
        mean: 0.0,
        sd: (rows.len() as f64 / (4.0 * total)).sqrt(),
    };
    let found = minimise(&[loose, held, held], |theta| {
        let residual = |row: &&HeldOut| {
            let [below, ultrafast] = features(row);
            let expected = theta[0] + theta[1] * below + theta[2] * ultrafast;
            weight(row).sqrt() * (expected - libm::log(error(row).abs() + 0.02))
        };
        rows.iter().map(residual).collect()
    });
    let mut width = Interval {
        log_half_width: found[0],
        below_middle: found[1],
        ultrafast: found[2],
    };
    let mut scaled: Vec<(f64, f64)> = rows
        .iter()
        .map(|row| {
            let half = width.half_width(&row.preset, bits(row));
            (error(row).abs() / half, weight(row))
        })
        .collect();
    scaled.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut sum = 0.0;
    let reached = scaled.iter().find(|(_, weight)| {
        sum += weight;
        sum >= LEVEL * total
    });
    let factor = reached.map_or(1.0, |(scaled, _)| *scaled).max(1e-6);
    width.log_half_width += libm::log(factor * one_more(counts.len()));
    width
}

/// Errors parted into what all chunks of one encode of a video have in common, and the rest. An encode
/// has one preset and frame size; sources count alike whatever their rows.
fn parted(rows: &[HeldOut], error: fn(&HeldOut) -> f64) -> (f64, f64) {
    type Groups<'r> = BTreeMap<(&'r str, u64), Vec<f64>>;
    let mut sources: BTreeMap<&str, Groups<'_>> = BTreeMap::new();
    for row in rows {
        let groups = sources.entry(&row.source).or_default();
        let key = (row.preset.as_str(), row.height.to_bits());
        groups.entry(key).or_default().push(error(row));
    }
    let (mut common, mut own) = (0.0, 0.0);
    for groups in sources.values() {
        let (mut squares, mut freedom, mut means) = (0.0, 0.0, Vec::new());
        for errors in groups.values() {
            let count = errors.len() as f64;
            let mean = errors.iter().sum::<f64>() / count;
            squares += errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>();
            freedom += count - 1.0;
            means.push((mean, count));
        }
        let within: f64 = squares / f64::max(freedom, 1.0);
        own += within;
        // A mean of few also holds a share of what is each chunk's own.
        let between = means
            .iter()
            .map(|(mean, count)| mean * mean - within / count);
        common += between.sum::<f64>() / means.len() as f64;
    }
    let count = sources.len() as f64;
    ((common / count).max(0.0).sqrt(), (own / count).sqrt())
}

fn residual(rows: &[HeldOut]) -> Residual {
    let all: Vec<&HeldOut> = rows.iter().collect();
    let [time_known_bits, time_from_probe, bytes] = KINDS.map(|kind| interval(&all, kind));
    let (time_video, time_chunk) = parted(rows, |row| row.time);
    let (bits_video, bits_chunk) = parted(rows, |row| row.bits);
    Residual {
        time_video,
        time_chunk,
        bits_video,
        bits_chunk,
        time_known_bits,
        time_from_probe,
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_sources_make_an_interval_wider() {
        // Student's 95 % quantile of eight degrees of freedom is 1.860, the normal one 1.645.
        let nine = 1.860 / 1.645 * (1.0_f64 + 1.0 / 9.0).sqrt();
        assert!((one_more(9) - nine).abs() < 0.001, "{}", one_more(9));
        assert!(one_more(3) > 1.6 && one_more(1000) < 1.01);
    }
}
