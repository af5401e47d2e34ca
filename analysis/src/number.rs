//! Numbers as files and people want them.
//!
//! Files get nine significant digits in the shortest form that reads back the same, and nothing
//! at all for a value that does not exist. Terminals get three digits and a unit of human size.

use crate::stats::Interval;

/// A number for a CSV file: nine significant digits, empty if it is not finite.
///
/// ```
/// use analysis::number::file;
/// assert_eq!(file(1.0 / 3.0), "0.333333333");
/// assert_eq!(file(2.5e-7), "2.5e-7");
/// assert_eq!(file(f64::NAN), "");
/// ```
pub fn file(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let rounded: f64 = format!("{value:.8e}").parse().unwrap_or(value);
    match rounded.abs() {
        0.0 => "0".to_owned(),
        size if (1e-5..1e15).contains(&size) => format!("{rounded}"),
        _ => format!("{rounded:e}"),
    }
}

/// Three significant digits without exponent: `12345`, `12.3`, `0.00123`.
pub fn digits3(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    let magnitude = libm::floor(libm::log10(size)) as i32;
    let decimals = (2 - magnitude).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    // Rounding up to the next power of ten leaves one digit too many.
    match text.strip_suffix('0') {
        Some(short)
            if decimals > 0 && libm::floor(libm::log10(parse(&text))) as i32 > magnitude =>
        {
            short.trim_end_matches('.').to_owned()
        }
        _ => text,
    }
}

fn parse(text: &str) -> f64 {
    text.parse::<f64>().map_or(1.0, f64::abs)
}

/// A duration given in seconds: `850 µs`, `12.3 ms`, `4.56 s`, `12.3 min`, `5.20 h`, `3.00 d`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "-".to_owned();
    }
    let (scale, unit) = unit(seconds);
    format!("{} {unit}", digits3(seconds / scale))
}

/// A duration in seconds with its interval, all in one unit and with as many digits as it takes to tell
/// the ends of the interval apart by two of them: `12.3 ms [11.9, 12.8]`, `60.06 min [60.05, 60.07]`.
/// `-` for an end that is not known, no brackets without any.
///
/// ```
/// use analysis::number::duration_within;
/// use analysis::stats::Interval;
/// let within = |low, high| duration_within(3603.787, Interval { low, high });
/// assert_eq!(within(3603.2, 3603.9), "60.063 min [60.053, 60.065]");
/// assert_eq!(within(3300.0, 3900.0), "60.1 min [55.0, 65.0]");
/// assert_eq!(within(f64::NAN, f64::NAN), "60.1 min");
/// ```
pub fn duration_within(seconds: f64, interval: Interval) -> String {
    let (low, high) = (interval.low, interval.high);
    if !seconds.is_finite() || low.is_nan() && high.is_nan() {
        return duration(seconds);
    }
    let (scale, unit) = unit(seconds);
    let places = |size: f64, digits: i32| match size > 0.0 {
        true => digits - 1 - libm::floor(libm::log10(size)) as i32,
        false => 0,
    };
    let [value, low, high] = [seconds, low, high].map(|time| time / scale);
    let three = places(value.abs(), 3);
    // Beyond seven digits of the value there is nothing to tell.
    let apart = places(high - low, 2).min(places(value.abs(), 7));
    let decimals = three.max(apart).clamp(0, 12) as usize;
    let shown = |time: f64| match time.is_finite() {
        true => format!("{time:.decimals$}"),
        false => "-".to_owned(),
    };
    let [value, low, high] = [value, low, high].map(shown);
    format!("{value} {unit} [{low}, {high}]")
}

/// Seconds in the unit that suits a duration, and its name.
fn unit(seconds: f64) -> (f64, &'static str) {
    match seconds.abs() {
        0.0 => (1.0, "s"),
        size if size < 0.9995e-3 => (1e-6, "µs"),
        size if size < 0.9995 => (1e-3, "ms"),
        size if size < 600.0 => (1.0, "s"),
        size if size < 7200.0 => (60.0, "min"),
        size if size < 172_800.0 => (3600.0, "h"),
        _ => (86_400.0, "d"),
    }
}

/// A share as per cent; only exactly 0 and 1 read as `0 %` and `100 %`.
pub fn percent(share: f64) -> String {
    let per_cent = share * 100.0;
    match share {
        _ if !share.is_finite() => "-".to_owned(),
        0.0 => "0 %".to_owned(),
        1.0 => "100 %".to_owned(),
        _ if per_cent < 0.1 => "<0.1 %".to_owned(),
        _ if per_cent > 99.9 => ">99.9 %".to_owned(),
        _ => format!("{per_cent:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_whatever_the_size() {
        let shown: Vec<String> = [0.0012345, 0.9996, 9.999, 12.34, 99.96, 12345.6]
            .into_iter()
            .map(digits3)
            .collect();
        assert_eq!(shown, ["0.00123", "1.00", "10.0", "12.3", "100", "12346"]);
    }

    #[test]
    fn durations_have_a_unit_of_human_size() {
        let shown: Vec<String> = [0.0123, 0.99999, 59.0, 900.0, 18_720.0, 259_200.0]
            .into_iter()
            .map(duration)
            .collect();
        assert_eq!(
            shown,
            [
                "12.3 ms", "1.00 s", "59.0 s", "15.0 min", "5.20 h", "3.00 d"
            ]
        );
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!(percent(0.99999), ">99.9 %");
        assert_eq!(percent(1.0), "100 %");
    }
}
