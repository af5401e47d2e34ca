//! The clips of a folder.

use super::child;
use super::tool::ffmpeg;
use std::path::{Path, PathBuf};

/// A clip shorter than this gives no chunk.
const SHORTEST_S: f64 = 1.0;

/// Extensions that are taken for video.
const EXTENSIONS: [&str; 11] = [
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "ogv", "y4m", "ts",
];

/// Name of the folder whose clips are no pictures of the world.
const SYNTHETIC: &str = "synthetic";

/// A clip. Clips of one source are held out together.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    pub source: String,
    pub name: String,
    pub path: PathBuf,
    pub synthetic: bool,
    pub width: u32,
    pub height: u32,
    pub fps: f64,
    pub length_s: f64,
}

/// What a file says of its video.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Facts {
    width: u32,
    height: u32,
    fps: f64,
    length_s: f64,
}

/// The clips of a folder and of its folders, in the order of their names, and what was left out and
/// why. A folder's clips are cut from one source; `synthetic` holds clips of sources of their own.
pub fn find(folder: &Path) -> Result<(Vec<Clip>, Vec<String>), String> {
    let (mut clips, mut left_out) = (Vec::new(), Vec::new());
    for path in entries(folder)? {
        let name = stem(&path);
        if path.is_dir() {
            for inner in entries(&path)?.into_iter().filter(|path| path.is_file()) {
                let synthetic = name == SYNTHETIC;
                let source = if synthetic {
                    stem(&inner)
                } else {
                    name.clone()
                };
                add(&inner, source, synthetic, &mut clips, &mut left_out)?;
            }
        } else {
            add(&path, name, false, &mut clips, &mut left_out)?;
        }
    }
    if clips.is_empty() {
        let why = match left_out.is_empty() {
            true => format!("no clips there ({})", EXTENSIONS.join(", ")),
            false => format!("no usable clips there: {}", left_out.join("; ")),
        };
        return Err(format!("{}: {why}", folder.display()));
    }
    Ok((clips, left_out))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let bad = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(bad)?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Name without extension, and without what would break a row.
fn stem(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    name.chars().map(plain).collect()
}

fn add(
    path: &Path,
    source: String,
    synthetic: bool,
    clips: &mut Vec<Clip>,
    left_out: &mut Vec<String>,
) -> Result<(), String> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    if !EXTENSIONS.contains(&extension.as_str()) {
        return Ok(());
    }
    // Without an output ffmpeg describes its input and ends with an error.
    let (output, _) = child::run(ffmpeg().arg("-hide_banner").arg("-i").arg(path))?;
    match facts(&String::from_utf8_lossy(&output.stderr)) {
        Ok(facts) => clips.push(Clip {
            source,
            name: stem(path),
            path: path.to_owned(),
            synthetic,
            width: facts.width,
            height: facts.height,
            fps: facts.fps,
            length_s: facts.length_s,
        }),
        Err(why) => left_out.push(format!("{}: {why}", path.display())),
    }
    Ok(())
}

/// Reads what ffmpeg says of its input.
fn facts(text: &str) -> Result<Facts, String> {
    let length = text
        .lines()
        .find_map(|line| seconds(line.trim().strip_prefix("Duration: ")?.split(',').next()?));
    let video = text
        .lines()
        .find(|line| line.trim().starts_with("Stream #") && line.contains(" Video: "))
        .ok_or("no video")?;
    let parts = || video.split(", ");
    let (width, height) = parts().find_map(frame).ok_or("no frame size")?;
    let rate =
        |unit: &str| parts().find_map(|part| part.trim().strip_suffix(unit)?.trim().parse().ok());
    let fps: f64 = rate(" fps")
        .or_else(|| rate(" tbr"))
        .ok_or("no frame rate")?;
    let length_s = length.ok_or("no length")?;
    match length_s < SHORTEST_S || !(1.0..=240.0).contains(&fps) {
        true => Err(format!(
            "{length_s} s at {fps} frames per second cannot be used"
        )),
        false => Ok(Facts {
            width,
            height,
            fps,
            length_s,
        }),
    }
}

/// `1280x720 [SAR 1:1 DAR 16:9]`.
fn frame(part: &str) -> Option<(u32, u32)> {
    let (width, height) = part.trim().split(' ').next()?.split_once('x')?;
    let size = (width.parse().ok()?, height.parse().ok()?);
    (size.0 >= 16 && size.1 >= 16).then_some(size)
}

/// `00:00:55.10`.
fn seconds(clock: &str) -> Option<f64> {
    let mut sum = 0.0;
    for part in clock.trim().split(':') {
        sum = sum * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffmpeg_says_of_a_clip_is_understood() {
        let text = "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'x.mp4':\n  \
            Duration: 00:01:05.25, start: 0.000000, bitrate: 1589 kb/s\n  \
            Stream #0:1[0x2](und): Audio: aac (LC), 48000 Hz, 5.1, fltp, 383 kb/s (default)\n  \
            Stream #0:0[0x1](und): Video: h264 (Main) (avc1 / 0x31637661), yuv420p(tv, bt709), 1280x720 [SAR 1:1 DAR 16:9], 1205 kb/s, 23.98 fps, 24k tbn (default)\n";
        let found = facts(text).unwrap();
        assert_eq!((found.width, found.height), (1280, 720));
        assert_eq!((found.fps, found.length_s), (23.98, 65.25));
    }

    #[test]
    fn what_is_no_video_says_why() {
        assert_eq!(facts("x: Invalid data found").unwrap_err(), "no video");
        let still =
            "  Duration: 00:00:00.04, start\n  Stream #0:0: Video: png, rgb24(pc), 64x64, 25 fps\n";
        assert!(facts(still).unwrap_err().contains("cannot be used"));
    }
}
