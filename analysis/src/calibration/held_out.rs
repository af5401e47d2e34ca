//! What a model errs by on a source that it was not fitted to.
//!
//! All clips of one source are held out together. Intervals are tested in the same way: the width for a source
//! comes from the others alone, each of them held out among them. Nothing of a source, and no fit that has seen
//! it, has a part in its own interval.

use super::fit::{FEWEST_SOURCES, Sample, coefficients, sources};
use models::encoder::model::{Asked, Model, Residual, Spread};
use std::collections::BTreeMap;

/// Errors of logs of one held-out row: predicted - measured.
#[derive(Clone, Debug)]
pub struct HeldOut {
    pub source: String,
    pub clip: String,
    /// Where in the clip the chunk begins and how long it is, in seconds, where it is known.
    pub offset_s: Option<f64>,
    pub chunk_s: Option<f64>,
    /// Lines of a frame.
    pub height: f64,
    pub preset: String,
    pub crf: f64,
    pub measured_s: f64,
    pub predicted_s: f64,
    pub log_bpp: f64,
    pub predicted_log_bpp: f64,
    /// Time when the chunk's own bits are known, and when only the probe is.
    pub time: f64,
    pub time_from_probe: f64,
    pub bits: f64,
    /// Half-widths of the 90 % intervals from the other sources, and whether they cover: of the time
    /// (known bits), of the time from the probe, of the bytes.
    pub half_widths: [f64; 3],
    pub covered: [bool; 3],
}

/// All rows, held out.
#[derive(Clone, Debug)]
pub struct Held {
    pub rows: Vec<HeldOut>,
    pub residual: Residual,
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
    let sources = sources(samples);
    if sources.len() < FEWEST_SOURCES {
        return Err(format!(
            "{} real sources with everything measured; a fit needs at least {FEWEST_SOURCES}",
            sources.len()
        ));
    }
    let without = |left_out: &[&str]| {
        let kept = samples.iter().filter(|s| !left_out.contains(&s.source));
        coefficients(&kept.cloned().collect::<Vec<_>>(), names)
    };
    let errors = |model: &Model, source: &str| -> Vec<Error> {
        let own = samples.iter().filter(|s| s.source == source);
        own.map(|sample| error(model, sample)).collect()
    };
    // Each source's errors when it is held out, by the other source that is left out too.
    let mut among: BTreeMap<&str, Vec<Vec<Error>>> = BTreeMap::new();
    for (place, a) in sources.iter().enumerate() {
        for b in &sources[place + 1..] {
            let model = without(&[a, b]);
            for (held, other) in [(a, b), (b, a)] {
                among.entry(other).or_default().push(errors(&model, held));
            }
        }
    }
    let (mut rows, mut each) = (Vec::new(), Vec::new());
    for source in &sources {
        let mut model = without(&[source]);
        model.residual.spread = spread(&among[source]);
        let own = samples.iter().filter(|s| s.source == *source);
        rows.extend(own.map(|sample| row(&model, sample)));
        each.push(errors(&model, source));
    }
    let residual = residual(&rows, spread(&each));
    Ok(Held { rows, residual })
}

/// What is predicted of a sample, in the order of `covered`.
fn asked(sample: &Sample<'_>) -> [Asked; 3] {
    let log_bpp = sample.log_bpp;
    [
        Asked::Time { log_bpp },
        Asked::TimeFromContent,
        Asked::Bytes,
    ]
}

/// Errors of the logs of a held-out sample: predicted - measured, in the order of `covered`; and their variance by
/// the doubt of the coefficients.
#[derive(Clone, Copy, Debug)]
struct Error {
    error: [f64; 3],
    doubt: [f64; 3],
}

fn error(model: &Model, sample: &Sample<'_>) -> Error {
    let Sample { job, content, .. } = sample;
    let bits = model.log_bpp(job, content);
    let log_s = |log_bpp: f64| libm::log(model.cpu_seconds(job, log_bpp, content));
    Error {
        error: [
            log_s(sample.log_bpp) - sample.log_s,
            log_s(bits) - sample.log_s,
            bits - sample.log_bpp,
        ],
        doubt: asked(sample).map(|asked| model.doubt(job, content, asked)),
    }
}

fn row(model: &Model, sample: &Sample<'_>) -> HeldOut {
    let Sample { job, content, .. } = sample;
    let Error { error, .. } = error(model, sample);
    let half_widths = asked(sample).map(|asked| model.half_width(job, content, asked, 0.0));
    HeldOut {
        source: sample.source.to_owned(),
        clip: sample.row.clip.clone(),
        offset_s: sample.row.offset_s,
        chunk_s: sample.row.chunk_s,
        height: job.height,
        preset: job.preset.to_owned(),
        crf: job.crf,
        measured_s: libm::exp(sample.log_s),
        predicted_s: model.cpu_seconds(job, sample.log_bpp, content),
        log_bpp: sample.log_bpp,
        predicted_log_bpp: model.log_bpp(job, content),
        time: error[0],
        time_from_probe: error[1],
        bits: error[2],
        half_widths,
        covered: std::array::from_fn(|kind| error[kind].abs() <= half_widths[kind]),
    }
}

/// Beyond the doubt of the coefficients, from the errors of each source when it is held out. Sources count alike.
fn spread(errors: &[Vec<Error>]) -> Spread {
    let [time_known_bits, time_from_probe, bytes] = [0, 1, 2].map(|kind| {
        let weighted = errors.iter().flat_map(|own| {
            let weight = 1.0 / own.len() as f64;
            own.iter()
                .map(move |e| (e.error[kind].powi(2), e.doubt[kind], weight))
        });
        unexplained(&weighted.collect::<Vec<_>>()).sqrt()
    });
    Spread {
        time_known_bits,
        time_from_probe,
        bytes,
        freedom: errors.len() as f64 - 1.0,
    }
}

/// The variance that squared errors hold beyond their known variances, from (square, known, weight): the greatest
/// likelihood of a normal law. An error counts by the inverse square of its variance, so that those where much
/// was in doubt anyway say little.
fn unexplained(errors: &[(f64, f64, f64)]) -> f64 {
    let mut variance = 0.0;
    for _ in 0..1000 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (square, known, weight) in errors {
            let precise = weight / (known + variance).max(LEAST_VARIANCE).powi(2);
            sum += precise * (square - known);
            weights += precise;
        }
        let next = (sum / weights).max(0.0);
        if (next - variance).abs() < 1e-12 {
            return next;
        }
        variance = next;
    }
    variance
}

/// Far below what one run differs from the next.
const LEAST_VARIANCE: f64 = 1e-6;

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

fn residual(rows: &[HeldOut], spread: Spread) -> Residual {
    let (time_video, time_chunk) = parted(rows, |row| row.time);
    let (bits_video, bits_chunk) = parted(rows, |row| row.bits);
    Residual {
        time_video,
        time_chunk,
        bits_video,
        bits_chunk,
        spread,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::law::normal_quantile;

    #[test]
    fn what_errors_spread_by_beyond_what_was_known_is_found_again() {
        // Quantiles of a normal law stand for draws. Half of the errors had a known variance of their own.
        let draws = (0..2000).map(|i| normal_quantile((f64::from(i) + 0.5) / 2000.0));
        let errors: Vec<(f64, f64, f64)> = draws
            .enumerate()
            .map(|(i, z)| {
                let known = if i % 2 == 0 { 0.0 } else { 0.09 };
                ((known + 0.04) * z * z, known, 1.0)
            })
            .collect();
        let found = unexplained(&errors);
        assert!((found / 0.04 - 1.0).abs() < 0.01, "{found}");
        assert_eq!(unexplained(&[(0.01, 0.04, 1.0)]), 0.0);
    }
}
