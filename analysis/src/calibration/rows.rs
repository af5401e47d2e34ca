//! Measured encodes: one row per process, columns as `sim calibrate` writes them.

use csv::StringRecord;
use models::encoder::model::{Content, Job, Measured};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

/// One row. What is not known before an encode, or was not measured, may be empty or missing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Row {
    /// Part of the measurement: `grid` is what is fitted.
    pub exp: String,
    /// Group of clips cut from one film: they are held out together.
    pub source: String,
    pub clip: String,
    #[serde(deserialize_with = "number")]
    pub synthetic: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub src_w: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub src_h: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub width: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub height: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub pixels: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub fps: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub offset_s: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub chunk_s: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub frames: Option<f64>,
    #[serde(deserialize_with = "word")]
    pub preset: String,
    #[serde(deserialize_with = "number")]
    pub crf: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub threads: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub cpu_s: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub es_bytes: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub probe320_es_bytes: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub si_mean: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub ti_mean: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub t_rel_s: Option<f64>,
    /// Encoder and version.
    pub tool: String,
}

/// How tables write that there is no number.
const MISSING: [&str; 7] = ["", "na", "n/a", "nan", "null", "none", "-"];

/// A number; nothing where there is none.
fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let text = String::deserialize(from)?;
    let text = text.trim();
    if MISSING.contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    match (text.parse::<f64>(), text.to_lowercase().as_str()) {
        (Ok(value), _) => Ok(Some(value).filter(|value| value.is_finite())),
        (_, "true") => Ok(Some(1.0)),
        (_, "false") => Ok(Some(0.0)),
        _ => Err(serde::de::Error::custom(format!("`{text}` is no number"))),
    }
}

/// A name in small letters, without space around it.
fn word<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(String::deserialize(from)?.trim().to_lowercase())
}

/// The columns of a CSV text, and its records with the lines on which they end; empty lines are none.
pub fn records(text: &str) -> Result<(StringRecord, Vec<(u64, StringRecord)>), String> {
    // Lines are counted at their ends, so every one needs an end, and a plain one.
    let text = text.replace("\r\n", "\n");
    let whole = if text.ends_with('\n') { "" } else { "\n" };
    let input = text.as_bytes().chain(whole.as_bytes());
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .from_reader(input);
    let columns = reader.headers().map_err(|error| error.to_string())?.clone();
    let (mut records, mut record) = (Vec::new(), StringRecord::new());
    loop {
        let read = reader.read_record(&mut record);
        // The reader stands at the beginning of the next line.
        let line = reader.position().line() - 1;
        match read.map_err(|error| format!("line {line}: {}", why(&error)))? {
            true => records.push((line, record.clone())),
            false => break,
        }
    }
    Ok((columns, records))
}

/// Reads a CSV text; the error names the line.
pub fn read(text: &str) -> Result<Vec<Row>, String> {
    let (columns, records) = records(text)?;
    if !columns.iter().any(|column| column == "preset") {
        return Err("there is no column `preset`".to_owned());
    }
    let row = |(line, record): (u64, StringRecord)| {
        record
            .deserialize(Some(&columns))
            .map_err(|error| format!("line {line}: {}", why(&error)))
    };
    records.into_iter().map(row).collect()
}

/// What could not be read, without a place.
fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} fields, and the first line has {expected_len}"),
        _ => error.to_string(),
    }
}

/// Width of a frame against its lines, where only its pixels are known.
const SHAPE: f64 = 16.0 / 9.0;

impl Row {
    /// Width and lines of a frame.
    fn frame(&self) -> Result<(f64, f64), &'static str> {
        let positive = |value: Option<f64>| value.filter(|v| *v > 0.0);
        let known = (
            positive(self.width),
            positive(self.height),
            positive(self.pixels),
        );
        match known {
            (Some(width), Some(height), _) => Ok((width, height)),
            (None, Some(height), Some(pixels)) => Ok((pixels / height, height)),
            (Some(width), None, Some(pixels)) => Ok((width, pixels / width)),
            (None, None, Some(pixels)) => Ok(((pixels * SHAPE).sqrt(), (pixels / SHAPE).sqrt())),
            (None, _, None) => Err("width"),
            (_, None, None) => Err("height"),
        }
    }

    /// The encode, or the name of the column without which there is none.
    pub fn job(&self) -> Result<Job<'_>, &'static str> {
        let given = |value: Option<f64>, name| value.filter(|v| *v > 0.0).ok_or(name);
        let (width, height) = self.frame()?;
        let frames = match self.frames {
            Some(frames) if frames > 0.0 => frames,
            _ => given(self.chunk_s, "frames")? * given(self.fps, "fps")?,
        };
        let length = self.chunk_s.filter(|s| *s > 0.0);
        let fps = self.fps.or_else(|| Some(frames / length?));
        if self.preset.is_empty() {
            return Err("preset");
        }
        Ok(Job {
            preset: &self.preset,
            crf: self.crf.unwrap_or(23.0).clamp(0.0, 51.0),
            pixels: width * height,
            height,
            source_height: self.src_h.filter(|h| *h > 0.0).unwrap_or(height),
            frames,
            fps: fps.filter(|fps| *fps > 0.0).unwrap_or(25.0),
        })
    }

    /// Log of the probe's bits per pixel, `log(1 + SI)` and `log(1 + TI)`, as far as they are known.
    pub fn known(&self) -> [Option<f64>; 3] {
        let probe = || {
            let bytes = self.probe320_es_bytes.filter(|b| *b > 0.0)?;
            let source = self
                .src_w
                .zip(self.src_h)
                .filter(|(w, h)| *w > 0.0 && *h > 0.0);
            let (w, h) = source.or_else(|| self.frame().ok())?;
            let frames = self.job().ok()?.frames;
            Some(libm::log(bytes * 8.0 / (probe_pixels(w, h) * frames)))
        };
        let log1p = |v: f64| libm::log1p(v.max(0.0));
        [probe(), self.si_mean.map(log1p), self.ti_mean.map(log1p)]
    }

    /// The content, if all of it was measured.
    pub fn content(&self) -> Option<Content> {
        let [probe, si, ti] = self.known();
        Some(Content::from_vector([probe?, si?, ti?]))
    }

    /// The log of the encode's own bits per pixel.
    pub fn log_bpp(&self) -> Option<f64> {
        let bytes = self.es_bytes.filter(|bytes| *bytes > 0.0)?;
        Some(self.job().ok()?.log_bpp(bytes))
    }
}

/// Pixels of a frame of the probe: 320 lines, even width.
fn probe_pixels(source_width: f64, source_height: f64) -> f64 {
    (320.0 * source_width / source_height / 2.0).round() * 2.0 * 320.0
}

/// The rows that a fit uses: real clips of the grid with everything measured; of cells that were
/// run more than once the last.
pub fn usable(rows: &[Row]) -> Vec<&Row> {
    let mut cells: BTreeMap<String, &Row> = BTreeMap::new();
    let real = |row: &&Row| row.exp == "grid" && row.synthetic.unwrap_or(0.0) == 0.0;
    let whole = |row: &&Row| {
        let measured = row.cpu_s.is_some_and(|s| s > 0.0) && row.log_bpp().is_some();
        measured && row.content().is_some() && row.threads.unwrap_or(1.0) == 1.0
    };
    for row in rows.iter().filter(real).filter(whole) {
        let cell = format!(
            "{}|{}|{:?}|{:?}|{:?}|{}|{:?}",
            row.source, row.clip, row.offset_s, row.chunk_s, row.height, row.preset, row.crf
        );
        let later = |known: &&Row| known.t_rel_s <= row.t_rel_s;
        if cells.get(&cell).is_none_or(later) {
            cells.insert(cell, row);
        }
    }
    cells.into_values().collect()
}

/// Real chunks as they were measured, of the grid and of clips that were encoded chunk after chunk.
pub(super) fn replay(rows: &[Row]) -> Vec<Measured> {
    let series = rows
        .iter()
        .filter(|row| row.exp == "series" && row.synthetic.unwrap_or(0.0) == 0.0);
    let measured = |row: &Row| {
        let job = row.job().ok()?;
        Some(Measured {
            source: row.source.clone(),
            clip: row.clip.clone(),
            offset_s: row.offset_s?,
            chunk_s: row.chunk_s?,
            height: job.height,
            fps: job.fps,
            preset: row.preset.clone(),
            crf: job.crf,
            cpu_s: row.cpu_s?,
            es_bytes: row.es_bytes?,
        })
    };
    usable(rows)
        .into_iter()
        .chain(series)
        .filter_map(measured)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_before_may_be_missing() {
        let rows = read("preset,frames,width,height,fps,es_bytes\nslow,25,1280,720,25,\n").unwrap();
        let job = rows[0].job().unwrap();
        assert_eq!(
            (job.pixels, job.frames, job.seconds()),
            (921_600.0, 25.0, 1.0)
        );
        assert_eq!(rows[0].log_bpp(), None);
        assert_eq!(rows[0].known(), [None, None, None]);
    }

    #[test]
    fn a_wrong_number_names_its_line() {
        let error = read("preset,frames,crf\nslow,25,23\n\nslow,25,x\n").unwrap_err();
        assert!(
            error.starts_with("line 4") && error.contains("`x`"),
            "{error}"
        );
        let error = read("preset,crf\r\nslow,23\r\nslow\r\nslow,23\r\n").unwrap_err();
        assert_eq!(error, "line 3: 1 fields, and the first line has 2");
        let error = read("preset,crf\r\nslow,23\r\nslow,x\r\nslow,23\r\n").unwrap_err();
        assert!(error.starts_with("line 3"), "{error}");
    }

    #[test]
    fn gaps_of_any_kind_are_gaps_and_space_is_nothing() {
        let text = "\u{feff}preset, extra,pixels,chunk_s,fps,crf,si_mean,synthetic\n\
                    Medium ,\"a, b\",921600,2,25,NA,nan,true\n";
        let row = &read(text).unwrap()[0];
        let job = row.job().unwrap();
        assert_eq!(
            (job.preset, job.pixels.round(), job.frames),
            ("medium", 921_600.0, 50.0)
        );
        assert_eq!(
            (row.crf, row.si_mean, row.synthetic),
            (None, None, Some(1.0))
        );
        assert_eq!(
            Row {
                preset: "slow".to_owned(),
                ..Row::default()
            }
            .job(),
            Err("width")
        );
    }
}
