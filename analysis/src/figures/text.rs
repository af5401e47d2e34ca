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
    let advance = |c: char| metrics.advance_width(glyphs.map(c).unwrap_or_default());
    text.chars()
        .map(|c| f64::from(advance(c).unwrap_or(0.0)))
        .sum()
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
    fn the_font_has_every_sign_that_labels_use() {
        let font = skrifa::FontRef::new(FigureFonts::REGULAR).unwrap();
        for sign in "µ$…–×⁰¹²³⁴⁵⁶⁷⁸⁹⁻≤".chars() {
            assert!(font.charmap().map(sign).is_some(), "{sign}");
        }
    }
}
