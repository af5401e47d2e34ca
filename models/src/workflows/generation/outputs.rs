//! What the stages hand on, as types.

use super::TEMPORARY;
use crate::names::Key;
use crate::value::{Payload, Value};

/// A script: how many scenes, and how long its text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    pub scenes: u32,
    pub characters: u32,
}

impl Payload for Script {
    fn pack(&self) -> Value {
        let scenes = Value::Int(i64::from(self.scenes));
        // The text itself is handed on, so it counts.
        let text = Value::Padded {
            int: i64::from(self.characters),
            bytes: u64::from(self.characters),
        };
        Value::List([scenes, text].into())
    }

    fn unpack(value: &Value) -> Script {
        match value {
            Value::List(fields) => match fields[..] {
                [Value::Int(scenes), Value::Padded { int, .. }] => Script {
                    scenes: scenes as u32,
                    characters: int as u32,
                },
                _ => panic!("stored {value:?} where a script was expected"),
            },
            other => panic!("stored {other:?} where a script was expected"),
        }
    }
}

/// A clip of speech or a picture in the object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Its place in the execution's partition.
    pub place: u32,
    pub bytes: u64,
    /// The body that put it there.
    pub body: u32,
}

impl Clip {
    /// The clip of a scene that a body of the stage at this place makes: no two bodies share a name.
    pub fn new(stage: u32, body: u32, scene: u32, bytes: u64) -> Clip {
        let place = (stage << 28) | ((body & 0xffff) << 12) | scene;
        Clip { place, bytes, body }
    }

    /// Its name.
    pub fn key(&self, execution: u32) -> Key {
        Key::new(TEMPORARY, u64::from(execution), self.place)
    }
}

/// The clips of a stage, scene by scene.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media(pub Vec<Clip>);

impl Payload for Media {
    fn pack(&self) -> Value {
        let clip = |clip: &Clip| Value::Segment {
            index: clip.place,
            bytes: clip.bytes,
            body: clip.body,
        };
        Value::List(self.0.iter().map(clip).collect())
    }

    fn unpack(value: &Value) -> Media {
        let clip = |value: &Value| match *value {
            Value::Segment { index, bytes, body } => Clip {
                place: index,
                bytes,
                body,
            },
            ref other => panic!("stored {other:?} where a clip was expected"),
        };
        match value {
            Value::List(clips) => Media(clips.iter().map(clip).collect()),
            other => panic!("stored {other:?} where clips were expected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_come_back_as_they_were() {
        let script = Script {
            scenes: 8,
            characters: 900,
        };
        assert_eq!(Script::unpack(&script.pack()), script);
        let media = Media(vec![Clip::new(2, 1, 0, 16_000), Clip::new(2, 1, 1, 8_000)]);
        assert_eq!(Media::unpack(&media.pack()), media);
        assert!(script.pack().bytes() > 900);
    }

    #[test]
    fn clips_of_different_stages_bodies_and_scenes_have_names_of_their_own() {
        let clips = [(2, 1, 0), (2, 1, 1), (2, 2, 0), (3, 1, 0)];
        let places: std::collections::BTreeSet<u32> = clips
            .into_iter()
            .map(|(stage, body, scene)| Clip::new(stage, body, scene, 1).place)
            .collect();
        assert_eq!(places.len(), clips.len());
    }
}
