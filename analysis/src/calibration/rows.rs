//! Measured encodes: one row per process, columns as `sim calibrate` writes them.

use models::encoder::model::{Content, Job};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One row. What is not known before an encode, or was not measured, may be empty or missing.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Row {
    /// Part of the measurement: `grid` is what is fitted.
    #[serde(default)]
    pub exp: String,
    /// Group of clips cut from one film: they are held out together.
    #[serde(default)]
    pub source: String,
    #[serde(default)]
    pub clip: String,
    #[serde(default)]
    pub synthetic: Option<f64>,
    pub src_w: Option<f64>,
    pub src_h: Option<f64>,
    pub width: Option<f64>,
    pub height: Option<f64>,
    pub fps: Option<f64>,
    pub offset_s: Option<f64>,
    pub chunk_s: Option<f64>,
    pub frames: Option<f64>,
    #[serde(default)]
    pub preset: String,
    pub crf: Option<f64>,
    pub threads: Option<f64>,
    pub cpu_s: Option<f64>,
    pub es_bytes: Option<f64>,
    pub probe320_es_bytes: Option<f64>,
    pub si_mean: Option<f64>,
    pub ti_mean: Option<f64>,
    pub t_rel_s: Option<f64>,
    /// Encoder and version.
    #[serde(default)]
    pub tool: String,
}

/// Reads a CSV text; the error names the line.
pub fn read(text: &str) -> Result<Vec<Row>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?;
    for column in ["preset", "frames"] {
        if !headers.iter().any(|header| header == column) {
            return Err(format!("there is no column `{column}`"));
        }
    }
    let rows = reader.deserialize().enumerate();
    rows.map(|(index, row)| row.map_err(|error| format!("line {}: {error}", index + 2)))
        .collect()
}

impl Row {
    /// The encode, or the name of the column without which there is none.
    pub fn job(&self) -> Result<Job<'_>, &'static str> {
        let given = |value: Option<f64>, name| value.filter(|v| *v > 0.0).ok_or(name);
        let height = given(self.height, "height")?;
        let width = given(self.width, "width")?;
        let frames = match self.frames {
            Some(frames) if frames > 0.0 => frames,
            _ => given(self.chunk_s, "frames")? * given(self.fps, "fps")?,
        };
        let fps = self.fps.or_else(|| Some(frames / self.chunk_s?));
        if self.preset.is_empty() {
            return Err("preset");
        }
        Ok(Job {
            preset: &self.preset,
            crf: self.crf.unwrap_or(23.0),
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
            let (w, h) = (self.src_w?, self.src_h?);
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
        let error = read("preset,frames,crf\nslow,25,23\nslow,25,x\n").unwrap_err();
        assert!(error.starts_with("line 3"), "{error}");
    }
}
