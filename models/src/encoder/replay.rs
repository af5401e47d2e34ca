//! Replay: a chunk takes the seconds and bytes that a real chunk took.
//!
//! The table is the calibration's own measurement. A video is one source; its chunks are that source's
//! measured chunks of the scenario's preset, CRF, frame size and length, one after the other and then
//! again from the first. Where the table has none, such as a shorter last chunk, the model stands in.

use super::calibrated::Calibrated;
use super::model::{Measured, Model};
use super::{Chunk, Encoded};
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use std::sync::Arc;

/// Draw of a video's source, beside those of the model.
const SOURCE_DRAW: u64 = 5;

/// Lengths that differ by less are the same.
const SAME_S: f64 = 0.01;

/// The law's parameters.
#[derive(Clone, Debug)]
pub struct Replay {
    pub model: Calibrated,
    /// Measured chunks of each source, in the order of their places.
    sources: Vec<Vec<Measured>>,
}

impl Replay {
    /// Reads the keys; an error if nothing fits them.
    pub fn new(settings: &Settings, model: &Arc<Model>) -> Result<Replay, String> {
        let content = settings.text("encoder.content");
        let (preset, crf) = (
            settings.text("encoder.preset"),
            settings.number("encoder.crf"),
        );
        let height = settings.number("encoder.height");
        let fits = |row: &&Measured| {
            let same = row.preset == preset && row.crf == crf && row.height == height;
            same && (content == "mixed" || row.source == content)
        };
        let mut rows: Vec<Measured> = model.replay.iter().filter(fits).cloned().collect();
        if rows.is_empty() {
            return Err(format!(
                "`encoder.law` is `replay`, and no measured chunk of {content} has preset {preset}, CRF {crf} and {height} lines; take `calibrated`, or settings that were measured"
            ));
        }
        let order = |row: &Measured| (row.source.clone(), row.clip.clone());
        rows.sort_by(|a, b| {
            order(a)
                .cmp(&order(b))
                .then(a.offset_s.total_cmp(&b.offset_s))
        });
        let sources = rows.chunk_by(|a, b| a.source == b.source);
        Ok(Replay {
            model: Calibrated::new(settings, model)?,
            sources: sources.map(<[Measured]>::to_vec).collect(),
        })
    }

    /// Time and bytes of a chunk.
    pub fn chunk(&self, chunk: &Chunk, streams: &Streams) -> Encoded {
        let own_size = chunk.height.is_none();
        let found = own_size.then(|| self.measured(chunk, streams)).flatten();
        match found {
            Some(row) => {
                let frames = (row.chunk_s * row.fps).round().max(1.0);
                self.model.encoded(chunk, row.cpu_s, row.es_bytes, frames)
            }
            None => self.model.chunk(chunk, streams),
        }
    }

    fn measured(&self, chunk: &Chunk, streams: &Streams) -> Option<&Measured> {
        let u = streams.pick(Purpose::Content, u64::from(chunk.execution), 0, SOURCE_DRAW);
        let place = (u * self.sources.len() as f64) as usize;
        let source = &self.sources[place.min(self.sources.len() - 1)];
        let same = |row: &&Measured| (row.chunk_s - chunk.seconds).abs() < SAME_S;
        let count = source.iter().filter(same).count();
        source
            .iter()
            .filter(same)
            .nth(chunk.index as usize % count.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::Work;
    use crate::registry;
    use crate::settings::Setting;

    fn law(content: &str, height: i64, preset: &str) -> Result<Replay, String> {
        let mut settings = Settings::defaults(registry::keys());
        let text = |s: &str| Setting::Text(s.to_owned());
        settings.set("encoder.law", text("replay"));
        settings.set("encoder.content", text(content));
        settings.set("encoder.preset", text(preset));
        settings.set("encoder.height", Setting::Int(height));
        settings.set("encoder.source_height", Setting::Int(height));
        settings.set("encoder.k", Setting::Float(1.0));
        Replay::new(&settings, &Model::reference())
    }

    fn chunk(index: u32, seconds: f64) -> Chunk {
        Chunk {
            execution: 0,
            index,
            from_s: f64::from(index) * seconds,
            seconds,
            height: None,
        }
    }

    #[test]
    fn chunks_are_the_measured_ones_in_their_order_whatever_the_seed() {
        let law = law("vtest", 320, "veryfast").unwrap();
        let rows = &law.sources[0];
        let own: Vec<&Measured> = rows.iter().filter(|r| r.chunk_s == 1.0).collect();
        assert!(own.len() > 70, "{}", own.len());
        let bytes = |seed, index| law.chunk(&chunk(index, 1.0), &Streams::new(seed, 0)).bytes;
        for index in [0, 1, own.len() as u32 - 1] {
            let least = own[index as usize].es_bytes as u64;
            let found = bytes(1, index).unwrap();
            assert!(found > least && found < least + 2_000, "container on top");
            assert_eq!(bytes(1, index), bytes(2, index));
        }
        assert_eq!(
            bytes(1, 0),
            bytes(1, own.len() as u32),
            "then from the first again"
        );
    }

    #[test]
    fn the_model_fills_gaps_and_what_was_not_measured_at_all_is_refused() {
        let found = law("vtest", 320, "veryfast").unwrap();
        let time = |seed| found.chunk(&chunk(0, 0.36), &Streams::new(seed, 0)).work;
        assert_ne!(time(1), time(2), "drawn");
        assert!(matches!(time(1), Work::Compute(length) if length.as_secs_f64() > 0.05));
        assert!(law("vtest", 322, "veryfast").is_err());
        assert!(law("nobody", 320, "veryfast").is_err());
    }
}
