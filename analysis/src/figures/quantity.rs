//! What a panel shows: a metric, a statistic of it, its name in words and its unit.

use super::FigureError;
use crate::summary::Statistic;
use models::records::{METRICS, Summary, metric_index};

/// Endings of metric names and axis keys that are units, with the unit as a label shows it.
const UNIT_ENDINGS: &[(&str, &str)] = &[
    ("_db", "dB"),
    ("_gb_s", "GB s"),
    ("_per_s", "1/s"),
    ("_usd", "USD"),
    ("_bytes", "bytes"),
    ("_kb", "kB"),
    ("_mb", "MB"),
    ("_gb", "GB"),
    ("_ms", "ms"),
    ("_min", "min"),
    ("_s", "s"),
];

/// A statistic of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    /// Position in [`METRICS`].
    pub metric: usize,
    pub statistic: Statistic,
}

impl Quantity {
    /// Reads `latency_s` (the mean, or the share of a rate) or `latency_s.p50`, `.p95`, `.p99`.
    pub(super) fn read(text: &str) -> Result<Quantity, FigureError> {
        let (name, statistic) = match text.rsplit_once('.') {
            Some((name, "mean")) => (name, Statistic::Mean),
            Some((name, "p50")) => (name, Statistic::P50),
            Some((name, "p95")) => (name, Statistic::P95),
            Some((name, "p99")) => (name, Statistic::P99),
            _ => (text, Statistic::Mean),
        };
        let unknown = || FigureError::UnknownMetric(text.to_owned());
        let metric = metric_index(name).ok_or_else(unknown)?;
        Ok(Quantity { metric, statistic })
    }

    pub(super) fn unit(self) -> &'static str {
        METRICS[self.metric].unit
    }

    /// The metric in words without its unit: `cost compute`, `latency, p95`.
    pub(super) fn words(self) -> String {
        let words = without_unit(METRICS[self.metric].name).0.replace('_', " ");
        match self.statistic {
            Statistic::Mean => words,
            Statistic::P50 => format!("{words}, median over runs"),
            Statistic::P95 => format!("{words}, p95 over runs"),
            Statistic::P99 => format!("{words}, p99 over runs"),
        }
    }

    /// Whether an axis says that its numbers are means over runs. "Per execution" says it already, and
    /// shares and quotients are not means.
    fn is_called_mean(self) -> bool {
        let metric = &METRICS[self.metric];
        self.statistic == Statistic::Mean
            && matches!(metric.summary, Summary::Quantity)
            && metric.unit != "share"
            && !self.is_per_execution()
    }

    /// Whether the metric counts per execution.
    pub(super) fn is_per_execution(self) -> bool {
        METRICS[self.metric].doc.contains("per execution")
    }
}

/// An axis title: words, "mean" or "per execution" where it applies, and the unit as scaled.
pub(super) fn axis_title(words: &str, quantity: Quantity, scaled_unit: &str) -> String {
    let words = &match quantity.is_called_mean() {
        true => format!("mean {words}"),
        false => words.to_owned(),
    };
    let per = if quantity.is_per_execution() {
        " per execution"
    } else {
        ""
    };
    let mut said = words.split([' ', ',']);
    let said = scaled_unit == quantity.unit() && said.any(|word| word == quantity.unit());
    match scaled_unit {
        "share" => format!("{words} (share)"),
        _ if said => format!("{words}{per}"),
        _ => format!("{words}{per} ({scaled_unit})"),
    }
}

/// An axis key in words: `faults.fail_rate` is `fail rate`, `state.payload_bytes` is
/// `payload (bytes)`.
pub(super) fn key_title(key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let (name, unit) = without_unit(last);
    let words = name.replace('_', " ");
    unit.map_or(words.clone(), |unit| format!("{words} ({unit})"))
}

fn without_unit(name: &str) -> (&str, Option<&'static str>) {
    UNIT_ENDINGS
        .iter()
        .filter_map(|(ending, unit)| Some((name.strip_suffix(ending)?, Some(*unit))))
        .find(|(stem, _)| !stem.is_empty())
        .unwrap_or((name, None))
}

/// A unit scaled so that the numbers on an axis are short: divide values by `size`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ScaledUnit {
    pub size: f64,
    pub label: String,
}

impl ScaledUnit {
    /// The unit for values up to `most`; on a log axis `least` is the smallest positive one.
    pub(super) fn of(unit: &str, least: f64, most: f64) -> ScaledUnit {
        let (size, label) = match unit {
            "s" => time_unit(least, most),
            // The name of a metric in USD/min says already that it is per minute.
            "USD" | "USD/min" if most < 0.05 => (1e-6, "µ$"),
            "USD" | "USD/min" => (1.0, "$"),
            "bytes" => byte_unit(most),
            _ => return generic_unit(unit, most),
        };
        ScaledUnit {
            size,
            label: label.to_owned(),
        }
    }
}

fn time_unit(least: f64, most: f64) -> (f64, &'static str) {
    match (least, most) {
        (_, most) if most < 1e-3 => (1e-6, "µs"),
        (least, most) if most < 1.0 || least < 0.01 && most < 100.0 => (1e-3, "ms"),
        (least, _) if least >= 7200.0 => (3600.0, "h"),
        (least, most) if least >= 120.0 && most >= 1200.0 => (60.0, "min"),
        _ => (1.0, "s"),
    }
}

fn byte_unit(most: f64) -> (f64, &'static str) {
    match most {
        most if most >= 2e9 => (1e9, "GB"),
        most if most >= 2e6 => (1e6, "MB"),
        most if most >= 2e4 => (1e3, "kB"),
        _ => (1.0, "bytes"),
    }
}

/// Any other unit, with a power of a thousand in front when the numbers are far from one.
fn generic_unit(unit: &str, most: f64) -> ScaledUnit {
    let plain = ScaledUnit {
        size: 1.0,
        label: unit.to_owned(),
    };
    if most <= 0.0 || unit == "share" || (0.01..1e5).contains(&most) {
        return plain;
    }
    let thousands = libm::floor(libm::log10(most) / 3.0) as i32;
    ScaledUnit {
        size: libm::pow(10.0, f64::from(3 * thousands)),
        label: format!("{} {unit}", super::ticks::power_of_ten(3 * thousands)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(metric: &str, most: f64) -> String {
        let quantity = Quantity::read(metric).unwrap();
        let unit = ScaledUnit::of(quantity.unit(), most, most);
        axis_title(&quantity.words(), quantity, &unit.label)
    }

    #[test]
    fn titles_name_the_metric_and_a_unit_of_readable_size() {
        assert_eq!(title("latency_s", 3.0), "mean latency (s)");
        assert_eq!(title("psnr_loss_db", 3.0), "mean psnr loss (dB)");
        assert_eq!(title("latency_s.p95", 0.3), "latency, p95 over runs (ms)");
        assert_eq!(title("cost_usd", 3e-4), "cost per execution (µ$)");
        assert_eq!(
            title("cost_per_encoded_minute_usd", 3e-3),
            "cost per encoded minute (µ$)"
        );
        assert_eq!(title("bodies", 30.0), "bodies per execution");
        assert_eq!(title("wasted_s", 30.0), "wasted per execution (s)");
        assert_eq!(title("success_rate", 1.0), "success rate (share)");
        assert_eq!(
            title("compute_gb_s", 2e-5),
            "compute per execution (10⁻⁶ GB s)"
        );
    }

    #[test]
    fn keys_read_as_words_with_their_unit() {
        assert_eq!(key_title("faults.fail_rate"), "fail rate");
        assert_eq!(key_title("state.payload_bytes"), "payload (bytes)");
        assert_eq!(key_title("load.rate_per_s"), "rate (1/s)");
        assert_eq!(key_title("s"), "s");
    }
}
