//! What is not the encoder: decoding and scaling, joining and cutting.

use super::least_squares::{Prior, minimise};
use super::rows::Row;
use models::encoder::model::{Decode, Join, KeyFrames, NATURAL_FRAMES};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Decoding and scaling, from the rows `decode_scale`, whose `es_bytes` is the source's size.
pub(super) fn decode(rows: &[Row]) -> Decode {
    let measured: Vec<[f64; 4]> = rows
        .iter()
        .filter(|row| row.exp == "decode_scale" && row.synthetic.unwrap_or(0.0) == 0.0)
        .filter_map(|row| {
            let mpx = row.src_w? * row.src_h? * row.frames? / 1e6;
            let scaled = f64::from(u8::from(row.height? != row.src_h?));
            Some([
                mpx,
                row.es_bytes? * 8e-6,
                scaled * mpx,
                libm::log(row.cpu_s?),
            ])
        })
        .collect();
    if measured.len() < 8 {
        return Decode::default();
    }
    // Logs, so that every term is positive.
    let prior = [0.08, 7e-4, 0.02, 1e-3].map(|s| Prior {
        mean: libm::log(s),
        sd: 2.0,
    });
    let found = minimise(&prior, |theta| {
        let part = |place: usize| libm::exp(theta[place]);
        let each = measured.iter();
        each.map(|[mpx, mbit, scaled, log_s]| {
            let seconds = part(0) + part(1) * mpx + part(2) * mbit + part(3) * scaled;
            (libm::log(seconds) - log_s) / 0.1
        })
        .collect()
    });
    let part = |place: usize| libm::exp(found[place]);
    Decode {
        start_s: part(0),
        per_mpx_s: part(1),
        per_mbit_s: part(2),
        scale_per_mpx_s: part(3),
    }
}

/// One row of a chunking experiment: a clip encoded whole or in chunks, and joined.
#[derive(Clone, Debug, Deserialize)]
struct Chunking {
    clip: String,
    height: f64,
    preset: String,
    chunk_s: String,
    n_chunks: f64,
    frames: f64,
    sum_mp4_bytes: f64,
    sum_es_bytes: f64,
    concat_cpu_s: f64,
    psnr_y: Option<f64>,
    n_idr: Option<f64>,
}

/// Seconds of CPU per file that a stream copy cuts: 0.06 to 0.10 measured with Debian's ffmpeg 5.1.9.
const CUT_PER_FILE_S: f64 = 0.08;

/// Bytes of an ultrafast encode with a key frame per second against its source (720 lines trailer,
/// the one that was measured).
const MEZZANINE_RATIO: f64 = 6.8;

/// Joining, from a chunking experiment's CSV text.
pub fn join(text: &str) -> Result<Join, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Result<Vec<Chunking>, csv::Error> = reader.deserialize().collect();
    let rows = rows.map_err(|error| error.to_string())?;
    let points = |x: fn(&Chunking) -> f64, y: fn(&Chunking) -> f64| -> Vec<(f64, f64)> {
        rows.iter().map(|row| (x(row), y(row))).collect()
    };
    let (start_s, per_chunk_s) = line(&points(|r| r.n_chunks, |r| r.concat_cpu_s));
    let per_chunk = points(
        |r| r.frames / r.n_chunks,
        |r| (r.sum_mp4_bytes - r.sum_es_bytes) / r.n_chunks,
    );
    let (container_bytes, container_bytes_per_frame) = line(&per_chunk);
    Ok(Join {
        start_s,
        per_chunk_s,
        cut_per_file_s: CUT_PER_FILE_S,
        container_bytes,
        container_bytes_per_frame,
        psnr_loss_db_s: psnr_loss(&rows),
        mezzanine_ratio: MEZZANINE_RATIO,
        key_frames: key_frames(&rows),
    })
}

/// The encode of the whole that a row is compared with.
fn whole<'r>(rows: &'r [Chunking], row: &Chunking) -> Option<&'r Chunking> {
    let key = |r: &Chunking| (r.clip.clone(), r.height.to_bits(), r.preset.clone());
    rows.iter()
        .find(|other| other.chunk_s == "whole" && key(other) == key(row))
}

/// Least squares through the origin of what chunks weigh more against their further key frames.
fn key_frames(rows: &[Chunking]) -> Vec<KeyFrames> {
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for row in rows {
        let (Ok(seconds), Some(whole)) = (row.chunk_s.parse::<f64>(), whole(rows, row)) else {
            continue;
        };
        let fps = row.frames / (seconds * row.n_chunks);
        let more = 1.0 / seconds - fps / NATURAL_FRAMES;
        let excess = row.sum_es_bytes / whole.sum_es_bytes - 1.0;
        let sum = sums.entry(&row.clip).or_default();
        *sum = (sum.0 + more * excess, sum.1 + more * more);
    }
    let clip = |(source, (products, squares)): (&str, (f64, f64))| KeyFrames {
        source: source.to_owned(),
        excess_s: (products / squares).max(0.0),
    };
    sums.into_iter().map(clip).collect()
}

/// Median of the loss against the whole encode by what a shorter chunk adds of key frames per second.
fn psnr_loss(rows: &[Chunking]) -> f64 {
    let mut losses: Vec<f64> = rows
        .iter()
        .filter_map(|row| {
            let seconds: f64 = row.chunk_s.parse().ok()?;
            let whole = whole(rows, row)?;
            let length = seconds * row.n_chunks;
            let more = row.n_idr? / length - whole.n_idr? / length;
            (more > 0.0).then(|| Some((whole.psnr_y? - row.psnr_y?) / more))?
        })
        .collect();
    losses.sort_by(f64::total_cmp);
    losses.get(losses.len() / 2).copied().unwrap_or(0.0)
}

/// Least squares: intercept and slope.
fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len().max(1) as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (x, y) = (x / count, y / count);
    let xy: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let xx: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    (y - slope * x, slope)
}
