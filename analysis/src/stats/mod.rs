//! Interval estimates: how far a number of the summary can be trusted.
//!
//! | estimate | interval | file |
//! |---|---|---|
//! | mean | bootstrap percentile, 1000 resamples | [`bootstrap`] |
//! | quotient of sums | bootstrap percentile over runs | [`bootstrap`] |
//! | quantile | order statistics, distribution-free | [`quantile`] |
//! | share | Wilson score | [`wilson`] |
//! | difference and ratio of two engines | bootstrap over paired replicates | [`paired`] |
//!
//! All are two-sided 95 % intervals and pure functions of the sample. An end that the sample is
//! too small to give is absent. Elementary functions come from `libm`, so the bytes of a result file do not
//! depend on the machine's mathematics library.

pub mod bootstrap;
pub mod paired;
pub mod quantile;
pub mod wilson;

/// Confidence of every interval in the project's tables and figures.
pub const CONFIDENCE: f64 = 0.95;

/// A closed interval in the unit of what it estimates; an end that is not known is `NaN`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Neither end can be given: too few runs.
    pub const UNKNOWN: Interval = Interval {
        low: f64::NAN,
        high: f64::NAN,
    };

    /// Whether both ends are numbers.
    pub fn is_known(self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }
}

/// Arithmetic mean, summed in the order of the slice; `NaN` of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
