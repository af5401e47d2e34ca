//! What the workflow calls. Stages run one after the other, branches of a map too.

use super::checkpoint::{self, Stop};
use super::config::Config;
use super::events::{EventRow, Kind, WHOLE};
use super::server::{Saved, event};
use super::{CANCELLED, SUPERSEDED};
use crate::body::{self, Body, Raise};
use crate::engines::durable::Termination;
use crate::host::Host;
use crate::point::{At, StepName};
use crate::streams::Purpose;
use crate::value::{Payload, Value};
use crate::workflows::completion::Branches;
use crate::workflows::context::{Context, Failure, side_by_side};
use crate::workflows::stage::Stage;
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// A worker's view of its job.
#[derive(Debug)]
pub struct Staged<'h, H> {
    pub(super) host: &'h H,
    pub(super) config: &'h Config,
    pub(super) at: At,
    pub(super) epoch: u32,
    /// Outputs of the stages that are over.
    outputs: RefCell<Vec<Saved>>,
    /// Their weight, of the weight of all.
    weight: Cell<u32>,
    total: u32,
}

impl<'h, H: Host> Staged<'h, H> {
    /// The view with these outputs.
    pub fn new(host: &'h H, config: &'h Config, at: At, epoch: u32, outputs: &[Saved]) -> Self {
        let stages = host.world().workflow.stages();
        host.world().starts_from(at.execution, outputs.len());
        Staged {
            host,
            config,
            at,
            epoch,
            outputs: RefCell::new(outputs.to_vec()),
            weight: Cell::new(0),
            total: stages.iter().map(|stage| stage.weight).sum(),
        }
    }

    fn saved(&self, name: StepName) -> Option<Option<Value>> {
        let outputs = self.outputs.borrow();
        let found = outputs.iter().find(|(stamp, _)| *stamp == name.stamp());
        found.map(|(_, output)| output.clone())
    }

    fn note(&self, stage: &Stage, kind: Kind, attempt: u32, message: &'static str) {
        let at = self.at.step(stage.name);
        let row = event(self.host.now(), at, kind, message);
        let mut server = self.host.world().jobs.borrow_mut();
        if server.job(self.at.execution).epoch == self.epoch {
            server.tell(EventRow { attempt, ..row });
        }
    }

    /// A stage begins: what its parts will count for.
    fn begin(&self, stage: &Stage) {
        let mut server = self.host.world().jobs.borrow_mut();
        let job = server.job(self.at.execution);
        if job.epoch == self.epoch {
            job.weights = (self.weight.get(), stage.weight);
        }
    }

    /// A stage is over: its weight counts, whether it was done, skipped or done before.
    fn pass(&self, stage: &Stage) {
        self.weight.set(self.weight.get() + stage.weight);
    }

    /// Stores a stage's output and says that the stage is over.
    async fn complete(
        &self,
        stage: &Stage,
        output: Option<Value>,
        why: &'static str,
    ) -> Result<(), Failure> {
        let at = self.at.step(stage.name);
        let skipped = output.is_none();
        self.outputs.borrow_mut().push((stage.name.stamp(), output));
        if self.config.checkpoint {
            let outputs = self.outputs.borrow().clone();
            let saved = checkpoint::save(self.host, at, self.epoch, &outputs).await;
            saved.map_err(failure)?;
        }
        let world = self.host.world();
        world.commit(at, self.host.now());
        self.pass(stage);
        let kind = match skipped {
            true => Kind::StageSkipped,
            false => Kind::StageComplete,
        };
        let done = u64::from(WHOLE) * u64::from(self.weight.get());
        let progress = (done / u64::from(self.total.max(1))) as u32;
        let row = event(self.host.now(), at, kind, why);
        let mut server = world.jobs.borrow_mut();
        if server.job(self.at.execution).epoch == self.epoch {
            server.tell(EventRow {
                // The whole is told when the job has ended well: its worker may still die.
                progress: if progress < WHOLE { progress } else { 0 },
                ..row
            });
        }
        Ok(())
    }

    fn delay(&self, stage: &Stage, made: u32) -> Duration {
        let entity = u64::from(self.at.execution);
        let streams = &self.host.world().streams;
        let u = streams.pick(
            Purpose::Backoff,
            entity,
            stage.name.stamp(),
            u64::from(made),
        );
        self.config.delay(made, u)
    }
}

/// Why the pipeline stops when its checkpoint was not stored.
pub(super) fn failure(stop: Stop) -> Failure {
    match stop {
        Stop::Superseded => Failure::Final(SUPERSEDED),
        Stop::TooLarge => Failure::Final("outputs too large"),
        Stop::Store => Failure::Terminated(Termination::Retry("checkpoint not stored")),
    }
}

impl<'w, H: Host> Context<'w> for Staged<'_, H> {
    type Host = H;

    async fn step<T: Payload>(
        &self,
        name: StepName,
        code: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> Result<T, Failure> {
        let stage = Stage::plain(name, self.config.step_retries);
        let output = self.stage(&stage, code).await?;
        Ok(output.expect("a plain step is not optional"))
    }

    async fn stage<T: Payload>(
        &self,
        stage: &Stage,
        code: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
    ) -> Result<Option<T>, Failure> {
        if let Some(output) = self.saved(stage.name) {
            self.pass(stage);
            return Ok(output.as_ref().map(T::unpack));
        }
        self.begin(stage);
        let at = self.at.step(stage.name);
        let attempts = self.config.attempts(stage);
        let mut attempt = 1;
        loop {
            if let Some(error) = self.stopped() {
                return Err(Failure::Final(error));
            }
            let once = async |body: &Body<'_, H>| self.attempt(stage, body, &code).await;
            let raise = match body::enter(self.host, at, attempt, once).await {
                Ok(value) => {
                    self.complete(stage, Some(value.pack()), "").await?;
                    return Ok(Some(value));
                }
                Err(raise) => raise,
            };
            if [CANCELLED, SUPERSEDED].contains(&raise.error) {
                return Err(Failure::Final(raise.error));
            }
            self.note(stage, Kind::AttemptFailed, attempt, raise.error);
            if raise.permanent || attempt >= attempts {
                if !stage.optional {
                    return Err(Failure::Step(raise.error));
                }
                self.complete(stage, None, raise.error).await?;
                return Ok(None);
            }
            let waited = self.back_off(self.delay(stage, attempt)).await;
            waited.map_err(Failure::Final)?;
            attempt += 1;
        }
    }

    async fn map<T: Payload>(
        &self,
        _: StepName,
        branches: Branches,
        branch: impl AsyncFn(&Self, u32) -> Result<T, Failure> + 'w,
    ) -> Result<Vec<T>, Failure> {
        let one_by_one = Branches {
            at_once: 1,
            ..branches
        };
        side_by_side(one_by_one, async |item| branch(self, item).await).await
    }

    async fn wait(&self, _: StepName, length: Duration) -> Result<(), Failure> {
        self.back_off(length).await.map_err(Failure::Final)
    }

    fn cleans_up(&self) -> bool {
        true
    }

    fn host(&self) -> &H {
        self.host
    }

    fn execution(&self) -> u32 {
        self.at.execution
    }
}
