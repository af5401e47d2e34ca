//! The code of the ladder's steps.

use super::{CleanUp, Ladder};
use crate::body::{Body, Raise};
use crate::encoder::Chunk;
use crate::host::Host;
use crate::ledger::{Effect, PartRow};
use crate::names::Key;
use crate::services::object::{ObjectOp, ObjectReply};
use crate::value::Value;
use crate::workflows::media::{all, put, put_further, request, sleep};

/// The video as it came.
pub const SOURCE: &str = "videos/source";
/// Its chunks.
pub const CHUNK: &str = "videos/chunks/source";
/// The order of its chunks.
pub const MANIFEST: &str = "videos/manifests";
/// The encoded chunks.
pub const SEGMENT: &str = "videos/outputs";
/// The merged renditions.
pub const OUTPUT: &str = "encoded";

/// Bytes of the manifest's entry for a chunk: name, index, start, length as JSON (assumption).
const MANIFEST_ENTRY_BYTES: u64 = 80;

impl Ladder {
    /// Fetches the source from elsewhere.
    pub async fn download<H: Host>(&self, body: &Body<'_, H>) -> Result<(), Raise> {
        sleep(body, &self.download_ms).await;
        body.before_effect().await?;
        let key = Key::new(SOURCE, u64::from(body.stamp.at.execution), 0);
        let bytes = self.source_bytes(self.length_s);
        request(body, put(key, bytes, u64::from(body.stamp.body))).await?;
        body.record_effect(Effect::Keyed);
        body.after_effect().await
    }

    async fn source<H: Host>(&self, body: &Body<'_, H>) -> Result<(), Raise> {
        let key = Key::new(SOURCE, u64::from(body.stamp.at.execution), 0);
        match request(body, ObjectOp::Get { key }).await? {
            ObjectReply::Object(None) => Err(Raise::transient("source not found")),
            _ => Ok(()),
        }
    }

    /// Reads size, length and key frames of the source.
    pub async fn metadata<H: Host>(&self, body: &Body<'_, H>) -> Result<(), Raise> {
        self.source(body).await?;
        sleep(body, &self.metadata_ms).await;
        Ok(())
    }

    /// Cuts the source at key frames and writes the manifest.
    pub async fn split<H: Host>(&self, body: &Body<'_, H>) -> Result<Vec<Value>, Raise> {
        let execution = u64::from(body.stamp.at.execution);
        let tag = u64::from(body.stamp.body);
        let count = self.chunks();
        self.source(body).await?;
        let encoder = &body.host.world().encoder;
        if let Some(work) = encoder.split(self.length_s, count) {
            body.work(work).await;
        }
        let ratio = encoder.source_ratio(self.chunk_s);
        let bytes = |chunk| {
            let bytes = self.source_bytes(self.chunk_seconds(chunk));
            (bytes as f64 * ratio).round() as u64
        };
        body.before_effect().await?;
        let puts =
            (0..count).map(|chunk| put(Key::new(CHUNK, execution, chunk), bytes(chunk), tag));
        put_further(body, puts).await?;
        // Last, so that a manifest that is there names chunks that are.
        let manifest = MANIFEST_ENTRY_BYTES * u64::from(count);
        request(body, put(Key::new(MANIFEST, execution, 0), manifest, tag)).await?;
        body.record_effect(Effect::Keyed);
        body.after_effect().await?;
        let value = |index| Value::Segment {
            index,
            bytes: bytes(index),
            body: body.stamp.body,
        };
        Ok((0..count).map(value).collect())
    }

    /// Encodes one chunk for one rendition.
    pub async fn transcode<H: Host>(
        &self,
        body: &Body<'_, H>,
        segment: u32,
    ) -> Result<Value, Raise> {
        let execution = body.stamp.at.execution;
        let (rendition, chunk) = (segment / self.chunks(), segment % self.chunks());
        let key = Key::new(CHUNK, u64::from(execution), chunk);
        if request(body, ObjectOp::Get { key }).await? == ObjectReply::Object(None) {
            return Err(Raise::transient("chunk not found"));
        }
        let world = body.host.world();
        let seconds = self.chunk_seconds(chunk);
        let height = f64::from(self.heights[rendition as usize]);
        let job = Chunk {
            execution,
            index: chunk,
            from_s: f64::from(chunk) * self.chunk_s,
            seconds,
            height: Some(height),
        };
        let encoded = world.encoder.chunk(&job, body.stamp.at, &world.streams);
        body.work(encoded.work).await;
        let bytes = encoded.bytes.unwrap_or_else(|| self.output_bytes(seconds));
        body.before_effect().await?;
        let key = self.segment_key(execution, segment, body.stamp.body);
        request(body, put(key, bytes, u64::from(body.stamp.body))).await?;
        body.record_effect(Effect::Keyed);
        body.after_effect().await?;
        Ok(Value::Segment {
            index: segment,
            bytes,
            body: body.stamp.body,
        })
    }

    fn output_bytes(&self, seconds: f64) -> u64 {
        (seconds * self.output_kb_per_s * 1e3).round() as u64
    }

    /// Joins a rendition's segments, those that were recorded, in order.
    pub async fn merge<H: Host>(
        &self,
        body: &Body<'_, H>,
        rendition: u32,
        segments: &[Value],
    ) -> Result<Value, Raise> {
        let execution = body.stamp.at.execution;
        let gets = segments.iter().map(|segment| {
            let (index, body) = recorded(segment);
            let key = self.segment_key(execution, index, body);
            ObjectOp::Get { key }
        });
        let found = all(body, gets).await?;
        note_parts(body, segments, &found);
        if found.contains(&ObjectReply::Object(None)) {
            return Err(Raise::transient("segment not found"));
        }
        if let Some(work) = body.host.world().encoder.join(segments.len()) {
            body.work(work).await;
        }
        body.before_effect().await?;
        let bytes = segments.iter().map(Value::segment_bytes).sum();
        let key = Key::new(OUTPUT, u64::from(execution), rendition);
        request(body, put(key, bytes, u64::from(body.stamp.body))).await?;
        body.record_effect(Effect::Keyed);
        body.after_effect().await?;
        Ok(Value::Segment {
            index: rendition,
            bytes,
            body: body.stamp.body,
        })
    }

    /// Removes what is no longer needed: the source chunks, segments that no merge has read, and
    /// uploads that were cut off.
    pub async fn clean_up<H: Host>(
        &self,
        body: &Body<'_, H>,
        segments: &[Value],
    ) -> Result<(), Raise> {
        let execution = body.stamp.at.execution;
        let chunks = (0..self.chunks()).map(|chunk| Key::new(CHUNK, u64::from(execution), chunk));
        let mut left: Vec<ObjectOp> = chunks.map(|key| ObjectOp::Delete { key }).collect();
        if self.cleanup == CleanUp::All {
            let keep = |key: &Key| {
                let recorded = recorded(&segments[Ladder::segment_of(key) as usize]);
                *key == self.segment_key(execution, recorded.0, recorded.1)
            };
            for table in [CHUNK, SEGMENT, OUTPUT] {
                let place = (table, u64::from(execution));
                let reply = request(body, ObjectOp::List { place }).await?;
                let ObjectReply::Objects { objects, partial } = reply else {
                    unreachable!("a list is answered with objects");
                };
                left.extend(partial.into_iter().map(|key| ObjectOp::Abort { key }));
                if table == SEGMENT {
                    let keys = objects.into_iter().map(|(key, _)| key);
                    let stale = keys.filter(|key| !keep(key));
                    left.extend(stale.map(|key| ObjectOp::Delete { key }));
                }
            }
        }
        all(body, left.into_iter()).await.map(drop)
    }
}

/// A segment's place, and the body whose completion was recorded.
fn recorded(segment: &Value) -> (u32, u32) {
    match segment {
        Value::Segment { index, body, .. } => (*index, *body),
        other => panic!("recorded {other:?} where a segment was expected"),
    }
}

/// Writes down which body's segments were joined, and which ones the engine had recorded.
fn note_parts<H: Host>(body: &Body<'_, H>, segments: &[Value], found: &[ObjectReply]) {
    let row = |(segment, found): (&Value, &ObjectReply)| {
        let (index, recorded) = recorded(segment);
        PartRow {
            execution: body.stamp.at.execution,
            body: body.stamp.body,
            index,
            found: match found {
                ObjectReply::Object(Some(object)) => Some(object.tag as u32),
                _ => None,
            },
            recorded: Some(recorded),
            time: body.host.now(),
        }
    };
    let rows = segments.iter().zip(found).map(row);
    body.host.world().ledger.borrow_mut().parts.extend(rows);
}
