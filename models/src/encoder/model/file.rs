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
    /// Covariance of the coefficients of time, in the order of `parameters`, from fits that leave out one
    /// source each.
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
    /// Least and largest of what was measured: see `time_regressors`.
    pub range: [[f64; 2]; super::REGRESSORS],
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
    /// Half-widths of 90 % intervals.
    pub time_known_bits: Interval,
    pub time_from_probe: Interval,
    pub bytes: Interval,
}

/// Half-width of a 90 % interval of a log: wider below the middle of the bits per pixel, narrower for
/// `ultrafast`, which searches little.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Log of the half-width.
    pub log_half_width: f64,
    /// What it changes by per unit of log bits per pixel below the middle (negative: wider there).
    pub below_middle: f64,
    /// What it changes by for `ultrafast`.
    pub ultrafast: f64,
}

impl Interval {
    /// What the width depends on.
    pub fn features(preset: &str, log_bpp: f64) -> [f64; 2] {
        let below = super::centred_bits(log_bpp).clamp(-3.0, 0.0);
        [below, f64::from(u8::from(preset == super::PRESETS[0]))]
    }

    /// Half-width in log units.
    pub fn half_width(&self, preset: &str, log_bpp: f64) -> f64 {
        let [below, ultrafast] = Interval::features(preset, log_bpp);
        libm::exp(self.log_half_width + self.below_middle * below + self.ultrafast * ultrafast)
    }
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
        let model: Model = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match model.time.presets.is_empty() {
            true => Err("it has no preset".to_owned()),
            false => Ok(model),
        }
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
