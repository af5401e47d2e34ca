//! Numbers of a page, each with its interval below it.

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
    fn differences_have_a_sign_and_what_is_not_known_has_none() {
        assert_eq!(signed(1.5, duration), "+1.50 s");
        assert_eq!(signed(-0.25, duration), "\u{2212}250 ms");
        assert_eq!(signed(0.0, digits3), "0");
        assert_eq!(signed(f64::NAN, digits3), "-");
    }
}
