//! Latency laws: named distributions, sampled by inverse transform.
//!
//! Every law turns one uniform number into one value, so two engines that make the same call
//! draw the same quantile of it (common random numbers), and a change of law keeps the pairing.
//! Values carry the unit of the row they belong to (milliseconds, unless the row says otherwise).
//! Elementary functions come from `libm`, so results do not depend on the platform's C library.

use std::fmt;

/// A one-dimensional distribution.
///
/// # Examples
/// ```
/// let put: models::Law = "lognormal(p50 = 5.64, p99 = 12.66)".parse().unwrap();
/// assert!((put.quantile(0.5) - 5.64).abs() < 1e-9);
/// assert!((put.quantile(0.99) - 12.66).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Always the same value.
    Constant(f64),
    /// Uniform on `low..high`.
    Uniform { low: f64, high: f64 },
    /// Exponential with the given mean.
    Exponential { mean: f64 },
    /// Absolute value of a normal variable.
    AbsNormal { mean: f64, sd: f64 },
    /// `shift + exp(Normal(mu, sigma))`.
    Lognormal { shift: f64, mu: f64, sigma: f64 },
    /// With probability `tail_weight` the second lognormal (not shifted), otherwise the first.
    Mixture {
        shift: f64,
        mu: f64,
        sigma: f64,
        tail_weight: f64,
        tail_mu: f64,
        tail_sigma: f64,
    },
    /// Empirical quantiles `(probability, value)`, joined by straight lines.
    Quantiles(Vec<(f64, f64)>),
}

impl Law {
    /// The value below which a fraction `u` of the draws falls; for a mixture, the draw that `u` selects.
    ///
    /// `u` must lie strictly between 0 and 1.
    pub fn quantile(&self, u: f64) -> f64 {
        debug_assert!(u > 0.0 && u < 1.0, "u = {u}");
        match *self {
            Law::Constant(value) => value,
            Law::Uniform { low, high } => low + (high - low) * u,
            Law::Exponential { mean } => -mean * libm::log1p(-u),
            Law::AbsNormal { mean, sd } => (mean + sd * normal_quantile(u)).abs(),
            Law::Lognormal { shift, mu, sigma } => shift + lognormal(mu, sigma, u),
            Law::Mixture {
                shift,
                mu,
                sigma,
                tail_weight,
                tail_mu,
                tail_sigma,
            } => {
                let body = 1.0 - tail_weight;
                if u < body {
                    shift + lognormal(mu, sigma, u / body)
                } else {
                    let rest = ((u - body) / tail_weight).clamp(f64::EPSILON, 1.0 - f64::EPSILON);
                    lognormal(tail_mu, tail_sigma, rest)
                }
            }
            Law::Quantiles(ref points) => interpolate(points, u),
        }
    }

    /// The expected value.
    pub fn mean(&self) -> f64 {
        match *self {
            Law::Constant(value) => value,
            Law::Uniform { low, high } => (low + high) / 2.0,
            Law::Exponential { mean } => mean,
            Law::AbsNormal { mean, sd } => {
                let z = mean / sd;
                let density = libm::exp(-z * z / 2.0) * (2.0 / std::f64::consts::PI).sqrt();
                sd * density + mean * libm::erf(z / std::f64::consts::SQRT_2)
            }
            Law::Lognormal { shift, mu, sigma } => shift + libm::exp(mu + sigma * sigma / 2.0),
            Law::Mixture {
                shift,
                mu,
                sigma,
                tail_weight,
                tail_mu,
                tail_sigma,
            } => {
                (1.0 - tail_weight) * (shift + libm::exp(mu + sigma * sigma / 2.0))
                    + tail_weight * libm::exp(tail_mu + tail_sigma * tail_sigma / 2.0)
            }
            Law::Quantiles(ref points) => points
                .windows(2)
                .map(|w| (w[1].0 - w[0].0) * (w[1].1 + w[0].1) / 2.0)
                .sum(),
        }
    }

    /// Whether every draw is zero.
    pub fn is_zero(&self) -> bool {
        *self == Law::Constant(0.0)
    }

    /// The lognormal through two quantiles: `(0.5, 5.64)` and `(0.99, 12.66)`, for example.
    pub fn lognormal_through(a: (f64, f64), b: (f64, f64)) -> Law {
        let (za, zb) = (normal_quantile(a.0), normal_quantile(b.0));
        let sigma = (libm::log(b.1) - libm::log(a.1)) / (zb - za);
        Law::Lognormal {
            shift: 0.0,
            mu: libm::log(a.1) - sigma * za,
            sigma,
        }
    }
}

fn lognormal(mu: f64, sigma: f64, u: f64) -> f64 {
    libm::exp(mu + sigma * normal_quantile(u))
}

fn interpolate(points: &[(f64, f64)], u: f64) -> f64 {
    let above = points
        .iter()
        .position(|p| p.0 >= u)
        .unwrap_or(points.len() - 1);
    let (b, a) = (points[above], points[above.saturating_sub(1)]);
    if b.0 <= a.0 {
        return b.1;
    }
    a.1 + (b.1 - a.1) * ((u - a.0) / (b.0 - a.0)).min(1.0)
}

/// Quantile of the standard normal law: algorithm AS 241 (PPND16) of M. J. Wichura,
/// Applied Statistics 37 (1988), relative error about 1e-16.
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * ratio(&NEAR.0, &NEAR.1, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let z = if r <= 5.0 {
        ratio(&MIDDLE.0, &MIDDLE.1, r - 1.6)
    } else {
        ratio(&FAR.0, &FAR.1, r - 5.0)
    };
    if q < 0.0 { -z } else { z }
}

/// Quantile of Student's law, upper half: Abramowitz and Stegun 26.7.5, whose relative error at 0.95 is below
/// 0.003 from two degrees of freedom on (one: 0.05).
pub fn student_quantile(p: f64, freedom: f64) -> f64 {
    let z = normal_quantile(p);
    let power = |n: i32| z.powi(n);
    let terms = [
        (power(3) + z) / 4.0,
        (5.0 * power(5) + 16.0 * power(3) + 3.0 * z) / 96.0,
        (3.0 * power(7) + 19.0 * power(5) + 17.0 * power(3) - 15.0 * z) / 384.0,
        (79.0 * power(9) + 776.0 * power(7) + 1482.0 * power(5) - 1920.0 * power(3) - 945.0 * z)
            / 92_160.0,
    ];
    let powers = [1, 2, 3, 4].map(|n| freedom.max(1.0).powi(n));
    z + terms.iter().zip(powers).map(|(t, p)| t / p).sum::<f64>()
}

/// Ratio of two polynomials, coefficients from the highest power down.
fn ratio(above: &[f64; 8], below: &[f64; 8], r: f64) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().fold(0.0, |sum, c| sum * r + c);
    horner(above) / horner(below)
}

type Ratio = ([f64; 8], [f64; 8]);
const NEAR: Ratio = (
    [
        2.509_080_928_730_122_7e3,
        3.343_057_558_358_813e4,
        6.726_577_092_700_87e4,
        4.592_195_393_154_987e4,
        1.373_169_376_550_946_2e4,
        1.971_590_950_306_551_4e3,
        1.331_416_678_917_843_8e2,
        3.387_132_872_796_366_5,
    ],
    [
        5.226_495_278_852_854e3,
        2.872_908_573_572_194_3e4,
        3.930_789_580_009_271e4,
        2.121_379_430_158_659_7e4,
        5.394_196_021_424_751e3,
        6.871_870_074_920_579e2,
        4.231_333_070_160_091e1,
        1.0,
    ],
);
const MIDDLE: Ratio = (
    [
        7.745_450_142_783_414e-4,
        2.272_384_498_926_918_4e-2,
        2.417_807_251_774_506e-1,
        1.270_458_252_452_368_4,
        3.647_848_324_763_204_5,
        5.769_497_221_460_691,
        4.630_337_846_156_546,
        1.423_437_110_749_683_5,
    ],
    [
        1.050_750_071_644_416_8e-9,
        5.475_938_084_995_345e-4,
        1.519_866_656_361_645_7e-2,
        1.481_039_764_274_800_8e-1,
        6.897_673_349_851e-1,
        1.676_384_830_183_803_8,
        2.053_191_626_637_759,
        1.0,
    ],
);
const FAR: Ratio = (
    [
        2.010_334_399_292_288_1e-7,
        2.711_555_568_743_487_6e-5,
        1.242_660_947_388_078_4e-3,
        2.653_218_952_657_612_4e-2,
        2.965_605_718_285_048_7e-1,
        1.784_826_539_917_291_3,
        5.463_784_911_164_114,
        6.657_904_643_501_104,
    ],
    [
        2.044_263_103_389_939_8e-15,
        1.421_511_758_316_446e-7,
        1.846_318_317_510_054_8e-5,
        7.868_691_311_456_133e-4,
        1.487_536_129_085_061_5e-2,
        1.369_298_809_227_358e-1,
        5.998_322_065_558_88e-1,
        1.0,
    ],
);

impl std::str::FromStr for Law {
    type Err = String;

    /// Reads `5`, `constant(5)`, `uniform(1, 3)`, `exponential(5)`, `abs_normal(10, 2)`,
    /// `lognormal(p50 = 5.6, p99 = 12.7)`, `lognormal(mu = 0.8, sigma = 0.4, shift = 1.6)`,
    /// `mixture(shift, mu, sigma, tail_weight, tail_mu, tail_sigma)` or
    /// `quantiles(0 = 1, 0.5 = 2, 1 = 9)`.
    fn from_str(text: &str) -> Result<Law, String> {
        let text = text.trim();
        if let Ok(value) = text.parse::<f64>() {
            return Law::Constant(value).checked();
        }
        let (name, rest) = text.split_once('(').ok_or_else(|| {
            format!("`{text}` is not a latency law; expected a number or for example `lognormal(p50 = 5.6, p99 = 12.7)`")
        })?;
        let inside = rest
            .strip_suffix(')')
            .ok_or_else(|| format!("`{text}`: missing `)`"))?;
        let arguments = arguments(inside)?;
        law(name.trim(), &arguments)?.checked()
    }
}

type Argument = (Option<String>, f64);

fn arguments(inside: &str) -> Result<Vec<Argument>, String> {
    inside
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (Some(name.trim().to_owned()), value),
                None => (None, part),
            };
            let value = value.trim();
            let number = value
                .parse::<f64>()
                .map_err(|_| format!("`{value}` is not a number"))?;
            Ok((name, number))
        })
        .collect()
}

fn law(name: &str, given: &[Argument]) -> Result<Law, String> {
    let take = |names: &[&str]| named(name, names, given);
    match name {
        "constant" => take(&["value"]).map(|v| Law::Constant(v[0])),
        "uniform" => take(&["low", "high"]).map(|v| Law::Uniform {
            low: v[0],
            high: v[1],
        }),
        "exponential" => take(&["mean"]).map(|v| Law::Exponential { mean: v[0] }),
        "abs_normal" => take(&["mean", "sd"]).map(|v| Law::AbsNormal {
            mean: v[0],
            sd: v[1],
        }),
        "lognormal" => lognormal_from(given),
        "mixture" => take(&[
            "shift",
            "mu",
            "sigma",
            "tail_weight",
            "tail_mu",
            "tail_sigma",
        ])
        .map(|v| Law::Mixture {
            shift: v[0],
            mu: v[1],
            sigma: v[2],
            tail_weight: v[3],
            tail_mu: v[4],
            tail_sigma: v[5],
        }),
        "quantiles" => quantiles(given),
        other => Err(format!(
            "unknown law `{other}`; known: constant, uniform, exponential, abs_normal, lognormal, mixture, quantiles"
        )),
    }
}

fn named(law: &str, names: &[&str], given: &[Argument]) -> Result<Vec<f64>, String> {
    let wanted = || format!("`{law}` takes {}", names.join(", "));
    if given.len() != names.len() {
        return Err(wanted());
    }
    names
        .iter()
        .enumerate()
        .map(|(i, want)| {
            let by_name = given.iter().find(|a| a.0.as_deref() == Some(want));
            let by_place = given[i].0.is_none().then_some(&given[i]);
            by_name.or(by_place).map(|a| a.1).ok_or_else(wanted)
        })
        .collect()
}

fn lognormal_from(given: &[Argument]) -> Result<Law, String> {
    let mut percentiles = Vec::new();
    let (mut mu, mut sigma, mut shift) = (None, None, 0.0);
    for (name, value) in given {
        match name.as_deref() {
            Some("mu") => mu = Some(*value),
            Some("sigma") => sigma = Some(*value),
            Some("shift") => shift = *value,
            Some(p) if p.starts_with('p') => {
                let percent: f64 = p[1..].parse().map_err(|_| format!("`{p}` is not a percentile"))?;
                percentiles.push((percent / 100.0, *value));
            }
            _ => return Err("`lognormal` takes two percentiles (p50 = 5.6, p99 = 12.7) or mu, sigma and an optional shift".into()),
        }
    }
    match (mu, sigma, percentiles.as_slice()) {
        (Some(mu), Some(sigma), []) => Ok(Law::Lognormal { shift, mu, sigma }),
        (None, None, [a, b]) if a.0 < b.0 && a.1 > b.1 => Err(format!(
            "`lognormal` needs rising percentiles: {} at the lower one is above {} at the higher",
            a.1, b.1
        )),
        (None, None, [a, b]) if a.0 < b.0 && a.1 > shift && b.1 > shift => {
            let unshifted = Law::lognormal_through((a.0, a.1 - shift), (b.0, b.1 - shift));
            let Law::Lognormal { mu, sigma, .. } = unshifted else {
                unreachable!("lognormal_through makes a lognormal")
            };
            Ok(Law::Lognormal { shift, mu, sigma })
        }
        _ => Err("`lognormal` takes two rising percentiles (p50 = 5.6, p99 = 12.7) or mu, sigma and an optional shift".into()),
    }
}

fn quantiles(given: &[Argument]) -> Result<Law, String> {
    let mut points = Vec::new();
    for (name, value) in given {
        let p = name
            .as_deref()
            .and_then(|n| n.parse::<f64>().ok())
            .ok_or("`quantiles` takes probability = value pairs")?;
        points.push((p, *value));
    }
    let rising = points
        .windows(2)
        .all(|w| w[0].0 < w[1].0 && w[0].1 <= w[1].1);
    let whole = points.first().map(|p| p.0) == Some(0.0) && points.last().map(|p| p.0) == Some(1.0);
    if !rising || !whole {
        return Err("`quantiles` must rise from probability 0 to probability 1".into());
    }
    Ok(Law::Quantiles(points))
}

impl Law {
    /// Refuses parameters that have no meaning as a duration or size.
    fn checked(self) -> Result<Law, String> {
        let bad = |why: &str| Err(format!("`{self}`: {why}"));
        match &self {
            Law::Constant(v) if !(v.is_finite() && *v >= 0.0) => bad("must be zero or more"),
            Law::Uniform { low, high } if !(*low >= 0.0 && high > low) => {
                bad("needs 0 <= low < high")
            }
            Law::Exponential { mean } if mean.is_nan() || *mean <= 0.0 => {
                bad("needs a mean above 0")
            }
            Law::AbsNormal { sd, .. } if sd.is_nan() || *sd <= 0.0 => bad("needs an sd above 0"),
            Law::Lognormal { sigma, .. } if sigma.is_nan() || *sigma < 0.0 => {
                bad("needs sigma >= 0")
            }
            Law::Mixture { tail_weight, .. } if !(0.0..1.0).contains(tail_weight) => {
                bad("needs 0 <= tail_weight < 1")
            }
            _ => Ok(self),
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Law::Constant(value) => write!(f, "{value}"),
            Law::Uniform { low, high } => write!(f, "uniform({low}, {high})"),
            Law::Exponential { mean } => write!(f, "exponential({mean})"),
            Law::AbsNormal { mean, sd } => write!(f, "abs_normal({mean}, {sd})"),
            Law::Lognormal { shift, mu, sigma } => {
                write!(f, "lognormal(mu = {mu}, sigma = {sigma}, shift = {shift})")
            }
            Law::Mixture {
                shift,
                mu,
                sigma,
                tail_weight,
                tail_mu,
                tail_sigma,
            } => write!(
                f,
                "mixture({shift}, {mu}, {sigma}, {tail_weight}, {tail_mu}, {tail_sigma})"
            ),
            Law::Quantiles(points) => {
                let parts: Vec<String> = points.iter().map(|(p, v)| format!("{p} = {v}")).collect();
                write!(f, "quantiles({})", parts.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Law {
        text.parse().expect(text)
    }

    #[test]
    fn students_quantile_agrees_with_tables() {
        for (freedom, table) in [(2.0, 2.920), (3.0, 2.353), (8.0, 1.860), (20.0, 1.725)] {
            let found = student_quantile(0.95, freedom);
            assert!((found / table - 1.0).abs() < 0.003, "{freedom}: {found}");
        }
        assert!((student_quantile(0.95, 1e9) - normal_quantile(0.95)).abs() < 1e-6);
    }

    #[test]
    fn normal_quantile_agrees_with_the_error_function() {
        for p in [
            1e-12,
            1e-6,
            0.01,
            0.075,
            0.3,
            0.5,
            0.9,
            0.925,
            0.999,
            1.0 - 1e-9,
        ] {
            let back = 0.5 * libm::erfc(-normal_quantile(p) / std::f64::consts::SQRT_2);
            assert!(
                (back - p).abs() <= 1e-13 + 1e-9 * p,
                "{p} came back as {back}"
            );
        }
    }

    #[test]
    fn laws_survive_printing_and_reading() {
        for text in [
            "5",
            "uniform(1, 3)",
            "exponential(2)",
            "abs_normal(10, 2)",
            "lognormal(p50 = 5.64, p99 = 12.66)",
            "lognormal(mu = 0.83, sigma = 0.4264, shift = 1.64)",
            "mixture(1.64, 0.83, 0.4264, 0.00833, 3.3407, 0.3329)",
            "quantiles(0 = 1, 0.5 = 2, 1 = 9)",
        ] {
            let law = parse(text);
            assert_eq!(parse(&law.to_string()), law, "{text}");
        }
    }

    #[test]
    fn sample_mean_agrees_with_the_stated_mean() {
        for text in [
            "uniform(1, 3)",
            "exponential(2)",
            "abs_normal(1, 2)",
            "lognormal(p50 = 5.64, p99 = 12.66)",
            "mixture(1.64, 0.83, 0.4264, 0.00833, 3.3407, 0.3329)",
            "quantiles(0 = 1, 0.5 = 2, 1 = 9)",
        ] {
            let law = parse(text);
            let n = 200_000;
            let sum: f64 = (0..n)
                .map(|i| law.quantile((i as f64 + 0.5) / n as f64))
                .sum();
            let mean = sum / n as f64;
            assert!(
                (mean / law.mean() - 1.0).abs() < 2e-3,
                "{text}: {mean} against {}",
                law.mean()
            );
        }
    }

    #[test]
    fn wrong_laws_are_refused_with_the_reason() {
        for (text, why) in [
            ("normal(1)", "unknown law"),
            ("lognormal(p50 = 5)", "two rising percentiles"),
            ("uniform(3, 1)", "low < high"),
            ("-4", "zero or more"),
            ("fast", "not a latency law"),
            ("quantiles(0.1 = 1, 1 = 2)", "from probability 0"),
        ] {
            let error = text.parse::<Law>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
