//! A video generated from a brief: brief, script, voice, visuals, composition, one after the other.
//!
//! The stages, their weights, time-outs and retries are those of the staged video pipeline that the
//! engine `staged` models; on engines that know steps only, each stage is a step with its time-out and
//! its number of attempts. Text, speech and pictures come from providers; speech and pictures wait in the
//! object store for the composition, which encodes scene by scene with the encoder of the run.

mod bodies;
mod keys;
mod outputs;

pub use keys::ENTRY;

use crate::Law;
use crate::body::Body;
use crate::ledger::Effect;
use crate::point::{StepName, Word};
use crate::settings::Settings;
use crate::value::Value;
use crate::workflows::context::{Context, Failure};
use crate::workflows::stage::Stage;
use crate::workflows::temporary;
use outputs::{Media, Script};

/// Table of the object store with what only the composition needs.
pub const TEMPORARY: &str = "temporary";
/// Table of the object store with the videos.
pub const OUTPUT: &str = "generated";

const BRIEF: Word = Word::new("brief");
const SCRIPT: Word = Word::new("script");
const VOICE: Word = Word::new("voice");
const VISUALS: Word = Word::new("visuals");
const COMPOSITION: Word = Word::new("composition");
const CLEANUP: Word = Word::new("cleanup");

/// Names, titles and weights of the stages, in order.
const STAGES: [(Word, &str, u32); 5] = [
    (BRIEF, "Brief validation", 5),
    (SCRIPT, "Script generation", 20),
    (VOICE, "Voice synthesis", 25),
    (VISUALS, "Visual generation", 30),
    (COMPOSITION, "Video composition", 20),
];

/// The parameters.
#[derive(Debug)]
pub struct Generation {
    pub length_s: f64,
    /// In order: brief, script, voice, visuals, composition.
    pub stages: [Stage; 5],
    scene_s: f64,
    brief_ms: Law,
    words_per_s: f64,
    tokens_per_word: f64,
    pictures: bool,
    picture_bytes: u64,
    speech_bytes_per_s: f64,
    output_bytes_per_s: f64,
    bad_brief_rate: f64,
    bad_content_rate: f64,
}

impl Generation {
    const CLEANUP: StepName = StepName::new(CLEANUP);

    /// Reads the keys.
    pub fn new(settings: &Settings) -> Generation {
        let number = |key: &str| settings.number(&format!("generation.{key}"));
        let stage = |(word, display, weight): (Word, &'static str, u32)| {
            let name = StepName::new(word);
            let key = |what: &str| format!("generation.{}_{what}", name.base());
            Stage {
                name,
                display,
                weight,
                timeout: settings.seconds(&key("timeout_s")),
                // Validation gives the same again, so it has no such key.
                retries: settings
                    .get(&key("retries"))
                    .map_or(0, |_| settings.count(&key("retries")) as u32),
                optional: name.base() == VISUALS_NAME,
            }
        };
        Generation {
            length_s: number("length_s"),
            stages: STAGES.map(stage),
            scene_s: number("scene_s"),
            brief_ms: settings.law("generation.brief_ms"),
            words_per_s: number("words_per_minute") / 60.0,
            tokens_per_word: number("script_tokens_per_word"),
            pictures: settings.text("generation.visuals") == "provider",
            picture_bytes: (number("picture_kb") * 1e3) as u64,
            speech_bytes_per_s: number("speech_kb_per_s") * 1e3,
            output_bytes_per_s: number("output_kb_per_s") * 1e3,
            bad_brief_rate: number("bad_brief_rate"),
            bad_content_rate: number("bad_content_rate"),
        }
    }

    /// The steps with an effect of this class. Visuals may be skipped, so nothing is promised of them.
    pub fn effects(class: Effect) -> Vec<StepName> {
        match class {
            Effect::Plain => vec![StepName::new(SCRIPT), StepName::new(VOICE)],
            Effect::Keyed => vec![StepName::new(COMPOSITION)],
            Effect::Store => Vec::new(),
        }
    }

    /// Place of a step among the stages.
    fn place(&self, step: StepName) -> u32 {
        let found = self.stages.iter().position(|stage| stage.name == step);
        found.expect("bodies belong to stages") as u32
    }

    /// How many scenes there are.
    fn scenes(&self) -> u32 {
        (self.length_s / self.scene_s - 1e-6).ceil().max(1.0) as u32
    }

    /// Length of a scene; the last may be shorter.
    fn scene_seconds(&self, scene: u32) -> f64 {
        let rest = self.length_s - f64::from(scene) * self.scene_s;
        rest.min(self.scene_s)
    }

    /// The workflow on an engine with a context.
    pub async fn run<'w, C: Context<'w>>(&'w self, context: &C) -> Result<Value, Failure> {
        let result = self.stages(context).await;
        let over = matches!(result, Ok(_) | Err(Failure::Step(_)));
        if over && !context.cleans_up() {
            let sweep = async |body: &Body<'_, C::Host>| temporary::sweep_step(body).await;
            context.step(Generation::CLEANUP, sweep).await?;
        }
        result
    }

    async fn stages<'w, C: Context<'w>>(&'w self, context: &C) -> Result<Value, Failure> {
        let [brief, script, voice, visuals, composition] = &self.stages;
        let code = async |body: &Body<'_, C::Host>| self.brief(body).await;
        context.stage(brief, code).await?;
        let code = async |body: &Body<'_, C::Host>| self.script(body).await;
        let text: Script = needed(context.stage(script, code).await?)?;
        let code = async |body: &Body<'_, C::Host>| self.voice(body, &text).await;
        let speech: Media = needed(context.stage(voice, code).await?)?;
        let code = async |body: &Body<'_, C::Host>| self.visuals(body, &text).await;
        let pictures: Option<Media> = context.stage(visuals, code).await?;
        let pictures = pictures.unwrap_or_default();
        let code = async |body: &Body<'_, C::Host>| self.compose(body, &speech, &pictures).await;
        needed(context.stage(composition, code).await?)
    }
}

const VISUALS_NAME: &str = "visuals";

/// The output of a stage that is not optional.
fn needed<T>(output: Option<T>) -> Result<T, Failure> {
    output.ok_or(Failure::Final("a stage that is needed was skipped"))
}
