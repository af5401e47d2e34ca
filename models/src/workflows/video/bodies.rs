//! The code of the video's steps.

use super::Video;
use crate::body::{Body, Raise};
use crate::encoder::Chunk;
use crate::host::Host;
use crate::ledger::{Effect, PartRow};
use crate::names::Key;
use crate::services::object::{ObjectOp, ObjectReply};
use crate::value::Value;
use crate::workflows::media::{all, put, request, sleep};

/// The uploaded video.
pub const SOURCE: &str = "source";
/// Its chunks.
pub const CHUNK: &str = "chunk";
/// The encoded chunks.
pub const SEGMENT: &str = "segment";
/// The result.
pub const OUTPUT: &str = "output";

/// The client's upload, before the execution starts and outside its cost.
pub fn upload<H: Host>(host: &H, execution: u32, bytes: u64) {
    let key = Key::new(SOURCE, u64::from(execution), 0);
    host.world()
        .objects
        .borrow_mut()
        .seed(host.now(), key, bytes);
}

impl Video {
    /// Registers the job.
    pub async fn register<H: Host>(&self, body: &Body<'_, H>) -> Result<(), Raise> {
        sleep(body, &self.register_ms).await;
        Ok(())
    }

    /// Checks the video's metadata.
    pub async fn validate<H: Host>(&self, body: &Body<'_, H>) -> Result<(), Raise> {
        sleep(body, &self.validate_ms).await;
        Ok(())
    }

    /// Cuts the source into chunks.
    pub async fn split<H: Host>(&self, body: &Body<'_, H>) -> Result<Vec<Value>, Raise> {
        let execution = u64::from(body.stamp.at.execution);
        let tag = u64::from(body.stamp.body);
        if self.media {
            request(
                body,
                ObjectOp::Get {
                    key: Key::new(SOURCE, execution, 0),
                },
            )
            .await?;
        }
        let encoder = &body.host.world().encoder;
        match encoder.split(self.length_s, self.chunks()) {
            Some(work) => body.work(work).await,
            None => sleep(body, &self.split_ms).await,
        }
        let ratio = encoder.source_ratio(self.chunk_s);
        let source = |index| {
            let bytes = self.source_bytes(self.chunk_seconds(index));
            (bytes as f64 * ratio).round() as u64
        };
        body.before_effect().await?;
        if self.media {
            let puts = (0..self.chunks()).map(|index| {
                let bytes = source(index);
                put(Key::new(CHUNK, execution, index), bytes, tag)
            });
            all(body, puts).await?;
        }
        body.record_effect(Effect::Keyed);
        body.after_effect().await?;
        let chunk = |index| Value::Segment {
            index,
            bytes: source(index),
            body: body.stamp.body,
        };
        Ok((0..self.chunks()).map(chunk).collect())
    }

    /// Encodes one chunk.
    pub async fn encode<H: Host>(&self, body: &Body<'_, H>, index: u32) -> Result<Value, Raise> {
        let execution = u64::from(body.stamp.at.execution);
        if self.media {
            let key = Key::new(CHUNK, execution, index);
            if request(body, ObjectOp::Get { key }).await? == ObjectReply::Object(None) {
                return Err(Raise::transient("chunk not found"));
            }
        }
        let world = body.host.world();
        let seconds = self.chunk_seconds(index);
        let chunk = Chunk {
            execution: body.stamp.at.execution,
            index,
            from_s: f64::from(index) * self.chunk_s,
            seconds,
            height: None,
        };
        let encoded = world.encoder.chunk(&chunk, body.stamp.at, &world.streams);
        body.work(encoded.work).await;
        let bytes = encoded.bytes.unwrap_or_else(|| self.output_bytes(seconds));
        body.before_effect().await?;
        if self.media {
            let key = Key::new(SEGMENT, execution, index);
            request(body, put(key, bytes, u64::from(body.stamp.body))).await?;
        }
        body.record_effect(Effect::Keyed);
        body.after_effect().await?;
        Ok(Value::Segment {
            index,
            bytes,
            body: body.stamp.body,
        })
    }

    /// Joins the segments in order.
    pub async fn assemble<H: Host>(
        &self,
        body: &Body<'_, H>,
        segments: &[Value],
    ) -> Result<Value, Raise> {
        let execution = u64::from(body.stamp.at.execution);
        // Programs by hand pass no sizes on: what is joined is what the store holds.
        let mut joined: u64 = segments.iter().map(Value::segment_bytes).sum();
        if self.media {
            let gets = (0..segments.len() as u32).map(|index| ObjectOp::Get {
                key: Key::new(SEGMENT, execution, index),
            });
            let found = all(body, gets).await?;
            note_parts(body, segments, &found);
            if found.contains(&ObjectReply::Object(None)) {
                return Err(Raise::transient("segment not found"));
            }
            joined = found.iter().map(stored_bytes).sum();
        }
        let bytes = match body.host.world().encoder.join(segments.len()) {
            Some(work) => {
                body.work(work).await;
                joined
            }
            None => {
                sleep(body, &self.assemble_ms).await;
                self.output_bytes(self.length_s)
            }
        };
        body.before_effect().await?;
        if self.media {
            let key = Key::new(OUTPUT, execution, 0);
            request(body, put(key, bytes, u64::from(body.stamp.body))).await?;
        }
        body.record_effect(Effect::Keyed);
        body.after_effect().await?;
        Ok(Value::Segment {
            index: segments.len() as u32,
            bytes,
            body: body.stamp.body,
        })
    }
}

/// Size of an object that was got.
fn stored_bytes(reply: &ObjectReply) -> u64 {
    match reply {
        ObjectReply::Object(Some(object)) => object.bytes,
        _ => 0,
    }
}

/// Writes down which body's segments were joined, and which ones the engine had recorded.
fn note_parts<H: Host>(body: &Body<'_, H>, segments: &[Value], found: &[ObjectReply]) {
    let row = |(index, (segment, found)): (usize, (&Value, &ObjectReply))| PartRow {
        execution: body.stamp.at.execution,
        body: body.stamp.body,
        index: index as u32,
        found: match found {
            ObjectReply::Object(Some(object)) => Some(object.tag as u32),
            _ => None,
        },
        recorded: match segment {
            Value::Segment { body, .. } => Some(*body),
            _ => None,
        },
        time: body.host.now(),
    };
    let rows = segments.iter().zip(found).enumerate().map(row);
    body.host.world().ledger.borrow_mut().parts.extend(rows);
}
