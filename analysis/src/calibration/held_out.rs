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

/// Errors of the logs of a held-out sample: predicted - measured, in the order of `covered`; of time with known bits
/// and of bytes also their variance by the doubt of the coefficients; and what the spread of bits depends on.
#[derive(Clone, Copy, Debug)]
struct Error {
    error: [f64; 3],
    doubt_time: f64,
    doubt_bits: f64,
    log_probe_bpp: f64,
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
        doubt_time: model.doubt(job, content, asked(sample)[0]),
        doubt_bits: model.doubt(job, content, Asked::Bytes),
        log_probe_bpp: content.log_probe_bpp,
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

/// Beyond the doubt of the coefficients, from the errors of each source when it is held out: of time with known bits
/// and of bits. Sources count alike.
fn spread(errors: &[Vec<Error>]) -> Spread {
    let weighted = |of: fn(&Error) -> (f64, f64)| -> Vec<Square> {
        let each = errors.iter().flat_map(|own| {
            let weight = 1.0 / own.len() as f64;
            own.iter().map(move |e| {
                let (error, known) = of(e);
                Square {
                    square: error.powi(2),
                    known,
                    weight,
                    factor: 1.0,
                }
            })
        });
        each.collect()
    };
    let time = weighted(|e| (e.error[0], e.doubt_time));
    let bits = weighted(|e| (e.error[2], e.doubt_bits));
    let by_probe = |bytes_by_probe: f64| {
        let unit = Spread {
            bytes: 1.0,
            bytes_by_probe,
            ..Spread::default()
        };
        let scaled = bits.iter().zip(errors.iter().flatten());
        let scaled: Vec<Square> = scaled
            .map(|(square, e)| Square {
                factor: unit.of_bits(e.log_probe_bpp).powi(2),
                ..*square
            })
            .collect();
        let variance = unexplained(&scaled);
        (surprise(&scaled, variance), variance)
    };
    let bytes_by_probe = lowest(|h| by_probe(h).0, STEEPEST);
    Spread {
        time_known_bits: unexplained(&time).sqrt(),
        bytes: by_probe(bytes_by_probe).1.sqrt(),
        bytes_by_probe,
        freedom: errors.len() as f64 - 1.0,
    }
}

/// The steepest fall that is looked for: half of the probe's bits, twice the standard deviation.
const STEEPEST: f64 = 1.0;

/// Where a function of one dip is lowest between 0 and `end` (golden section).
fn lowest(of: impl Fn(f64) -> f64, end: f64) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.0, end);
    let inner = |low: f64, high: f64| {
        let part = golden * (high - low);
        (high - part, low + part)
    };
    let (mut a, mut b) = inner(low, high);
    let (mut at_a, mut at_b) = (of(a), of(b));
    for _ in 0..24 {
        if at_a < at_b {
            (high, b, at_b) = (b, a, at_a);
            a = inner(low, high).0;
            at_a = of(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = inner(low, high).1;
            at_b = of(b);
        }
    }
    (low + high) / 2.0
}

/// A squared error, the part of its variance that is known, and what multiplies the part that is sought.
#[derive(Clone, Copy, Debug)]
struct Square {
    square: f64,
    known: f64,
    weight: f64,
    factor: f64,
}

impl Square {
    fn variance(&self, unknown: f64) -> f64 {
        (self.known + unknown * self.factor).max(LEAST_VARIANCE)
    }
}

/// The variance that squared errors hold beyond their known variances: the greatest likelihood of a normal law. An
/// error counts by the inverse square of its variance, so that those where much was in doubt anyway say little.
fn unexplained(errors: &[Square]) -> f64 {
    let ratio = |variance: Option<f64>| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for e in errors {
            let precise = e.weight * e.factor / variance.map_or(1.0, |v| e.variance(v).powi(2));
            sum += precise * (e.square - e.known);
            weights += precise * e.factor;
        }
        (sum / weights).max(0.0)
    };
    // Begins with all errors alike: near nothing the few that were hardly in doubt would be all that counts.
    let mut variance = ratio(None);
    for _ in 0..1000 {
        let next = ratio(Some(variance));
        if (next - variance).abs() < 1e-12 {
            return next;
        }
        variance = next;
    }
    variance
}

/// Twice the negative log of the likelihood, but for a constant.
fn surprise(errors: &[Square], unknown: f64) -> f64 {
    let each = errors.iter().map(|e| {
        let variance = e.variance(unknown);
        e.weight * (libm::log(variance) + e.square / variance)
    });
    each.sum()
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
        let errors: Vec<Square> = draws
            .enumerate()
            .map(|(i, z)| {
                let known = if i % 2 == 0 { 0.0 } else { 0.09 };
                let factor = if i % 4 < 2 { 1.0 } else { 3.0 };
                Square {
                    square: (known + 0.04 * factor) * z * z,
                    known,
                    weight: 1.0,
                    factor,
                }
            })
            .collect();
        let found = unexplained(&errors);
        assert!((found / 0.04 - 1.0).abs() < 0.01, "{found}");
        assert!(surprise(&errors, found) < surprise(&errors, 0.9 * found));
        assert!(surprise(&errors, found) < surprise(&errors, 1.1 * found));
        let known = Square {
            square: 0.01,
            known: 0.04,
            weight: 1.0,
            factor: 1.0,
        };
        assert_eq!(unexplained(&[known]), 0.0);
    }

    /// Errors of a source: normal, bits the less certain the fewer the probe has.
    fn source(seed: u64, spread: &Spread) -> Vec<Error> {
        let count = 500_u64;
        let draw = |i: u64, step: f64| {
            let place = (i + seed * count) as f64 * step;
            normal_quantile((place.fract() * 0.999_998) + 1e-6)
        };
        let one = |i: u64| {
            let log_probe_bpp = -2.3 + 1.5 * ((i % 5) as f64 - 2.0);
            let time = spread.time_known_bits * draw(i, 0.618_033_988_75);
            let bits = spread.of_bits(log_probe_bpp) * draw(i, 0.414_213_562_37);
            Error {
                error: [time, 0.0, bits],
                doubt_time: 0.0,
                doubt_bits: 0.0,
                log_probe_bpp,
            }
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn spreads_of_time_and_bits_are_found_again() {
        let made = Spread {
            time_known_bits: 0.1,
            bytes: 0.4,
            bytes_by_probe: 0.3,
            ..Spread::default()
        };
        let sources: Vec<Vec<Error>> = (0..8).map(|seed| source(seed, &made)).collect();
        let found = spread(&sources);
        assert!(
            (found.time_known_bits / 0.1 - 1.0).abs() < 0.05,
            "{found:?}"
        );
        assert!((found.bytes / 0.4 - 1.0).abs() < 0.05, "{found:?}");
        assert!((found.bytes_by_probe - 0.3).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn the_lowest_place_is_found() {
        assert!((lowest(|x| (x - 0.3).powi(2), 1.0) - 0.3).abs() < 1e-4);
        assert!(lowest(|x| x, 1.0) < 1e-4);
    }
}
