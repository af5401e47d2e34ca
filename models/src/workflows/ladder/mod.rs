//! A transcoding ladder: one source, several renditions, each joined from segments.
//!
//! The stages are those of a transcoding engine on a task queue: an optional download, the metadata, a
//! split at key frames with a manifest, one transcode for each chunk and rendition side by side, a merge
//! for each rendition in order, and a clean-up. All media goes through the object store:
//!
//! | table | holds |
//! |---|---|
//! | [`SOURCE`] | the uploaded or downloaded video |
//! | [`CHUNK`] | its chunks |
//! | [`MANIFEST`] | their order |
//! | [`SEGMENT`] | encoded chunks, by rendition, chunk and attempt; they stay, to be streamed |
//! | [`OUTPUT`] | the merged renditions |
//!
//! Attempts write segments under names of their own, and a merge reads the ones whose completion was
//! recorded, so a worker that comes back late spoils nothing.

mod bodies;
mod keys;

pub use bodies::{CHUNK, MANIFEST, OUTPUT, SEGMENT, SOURCE};
pub use keys::ENTRY;

use crate::Law;
use crate::body::Body;
use crate::engines::Engine;
use crate::engines::queue::Pool;
use crate::host::Host;
use crate::ledger::Effect;
use crate::names::Key;
use crate::point::{StepName, Word};
use crate::settings::Settings;
use crate::value::Value;
use crate::workflows::completion::Branches;
use crate::workflows::context::{Context, Failure};
use std::rc::Rc;

const DOWNLOAD: Word = Word::new("download");
const METADATA: Word = Word::new("metadata");
const SPLIT: Word = Word::new("split");
const TRANSCODE: Word = Word::new("transcode");
const TRANSCODING: Word = Word::new("transcoding");
const MERGE: Word = Word::new("merge");
const MERGING: Word = Word::new("merging");
const CLEAN_UP: Word = Word::new("clean_up");

/// Names that the attempts of one segment can have.
const ATTEMPTS: u32 = 1_000;

/// What is removed in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanUp {
    All,
    Chunks,
    Nothing,
}

/// The ladder's parameters.
#[derive(Debug)]
pub struct Ladder {
    pub length_s: f64,
    chunk_s: f64,
    /// Lines of each rendition.
    heights: Vec<u32>,
    download: bool,
    download_ms: Law,
    metadata_ms: Law,
    limit: usize,
    by_attempt: bool,
    pub cleanup: CleanUp,
    source_kb_per_s: f64,
    output_kb_per_s: f64,
    /// Fleets on the engine `queue`, by [`Ladder::pool_of`].
    pub pools: [Pool; 5],
}

impl Ladder {
    pub const DOWNLOAD: StepName = StepName::new(DOWNLOAD);
    pub const METADATA: StepName = StepName::new(METADATA);
    pub const SPLIT: StepName = StepName::new(SPLIT);
    pub const CLEAN_UP: StepName = StepName::new(CLEAN_UP);

    /// Reads the keys. An error says what is wrong with one.
    pub fn new(settings: &Settings) -> Result<Ladder, String> {
        let pool = |name: &'static str| Pool {
            name,
            replicas: settings.count(&format!("ladder.{name}_workers")) as u32,
        };
        Ok(Ladder {
            length_s: settings.number("ladder.length_s"),
            chunk_s: settings.number("ladder.chunk_s"),
            heights: heights(settings.text("ladder.renditions"))?,
            download: settings.flag("ladder.download"),
            download_ms: settings.law("ladder.download_ms"),
            metadata_ms: settings.law("ladder.metadata_ms"),
            limit: settings.count("ladder.max_concurrency") as usize,
            by_attempt: settings.text("ladder.segment_names") == "by_attempt",
            cleanup: match settings.text("ladder.cleanup") {
                "chunks" => CleanUp::Chunks,
                "none" => CleanUp::Nothing,
                _ => CleanUp::All,
            },
            source_kb_per_s: settings.number("video.source_kb_per_s"),
            output_kb_per_s: settings.number("video.output_kb_per_s"),
            pools: ["download", "metadata", "split", "transcode", "merge"].map(pool),
        })
    }

    /// Which fleet runs a step on the engine `queue`.
    pub fn pool_of(step: StepName) -> u32 {
        match step.base() {
            "download" => 0,
            "metadata" => 1,
            "split" | "clean_up" => 2,
            "transcode" => 3,
            _ => 4,
        }
    }

    /// Whether the source is fetched first.
    pub fn downloads(&self) -> bool {
        self.download
    }

    /// How many chunks the source has.
    pub fn chunks(&self) -> u32 {
        // A remainder below a microsecond is rounding, not a chunk.
        (self.length_s / self.chunk_s - 1e-6).ceil().max(1.0) as u32
    }

    /// How many renditions there are.
    pub fn renditions(&self) -> u32 {
        self.heights.len() as u32
    }

    /// How many segments there are: chunks of the first rendition, then of the second, and so on.
    pub fn segments(&self) -> u32 {
        self.chunks() * self.renditions()
    }

    /// Length of a chunk; the last may be shorter.
    fn chunk_seconds(&self, chunk: u32) -> f64 {
        let rest = self.length_s - f64::from(chunk) * self.chunk_s;
        rest.min(self.chunk_s)
    }

    /// The step that encodes a segment.
    pub fn transcode_step(segment: u32) -> StepName {
        StepName::at(TRANSCODE, segment)
    }

    /// The step that joins a rendition.
    pub fn merge_step(rendition: u32) -> StepName {
        StepName::at(MERGE, rendition)
    }

    /// The segment as a body of its step writes it.
    pub fn segment_key(&self, execution: u32, segment: u32, body: u32) -> Key {
        let attempt = if self.by_attempt {
            body.min(ATTEMPTS - 1)
        } else {
            0
        };
        let place = segment * ATTEMPTS + attempt;
        Key::new(SEGMENT, u64::from(execution), place)
    }

    /// Which segment an object is of.
    pub fn segment_of(key: &Key) -> u32 {
        key.sort / ATTEMPTS
    }

    /// How many transcodes may be under way at once.
    pub fn parallelism(&self) -> usize {
        match self.limit {
            0 => usize::MAX,
            limit => limit,
        }
    }

    /// The steps with an effect of this class on this engine.
    pub fn effects(&self, engine: &Engine, class: Effect) -> Vec<StepName> {
        let transcodes = (0..self.segments()).map(Ladder::transcode_step);
        match (class, engine) {
            (Effect::Keyed, _) => {
                let merges = (0..self.renditions()).map(Ladder::merge_step);
                let first = self.download.then_some(Ladder::DOWNLOAD);
                let first = first.into_iter().chain([Ladder::SPLIT]);
                first.chain(transcodes).chain(merges).collect()
            }
            (Effect::Store, engine) if engine.keeps_state_by_hand() => transcodes.collect(),
            _ => Vec::new(),
        }
    }

    /// The workflow on an engine with a context.
    pub async fn run<'w, C: Context<'w>>(&'w self, context: &C) -> Result<Value, Failure> {
        if self.download {
            let download = async |body: &Body<'_, C::Host>| self.download(body).await;
            context.step(Ladder::DOWNLOAD, download).await?;
        }
        let metadata = async |body: &Body<'_, C::Host>| self.metadata(body).await;
        context.step(Ladder::METADATA, metadata).await?;
        let split = async |body: &Body<'_, C::Host>| self.split(body).await;
        let chunks: Vec<Value> = context.step(Ladder::SPLIT, split).await?;
        let count = chunks.len() as u32;
        let transcode = async move |branch: &C, segment: u32| -> Result<Value, Failure> {
            let code = async |body: &Body<'_, C::Host>| self.transcode(body, segment).await;
            branch.step(Ladder::transcode_step(segment), code).await
        };
        let all = count * self.renditions();
        let name = StepName::new(TRANSCODING);
        let branches = Branches::all(all, self.limit);
        let segments: Rc<[Value]> = context.map(name, branches, transcode).await?.into();
        let mergeable = Rc::clone(&segments);
        let merge = async move |branch: &C, rendition: u32| -> Result<Value, Failure> {
            let first = (rendition * count) as usize;
            let mine = &mergeable[first..first + count as usize];
            let code = async |body: &Body<'_, C::Host>| self.merge(body, rendition, mine).await;
            branch.step(Ladder::merge_step(rendition), code).await
        };
        let name = StepName::new(MERGING);
        let branches = Branches::all(self.renditions(), 0);
        let outputs: Vec<Value> = context.map(name, branches, merge).await?;
        if self.cleanup != CleanUp::Nothing {
            let clean = async |body: &Body<'_, C::Host>| self.clean_up(body, &segments).await;
            context.step(Ladder::CLEAN_UP, clean).await?;
        }
        Ok(Value::List(outputs.into()))
    }

    /// What an engine can promise of it that records which attempt each segment is of.
    pub fn pledges(&self) -> impl Iterator<Item = &'static str> {
        let not_stale = self.by_attempt.then_some("ladder_not_stale");
        ["ladder_complete"].into_iter().chain(not_stale)
    }

    /// Bytes of a part of the source.
    fn source_bytes(&self, seconds: f64) -> u64 {
        (seconds * self.source_kb_per_s * 1e3).round() as u64
    }

    /// Puts the source where the workflow finds it.
    pub fn upload<H: Host>(&self, host: &H, execution: u32) {
        if !self.download {
            let key = Key::new(SOURCE, u64::from(execution), 0);
            let bytes = self.source_bytes(self.length_s);
            let mut objects = host.world().objects.borrow_mut();
            objects.seed(host.now(), key, bytes);
        }
    }
}

/// Lines of the renditions in a list such as `1080p, 720p`.
fn heights(text: &str) -> Result<Vec<u32>, String> {
    let words = text.split(',').map(str::trim);
    let heights: Option<Vec<u32>> = words
        .map(|word| {
            let lines = word.strip_suffix('p').unwrap_or(word).parse().ok();
            lines.filter(|lines| (64..=4320).contains(lines))
        })
        .collect();
    heights.ok_or_else(|| {
        format!("`ladder.renditions` is `{text}`; expected lines from 64p to 4320p, such as `1080p, 720p, 480p, 320p`")
    })
}

#[cfg(test)]
mod tests {
    use super::heights;

    #[test]
    fn renditions_are_read_with_and_without_their_letter() {
        assert_eq!(heights("1080p, 720p,480"), Ok(vec![1080, 720, 480]));
        for wrong in ["", "big", "12p", "720p,", "-1"] {
            assert!(heights(wrong).is_err(), "{wrong}");
        }
    }
}
