//! A figure as a bitmap, drawn with the font built into the program.

use resvg::{tiny_skia, usvg};
use std::sync::Arc;

/// Pixels of the bitmap per pixel of the figure.
const SCALE: f32 = 2.0;

/// Liberation Sans 2.1.5 (SIL Open Font License, `fonts/OFL.txt`).
pub(super) struct FigureFonts;

impl FigureFonts {
    pub(super) const REGULAR: &'static [u8] =
        include_bytes!("../../fonts/LiberationSans-Regular.ttf");
    pub(super) const BOLD: &'static [u8] = include_bytes!("../../fonts/LiberationSans-Bold.ttf");
}

/// Why a bitmap could not be made.
#[derive(Debug)]
pub enum PngError {
    /// The text is not an SVG figure.
    Svg(String),
    /// The figure has no area or is too large for memory.
    Size { width: f32, height: f32 },
    /// The bitmap could not be encoded.
    Encode(String),
}

impl std::fmt::Display for PngError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PngError::Svg(why) => write!(f, "the figure is not valid SVG: {why}"),
            PngError::Size { width, height } => {
                write!(f, "a figure of {width} by {height} pixels cannot be drawn")
            }
            PngError::Encode(why) => write!(f, "the bitmap could not be encoded: {why}"),
        }
    }
}

impl std::error::Error for PngError {}

/// The bytes of a PNG file at twice the figure's size in pixels. System fonts are not used.
pub fn render(svg: &str) -> Result<Vec<u8>, PngError> {
    let options = usvg::Options {
        font_family: "Liberation Sans".to_owned(),
        fontdb: Arc::new(fonts()),
        ..usvg::Options::default()
    };
    let tree =
        usvg::Tree::from_str(svg, &options).map_err(|error| PngError::Svg(error.to_string()))?;
    let (width, height) = (tree.size().width() * SCALE, tree.size().height() * SCALE);
    let mut bitmap = tiny_skia::Pixmap::new(width.ceil() as u32, height.ceil() as u32)
        .ok_or(PngError::Size { width, height })?;
    bitmap.fill(tiny_skia::Color::WHITE);
    let scale = tiny_skia::Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, scale, &mut bitmap.as_mut());
    bitmap
        .encode_png()
        .map_err(|error| PngError::Encode(error.to_string()))
}

fn fonts() -> usvg::fontdb::Database {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(FigureFonts::REGULAR.to_vec());
    fonts.load_font_data(FigureFonts::BOLD.to_vec());
    fonts
}
