//! What is known of a chunk's content, and what follows for the rest.

use super::{Job, Model};

/// Content of a chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Content {
    /// Log of the bits per pixel of the probe: 320 lines, `ultrafast`, CRF 28.
    pub log_probe_bpp: f64,
    /// `log(1 + SI)`, mean over the chunk at 320 lines (ITU-T P.910).
    pub si: f64,
    /// `log(1 + TI)`, the same.
    pub ti: f64,
}

impl Content {
    /// As a vector in the order of the prior.
    pub fn vector(&self) -> [f64; 3] {
        [self.log_probe_bpp, self.si, self.ti]
    }

    /// That of a chunk from that of its parts, all of one length: the means of bits, SI and TI.
    pub fn mean(parts: &[Content]) -> Content {
        if let [only] = parts {
            return *only;
        }
        let mean = |of: &dyn Fn(&Content) -> f64| {
            parts.iter().map(of).sum::<f64>() / parts.len().max(1) as f64
        };
        Content {
            log_probe_bpp: libm::log(mean(&|part| libm::exp(part.log_probe_bpp))),
            si: libm::log1p(mean(&|part| libm::expm1(part.si).max(0.0))),
            ti: libm::log1p(mean(&|part| libm::expm1(part.ti).max(0.0))),
        }
    }

    /// From such a vector.
    pub fn from_vector(v: [f64; 3]) -> Content {
        Content {
            log_probe_bpp: v[0],
            si: v[1],
            ti: v[2],
        }
    }
}

/// A normal distribution over the content of a chunk that is known in part.
#[derive(Clone, Copy, Debug)]
pub struct Guess {
    pub mean: [f64; 3],
    pub covariance: [[f64; 3]; 3],
}

impl Guess {
    /// Takes in that `weights . content` was seen to be `value`, give or take `variance`.
    pub fn observe(&mut self, weights: [f64; 3], value: f64, variance: f64) {
        let spread: [f64; 3] = self.covariance.map(|row| super::dot(&row, &weights));
        let total = super::dot(&spread, &weights) + variance;
        if total <= 0.0 {
            return;
        }
        let surprise = value - super::dot(&self.mean, &weights);
        for (i, gain) in spread.map(|s| s / total).into_iter().enumerate() {
            self.mean[i] += gain * surprise;
            for (j, with) in spread.iter().enumerate() {
                self.covariance[i][j] -= gain * with;
            }
        }
    }

    /// Variance of `weights . content`.
    pub fn variance(&self, weights: [f64; 3]) -> f64 {
        let spread: [f64; 3] = self.covariance.map(|row| super::dot(&row, &weights));
        super::dot(&spread, &weights).max(0.0)
    }

    /// The most likely content.
    pub fn content(&self) -> Content {
        Content::from_vector(self.mean)
    }
}

impl Model {
    /// What is to be expected of content of which some numbers are known: the log of the probe's
    /// bits per pixel, `log(1 + SI)`, `log(1 + TI)`, and the log of the chunk's own bits per pixel.
    pub fn guess(&self, job: &Job<'_>, known: [Option<f64>; 3], log_bpp: Option<f64>) -> Guess {
        let mut guess = Guess {
            mean: self.content.mean,
            covariance: self.content.covariance(),
        };
        for (place, value) in known.into_iter().enumerate() {
            if let Some(value) = value {
                let mut weights = [0.0; 3];
                weights[place] = 1.0;
                guess.observe(weights, value, 0.0);
            }
        }
        if let Some(log_bpp) = log_bpp {
            let weights = self.bits.content_weights();
            let at_mean = self.log_bpp(job, &guess.content());
            let rest = at_mean - super::dot(&guess.mean, &weights);
            let variance = self.residual.bits_video.powi(2) + self.residual.bits_chunk.powi(2);
            guess.observe(weights, log_bpp - rest, variance);
        }
        guess
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_observation_leaves_no_doubt_and_moves_what_goes_with_it() {
        let mut guess = Guess {
            mean: [0.0; 3],
            covariance: [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 2.0]],
        };
        guess.observe([1.0, 0.0, 0.0], 2.0, 0.0);
        assert_eq!(guess.mean, [2.0, 1.0, 0.0]);
        assert_eq!(guess.variance([1.0, 0.0, 0.0]), 0.0);
        assert_eq!(guess.variance([0.0, 1.0, 0.0]), 0.75);
        assert_eq!(guess.variance([0.0, 0.0, 1.0]), 2.0);
    }
}
