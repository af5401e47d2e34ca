//! The measured x264 model ([`super::model`]): time and bytes of a chunk from one draw of its content.
//!
//! A video draws its content once; its seconds vary about it, neighbours alike (autoregressive along the
//! video), whatever chunks it is cut into. A chunk begins with a key frame, so short chunks weigh more, by as
//! much as was measured for the content. Time and bytes both follow from the chunk's content, and each has a
//! part that the model does not explain, common to the video and the chunk's own, as large as on sources
//! that were held out. Draws belong to the chunk, not to the body: encoding it again takes as long and
//! gives the same bytes.
//!
//! CPU seconds of the calibrated machine become those of one vCPU by the factor `encoder.k`.

use super::model::{Content, Job, KeyFrames, Model, NATURAL_FRAMES};
use super::{Chunk, Encoded, Work};
use crate::law::normal_quantile;
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use crate::time::millis;
use std::sync::Arc;
use std::time::Duration;

/// Seconds back that a second's content still depends on: 0.75 to the twelfth is 3 %.
const MEMORY: usize = 12;

/// Draws of a video, and from this place on of each of its seconds (the first three) and chunks.
const VIDEO_DRAWS: u64 = 8;
const CHUNK_DRAWS: u64 = 8;

/// Draw of what further key frames cost a video.
const KEY_FRAME_DRAW: u64 = 6;

/// Length of the chunks that content and bits were measured on: harmonic mean of 1, 2, 4 and 8 s.
const MEASURED_S: f64 = 32.0 / 15.0;

/// Two threads are 1.40 times as fast as one and take 1.04 times its CPU time (median of 56 pairs on two
/// vCPUs): by Amdahl's law so much of that time is not shared.
const THREADS_CPU: f64 = 1.04;
const SERIAL: f64 = 2.0 / 1.40 - THREADS_CPU;

/// The law's parameters.
#[derive(Clone, Debug)]
pub struct Calibrated {
    model: Arc<Model>,
    preset: String,
    crf: f64,
    height: f64,
    fps: f64,
    source_height: f64,
    source_kb_per_s: f64,
    source_gop_s: f64,
    threads: u32,
    /// CPU seconds of one vCPU per CPU second of the calibrated core.
    k: f64,
    /// The content's middle, and whether videos differ.
    middle: [f64; 3],
    mixed: bool,
    /// Lower triangular factors of the covariances.
    between: [[f64; 3]; 3],
    within: [[f64; 3]; 3],
    /// What further key frames cost (see [`super::model::KeyFrames`]): the source's own, or those of the
    /// sources of which that was measured, of which a video draws one.
    key_frames_s: Vec<f64>,
}

impl Calibrated {
    /// Reads the keys.
    pub fn new(settings: &Settings, model: &Arc<Model>) -> Result<Calibrated, String> {
        let content = settings.text("encoder.content");
        let prior = &model.content;
        let source = prior.sources.iter().find(|source| source.name == content);
        let middle = match (content, source) {
            ("mixed", _) => prior.mean,
            (_, Some(source)) => source.mean,
            (name, None) => {
                let known: Vec<&str> = prior.sources.iter().map(|s| s.name.as_str()).collect();
                let known = known.join(", ");
                return Err(format!(
                    "`encoder.content` is `{name}`; expected mixed, or a source of the calibration: {known}"
                ));
            }
        };
        let own = |row: &&KeyFrames| content == "mixed" || row.source == content;
        let measured = &model.join.key_frames;
        let excess = |row: &KeyFrames| row.excess_s;
        let mut key_frames_s: Vec<f64> = measured.iter().filter(own).map(excess).collect();
        if key_frames_s.is_empty() {
            key_frames_s = measured.iter().map(excess).collect();
        }
        Ok(Calibrated {
            preset: settings.text("encoder.preset").to_owned(),
            crf: settings.number("encoder.crf"),
            height: settings.number("encoder.height"),
            fps: settings.number("encoder.fps"),
            source_height: settings.number("encoder.source_height"),
            source_kb_per_s: settings.number("video.source_kb_per_s"),
            source_gop_s: settings.number("encoder.source_gop_s"),
            threads: settings.count("encoder.threads") as u32,
            k: settings.number("encoder.k"),
            middle,
            mixed: content == "mixed",
            between: factor(&prior.between),
            within: factor(&prior.within),
            key_frames_s,
            model: Arc::clone(model),
        })
    }

    fn job(&self, seconds: f64, height: f64) -> Job<'_> {
        Job {
            preset: &self.preset,
            crf: self.crf,
            pixels: frame_pixels(height),
            height,
            source_height: self.source_height,
            frames: (seconds * self.fps).round().max(1.0),
            fps: self.fps,
        }
    }

    /// Content of a chunk: the mean over its seconds, as probe, SI and TI of a chunk are. However a video
    /// is cut, its seconds are the same.
    fn content(&self, chunk: &Chunk, draw: &impl Fn(u64) -> f64) -> Content {
        let mut middle = self.middle;
        if self.mixed {
            add(&mut middle, &self.between, [0, 1, 2].map(draw));
        }
        // Moving average form of the autoregression, cut off where nothing is left.
        let rho = self.model.content.lag1;
        let weights: Vec<f64> = (0..MEMORY)
            .map(|back| libm::pow(rho, back as f64))
            .collect();
        let length = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
        let seconds = (chunk.seconds.round() as usize).max(1);
        // Before the first second the video had others.
        let first = chunk.from_s as u64 + 1;
        let news: Vec<[f64; 3]> = (first..first + (seconds + MEMORY - 1) as u64)
            .map(|second| {
                let at = VIDEO_DRAWS + CHUNK_DRAWS * second;
                [at, at + 1, at + 2].map(draw)
            })
            .collect();
        let each = news.windows(MEMORY).map(|news| {
            let own = std::array::from_fn(|i| {
                let past = news.iter().rev().zip(&weights);
                past.map(|(z, weight)| weight * z[i]).sum::<f64>() / length
            });
            let mut content = middle;
            add(&mut content, &self.within, own);
            Content::from_vector(content)
        });
        Content::mean(&each.collect::<Vec<_>>())
    }

    /// Log of the bits of a video in chunks of this length against chunks as they were measured.
    fn key_frames(&self, seconds: f64, u: f64) -> f64 {
        let known = self.key_frames_s.len();
        let Some(excess_s) = self
            .key_frames_s
            .get((u * known as f64) as usize)
            .or(self.key_frames_s.last())
        else {
            return 0.0;
        };
        let natural_s = NATURAL_FRAMES / self.fps;
        let weight = |s: f64| libm::log1p(excess_s * (1.0 / s - 1.0 / natural_s).max(0.0));
        weight(seconds) - weight(MEASURED_S)
    }

    /// Time and bytes of a chunk.
    pub fn chunk(&self, chunk: &Chunk, streams: &Streams) -> Encoded {
        let entity = u64::from(chunk.execution);
        let pick = |turn: u64| streams.pick(Purpose::Content, entity, 0, turn);
        let draw = |turn: u64| normal_quantile(pick(turn));
        let content = self.content(chunk, &draw);
        let own = VIDEO_DRAWS + CHUNK_DRAWS * (u64::from(chunk.index) + MEMORY as u64);
        let left = &self.model.residual;
        let surprise = |video: f64, chunk: f64, place: u64| {
            video * draw(3 + place) + chunk * draw(own + 3 + place)
        };
        let job = self.job(chunk.seconds, chunk.height.unwrap_or(self.height));
        let as_measured = Job {
            frames: MEASURED_S * self.fps,
            ..job
        };
        let bits = self.model.log_bpp(&as_measured, &content)
            + self.key_frames(chunk.seconds, pick(KEY_FRAME_DRAW))
            + surprise(left.bits_video, left.bits_chunk, 0);
        let unexplained = libm::exp(surprise(left.time_video, left.time_chunk, 1));
        let encode = self.model.cpu_seconds(&job, bits, &content) * unexplained;
        self.encoded(chunk, encode, job.bytes(bits), job.frames)
    }

    /// An encode of so many CPU seconds and bytes, after decoding and in its container.
    pub fn encoded(&self, chunk: &Chunk, encode_s: f64, bytes: f64, frames: f64) -> Encoded {
        let join = &self.model.join;
        let container = join.container_bytes + join.container_bytes_per_frame * frames;
        Encoded {
            work: self.work(encode_s + self.decode_s(chunk, frames)),
            bytes: Some((bytes + container).round() as u64),
        }
    }

    /// CPU seconds of opening the source's chunk and scaling it.
    fn decode_s(&self, chunk: &Chunk, frames: f64) -> f64 {
        let source_mpx = frame_pixels(self.source_height) * frames / 1e6;
        let source_mbit = self.source_kb_per_s * chunk.seconds * 8e-3;
        let scaled = chunk.height.unwrap_or(self.height) != self.source_height;
        self.model.decode_seconds(source_mpx, source_mbit, scaled)
    }

    /// Loss of PSNR against an encode of the whole: each key frame that the content did not ask for
    /// takes bits from the others. An encode of the whole has one at least every 250 frames.
    pub fn psnr_loss_db(&self, chunk_s: f64) -> f64 {
        let natural_s = NATURAL_FRAMES / self.fps;
        self.model.join.psnr_loss_db_s * (1.0 / chunk_s - 1.0 / natural_s).max(0.0)
    }

    /// CPU seconds of the calibrated core as work of this one's threads.
    fn work(&self, seconds: f64) -> Work {
        let own = self.k * seconds;
        match self.threads {
            1 => Work::Compute(of(own)),
            threads => Work::Threads {
                serial: of(own * SERIAL),
                each: of(own * (THREADS_CPU - SERIAL) / f64::from(threads)),
                threads,
            },
        }
    }

    /// Cutting a source into chunks, by stream copy; where its key frames are too far apart, after an
    /// encode of the whole that puts one at every cut.
    pub fn split(&self, length_s: f64, chunks: u32) -> Work {
        let cut = self.model.join.cut_per_file_s * f64::from(chunks);
        let mezzanine = match self.needs_mezzanine(length_s / f64::from(chunks)) {
            true => {
                let job = Job {
                    preset: "ultrafast",
                    ..self.job(length_s, self.source_height)
                };
                let content = Content::from_vector(self.middle);
                let bits = self.model.log_bpp(&job, &content);
                let mpx = job.pixels * job.frames / 1e6;
                let mbit = self.source_kb_per_s * length_s * 8e-3;
                self.model.cpu_seconds(&job, bits, &content)
                    + self.model.decode_seconds(mpx, mbit, false)
            }
            false => 0.0,
        };
        self.work(cut + mezzanine)
    }

    /// What the chunks of the source weigh against the source.
    pub fn source_ratio(&self, chunk_s: f64) -> f64 {
        match self.needs_mezzanine(chunk_s) {
            true => self.model.join.mezzanine_ratio,
            false => 1.0,
        }
    }

    fn needs_mezzanine(&self, chunk_s: f64) -> bool {
        // Cuts fall on key frames if chunks are whole multiples of their distance.
        let share = chunk_s / self.source_gop_s;
        self.source_gop_s > 0.0 && (share - share.round()).abs() > 0.01
            || chunk_s < self.source_gop_s
    }

    /// Joining segments by stream copy.
    pub fn join(&self, segments: usize) -> Work {
        let join = &self.model.join;
        self.work(join.start_s + join.per_chunk_s * segments as f64)
    }
}

fn of(seconds: f64) -> Duration {
    millis(seconds * 1e3)
}

/// Pixels of a 16:9 frame of so many lines, its width even.
fn frame_pixels(height: f64) -> f64 {
    (height * 8.0 / 9.0).round() * 2.0 * height
}

fn add(sum: &mut [f64; 3], factor: &[[f64; 3]; 3], z: [f64; 3]) {
    for (value, row) in sum.iter_mut().zip(factor) {
        *value += row.iter().zip(z).map(|(f, z)| f * z).sum::<f64>();
    }
}

/// Cholesky factor of a covariance.
fn factor(of: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let mut l = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..=i {
            let done: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            l[i][j] = match i == j {
                true => (of[i][i] - done).max(0.0).sqrt(),
                false if l[j][j] > 0.0 => (of[i][j] - done) / l[j][j],
                false => 0.0,
            };
        }
    }
    l
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use crate::settings::Setting;

    fn law(keys: &[(&str, Setting)]) -> Calibrated {
        let mut settings = Settings::defaults(registry::keys());
        for (path, value) in keys {
            settings.set(path, value.clone());
        }
        Calibrated::new(&settings, &Model::reference()).expect("known content")
    }

    fn chunk(execution: u32, index: u32) -> Chunk {
        Chunk {
            execution,
            index,
            from_s: f64::from(index),
            seconds: 1.0,
            height: None,
        }
    }

    fn seconds(encoded: &Encoded) -> f64 {
        match encoded.work {
            Work::Compute(length) => length.as_secs_f64(),
            ref other => panic!("{other:?}"),
        }
    }

    #[test]
    fn time_and_bytes_go_together_and_neighbours_are_alike() {
        let law = law(&[]);
        let streams = Streams::new(1, 0);
        let draw = |execution, index| {
            let encoded = law.chunk(&chunk(execution, index), &streams);
            (
                libm::log(seconds(&encoded)),
                libm::log(encoded.bytes.unwrap() as f64),
            )
        };
        let correlation = |pairs: &[(f64, f64)]| {
            let n = pairs.len() as f64;
            let (a, b) = pairs
                .iter()
                .fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
            let of = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
            of(&|p| (p.0 - a) * (p.1 - b))
                / (of(&|p| (p.0 - a).powi(2)) * of(&|p| (p.1 - b).powi(2))).sqrt()
        };
        let videos: Vec<(f64, f64)> = (0..400).map(|video| draw(video, 0)).collect();
        assert!(correlation(&videos) > 0.8);
        let alike: Vec<(f64, f64)> = (0..400)
            .map(|video| (draw(video, 3).1, draw(video, 4).1))
            .collect();
        let apart: Vec<(f64, f64)> = (0..400)
            .map(|video| (draw(video, 3).1, draw(video + 400, 4).1))
            .collect();
        assert!(correlation(&alike) > 0.85 && correlation(&apart).abs() < 0.2);
    }

    #[test]
    fn a_slower_preset_a_larger_frame_and_a_slower_core_take_longer() {
        let streams = Streams::new(1, 0);
        let of = |keys: &[(&str, Setting)]| seconds(&law(keys).chunk(&chunk(0, 0), &streams));
        let preset = |name: &str| of(&[("encoder.preset", Setting::Text(name.to_owned()))]);
        assert!(preset("ultrafast") < preset("veryfast") && preset("veryfast") < preset("medium"));
        assert!(preset("veryfast") < preset("fast") && preset("fast") < preset("medium"));
        assert!(preset("slow") < preset("slower") && preset("veryslow") < preset("placebo"));
        let height = |lines| of(&[("encoder.height", Setting::Int(lines))]);
        assert!(height(320) < height(480) && height(480) < height(1080));
        let ratio =
            of(&[("encoder.k", Setting::Float(3.2))]) / of(&[("encoder.k", Setting::Float(1.6))]);
        assert!((ratio - 2.0).abs() < 1e-6, "{ratio}");
    }

    type Total = (&'static str, i64, &'static str, f64, u32, f64, f64, f64);

    /// Clip, lines, preset, seconds of a chunk, frames, frames per second, CPU seconds and bytes of all
    /// chunks: rows of x264-chunking.csv.
    const MEASURED: [Total; 10] = [
        ("tos", 320, "veryfast", 1.0, 1680, 24.0, 15.042, 7_619_228.0),
        ("tos", 320, "veryfast", 8.0, 1680, 24.0, 10.326, 7_212_228.0),
        ("tos", 320, "medium", 1.0, 1680, 24.0, 30.774, 8_104_401.0),
        ("tos", 320, "medium", 4.0, 1680, 24.0, 27.584, 7_825_746.0),
        ("vtest", 480, "veryfast", 1.0, 780, 10.0, 8.622, 5_942_970.0),
        ("vtest", 480, "veryfast", 4.0, 780, 10.0, 4.371, 3_260_671.0),
        ("bbb", 480, "medium", 1.0, 1320, 24.0, 22.964, 5_161_677.0),
        ("bbb", 480, "medium", 4.0, 1320, 24.0, 19.905, 4_250_317.0),
        ("bbb", 720, "veryfast", 1.0, 1320, 24.0, 20.192, 8_127_885.0),
        ("bbb", 720, "veryfast", 4.0, 1320, 24.0, 16.414, 6_246_136.0),
    ];

    #[test]
    fn measured_totals_of_whole_videos_lie_within_the_intervals_of_the_simulated_ones() {
        let (mut inside_s, mut inside_bytes, mut below) = (0, 0, 0);
        for (content, height, preset, chunk_s, frames, fps, total_s, bytes) in MEASURED {
            let law = law(&[
                ("encoder.content", Setting::Text(content.to_owned())),
                ("encoder.preset", Setting::Text(preset.to_owned())),
                ("encoder.height", Setting::Int(height)),
                ("encoder.source_height", Setting::Int(height)),
                ("encoder.fps", Setting::Float(fps)),
                ("encoder.k", Setting::Float(1.0)),
            ]);
            let length = f64::from(frames) / fps;
            let chunks = (length / chunk_s - 1e-6).ceil() as u32;
            let streams = Streams::new(1, 0);
            let total = |execution: u32| {
                let mut sum = (0.0, 0.0);
                for index in 0..chunks {
                    let rest = length - f64::from(index) * chunk_s;
                    let own = Chunk {
                        from_s: f64::from(index) * chunk_s,
                        seconds: rest.min(chunk_s),
                        ..chunk(execution, index)
                    };
                    let encoded = law.chunk(&own, &streams);
                    // The measured encodes read raw pictures.
                    let decode = law.decode_s(&own, (own.seconds * fps).round());
                    sum.0 += seconds(&encoded) - decode;
                    sum.1 += encoded.bytes.unwrap() as f64;
                }
                sum
            };
            let totals: Vec<(f64, f64)> = (0..200).map(total).collect();
            let inside = |of: fn(&(f64, f64)) -> f64, measured: f64| {
                let mut values: Vec<f64> = totals.iter().map(of).collect();
                values.sort_by(f64::total_cmp);
                (values[10]..values[189]).contains(&measured)
            };
            let (fits_s, fits_bytes) = (inside(|t| t.0, total_s), inside(|t| t.1, bytes));
            inside_s += u32::from(fits_s);
            inside_bytes += u32::from(fits_bytes);
            let median = totals.iter().filter(|t| t.0 < total_s).count();
            below += u32::from(median < 100);
            println!("{content} {height} {preset} {chunk_s}: {fits_s} {fits_bytes} {median}");
        }
        // Fewer than seven of ten happen to a 90 % interval once in eighty times.
        assert!(inside_s >= 7, "{inside_s} of 10 times");
        assert!(inside_bytes >= 7, "{inside_bytes} of 10 sizes");
        assert!(
            (1..=9).contains(&below),
            "{below} of 10 medians are too long"
        );
    }

    /// Bytes of all chunks of a video of so many seconds.
    fn bytes(law: &Calibrated, execution: u32, length_s: f64, chunk_s: f64) -> f64 {
        let streams = Streams::new(1, 0);
        let one = |index: u32| {
            let own = Chunk {
                from_s: f64::from(index) * chunk_s,
                seconds: chunk_s,
                ..chunk(execution, index)
            };
            law.chunk(&own, &streams).bytes.expect("the law says") as f64
        };
        (0..(length_s / chunk_s) as u32).map(one).sum()
    }

    #[test]
    fn short_chunks_weigh_more_by_as_much_as_was_measured_for_the_content() {
        // Rows of x264-chunking.csv: bytes in chunks of 1 s against chunks of 8 s.
        for (content, fps, measured) in [
            ("tos", 24.0, 7_539_234.0 / 7_185_333.0),
            ("bbb", 24.0, 8_064_647.0 / 5_999_414.0),
            ("vtest", 10.0, 5_865_486.0 / 2_762_338.0),
        ] {
            let law = law(&[
                ("encoder.content", Setting::Text(content.to_owned())),
                ("encoder.fps", Setting::Float(fps)),
            ]);
            let sum = |chunk_s| {
                (0..40)
                    .map(|video| bytes(&law, video, 64.0, chunk_s))
                    .sum::<f64>()
            };
            let ratio = sum(1.0) / sum(8.0);
            assert!(
                (ratio / measured - 1.0).abs() < 0.1,
                "{content}: {ratio} {measured}"
            );
        }
    }

    #[test]
    fn a_video_is_the_same_however_it_is_cut() {
        let law = law(&[]);
        for video in 0..20 {
            let [short, long] = [2.0, 16.0].map(|chunk_s| bytes(&law, video, 64.0, chunk_s));
            assert!(
                (0.7..2.3).contains(&(short / long)),
                "{video}: {short} {long}"
            );
        }
        let content = |from_s: f64, seconds: f64| {
            let own = Chunk {
                from_s,
                seconds,
                ..chunk(0, 0)
            };
            let streams = Streams::new(1, 0);
            let draw = |turn| normal_quantile(streams.pick(Purpose::Content, 0, 0, turn));
            law.content(&own, &draw)
        };
        let parts = [content(4.0, 1.0), content(5.0, 1.0)];
        assert_eq!(content(4.0, 2.0), Content::mean(&parts));
        assert_ne!(parts[0], parts[1]);
    }

    #[test]
    fn short_chunks_lose_quality_and_those_as_long_as_the_key_frame_distance_none() {
        let law = law(&[]);
        assert!(law.psnr_loss_db(1.0) > law.psnr_loss_db(4.0));
        assert!((0.3..0.6).contains(&law.psnr_loss_db(1.0)));
        assert_eq!(law.psnr_loss_db(10.0), 0.0);
        assert_eq!(law.psnr_loss_db(60.0), 0.0);
    }

    #[test]
    fn chunks_shorter_than_the_key_frame_distance_need_a_mezzanine() {
        let law = law(&[("encoder.source_gop_s", Setting::Float(4.0))]);
        assert_eq!(law.source_ratio(4.0), 1.0);
        assert_eq!(law.source_ratio(8.0), 1.0);
        assert!(law.source_ratio(1.0) > 1.0 && law.source_ratio(6.0) > 1.0);
    }
}
