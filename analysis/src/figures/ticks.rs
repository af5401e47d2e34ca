//! Where an axis has its ticks and what they say.

/// A labelled value on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: String,
}

/// Ticks at multiples of 1, 2, 2.5 or 5 times a power of ten inside `low..=high`.
pub(super) fn linear(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return Vec::new();
    }
    let rough = span / wanted.max(1) as f64;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    let factor = factors
        .into_iter()
        .find(|f| f * power >= rough * 0.999)
        .unwrap_or(10.0);
    let step = factor * power;
    let first = libm::ceil(low / step - 1e-9) as i64;
    let last = libm::floor(high / step + 1e-9) as i64;
    let tick = |index: i64| {
        let value = index as f64 * step;
        Tick {
            value,
            label: label(value, step),
        }
    };
    (first..=last.min(first + 50)).map(tick).collect()
}

/// A log axis has at least so many labels, if it can.
const LABELS: usize = 4;

/// Ticks of a log axis inside `low..=high` (both positive): every decade, or every few of them, or
/// also 2 and 5 between them, or more, when the decades alone would leave the range bare.
pub(super) fn logarithmic(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let (first, last) = (exponent(low), exponent(high) + 1);
    let decades = libm::log10(high / low);
    let every = libm::ceil(decades / wanted.max(2) as f64).max(1.0) as i32;
    let inside = |value: f64| value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9);
    let all: [&[f64]; 3] = [&[1.0], &[1.0, 2.0, 5.0], &[1.0, 2.0, 3.0, 5.0, 7.0]];
    let mut ticks = Vec::new();
    for digits in all {
        let powers = (first..=last).filter(|power| power.rem_euclid(every) == 0);
        let values = powers.flat_map(|power| digits.iter().map(move |digit| (*digit, power)));
        let tick = |(digit, power): (f64, i32)| Tick {
            value: digit * libm::pow(10.0, f64::from(power)),
            label: log_label(digit, power),
        };
        ticks = values.map(tick).filter(|tick| inside(tick.value)).collect();
        if ticks.len() >= LABELS || every > 1 {
            break;
        }
    }
    ticks
}

/// Unlabelled lines of a log axis: 2..9 of every decade when there are few decades.
pub(super) fn minor(low: f64, high: f64) -> Vec<f64> {
    if libm::log10(high / low) > 6.0 {
        return Vec::new();
    }
    (exponent(low)..=exponent(high))
        .flat_map(|power| (2..=9).map(move |d| f64::from(d) * libm::pow(10.0, f64::from(power))))
        .filter(|value| (low..=high).contains(value))
        .collect()
}

/// `10⁻³`.
pub(super) fn power_of_ten(exponent: i32) -> String {
    let digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    let raised = |c: char| match c.to_digit(10) {
        Some(digit) => digits.chars().nth(digit as usize).unwrap_or(c),
        None => '⁻',
    };
    format!(
        "10{}",
        exponent.to_string().chars().map(raised).collect::<String>()
    )
}

fn exponent(value: f64) -> i32 {
    libm::floor(libm::log10(value) + 1e-9) as i32
}

fn log_label(digit: f64, power: i32) -> String {
    match (power, digit == 1.0) {
        (-3..=4, _) => {
            let decimals = usize::try_from(-power).unwrap_or(0);
            grouped(&format!(
                "{:.decimals$}",
                digit * libm::pow(10.0, f64::from(power))
            ))
        }
        (_, true) => power_of_ten(power),
        (_, false) => format!("{digit}×{}", power_of_ten(power)),
    }
}

/// A number with as many decimals as its step needs; powers of ten when it is extreme.
pub(super) fn label(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-5..1e7).contains(&value.abs()) {
        let power = exponent(value.abs());
        let digits = value / libm::pow(10.0, f64::from(power));
        return format!(
            "{}×{}",
            crate::number::file(round3(digits)),
            power_of_ten(power)
        );
    }
    let decimals = (0..8).find(|&d| {
        let scaled = step * libm::pow(10.0, f64::from(d));
        (scaled - libm::round(scaled)).abs() < 1e-6 * scaled
    });
    grouped(&format!("{:.*}", decimals.unwrap_or(8) as usize, value))
}

fn round3(value: f64) -> f64 {
    libm::round(value * 1000.0) / 1000.0
}

/// Commas between thousands from five digits on: `2000`, `20,000`.
fn grouped(text: &str) -> String {
    let whole = text.split('.').next().unwrap_or(text);
    let digits = whole.trim_start_matches('-').len();
    if digits < 5 {
        return text.to_owned();
    }
    let mut out = String::new();
    let sign = whole.len() - digits;
    for (position, c) in text.chars().enumerate() {
        let left = whole.len().saturating_sub(position);
        if position > sign && left > 0 && left % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: Vec<Tick>) -> Vec<String> {
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_have_equal_decimals() {
        assert_eq!(
            labels(linear(0.0, 1.0, 5)),
            ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(linear(0.0, 43_000.0, 4)), ["0", "20,000", "40,000"]);
        assert_eq!(
            labels(linear(0.0, 3e-7, 3)),
            ["0", "1×10⁻⁷", "2×10⁻⁷", "3×10⁻⁷"]
        );
    }

    #[test]
    fn log_ticks_follow_the_length_of_the_range() {
        let far = labels(logarithmic(1e-5, 1e5, 6));
        assert_eq!(far, ["10⁻⁴", "0.01", "1", "100", "10,000"]);
        assert_eq!(
            labels(logarithmic(0.01, 0.2, 5)),
            ["0.01", "0.02", "0.05", "0.1", "0.2"]
        );
        // Two decades would be two or three labels.
        assert_eq!(
            labels(logarithmic(0.3, 40.0, 7)),
            ["0.5", "1", "2", "5", "10", "20"]
        );
        assert_eq!(labels(logarithmic(22.0, 80.0, 5)), ["30", "50", "70"]);
        assert_eq!(labels(logarithmic(0.5, 2e3, 7)), ["1", "10", "100", "1000"]);
    }
}
