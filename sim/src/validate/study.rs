//! What a study is given and what it hands back.

use analysis::figures::paper::{Mark, Place};
use analysis::stats::Interval;
use std::path::PathBuf;

/// How much is run.
#[derive(Clone, Debug)]
pub struct Effort {
    /// Runs at the same time.
    pub jobs: usize,
    /// A reduced form, for a quick look: fewer runs, wider intervals, the same comparisons.
    pub quick: bool,
    /// Folder of the scenarios; published data are in `published/` below it.
    pub scenarios: PathBuf,
}

impl Effort {
    /// The text of a published file.
    pub fn published(&self, name: &str) -> Result<String, String> {
        let path = self.scenarios.join("published").join(name);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Runs, fewer in the reduced form.
    pub fn runs(&self, full: u64) -> u64 {
        if self.quick { (full / 16).max(8) } else { full }
    }
}

/// What a quantity's simulated value rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A closed form or a count: nothing is free.
    Exact,
    /// A parameter was set by this row.
    Fitted,
    /// Nothing was set by this row.
    Predicted,
}

impl Basis {
    /// As tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Exact => "exact",
            Basis::Fitted => "fitted",
            Basis::Predicted => "predicted",
        }
    }
}

/// How far a simulated value may be from a published one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// Equal, but for rounding (1e-9).
    Equal,
    /// Within three standard errors, those of a published simulation included.
    ThreeErrors { published: f64 },
    /// Relative.
    Share(f64),
    /// The published value lies between these simulated ones.
    Within(f64, f64),
}

/// Whether they agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Agrees,
    Differs,
    /// Nothing was published to compare with.
    Open,
}

impl Verdict {
    /// As tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Agrees => "agrees",
            Verdict::Differs => "DIFFERS",
            Verdict::Open => "predicted only",
        }
    }
}

/// A published number beside a simulated one.
#[derive(Clone, Debug)]
pub struct Quantity {
    /// What it is, with the values of its keys.
    pub name: String,
    pub published: Option<f64>,
    pub simulated: f64,
    /// Standard error of the simulated value; zero if it does not vary.
    pub error: f64,
    pub tolerance: Tolerance,
    pub basis: Basis,
}

impl Quantity {
    /// Relative error.
    pub fn difference(&self) -> Option<f64> {
        let published = self.published?;
        let scale = if published == 0.0 {
            1.0
        } else {
            published.abs()
        };
        Some((self.simulated - published) / scale)
    }

    /// Whether the two agree within the tolerance.
    pub fn verdict(&self) -> Verdict {
        let Some(published) = self.published else {
            return Verdict::Open;
        };
        let apart = (self.simulated - published).abs();
        let agrees = match self.tolerance {
            Tolerance::Equal => apart <= 1e-9 * published.abs().max(1.0),
            Tolerance::ThreeErrors { published: theirs } => {
                let both = (self.error.powi(2) + theirs.powi(2)).sqrt();
                apart <= 3.0 * both + 1e-9 * published.abs()
            }
            Tolerance::Share(share) => apart <= share * published.abs(),
            Tolerance::Within(low, high) => (low..=high).contains(&published),
        };
        if agrees {
            Verdict::Agrees
        } else {
            Verdict::Differs
        }
    }
}

/// A parameter of a study.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    pub value: String,
    /// Which published rows or which source it comes from.
    pub origin: String,
}

/// Predictions in the form of a published file.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// Name of the published file.
    pub file: String,
    pub csv: String,
}

/// A published row that the simulator cannot express.
#[derive(Clone, Debug)]
pub struct Missing {
    pub name: String,
    pub reason: String,
}

/// A mark without an interval and without a published value.
pub fn mark(
    (figure, panel): (&'static str, &'static str),
    series: impl Into<String>,
    place: Place,
    simulated: f64,
) -> Mark {
    Mark {
        figure,
        panel,
        series: series.into(),
        place,
        simulated,
        interval: Interval::UNKNOWN,
        published: None,
        fitted: false,
    }
}

/// The 95 % interval of a value with this standard error.
pub fn around(value: f64, error: f64) -> Interval {
    Interval {
        low: value - 1.96 * error,
        high: value + 1.96 * error,
    }
}

/// What a study came to.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// What the study's figures show.
    pub marks: Vec<Mark>,
    pub quantities: Vec<Quantity>,
    pub parameters: Vec<Parameter>,
    pub predictions: Vec<Prediction>,
    pub missing: Vec<Missing>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_far_off_differs() {
        let quantity = |simulated, error, tolerance| Quantity {
            name: String::new(),
            published: Some(100.0),
            simulated,
            error,
            tolerance,
            basis: Basis::Exact,
        };
        let verdict = |s, e, t| quantity(s, e, t).verdict();
        assert_eq!(verdict(100.0, 0.0, Tolerance::Equal), Verdict::Agrees);
        assert_eq!(verdict(100.1, 0.0, Tolerance::Equal), Verdict::Differs);
        let three = Tolerance::ThreeErrors { published: 0.0 };
        assert_eq!(verdict(102.9, 1.0, three), Verdict::Agrees);
        assert_eq!(verdict(103.1, 1.0, three), Verdict::Differs);
        assert_eq!(verdict(109.0, 0.0, Tolerance::Share(0.1)), Verdict::Agrees);
        assert_eq!(verdict(89.0, 0.0, Tolerance::Share(0.1)), Verdict::Differs);
    }
}
