//! From measured encodes to coefficients.

use super::content::prior as content_prior;
use super::held_out::{self, Held};
use super::least_squares::{Moves, Prior, minimise, moves};
use super::parts;
use super::rows::{Row, usable};
use models::encoder::model::{
    Bits, Content, Covariance, Data, Job, Model, PRESETS, PresetTime, Residual, Spread, Time,
    bits_features, centred_bits, log_size, time_features,
};
use std::collections::BTreeMap;

/// With fewer sources there is nothing to hold out.
pub const FEWEST_SOURCES: usize = 3;

/// Residual standard deviations that weigh data against the priors of coefficients.
const SIGMA_TIME: f64 = 0.1;
const SIGMA_BITS: f64 = 0.2;

/// One measured encode, as the fit sees it.
#[derive(Clone, Debug)]
pub(super) struct Sample<'a> {
    pub source: &'a str,
    pub row: &'a Row,
    pub job: Job<'a>,
    pub content: Content,
    pub log_bpp: f64,
    pub log_s: f64,
    preset: usize,
}

impl Sample<'_> {
    /// The preset's place among those fitted.
    fn of<'a>(row: &'a Row, presets: &[&str]) -> Option<Sample<'a>> {
        let preset = presets.iter().position(|name| *name == row.preset)?;
        Some(Sample {
            source: &row.source,
            row,
            job: row.job().ok()?,
            content: row.content()?,
            log_bpp: row.log_bpp()?,
            log_s: libm::log(row.cpu_s?),
            preset,
        })
    }
}

/// The presets in the rows, from fast to slow.
pub(super) fn presets<'a>(rows: &[&'a Row]) -> Vec<&'a str> {
    let rank = |name: &str| PRESETS.iter().position(|known| *known == name);
    let mut names: Vec<&str> = rows.iter().map(|row| row.preset.as_str()).collect();
    names.sort_by_key(|name| (rank(name).unwrap_or(PRESETS.len()), *name));
    names.dedup();
    names
}

pub(super) fn samples<'a>(rows: &[&'a Row], presets: &[&str]) -> Vec<Sample<'a>> {
    rows.iter()
        .filter_map(|row| Sample::of(row, presets))
        .collect()
}

/// Names of the sources, in order.
pub(super) fn sources<'a>(samples: &[Sample<'a>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = samples.iter().map(|sample| sample.source).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Square roots of the weights: a source with many rows counts for less than their number, since
/// its rows err together. They are 1 on average.
fn weights(samples: &[Sample<'_>]) -> Vec<f64> {
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    for sample in samples {
        *counts.entry(sample.source).or_default() += 1.0;
    }
    let raw: Vec<f64> = samples
        .iter()
        .map(|s| counts[s.source].powf(-0.5))
        .collect();
    let mean = raw.iter().sum::<f64>() / raw.len().max(1) as f64;
    raw.into_iter().map(|w| (w / mean).sqrt()).collect()
}

/// Coefficients of time: log start, then for each preset log start per size, log time per frame,
/// exponent of size and what its exponent of bits differs by; then the common exponent of bits and
/// the features.
const PER_PRESET: usize = 4;

fn time_priors(presets: usize) -> Vec<Prior> {
    let mut priors = vec![Prior {
        mean: libm::log(0.06),
        sd: 0.3,
    }];
    for rank in 0..presets {
        let middle = -5.5 + 2.5 * rank as f64 / presets.max(2) as f64;
        priors.extend([
            Prior {
                mean: -3.5,
                sd: 1.0,
            },
            Prior {
                mean: middle,
                sd: 9.0,
            },
            Prior {
                mean: 1.0,
                sd: 0.15,
            },
            Prior { mean: 0.0, sd: 0.1 },
        ]);
    }
    priors.extend([Prior { mean: 0.0, sd: 0.3 }; 7]);
    priors
}

fn log_seconds(theta: &[f64], presets: usize, sample: &Sample<'_>) -> f64 {
    let own = &theta[1 + PER_PRESET * sample.preset..];
    let common = &theta[1 + PER_PRESET * presets..];
    let features = time_features(&sample.job, &sample.content);
    let content: f64 = features.iter().zip(&common[1..]).map(|(f, c)| f * c).sum();
    let size = log_size(&sample.job);
    let frame =
        own[1] + own[2] * size + (common[0] + own[3]) * centred_bits(sample.log_bpp) + content;
    let start = libm::exp(theta[0]) + libm::exp(own[0] + size);
    libm::log(start + sample.job.frames * libm::exp(frame))
}

/// Coefficients, and how they move if one of the sources is left out.
struct Fitted {
    theta: Vec<f64>,
    moves: Moves,
}

fn fitted(
    samples: &[Sample<'_>],
    prior: &[Prior],
    sigma: f64,
    error: impl Fn(&[f64], &Sample<'_>) -> f64,
) -> Fitted {
    let weights = weights(samples);
    let residuals = |theta: &[f64]| -> Vec<f64> {
        let each = samples.iter().zip(&weights);
        each.map(|(sample, weight)| weight * error(theta, sample) / sigma)
            .collect()
    };
    let theta = minimise(prior, residuals);
    let names = sources(samples);
    let group = |sample: &Sample<'_>| names.iter().position(|name| *name == sample.source);
    let groups: Vec<usize> = samples.iter().filter_map(group).collect();
    Fitted {
        moves: moves(prior, &theta, residuals, &groups),
        theta,
    }
}

fn fit_time(samples: &[Sample<'_>], presets: usize) -> Fitted {
    fitted(samples, &time_priors(presets), SIGMA_TIME, |theta, s| {
        log_seconds(theta, presets, s) - s.log_s
    })
}

/// Coefficients of bits: an intercept per preset, then the features.
fn fit_bits(samples: &[Sample<'_>], presets: usize) -> Fitted {
    let mut priors = vec![
        Prior {
            mean: -2.8,
            sd: 9.0
        };
        presets
    ];
    // The probe's exponent is not held towards zero; the others are.
    priors.push(Prior { mean: 0.8, sd: 9.0 });
    priors.extend([Prior { mean: 0.0, sd: 1.0 }; 5]);
    fitted(samples, &priors, SIGMA_BITS, |theta, s| {
        let features = bits_features(&s.job, &s.content);
        let rest = features.iter().zip(&theta[presets..]);
        theta[s.preset] + rest.map(|(f, c)| f * c).sum::<f64>() - s.log_bpp
    })
}

/// Coefficients of time as the model writes them, each preset with an exponent of bits of its own.
fn time_parameters(theta: &[f64], presets: usize) -> Vec<f64> {
    let (own, common) = theta[1..].split_at(PER_PRESET * presets);
    let mut all = vec![theta[0]];
    for own in own.chunks(PER_PRESET) {
        all.extend([own[0], own[1], own[2], common[0] + own[3]]);
    }
    all.extend(&common[1..]);
    all
}

/// Covariance of the coefficients: how they differ when one source or another is left out (the jackknife), and how
/// they follow what was expected of them, which is nearly all where nothing was measured. Rows of one source err
/// together, so a covariance from rows as if they were independent would be too small.
fn covariance(time: &Fitted, bits: &Fitted, presets: usize) -> Vec<Vec<f64>> {
    // What is written is linear in what is fitted.
    let both = |time: &[f64], bits: &[f64]| [&time_parameters(time, presets)[..], bits].concat();
    let none = |of: &Fitted| vec![0.0; of.theta.len()];
    let left_out = time.moves.left_out.iter().zip(&bits.moves.left_out);
    let mut moved: Vec<Vec<f64>> = left_out.map(|(t, b)| both(t, b)).collect();
    let count = moved.len() as f64;
    let places = 0..moved.first().map_or(0, Vec::len);
    for place in places.clone() {
        let mean = moved.iter().map(|m| m[place]).sum::<f64>() / count;
        for m in &mut moved {
            m[place] = (m[place] - mean) * ((count - 1.0) / count).sqrt();
        }
    }
    moved.extend(time.moves.expected.iter().map(|t| both(t, &none(bits))));
    moved.extend(bits.moves.expected.iter().map(|b| both(&none(time), b)));
    let entry = |i: usize, j: usize| moved.iter().map(|m| m[i] * m[j]).sum();
    let row = |i: usize| places.clone().map(|j| entry(i, j)).collect();
    places.clone().map(row).collect()
}

/// A model without what only held-out sources can tell.
pub(super) fn coefficients(samples: &[Sample<'_>], names: &[&str]) -> Model {
    let presets = names.len();
    let (time, bits) = (fit_time(samples, presets), fit_bits(samples, presets));
    let written = time_parameters(&time.theta, presets);
    let (own, features) = written[1..].split_at(PER_PRESET * presets);
    let preset = |(place, name): (usize, &&str)| {
        let own = &own[PER_PRESET * place..];
        PresetTime {
            preset: (*name).to_owned(),
            log_start_per_mp_s: own[0],
            log_frame_s: own[1],
            size: own[2],
            bits: own[3],
            log_bpp: bits.theta[place],
        }
    };
    let six = |from: &[f64]| from.try_into().expect("as many as the priors");
    let mut model = Model {
        about: "CPU seconds and bytes of one chunk encoded by libx264, one thread, one process per chunk".to_owned(),
        fingerprint: Vec::new(),
        data: Data::default(),
        time: Time {
            start_s: libm::exp(written[0]),
            presets: names.iter().enumerate().map(preset).collect(),
            features: six(features),
        },
        bits: Bits {
            features: six(&bits.theta[presets..]),
        },
        content: content_prior(samples),
        residual: nothing_known(),
        decode: Default::default(),
        join: Default::default(),
        covariance: Covariance::default(),
        replay: Vec::new(),
    };
    model.covariance = Covariance {
        parameters: model.parameters().into_iter().map(|p| p.0).collect(),
        matrix: covariance(&time, &bits, presets),
    };
    model
}

fn nothing_known() -> Residual {
    Residual {
        time_video: 0.0,
        time_chunk: 0.0,
        bits_video: 0.3,
        bits_chunk: 0.2,
        spread: Spread::default(),
    }
}

/// Fits all rows, and holds out each source once for what the model errs by.
pub fn fit(rows: &[Row]) -> Result<(Model, Held), String> {
    let used = usable(rows);
    let names = presets(&used);
    let samples = samples(&used, &names);
    let held = held_out::hold_out(&samples, &names)?;
    let mut model = coefficients(&samples, &names);
    model.residual = held.residual.clone();
    model.decode = parts::decode(rows);
    model.replay = super::rows::replay(rows);
    model.data.rows = samples.len();
    model.data.sources = held.sources();
    Ok((model, held))
}
