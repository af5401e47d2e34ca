//! A chunked video encoder: validate, chunk, encode every chunk, assemble.
//!
//! The bodies are the same on every engine. Media goes through the object store, as it must: a
//! chunk does not fit into a checkpoint. What differs between engines is how the stages find out
//! what is done.

mod bodies;
mod keys;

pub use bodies::{CHUNK, OUTPUT, SEGMENT, SOURCE};
pub use keys::ENTRY;

use crate::Law;
use crate::body::Body;
use crate::engines::Engine;
use crate::host::Host;
use crate::ledger::Effect;
use crate::point::{StepName, Word};
use crate::settings::Settings;
use crate::value::Value;
use crate::workflows::completion::Branches;
use crate::workflows::context::{Context, Failure};

const VALIDATE: Word = Word::new("validate");
const SPLIT: Word = Word::new("chunk");
const ENCODE: Word = Word::new("encode");
const ENCODING: Word = Word::new("encoding");
const ASSEMBLE: Word = Word::new("assemble");
const REGISTER: Word = Word::new("register");
const REPORT: Word = Word::new("report");

/// The video's parameters.
#[derive(Debug)]
pub struct Video {
    pub length_s: f64,
    chunk_s: f64,
    parallel: bool,
    limit: usize,
    validate_ms: Law,
    split_ms: Law,
    assemble_ms: Law,
    register: bool,
    register_ms: Law,
    media: bool,
    source_kb_per_s: f64,
    output_kb_per_s: f64,
}

impl Video {
    pub const VALIDATE: StepName = StepName::new(VALIDATE);
    pub const SPLIT: StepName = StepName::new(SPLIT);
    pub const ASSEMBLE: StepName = StepName::new(ASSEMBLE);
    pub const REGISTER: StepName = StepName::new(REGISTER);
    const REPORT: StepName = StepName::new(REPORT);

    /// Reads the keys.
    pub fn new(settings: &Settings) -> Video {
        Video {
            length_s: settings.number("video.length_s"),
            chunk_s: settings.number("video.chunk_s"),
            parallel: settings.text("video.order") == "parallel",
            limit: settings.count("video.max_concurrency") as usize,
            validate_ms: settings.law("video.validate_ms"),
            split_ms: settings.law("video.split_ms"),
            assemble_ms: settings.law("video.assemble_ms"),
            register: settings.flag("video.register"),
            register_ms: settings.law("video.register_ms"),
            media: settings.text("video.media") == "objects",
            source_kb_per_s: settings.number("video.source_kb_per_s"),
            output_kb_per_s: settings.number("video.output_kb_per_s"),
        }
    }

    /// Whether media goes through the object store.
    pub fn has_media(&self) -> bool {
        self.media
    }

    /// The steps with an effect, and which classes of effects those have on this engine.
    pub fn effects(&self, engine: &Engine, class: Effect) -> Vec<StepName> {
        let encode = (0..self.chunks()).map(Video::encode_step);
        match (class, engine) {
            (Effect::Keyed, _) => [Video::SPLIT]
                .into_iter()
                .chain(encode)
                .chain([Video::ASSEMBLE])
                .collect(),
            (Effect::Store, engine) if engine.keeps_state_by_hand() => encode.collect(),
            _ => Vec::new(),
        }
    }

    /// How many chunks the video has.
    pub fn chunks(&self) -> u32 {
        // A remainder below a microsecond is rounding, not a chunk.
        (self.length_s / self.chunk_s - 1e-6).ceil().max(1.0) as u32
    }

    /// Length of a chunk; the last may be shorter.
    pub fn chunk_seconds(&self, index: u32) -> f64 {
        let rest = self.length_s - f64::from(index) * self.chunk_s;
        rest.min(self.chunk_s)
    }

    /// The step that encodes a chunk.
    pub fn encode_step(index: u32) -> StepName {
        StepName::at(ENCODE, index)
    }

    /// How many chunks may be encoded side by side.
    pub fn parallelism(&self) -> usize {
        match (self.parallel, self.limit) {
            (false, _) => 1,
            (true, 0) => usize::MAX,
            (true, limit) => limit,
        }
    }

    /// The workflow on an engine with a context.
    pub async fn run<'w, C: Context<'w>>(&'w self, context: &C) -> Result<Value, Failure> {
        if self.register {
            let register = async |body: &Body<'_, C::Host>| self.register(body).await;
            context.step(Video::REGISTER, register).await?;
        }
        let validate = async |body: &Body<'_, C::Host>| self.validate(body).await;
        context.step(Video::VALIDATE, validate).await?;
        let split = async |body: &Body<'_, C::Host>| self.split(body).await;
        let chunks: Vec<Value> = context.step(Video::SPLIT, split).await?;
        let count = chunks.len() as u32;
        let segments = match self.parallel {
            true => {
                let branch = async move |branch: &C, index| self.encode_one(branch, index).await;
                let branches = Branches::all(count, self.limit);
                let name = StepName::new(ENCODING);
                context.map(name, branches, branch).await?
            }
            false => {
                let mut segments = Vec::new();
                for index in 0..count {
                    segments.push(self.encode_one(context, index).await?);
                }
                segments
            }
        };
        let assemble = async |body: &Body<'_, C::Host>| self.assemble(body, &segments).await;
        let output: Value = context.step(Video::ASSEMBLE, assemble).await?;
        if self.register {
            let report = async |_: &Body<'_, C::Host>| Ok(());
            context.step(Video::REPORT, report).await?;
        }
        Ok(output)
    }

    async fn encode_one<'w, C: Context<'w>>(
        &'w self,
        context: &C,
        index: u32,
    ) -> Result<Value, Failure> {
        let encode = async |body: &Body<'_, C::Host>| self.encode(body, index).await;
        context.step(Video::encode_step(index), encode).await
    }

    /// Bytes of a part of the source.
    fn source_bytes(&self, seconds: f64) -> u64 {
        (seconds * self.source_kb_per_s * 1e3).round() as u64
    }

    /// Bytes of an encoded part.
    fn output_bytes(&self, seconds: f64) -> u64 {
        (seconds * self.output_kb_per_s * 1e3).round() as u64
    }

    /// Puts the source where the workflow finds it.
    pub fn upload<H: Host>(&self, host: &H, execution: u32) {
        if self.media {
            bodies::upload(host, execution, self.source_bytes(self.length_s));
        }
    }
}
