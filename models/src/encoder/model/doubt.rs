//! How far a prediction may be off.
//!
//! The log of a prediction errs by what the coefficients err by, and by what the model does not explain at all. The
//! first is largest where the chunk is unlike what was measured: the variance `g' C g`, with `C` the coefficients'
//! covariance over sources and `g` how the log changes with each of them. The second is taken from sources that
//! were held out ([`Spread`]): one variance of the time of a chunk whose bits are known, and one of the bits, which
//! falls with the bits of the probe, since what is not foreseen is a large part of few. Both come from as many sources
//! as were measured, so the quantile is Student's.
//!
//! Time from a probe errs by both, the bits' error times the exponent of bits there: little with `ultrafast` or
//! where most is start-up, much with `slow`. The sum of two variances, each estimated from the sources, is better known
//! than one: its degrees of freedom are those of Welch and Satterthwaite.

use super::{
    Content, Job, MIDDLE_PROBE, Model, bits_features, centred_bits, dot, log_size, time_features,
};
use crate::law::student_quantile;
use serde::{Deserialize, Serialize};

/// What is predicted, and from what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asked {
    /// CPU time of a chunk whose log of bits per pixel is known.
    Time { log_bpp: f64 },
    /// CPU time of a chunk of which only the content is known.
    TimeFromContent,
    /// Bytes.
    Bytes,
}

/// What errors on held-out sources hold beyond the doubt of the coefficients: standard deviations of logs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    pub time_known_bits: f64,
    /// Of bits per pixel, where the log of the probe's is in the middle, and by what its log falls with that log.
    pub bytes: f64,
    pub bytes_by_probe: f64,
    /// Sources that the spread and the coefficients come from, less one.
    pub freedom: f64,
}

impl Spread {
    /// Standard deviation of the log of bits per pixel.
    pub fn of_bits(&self, log_probe_bpp: f64) -> f64 {
        self.bytes * libm::exp(-self.bytes_by_probe * (log_probe_bpp - MIDDLE_PROBE))
    }
}

/// Share of chunks whose value lies below the upper end of an interval of 90 %.
const UPPER: f64 = 0.95;

/// Half-width, as a factor of the log's, for a preset that was not measured (assumption).
const UNKNOWN_PRESET: f64 = 2.0;

impl Model {
    /// The coefficients by name, in the order of the covariance: those of time, then those of bits.
    pub fn parameters(&self) -> Vec<(String, f64)> {
        let mut all = vec![("log_start_s".to_owned(), libm::log(self.time.start_s))];
        for row in &self.time.presets {
            let own = [
                ("log_start_per_mp_s", row.log_start_per_mp_s),
                ("log_frame_s", row.log_frame_s),
                ("size", row.size),
                ("bits", row.bits),
            ];
            all.extend(own.map(|(name, value)| (format!("{}.{name}", row.preset), value)));
        }
        let names = ["si", "ti", "fps", "crf", "scaling", "key_frames"];
        all.extend(names.map(str::to_owned).into_iter().zip(self.time.features));
        let intercepts = self.time.presets.iter();
        all.extend(intercepts.map(|row| (format!("{}.log_bpp", row.preset), row.log_bpp)));
        let names = ["probe", "crf", "size", "key_frames", "si", "ti"];
        let names = names.map(|name| format!("bits.{name}"));
        all.extend(names.into_iter().zip(self.bits.features));
        all
    }

    /// How the log of time changes with each coefficient, and with the log of the bits.
    fn time_gradient(&self, job: &Job<'_>, log_bpp: f64, content: &Content) -> (Vec<f64>, f64) {
        let parts = self.cpu_parts(job, log_bpp, content);
        let whole: f64 = parts.iter().sum();
        let [process, start, frames] = parts.map(|part| part / whole);
        let bits = centred_bits(log_bpp);
        let mut gradient = vec![process];
        for share in self.shares_of_all(job.preset) {
            let frames = share * frames;
            gradient.extend([share * start, frames, frames * log_size(job), frames * bits]);
        }
        gradient.extend(time_features(job, content).map(|feature| frames * feature));
        gradient.resize(gradient.len() + self.bits_coefficients(), 0.0);
        let exponent = self.between(job.preset, |row| row.bits);
        (gradient, frames * exponent)
    }

    /// How the log of bits per pixel changes with each coefficient.
    fn bits_gradient(&self, job: &Job<'_>, content: &Content) -> Vec<f64> {
        let mut gradient = self.shares_of_all(job.preset);
        gradient.extend(bits_features(job, content));
        let before = self.covariance.parameters.len() - gradient.len();
        [vec![0.0; before], gradient].concat()
    }

    fn bits_coefficients(&self) -> usize {
        self.time.presets.len() + self.bits.features.len()
    }

    /// Variance of a predicted log by the doubt of the coefficients.
    pub fn doubt(&self, job: &Job<'_>, content: &Content, asked: Asked) -> f64 {
        let gradient = match asked {
            Asked::Time { log_bpp } => self.time_gradient(job, log_bpp, content).0,
            Asked::Bytes => self.bits_gradient(job, content),
            Asked::TimeFromContent => {
                let log_bpp = self.log_bpp(job, content);
                let (time, per_bits) = self.time_gradient(job, log_bpp, content);
                let bits = self.bits_gradient(job, content);
                let both = time.iter().zip(bits);
                both.map(|(time, bits)| time + per_bits * bits).collect()
            }
        };
        let rows = self.covariance.matrix.iter().zip(&gradient);
        rows.map(|(row, weight)| weight * dot(row, &gradient))
            .sum::<f64>()
            .max(0.0)
    }

    /// Half-width of the 90 % interval of a predicted log. `content_variance` is what is added by content that is
    /// itself only guessed.
    pub fn half_width(
        &self,
        job: &Job<'_>,
        content: &Content,
        asked: Asked,
        content_variance: f64,
    ) -> f64 {
        let spread = &self.residual.spread;
        let time = spread.time_known_bits.powi(2);
        let bits = spread.of_bits(content.log_probe_bpp).powi(2);
        let (unexplained, freedom) = match asked {
            Asked::Time { .. } => (time, spread.freedom),
            Asked::Bytes => (bits, spread.freedom),
            Asked::TimeFromContent => {
                let log_bpp = self.log_bpp(job, content);
                let per_bits = self.time_gradient(job, log_bpp, content).1.powi(2);
                let of_time = self.doubt(job, content, Asked::Time { log_bpp }) + time;
                let of_bits = per_bits * (self.doubt(job, content, Asked::Bytes) + bits);
                let freedom = spread.freedom * sum_freedom(of_time, of_bits);
                (time + per_bits * bits, freedom)
            }
        };
        let wide = if self.knows(job.preset) {
            1.0
        } else {
            UNKNOWN_PRESET
        };
        let own = self.doubt(job, content, asked) + unexplained;
        student_quantile(UPPER, freedom) * (wide * wide * own + content_variance).sqrt()
    }
}

/// Degrees of freedom of the sum of two variances against those of each (Welch and Satterthwaite): from 1, where one
/// is all of it, to 2.
fn sum_freedom(a: f64, b: f64) -> f64 {
    let apart = a * a + b * b;
    if apart > 0.0 {
        (a + b).powi(2) / apart
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Job<'_> = Job {
        preset: "fast",
        crf: 28.0,
        pixels: 854.0 * 480.0,
        height: 480.0,
        source_height: 720.0,
        frames: 50.0,
        fps: 30.0,
    };

    const CONTENT: Content = Content {
        log_probe_bpp: -2.0,
        si: 4.3,
        ti: 1.2,
    };

    /// The reference with one coefficient moved.
    fn moved(place: usize, by: f64) -> Model {
        let mut model = Model::clone(&Model::reference());
        let presets = model.time.presets.len();
        let intercepts = 1 + 4 * presets + 6;
        match place {
            0 => model.time.start_s *= libm::exp(by),
            _ if place <= 4 * presets => {
                let row = &mut model.time.presets[(place - 1) / 4];
                *match (place - 1) % 4 {
                    0 => &mut row.log_start_per_mp_s,
                    1 => &mut row.log_frame_s,
                    2 => &mut row.size,
                    _ => &mut row.bits,
                } += by;
            }
            _ if place < intercepts => model.time.features[place - 1 - 4 * presets] += by,
            _ if place < intercepts + presets => {
                model.time.presets[place - intercepts].log_bpp += by;
            }
            _ => model.bits.features[place - intercepts - presets] += by,
        }
        model
    }

    #[test]
    fn doubt_is_that_of_every_coefficient_by_what_it_changes() {
        let log = |model: &Model, asked: Asked| match asked {
            Asked::Time { log_bpp } => libm::log(model.cpu_seconds(&JOB, log_bpp, &CONTENT)),
            Asked::Bytes => model.log_bpp(&JOB, &CONTENT),
            Asked::TimeFromContent => {
                let bits = model.log_bpp(&JOB, &CONTENT);
                libm::log(model.cpu_seconds(&JOB, bits, &CONTENT))
            }
        };
        let mut model = Model::clone(&Model::reference());
        let count = model.parameters().len();
        for asked in [
            Asked::Time { log_bpp: -3.5 },
            Asked::TimeFromContent,
            Asked::Bytes,
        ] {
            for place in 0..count {
                let mut alone = vec![vec![0.0; count]; count];
                alone[place][place] = 1.0;
                model.covariance.matrix = alone;
                let step = 1e-5;
                let change = log(&moved(place, step), asked) - log(&moved(place, -step), asked);
                let expected = (change / (2.0 * step)).abs();
                let found = model.doubt(&JOB, &CONTENT, asked).sqrt();
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{asked:?} {place}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn time_from_a_probe_is_less_certain_where_bits_are_and_where_they_matter() {
        let mut model = Model::clone(&Model::reference());
        let of = |model: &Model, preset: &str, asked: Asked, log_probe_bpp: f64| {
            let job = Job { preset, ..JOB };
            let content = Content {
                log_probe_bpp,
                ..CONTENT
            };
            model.half_width(&job, &content, asked, 0.0)
        };
        let from_probe =
            |model: &Model, preset, log| of(model, preset, Asked::TimeFromContent, log);
        assert!(from_probe(&model, "slow", -2.0) > 1.3 * from_probe(&model, "ultrafast", -2.0));
        let fewer =
            |model: &Model| from_probe(model, "slow", -4.0) - from_probe(model, "slow", -2.0);
        let by_probe = fewer(&model);
        model.residual.spread.bytes_by_probe = 0.0;
        assert!(by_probe > fewer(&model));
        // Without doubt of the bits, time is as with known ones, but that none of the bits' parts is left.
        model.residual.spread.bytes = 0.0;
        let count = model.covariance.parameters.len();
        model.covariance.matrix = vec![vec![0.0; count]; count];
        let log_bpp = model.log_bpp(
            &Job {
                preset: "slow",
                ..JOB
            },
            &CONTENT,
        );
        let known = of(
            &model,
            "slow",
            Asked::Time { log_bpp },
            CONTENT.log_probe_bpp,
        );
        let probe = from_probe(&model, "slow", CONTENT.log_probe_bpp);
        assert!((known - probe).abs() < 1e-12, "{known} {probe}");
    }

    #[test]
    fn equal_parts_have_twice_the_freedom_of_one() {
        assert_eq!(sum_freedom(0.3, 0.3), 2.0);
        assert_eq!(sum_freedom(0.3, 0.0), 1.0);
        assert_eq!(sum_freedom(0.0, 0.0), 1.0);
    }

    #[test]
    fn unlike_content_and_unmeasured_presets_are_less_certain() {
        let model = Model::reference();
        let width = |job: &Job<'_>, content: &Content| {
            model.half_width(job, content, Asked::TimeFromContent, 0.0)
        };
        let usual = Job {
            preset: "medium",
            ..JOB
        };
        let strange = Content {
            log_probe_bpp: -9.0,
            ..CONTENT
        };
        let large = Job {
            pixels: 7680.0 * 4320.0,
            height: 4320.0,
            ..usual
        };
        assert!(width(&usual, &strange) > 1.5 * width(&usual, &CONTENT));
        assert!(width(&large, &CONTENT) > 1.2 * width(&usual, &CONTENT));
        assert!(width(&JOB, &CONTENT) > 1.5 * width(&usual, &CONTENT));
    }
}
