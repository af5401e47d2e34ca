//! How far a prediction may be off.
//!
//! The log of a prediction errs by what the coefficients err by, and by what the model does not explain at all. The
//! first is largest where the chunk is unlike what was measured: the variance `g' C g`, with `C` the coefficients'
//! covariance over sources and `g` how the log changes with each of them. The second is one variance per kind of
//! prediction ([`Spread`]), taken from sources that were held out. Both come from as many sources as were
//! measured, so the quantile is Student's.

use super::{Content, Job, Model, bits_features, centred_bits, dot, log_size, time_features};
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
    pub time_from_probe: f64,
    pub bytes: f64,
    /// Sources that the spread and the coefficients come from, less one.
    pub freedom: f64,
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
        let unexplained = match asked {
            Asked::Time { .. } => spread.time_known_bits,
            Asked::TimeFromContent => spread.time_from_probe,
            Asked::Bytes => spread.bytes,
        };
        let wide = if self.knows(job.preset) {
            1.0
        } else {
            UNKNOWN_PRESET
        };
        let own = self.doubt(job, content, asked) + unexplained * unexplained;
        student_quantile(UPPER, spread.freedom) * (wide * wide * own + content_variance).sqrt()
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
