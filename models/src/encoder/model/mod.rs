//! The calibrated x264 timing and size model: CPU seconds and bytes of one chunk.
//!
//! A chunk's content is three numbers: bits per pixel of a cheap probe encode (320 lines,
//! `ultrafast`, CRF 28) and the spatial and temporal information of ITU-T P.910. Size follows from
//! content and settings, time from size, content and settings, so the two are never independent:
//!
//! ```text
//! log bpp = c(preset) + probe + crf + pixels + key frames per second + SI + TI
//! seconds = start + start(preset) x Mp + frames x exp(a(preset) + b(preset) log Mp
//!                 + g(preset) log bpp + SI + TI + frame rate + crf + scaling
//!                 + share of key frames)
//! ```
//!
//! Mp is the size of a frame in units of 1280 x 720. The form is that of a power law with a start-up
//! term per process; what content adds to it, and how far it errs on sources that it has not seen, is
//! measured by `sim calibrate`, which writes the coefficients with their covariance into one file.

mod content;
mod doubt;
mod file;
mod replay;

pub use content::{Content, Guess};
pub use doubt::{Asked, Spread};
pub use file::{
    Bits, ContentPrior, Covariance, Data, Decode, Join, KeyFrames, Model, PresetTime, Residual,
    Source, Time,
};
pub use replay::Measured;

/// Pixels of the unit of frame size.
pub const UNIT_PIXELS: f64 = 921_600.0;

/// x264's presets from fast to slow: one between two measured ones lies between their coefficients, one beyond
/// them takes longer than the nearest by as much as it did elsewhere.
pub const PRESETS: &[&str] = &[
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
];

/// Log of the time of a frame with each of [`PRESETS`] against the first: medians of six chunks of one second
/// (Big Buck Bunny at 480 and 720 lines, city at 320 and 480; CRF 23; the less of two runs, without the start of
/// the process), ffmpeg 5.1.9 with libx264 core 164 on an AMD EPYC (family 25 model 17).
const PRESET_COSTS: [f64; 10] = [0.0, 0.46, 0.83, 1.45, 1.68, 1.95, 2.26, 2.82, 3.31, 4.49];

/// Place of a preset on the scale of costs; that of x264's default where the name is unknown.
fn preset_cost(name: &str) -> f64 {
    let default = PRESETS.iter().position(|known| *known == "medium");
    let rank = PRESETS.iter().position(|known| *known == name).or(default);
    PRESET_COSTS[rank.unwrap_or(0)]
}

/// What is to be encoded, as known before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Job<'a> {
    pub preset: &'a str,
    /// Constant rate factor.
    pub crf: f64,
    /// Pixels of an output frame.
    pub pixels: f64,
    /// Lines of an output frame, and of a source frame.
    pub height: f64,
    pub source_height: f64,
    pub frames: f64,
    /// Frames per second.
    pub fps: f64,
}

impl Job<'_> {
    fn size(&self) -> f64 {
        self.pixels / UNIT_PIXELS
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames / self.fps
    }

    /// Bytes at so many bits per pixel.
    pub fn bytes(&self, log_bpp: f64) -> f64 {
        libm::exp(log_bpp) * self.pixels * self.frames / 8.0
    }

    /// Log of bits per pixel of so many bytes.
    pub fn log_bpp(&self, bytes: f64) -> f64 {
        libm::log(bytes * 8.0 / (self.pixels * self.frames))
    }
}

/// Log bits per pixel, SI and TI are measured from these, about the middle of what was seen: a
/// coefficient then hardly changes what the others mean.
pub(crate) const MIDDLE_LOG_BPP: f64 = -2.8;
pub(crate) const MIDDLE_PROBE: f64 = -1.0;
const MIDDLE_SI: f64 = 4.0;
const MIDDLE_TI: f64 = 1.5;
const MIDDLE_CRF: f64 = 23.0;
const CRF_STEP: f64 = 5.0;
const MIDDLE_FPS: f64 = 25.0;

/// What the time of a frame depends on beside preset, frame size and bits.
pub fn time_features(job: &Job<'_>, content: &Content) -> [f64; 6] {
    [
        content.si - MIDDLE_SI,
        content.ti - MIDDLE_TI,
        libm::log(job.fps / MIDDLE_FPS),
        (job.crf - MIDDLE_CRF) / CRF_STEP,
        libm::log(job.height / job.source_height),
        (KEY_FRAME_IN / job.frames.min(NATURAL_FRAMES)).min(MOST_KEY_FRAMES),
    ]
}

/// Frames between key frames at most, x264's default: longer chunks have more than one.
pub const NATURAL_FRAMES: f64 = 250.0;

/// Each chunk begins with a key frame, which spends many bits and little search: its share of the frames,
/// in units of one in 25; measured up to one in ten.
const KEY_FRAME_IN: f64 = 25.0;
const MOST_KEY_FRAMES: f64 = 2.5;

/// What bits per pixel depend on beside the preset.
pub fn bits_features(job: &Job<'_>, content: &Content) -> [f64; 6] {
    let [probe, si, ti] = content_features(content);
    [
        probe,
        (job.crf - MIDDLE_CRF) / CRF_STEP,
        libm::log(job.size()),
        job.fps / job.frames.min(NATURAL_FRAMES),
        si,
        ti,
    ]
}

fn content_features(content: &Content) -> [f64; 3] {
    [
        content.log_probe_bpp - MIDDLE_PROBE,
        content.si - MIDDLE_SI,
        content.ti - MIDDLE_TI,
    ]
}

/// Log bits per pixel as the time's features count them.
pub fn centred_bits(log_bpp: f64) -> f64 {
    log_bpp - MIDDLE_LOG_BPP
}

/// Log frame size in units of 1280 x 720.
pub fn log_size(job: &Job<'_>) -> f64 {
    libm::log(job.size())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Model {
    /// Expected log bits per pixel.
    pub fn log_bpp(&self, job: &Job<'_>, content: &Content) -> f64 {
        let intercept = self.between(job.preset, |row| row.log_bpp);
        intercept + dot(&self.bits.features, &bits_features(job, content))
    }

    /// CPU seconds of one thread on the machine of the calibration, median.
    pub fn cpu_seconds(&self, job: &Job<'_>, log_bpp: f64, content: &Content) -> f64 {
        let [process, start, frames] = self.cpu_parts(job, log_bpp, content);
        process + start + frames
    }

    /// Those of a process, of its start with frames of this size, and of the frames.
    fn cpu_parts(&self, job: &Job<'_>, log_bpp: f64, content: &Content) -> [f64; 3] {
        let of = |part: fn(&PresetTime) -> f64| self.between(job.preset, part);
        let start = libm::exp(of(|row| row.log_start_per_mp_s)) * job.size();
        let frame = of(|row| row.log_frame_s)
            + self.beyond(job.preset)
            + of(|row| row.size) * log_size(job)
            + of(|row| row.bits) * centred_bits(log_bpp)
            + dot(&self.time.features, &time_features(job, content));
        [self.time.start_s, start, job.frames * libm::exp(frame)]
    }

    /// CPU seconds to decode a source and scale it to the output's size.
    pub fn decode_seconds(&self, source_mpx: f64, source_mbit: f64, scaled: bool) -> f64 {
        let Decode {
            start_s,
            per_mpx_s,
            per_mbit_s,
            scale_per_mpx_s,
            ..
        } = self.decode;
        let scale = if scaled {
            scale_per_mpx_s * source_mpx
        } else {
            0.0
        };
        start_s + per_mpx_s * source_mpx + per_mbit_s * source_mbit + scale
    }

    /// A preset's number.
    fn between(&self, preset: &str, part: impl Fn(&PresetTime) -> f64) -> f64 {
        let shares = self.shares(preset).into_iter();
        shares
            .map(|(at, share)| share * part(&self.time.presets[at]))
            .sum()
    }

    /// The share of each measured preset in one.
    fn shares_of_all(&self, preset: &str) -> Vec<f64> {
        let mut all = vec![0.0; self.time.presets.len()];
        for (at, share) in self.shares(preset) {
            all[at] += share;
        }
        all
    }

    /// The measured presets that stand for one, and their shares: itself; two that it lies between in the
    /// order of their cost where it was not measured; the nearest beyond them.
    fn shares(&self, preset: &str) -> Vec<(usize, f64)> {
        let rows = &self.time.presets;
        if let Some(at) = rows.iter().position(|row| row.preset == preset) {
            return vec![(at, 1.0)];
        }
        let wanted = preset_cost(preset);
        let costs = || {
            let each = rows.iter().map(|row| preset_cost(&row.preset));
            each.enumerate().map(|(at, cost)| (cost, at))
        };
        let below = costs().filter(|(cost, _)| *cost <= wanted);
        let above = costs().filter(|(cost, _)| *cost > wanted);
        let below = below.max_by(|a, b| a.0.total_cmp(&b.0));
        let above = above.min_by(|a, b| a.0.total_cmp(&b.0));
        match (below, above) {
            (Some((low, a)), Some((high, b))) => {
                let share = (wanted - low) / (high - low);
                vec![(a, 1.0 - share), (b, share)]
            }
            (Some((_, at)), None) | (None, Some((_, at))) => vec![(at, 1.0)],
            (None, None) => vec![(0, 1.0)],
        }
    }

    /// How much longer a frame takes with a preset beyond the measured ones than with the nearest of them.
    fn beyond(&self, preset: &str) -> f64 {
        let costs = || self.time.presets.iter().map(|row| preset_cost(&row.preset));
        let low = costs().fold(f64::INFINITY, f64::min);
        let high = costs().fold(f64::NEG_INFINITY, f64::max);
        let wanted = preset_cost(preset);
        wanted - wanted.clamp(low, high.max(low))
    }

    /// Whether a preset was measured.
    pub fn knows(&self, preset: &str) -> bool {
        self.time.presets.iter().any(|row| row.preset == preset)
    }
}
