//! Runs the steps of a plan, each as a worker would: one process, one thread, its own output file.

use super::anchors::Reference;
use super::child::{self, Usage};
use super::clips::Clip;
use super::plan::{Cell, Step, width};
use super::row::Record;
use super::tool::{Tool, ffmpeg};
use super::{anchors, machine, mp4, y4m};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Lines of the probe, and of the pictures that SI and TI are taken from.
const PROBE: u32 = 320;

/// Decoding alone reads at most so many seconds of a clip.
const DECODED_S: f64 = 10.0;

/// What is known of a chunk before it is encoded.
#[derive(Clone, Copy, Debug)]
struct Content {
    probe_bytes: u64,
    probe_cpu_s: f64,
    si: f64,
    ti: f64,
}

/// Runs encodes in a folder that vanishes with it.
#[derive(Debug)]
pub struct Runner<'c> {
    clips: &'c [Clip],
    tool: &'c Tool,
    folder: PathBuf,
    started: Instant,
    ticks: Option<(f64, f64)>,
    contents: HashMap<String, Content>,
}

impl Drop for Runner<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl<'c> Runner<'c> {
    /// Prepares a folder in memory if the system has one, so that reading pictures costs no disk time.
    pub fn new(clips: &'c [Clip], tool: &'c Tool) -> Result<Runner<'c>, String> {
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() {
            memory
        } else {
            std::env::temp_dir()
        };
        let folder = parent.join(format!("sim-calibrate-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok(Runner {
            clips,
            tool,
            folder,
            started: Instant::now(),
            ticks: machine::ticks(),
            contents: HashMap::new(),
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs the anchor and forgets it: the first process also waits for the encoder's libraries, which
    /// takes CPU time of the system.
    pub fn warm_up(&mut self) -> Result<(), String> {
        self.step(&Step::Anchor).map(|_| ())
    }

    /// Runs a step and describes it.
    pub fn step(&mut self, step: &Step) -> Result<Record, String> {
        match step {
            Step::Anchor => self
                .reference(&anchors::anchor(), "anchor")
                .map(|(row, ..)| row),
            Step::Encode { cell, again } => self.cell(cell, if *again { "repeat" } else { "grid" }),
            Step::Decode { clip, height } => self.decode(&self.clips[*clip], *height),
        }
    }

    /// The version that the encoder writes into its streams.
    pub fn encoder(&self) -> Option<String> {
        mp4::encoder(&self.file("out.mp4"))
    }

    /// Encodes test pictures: the row, CPU seconds and bytes of the file.
    pub fn reference(&mut self, of: &Reference, exp: &str) -> Result<(Record, f64, u64), String> {
        let pictures = self.file("chunk.y4m");
        let mut make = ffmpeg();
        make.args(["-v", "error", "-y", "-f", "lavfi", "-i", &of.pictures])
            .args([
                "-ss",
                &of.offset_s.to_string(),
                "-frames:v",
                &of.frames.to_string(),
            ])
            .args(["-pix_fmt", "yuv420p"])
            .arg(&pictures);
        child::succeed(&mut make)?;
        let (usage, bytes, media) = self.encode(&pictures, &of.preset, of.crf)?;
        let mut row = self.row(exp, &usage);
        let source = of.pictures.split('=').next().unwrap_or_default();
        row.set("source", source);
        row.set("clip", exp);
        row.set("synthetic", 1);
        row.set("upscaled", 0);
        frame(&mut row, "src_w", "src_h", (of.width, of.height));
        frame(&mut row, "width", "height", (of.width, of.height));
        row.set("pixels", of.width * of.height);
        row.number("fps", of.fps);
        row.number("offset_s", of.offset_s);
        row.number("chunk_s", of.length_s);
        row.set("frames", of.frames);
        settings(&mut row, &of.preset, of.crf);
        row.set("mp4_bytes", bytes);
        row.set("es_bytes", media);
        Ok((row, usage.cpu_s(), bytes))
    }

    fn cell(&mut self, cell: &Cell, exp: &str) -> Result<Record, String> {
        let clip = &self.clips[cell.clip];
        let content = self.content(clip, cell)?;
        let pictures = self.file("chunk.y4m");
        let size = (width(clip, cell.height), cell.height);
        cut(clip, cell, size, &pictures)?;
        let frames = y4m::count(&pictures)?;
        let (usage, bytes, media) = self.encode(&pictures, cell.preset, cell.crf)?;
        let mut row = self.row(exp, &usage);
        row.set("source", &clip.source);
        row.set("clip", &clip.name);
        row.set("synthetic", u8::from(clip.synthetic));
        row.set("upscaled", u8::from(cell.height > clip.height));
        frame(&mut row, "src_w", "src_h", (clip.width, clip.height));
        frame(&mut row, "width", "height", size);
        row.set("pixels", size.0 * size.1);
        row.number("fps", clip.fps);
        row.number("offset_s", cell.offset_s);
        row.number("chunk_s", cell.length_s);
        row.set("frames", frames);
        settings(&mut row, cell.preset, cell.crf);
        row.set("mp4_bytes", bytes);
        row.set("es_bytes", media);
        row.set("probe320_es_bytes", content.probe_bytes);
        row.number("probe320_cpu_s", content.probe_cpu_s);
        row.number("si_mean", content.si);
        row.number("ti_mean", content.ti);
        Ok(row)
    }

    /// Probe and picture information of a chunk, once per chunk.
    fn content(&mut self, clip: &Clip, cell: &Cell) -> Result<Content, String> {
        let key = format!("{} {} {}", cell.clip, cell.offset_s, cell.length_s);
        if let Some(known) = self.contents.get(&key) {
            return Ok(*known);
        }
        let pictures = self.file("probe.y4m");
        cut(clip, cell, (width(clip, PROBE), PROBE), &pictures)?;
        let (si, ti) = y4m::information(&pictures)?;
        let (usage, _, media) = self.encode(&pictures, "ultrafast", 28)?;
        let content = Content {
            probe_bytes: media,
            probe_cpu_s: usage.cpu_s(),
            si,
            ti,
        };
        self.contents.insert(key, content);
        Ok(content)
    }

    /// One encode of raw pictures: what it used, bytes of the file, and of its media.
    fn encode(&self, pictures: &Path, preset: &str, crf: u32) -> Result<(Usage, u64, u64), String> {
        let out = self.file("out.mp4");
        let (_, usage) = child::succeed(&mut encode(pictures, preset, crf, &out))?;
        let (bytes, media) = mp4::media_bytes(&out)?;
        Ok((usage, bytes, media))
    }

    /// Decoding and scaling the beginning of a clip without an encoder.
    fn decode(&mut self, clip: &Clip, height: u32) -> Result<Record, String> {
        let source = self.file("source.mkv");
        let mut copy = ffmpeg();
        copy.args(["-v", "error", "-y", "-i"])
            .arg(&clip.path)
            .args(["-t", &DECODED_S.to_string(), "-an", "-c", "copy"])
            .arg(&source);
        child::succeed(&mut copy)?;
        let size = (width(clip, height), height);
        let mut decode = ffmpeg();
        decode
            .args(["-v", "error", "-filter_threads", "1", "-threads", "1", "-i"])
            .arg(&source)
            .args(["-an", "-progress", "pipe:1"])
            .args(scaling(clip, size))
            .args(["-f", "null", "-"]);
        let (output, usage) = child::succeed(&mut decode)?;
        let said = String::from_utf8_lossy(&output.stdout);
        let frames = said
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("frame="));
        let bytes = std::fs::metadata(&source).map_err(|e| e.to_string())?.len();
        let mut row = self.row("decode_scale", &usage);
        row.set("source", &clip.source);
        row.set("clip", &clip.name);
        row.set("synthetic", u8::from(clip.synthetic));
        frame(&mut row, "src_w", "src_h", (clip.width, clip.height));
        frame(&mut row, "width", "height", size);
        row.number("fps", clip.fps);
        row.set("frames", frames.unwrap_or_default().trim());
        row.set("threads", 1);
        // The source's, not the result's: there is none.
        row.set("mp4_bytes", bytes);
        row.set("es_bytes", bytes);
        Ok(row)
    }

    /// A row with what every run has.
    fn row(&mut self, exp: &str, usage: &Usage) -> Record {
        let mut row = Record::default();
        row.set("exp", exp);
        row.number("user_s", usage.user_s);
        row.number("sys_s", usage.system_s);
        row.number("cpu_s", usage.cpu_s());
        row.number("wall_s", usage.wall_s);
        row.set("nvcsw", usage.voluntary_switches);
        row.set("nivcsw", usage.involuntary_switches);
        if let Some(load) = machine::load() {
            row.number("load1", load);
        }
        let now = machine::ticks();
        if let (Some((all, stolen)), Some((all_before, stolen_before))) = (now, self.ticks) {
            let share = (stolen - stolen_before) / (all - all_before).max(1.0);
            row.number("steal_frac", share);
        }
        self.ticks = now;
        row.number("t_rel_s", self.started.elapsed().as_secs_f64());
        row.set("tool", &self.tool.name);
        row
    }
}

fn frame(row: &mut Record, across: &'static str, down: &'static str, size: (u32, u32)) {
    row.set(across, size.0);
    row.set(down, size.1);
}

fn settings(row: &mut Record, preset: &str, crf: u32) {
    row.set("preset", preset);
    row.set("crf", crf);
    row.set("threads", 1);
}

/// Cuts a chunk out of a clip as raw pictures.
fn cut(clip: &Clip, cell: &Cell, size: (u32, u32), to: &Path) -> Result<(), String> {
    let mut command = ffmpeg();
    command
        .args(["-v", "error", "-y", "-ss", &cell.offset_s.to_string(), "-i"])
        .arg(&clip.path)
        .args(["-t", &cell.length_s.to_string(), "-an"])
        .args(scaling(clip, size))
        .args(["-pix_fmt", "yuv420p"])
        .arg(to);
    child::succeed(&mut command).map(|_| ())
}

fn scaling(clip: &Clip, (width, height): (u32, u32)) -> Vec<String> {
    match (width, height) == (clip.width, clip.height) {
        true => Vec::new(),
        false => vec!["-vf".to_owned(), format!("scale={width}:{height},setsar=1")],
    }
}

/// An encode as a worker would run it. Threads of decoder and filters count too.
pub fn encode(pictures: &Path, preset: &str, crf: u32, out: &Path) -> Command {
    let mut command = ffmpeg();
    command
        .args([
            "-v",
            "error",
            "-y",
            "-filter_threads",
            "1",
            "-threads",
            "1",
            "-i",
        ])
        .arg(pictures)
        .args(["-an", "-c:v", "libx264", "-preset", preset])
        .args(["-crf", &crf.to_string(), "-threads", "1"])
        .arg(out);
    command
}
