//! The file of coefficients that `sim calibrate` writes.

use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// A calibration: coefficients, their uncertainty, and where they come from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What was fitted, for a reader.
    pub about: String,
    /// The machine, encoder and settings of the measurement, as name and value.
    pub fingerprint: Vec<(String, String)>,
    pub data: Data,
    pub time: Time,
    pub bits: Bits,
    pub content: ContentPrior,
    pub residual: Residual,
    pub decode: Decode,
    pub join: Join,
    /// Covariance of the coefficients of time and of bits, over sources (see [`Model::parameters`]).
    pub covariance: Covariance,
    /// Real chunks as they were measured, for the law `replay`.
    #[serde(default)]
    pub replay: Vec<super::Measured>,
}

/// The measurement that was fitted.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Name of the CSV file.
    pub file: String,
    pub sha256: String,
    /// Rows that were fitted.
    pub rows: usize,
    /// Groups of clips that are held out together.
    pub sources: Vec<String>,
}

/// Uncertainty of coefficients.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Covariance {
    pub parameters: Vec<String>,
    pub matrix: Vec<Vec<f64>>,
}

/// CPU time.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Seconds of a process that does nothing.
    pub start_s: f64,
    pub presets: Vec<PresetTime>,
    /// Of SI, TI, frame rate, CRF, scaling, share of key frames: see `time_features`.
    pub features: [f64; 6],
}

/// Coefficients of one preset.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PresetTime {
    pub preset: String,
    /// Log of seconds per unit of frame size, once per process.
    pub log_start_per_mp_s: f64,
    /// Log of seconds per frame of 1280 x 720 in the middle of the content.
    pub log_frame_s: f64,
    /// Exponent of the frame size.
    pub size: f64,
    /// Exponent of the bits per pixel.
    pub bits: f64,
    /// Log of the bits per pixel of the middle.
    pub log_bpp: f64,
}

/// Bits per pixel.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bits {
    /// Of probe, CRF, frame size, key frames per second, SI, TI: see `bits_features`.
    pub features: [f64; 6],
}

impl Bits {
    /// The weights of the content's three numbers.
    pub fn content_weights(&self) -> [f64; 3] {
        [self.features[0], self.features[4], self.features[5]]
    }
}

/// What content there is: log probe bits per pixel, log(1 + SI), log(1 + TI).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ContentPrior {
    pub mean: [f64; 3],
    /// Between videos.
    pub between: [[f64; 3]; 3],
    /// Between chunks of one video: of 1 to 8 s, most of 1 s, and taken for that of its seconds.
    pub within: [[f64; 3]; 3],
    /// Correlation of neighbouring chunks.
    pub lag1: f64,
    /// The sources of the measurement, as classes of content to choose from.
    pub sources: Vec<Source>,
}

impl ContentPrior {
    /// Covariance of a chunk of a video that nothing is known of.
    pub fn covariance(&self) -> [[f64; 3]; 3] {
        let mut sum = self.between;
        for (row, within) in sum.iter_mut().zip(&self.within) {
            for (value, more) in row.iter_mut().zip(within) {
                *value += more;
            }
        }
        sum
    }
}

/// One source's content.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub name: String,
    pub mean: [f64; 3],
    /// Frames per second, and lines of the original.
    pub fps: f64,
    pub height: f64,
}

/// What the model does not explain: standard deviations of logs, on sources held out.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// Of time: common to a video, and of each chunk.
    pub time_video: f64,
    pub time_chunk: f64,
    /// Of bits per pixel.
    pub bits_video: f64,
    pub bits_chunk: f64,
    /// For intervals: what the doubt of the coefficients leaves. Draws have the mean over contents.
    pub spread: super::Spread,
}

/// CPU seconds of decoding and scaling, before the encoder sees a frame.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Decode {
    pub start_s: f64,
    /// Per million source pixels, summed over frames.
    pub per_mpx_s: f64,
    /// Per million bits of the source.
    pub per_mbit_s: f64,
    /// Per million source pixels if the size changes.
    pub scale_per_mpx_s: f64,
}

/// CPU seconds of joining by stream copy and of cutting, and what key frames cost.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    pub start_s: f64,
    pub per_chunk_s: f64,
    /// Cutting by stream copy, per file written.
    pub cut_per_file_s: f64,
    /// Bytes of a container and of its index per frame.
    pub container_bytes: f64,
    pub container_bytes_per_frame: f64,
    /// Loss of PSNR (dB) per chunk boundary and second: x (1/length - 1/natural spacing).
    pub psnr_loss_db_s: f64,
    /// A mezzanine with a key frame at each cut, against the source's bytes.
    pub mezzanine_ratio: f64,
    /// What further key frames cost in bytes, of each clip that was cut.
    #[serde(default)]
    pub key_frames: Vec<KeyFrames>,
}

/// The key frames of a clip: an encode in chunks of `L` seconds weighs `1 + excess_s (1/L - 1/L0)` of an
/// encode of the whole, whose key frames are `L0` apart. `excess_s` is the bytes that a key frame takes
/// more than another frame, in seconds of the stream: little where every frame is new, much where a
/// fixed camera shows the same.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFrames {
    pub source: String,
    pub excess_s: f64,
}

static REFERENCE: OnceLock<Arc<Model>> = OnceLock::new();

impl Model {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Model, String> {
        let again = |why: String| format!("{why}; `sim calibrate --fit` writes the file anew");
        let model: Model = serde_json::from_str(text).map_err(|why| again(why.to_string()))?;
        if model.time.presets.is_empty() {
            return Err("it has no preset".to_owned());
        }
        let names = model.parameters().into_iter().map(|parameter| parameter.0);
        let Covariance { parameters, matrix } = &model.covariance;
        let square = |rows: &[Vec<f64>]| rows.iter().all(|row| row.len() == rows.len());
        if !names.eq(parameters.iter().cloned())
            || matrix.len() != parameters.len()
            || !square(matrix)
        {
            return Err(again(
                "its covariance is not that of its coefficients".to_owned(),
            ));
        }
        Ok(model)
    }

    /// The calibration that comes with the program.
    pub fn reference() -> Arc<Model> {
        let read = || {
            let text = include_str!("../../../../scenarios/measured/x264.json");
            Arc::new(Model::parse(text).expect("the file is checked by a test"))
        };
        Arc::clone(REFERENCE.get_or_init(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_whose_covariance_is_of_other_coefficients_is_refused() {
        let mut model = Model::clone(&Model::reference());
        let text = |model: &Model| serde_json::to_string(model).expect("numbers and names");
        assert!(Model::parse(&text(&model)).is_ok());
        model.covariance.matrix.pop();
        let refused = Model::parse(&text(&model)).unwrap_err();
        assert!(refused.contains("covariance") && refused.contains("--fit"));
        model.covariance = Covariance::default();
        assert!(Model::parse(&text(&model)).is_err());
    }
}
