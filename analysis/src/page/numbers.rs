//! Numbers of a page, each with its interval below it.

use crate::number::duration_within;
use crate::stats::Interval;
use maud::{Markup, html};

/// A number with its interval, both through `show`; the interval as the terminal shows it.
pub(super) fn estimate(value: f64, interval: Interval, show: impl Fn(f64) -> String) -> Markup {
    let ends = [interval.low, interval.high];
    let is_known = ends.iter().any(|end| !end.is_nan());
    let [low, high] = ends.map(&show);
    html! {
        td.number {
            (show(value))
            @if is_known { small { "[" (low) ", " (high) "]" } }
        }
    }
}

/// A duration with its interval, in one unit.
pub(super) fn time(seconds: f64, interval: Interval) -> Markup {
    split(&duration_within(seconds, interval))
}

/// A difference of durations with its sign and its interval, in one unit.
pub(super) fn time_apart(seconds: f64, interval: Interval) -> Markup {
    let text = signed(seconds, |seconds| duration_within(seconds, interval));
    split(&text.replace("[-", "[\u{2212}").replace(", -", ", \u{2212}"))
}

/// `12.3 ms [11.9, 12.8]` with the interval below the number.
fn split(text: &str) -> Markup {
    let (value, interval) = text.split_once(" [").unwrap_or((text, ""));
    html! {
        td.number {
            (value)
            @if !interval.is_empty() { small { "[" (interval) } }
        }
    }
}

/// A number without an interval.
pub(super) fn plain(text: impl std::fmt::Display) -> Markup {
    html! { td.number { (text.to_string()) } }
}

/// A difference with its sign.
pub(super) fn signed(value: f64, show: impl Fn(f64) -> String) -> String {
    let shown = show(value);
    match shown.strip_prefix('-') {
        Some("") | None if value > 0.0 => format!("+{shown}"),
        Some(size) if !size.is_empty() => format!("\u{2212}{size}"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{digits3, duration};

    #[test]
    fn a_duration_and_its_interval_have_one_unit() {
        let interval = |low, high| Interval { low, high };
        let text = time_apart(-0.25, interval(-0.3, -0.2)).into_string();
        let expected =
            "<td class=\"number\">\u{2212}250 ms<small>[\u{2212}300, \u{2212}200]</small></td>";
        assert_eq!(text, expected);
        let text = time(1.5, interval(1.0, f64::NAN)).into_string();
        assert_eq!(
            text,
            "<td class=\"number\">1.50 s<small>[1.00, -]</small></td>"
        );
        let text = time(f64::NAN, Interval::UNKNOWN).into_string();
        assert_eq!(text, "<td class=\"number\">-</td>");
    }

    #[test]
    fn differences_have_a_sign_and_what_is_not_known_has_none() {
        assert_eq!(signed(1.5, duration), "+1.50 s");
        assert_eq!(signed(-0.25, duration), "\u{2212}250 ms");
        assert_eq!(signed(0.0, digits3), "0");
        assert_eq!(signed(f64::NAN, digits3), "-");
    }
}
