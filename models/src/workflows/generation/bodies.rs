//! The code of the stages.

use super::outputs::{Clip, Media, Script};
use super::{Generation, OUTPUT};
use crate::body::{Body, Raise};
use crate::encoder::Chunk;
use crate::host::{Host, Reply, Request};
use crate::ledger::Effect;
use crate::names::Key;
use crate::services::client;
use crate::services::object::{ObjectOp, ObjectReply, PutCondition};
use crate::services::provider::Role;
use crate::services::provider::client::generate;
use crate::streams::Purpose;
use crate::time::millis;
use crate::value::Value;

/// Characters of a word and the space after it, in English text.
const CHARACTERS_PER_WORD: f64 = 6.0;

const REFUSED: Raise = Raise {
    permanent: true,
    error: "brief refused",
};
const NO_PROVIDER: Raise = Raise {
    permanent: true,
    error: "no provider of pictures",
};

impl Generation {
    /// Checks the brief and the system.
    pub(super) async fn brief<H: Host>(&self, body: &Body<'_, H>) -> Result<(), Raise> {
        let ms = self
            .brief_ms
            .quantile(self.chance(body, u64::from(body.stamp.body)));
        body.sleep(millis(ms)).await;
        match self.bad_brief_rate > 0.0 && self.chance(body, 0) < self.bad_brief_rate {
            true => Err(REFUSED),
            false => Ok(()),
        }
    }

    /// Has the script written.
    pub(super) async fn script<H: Host>(&self, body: &Body<'_, H>) -> Result<Script, Raise> {
        let words = self.length_s * self.words_per_s;
        body.before_effect().await?;
        let tokens = (words * self.tokens_per_word).ceil() as u32;
        generate(body, Role::Llm, 0, tokens).await?;
        body.record_effect(Effect::Plain);
        body.after_effect().await?;
        self.check_content(body)?;
        Ok(Script {
            scenes: self.scenes(),
            characters: (words * CHARACTERS_PER_WORD).ceil() as u32,
        })
    }

    /// Has the script spoken, scene by scene.
    pub(super) async fn voice<H: Host>(
        &self,
        body: &Body<'_, H>,
        script: &Script,
    ) -> Result<Media, Raise> {
        let characters = script.characters.div_ceil(script.scenes.max(1));
        let bytes = |scene| (self.scene_seconds(scene) * self.speech_bytes_per_s) as u64;
        let media = self
            .content(body, script.scenes, Role::Tts, characters, bytes)
            .await?;
        self.check_content(body)?;
        Ok(media)
    }

    /// Has a picture made for each scene.
    pub(super) async fn visuals<H: Host>(
        &self,
        body: &Body<'_, H>,
        script: &Script,
    ) -> Result<Media, Raise> {
        if !self.pictures {
            return Err(NO_PROVIDER);
        }
        let bytes = |_| self.picture_bytes;
        self.content(body, script.scenes, Role::Image, 1, bytes)
            .await
    }

    /// Content for each scene, put where the composition finds it. The effect on the outside world, of
    /// which there is one a body, is that the provider is paid.
    async fn content<H: Host>(
        &self,
        body: &Body<'_, H>,
        scenes: u32,
        role: Role,
        units: u32,
        bytes: impl Fn(u32) -> u64,
    ) -> Result<Media, Raise> {
        let stage = self.place(body.stamp.at.step);
        let mut clips = Vec::new();
        body.before_effect().await?;
        for scene in 0..scenes {
            generate(body, role, scene, units).await?;
            if scene == 0 {
                body.record_effect(Effect::Plain);
                body.after_effect().await?;
            }
            let clip = Clip::new(stage, body.stamp.body, scene, bytes(scene));
            put(body, clip.key(body.stamp.at.execution), clip.bytes).await?;
            clips.push(clip);
            body.report(scene + 1, scenes);
        }
        Ok(Media(clips))
    }

    /// Fetches speech and pictures, encodes scene by scene, and puts the video where its owner gets it.
    pub(super) async fn compose<H: Host>(
        &self,
        body: &Body<'_, H>,
        speech: &Media,
        pictures: &Media,
    ) -> Result<Value, Raise> {
        let execution = body.stamp.at.execution;
        for clip in speech.0.iter().chain(&pictures.0) {
            let key = clip.key(execution);
            if object(body, ObjectOp::Get { key }).await? == ObjectReply::Object(None) {
                return Err(Raise::transient("clip not found"));
            }
        }
        let scenes = self.scenes();
        let world = body.host.world();
        let (mut bytes, mut from_s) = (0, 0.0);
        for scene in 0..scenes {
            let seconds = self.scene_seconds(scene);
            let chunk = Chunk {
                execution,
                index: scene,
                from_s,
                seconds,
                height: None,
            };
            from_s += seconds;
            let encoded = world.encoder.chunk(&chunk, body.stamp.at, &world.streams);
            body.work(encoded.work).await;
            let by_rate = (seconds * self.output_bytes_per_s) as u64;
            bytes += encoded.bytes.unwrap_or(by_rate);
            body.report(scene + 1, scenes);
        }
        body.before_effect().await?;
        put(body, Key::new(OUTPUT, u64::from(execution), 0), bytes).await?;
        body.record_effect(Effect::Keyed);
        body.after_effect().await?;
        Ok(Value::Segment {
            index: 0,
            bytes,
            body: body.stamp.body,
        })
    }

    /// What a stage finds when it looks at what it was given.
    fn check_content<H: Host>(&self, body: &Body<'_, H>) -> Result<(), Raise> {
        let turn = u64::from(body.stamp.body) << 8;
        match self.bad_content_rate > 0.0 && self.chance(body, turn) < self.bad_content_rate {
            true => Err(Raise::transient("content not valid")),
            false => Ok(()),
        }
    }

    fn chance<H: Host>(&self, body: &Body<'_, H>, turn: u64) -> f64 {
        let at = body.stamp.at;
        let streams = &body.host.world().streams;
        streams.pick(
            Purpose::Work,
            u64::from(at.execution),
            at.step.stamp(),
            turn,
        )
    }
}

async fn put<H: Host>(body: &Body<'_, H>, key: Key, bytes: u64) -> Result<(), Raise> {
    let op = ObjectOp::Put {
        key,
        bytes,
        condition: PutCondition::Always,
        tag: u64::from(body.stamp.body),
    };
    object(body, op).await.map(|_| ())
}

/// One request to the object store, by its client library.
async fn object<H: Host>(body: &Body<'_, H>, op: ObjectOp) -> Result<ObjectReply, Raise> {
    let request = client::send(body.host, Request::object(op), body.stamp.at);
    match body.uninterrupted(request).await {
        Ok(Reply::Object(reply)) => Ok(*reply),
        Ok(other) => unreachable!("the object store does not answer {other:?}"),
        Err(_) => Err(Raise::transient("object store not reached")),
    }
}
