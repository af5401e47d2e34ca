//! The fonts of the figures, and how wide a text is in them.

use super::png::FigureFonts;
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};

/// Sizes of text in pixels of the figure, before scaling.
pub(super) mod size {
    pub const TITLE: f64 = 15.0;
    pub const LABEL: f64 = 12.0;
    pub const TICK: f64 = 11.0;
    pub const CAPTION: f64 = 11.5;
}

/// Width of a text in pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let bytes = if bold {
        FigureFonts::BOLD
    } else {
        FigureFonts::REGULAR
    };
    let Ok(font) = skrifa::FontRef::new(bytes) else {
        return text.chars().count() as f64 * size * 0.6;
    };
    let glyphs = font.charmap();
    let metrics = font.glyph_metrics(Size::new(size as f32), LocationRef::default());
    let advance = |c: char| {
        let (sign, scale) = raised(c).map_or((c, 1.0), |sign| (sign, RAISED));
        let glyph = glyphs.map(sign).unwrap_or_default();
        f64::from(metrics.advance_width(glyph).unwrap_or(0.0)) * scale
    };
    text.chars().map(advance).sum()
}

/// Size of a raised sign, as a share of the size of the text.
pub(super) const RAISED: f64 = 0.7;

/// The plain sign behind a superscript. The font lacks most superscripts, so they are drawn as
/// small plain signs.
pub(super) fn raised(sign: char) -> Option<char> {
    let superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻".chars();
    let plain = "0123456789\u{2212}".chars();
    superscripts
        .zip(plain)
        .find(|(s, _)| *s == sign)
        .map(|(_, p)| p)
}

/// Pieces of a text that are wholly raised or not at all, as plain signs. Leading blanks are a
/// piece of their own, because SVG drops those of a text.
pub(super) fn pieces(text: &str) -> Vec<(String, bool)> {
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for c in text.chars() {
        let (sign, is_raised) = raised(c).map_or((c, false), |sign| (sign, true));
        match pieces.last_mut() {
            Some((piece, same)) if *same == is_raised && (!is_blank(piece) || sign == ' ') => {
                piece.push(sign);
            }
            _ => pieces.push((sign.to_string(), is_raised)),
        }
    }
    pieces
}

fn is_blank(piece: &str) -> bool {
    piece.chars().all(|sign| sign == ' ')
}

/// The text, or as much of it as fits with an `…`.
pub(super) fn fit(text: &str, size: f64, bold: bool, space: f64) -> String {
    if width(text, size, bold) <= space {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while cut.pop().is_some() {
        let shorter = format!("{}…", cut.trim_end());
        if width(&shorter, size, bold) <= space {
            return shorter;
        }
    }
    String::new()
}

/// Breaks a text between words into lines that fit; a line break in the text is kept.
pub(super) fn wrap(text: &str, size: f64, space: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if width(&longer, size, false) > space && !line.is_empty() {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            } else {
                line = longer;
            }
        }
        if !line.is_empty() {
            lines.push(fit(&line, size, false, space));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_fit_and_keep_every_word() {
        let text = "one two three four five six seven eight nine ten";
        let lines = wrap(text, 12.0, 90.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| width(line, 12.0, false) <= 90.0));
        assert_eq!(lines.join(" "), text);
    }

    #[test]
    fn exponents_are_raised_pieces() {
        let (ten, exponent) = (("10".to_owned(), false), ("\u{2212}4".to_owned(), true));
        assert_eq!(pieces("10⁻⁴"), [ten, exponent]);
    }

    #[test]
    fn the_blank_after_an_exponent_keeps_its_width() {
        let shown: Vec<String> = pieces("10⁻³ GB s").into_iter().map(|p| p.0).collect();
        assert_eq!(shown, ["10", "\u{2212}3", " ", "GB s"]);
    }

    #[test]
    fn the_font_has_every_sign_that_labels_use() {
        let font = skrifa::FontRef::new(FigureFonts::REGULAR).unwrap();
        for sign in "µ$…×\u{2212}".chars() {
            assert!(font.charmap().map(sign).is_some(), "{sign}");
        }
    }
}
