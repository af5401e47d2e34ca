//! A model applied to rows: CPU seconds and bytes with 90 % intervals.

use super::rows::Row;
use models::encoder::model::{Asked, Content, Job, Model};

/// What a prediction of time rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The chunk's own bytes.
    Bits,
    /// The probe's bytes.
    Probe,
    /// Nothing of the chunk's size: the content model stands in.
    Prior,
}

impl Basis {
    /// As the CSV names it.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Bits => "bits",
            Basis::Probe => "probe",
            Basis::Prior => "prior",
        }
    }
}

/// Median and 90 % interval.
#[derive(Clone, Copy, Debug)]
pub struct Prediction {
    pub basis: Basis,
    /// Seconds: low, median, high.
    pub cpu_s: [f64; 3],
    /// Bytes of the elementary stream, from content and settings: low, median, high.
    pub es_bytes: [f64; 3],
}

/// Predicts a row, or names the column without which it cannot be.
pub fn predict(model: &Model, row: &Row) -> Result<Prediction, &'static str> {
    let job = row.job()?;
    let known = row.known();
    let own = row.log_bpp();
    let before = model.guess(&job, known, None);
    let weights = model.bits.content_weights();
    let expected = before.content();
    let expected_bits = model.log_bpp(&job, &expected);
    let bytes_half = model.half_width(&job, &expected, Asked::Bytes, before.variance(weights));

    let (basis, asked, log_bpp, guess) = match own {
        Some(log_bpp) => {
            let guess = model.guess(&job, known, own);
            (Basis::Bits, Asked::Time { log_bpp }, log_bpp, guess)
        }
        None => {
            let basis = if known[0].is_some() {
                Basis::Probe
            } else {
                Basis::Prior
            };
            (basis, Asked::TimeFromContent, expected_bits, before)
        }
    };
    let content = guess.content();
    let gradient = gradient(model, &job, own, &content);
    let time_half = model.half_width(&job, &content, asked, guess.variance(gradient));
    let median = model.cpu_seconds(&job, log_bpp, &content) * threads(row);
    Ok(Prediction {
        basis,
        cpu_s: around(median, time_half),
        es_bytes: around(job.bytes(expected_bits), bytes_half),
    })
}

/// CPU time of two threads against one: 1.04 measured (112 rows `threads_quiet`).
fn threads(row: &Row) -> f64 {
    libm::pow(row.threads.unwrap_or(1.0).max(1.0), libm::log2(1.04))
}

fn around(median: f64, half: f64) -> [f64; 3] {
    [median * libm::exp(-half), median, median * libm::exp(half)]
}

/// How the log of time changes with the content's three numbers.
fn gradient(model: &Model, job: &Job<'_>, own: Option<f64>, at: &Content) -> [f64; 3] {
    let log_s = |v: [f64; 3]| {
        let content = Content::from_vector(v);
        let bits = own.unwrap_or_else(|| model.log_bpp(job, &content));
        libm::log(model.cpu_seconds(job, bits, &content))
    };
    std::array::from_fn(|i| {
        let (mut low, mut high) = (at.vector(), at.vector());
        low[i] -= 0.01;
        high[i] += 0.01;
        (log_s(high) - log_s(low)) / 0.02
    })
}
