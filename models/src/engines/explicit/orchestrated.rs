//! The video under one orchestrator, its state in a single versioned item.
//!
//! How the hand-made side of the WOSC 2026 study is built ("Stateful Serverless in Practice", artifact
//! jcsp-research/aws-durable-functions-research @ d9c565d): every stage reads the state, works, and writes it
//! back on condition that the version is the one it read; the orchestrator reads it before it hands a chunk
//! or the merge to a worker. A video of n chunks takes 2n + 5 reads and n + 4 writes and ends at version n + 3.
//!
//! The item's version is also what a second start finds: stages that were done before are skipped.

use super::config::Config;
use super::store;
use crate::body::{self, Body, Raise, Stamp};
use crate::cpu;
use crate::host::{Answer, Host, Request};
use crate::names::Key;
use crate::point::{At, StepName};
use crate::services::client;
use crate::services::kv::{Action, Condition, Item, Value, Write};
use crate::value::Value as Stored;
use crate::workflows::video::Video;
use crate::world::Outcome;

/// Why the orchestrator stops.
enum Stop {
    /// A stage failed for good.
    Stage(&'static str),
    /// The store was not reached, or somebody else moved the state on.
    State,
}

struct Orchestrator<'a, H> {
    host: &'a H,
    config: &'a Config,
    video: &'a Video,
    execution: u32,
}

/// Runs the whole video.
pub async fn run<H: Host>(host: &H, config: &Config, video: &Video, execution: u32) -> Answer {
    let orchestrator = Orchestrator {
        host,
        config,
        video,
        execution,
    };
    let outcome = match orchestrator.stages().await {
        Ok(output) => Outcome::Succeeded(output),
        Err(Stop::Stage(error)) => Outcome::Failed(error),
        Err(Stop::State) => return Answer::Retry("state not written"),
    };
    host.world()
        .finish_execution(execution, host.now(), outcome);
    Answer::Succeeded(Stored::Unit)
}

impl<H: Host> Orchestrator<'_, H> {
    async fn stages(&self) -> Result<Stored, Stop> {
        let video = self.video;
        let begun = self.begin().await?;
        let validate = async |body: &Body<'_, H>| video.validate(body).await;
        self.stage(1, begun, Video::VALIDATE, validate).await?;
        let split = async |body: &Body<'_, H>| video.split(body).await.map(|_| ());
        self.stage(2, begun, Video::SPLIT, split).await?;
        for chunk in 0..video.chunks() {
            self.read().await?;
            let encode = async |body: &Body<'_, H>| video.encode(body, chunk).await.map(|_| ());
            let version = 3 + i64::from(chunk);
            self.stage(version, begun, Video::encode_step(chunk), encode)
                .await?;
        }
        self.read().await?;
        let segments = vec![Stored::Unit; video.chunks() as usize];
        let merge = async |body: &Body<'_, H>| video.assemble(body, &segments).await.map(|_| ());
        let version = 3 + i64::from(video.chunks());
        self.stage(version, begun, Video::ASSEMBLE, merge).await?;
        self.read().await?;
        Ok(Stored::Int(version))
    }

    fn at(&self) -> At {
        At::execution(self.execution)
    }

    fn key(&self) -> Key {
        Key::new("job", u64::from(self.execution), 0)
    }

    /// The client library's work for one request.
    async fn prepare(&self) {
        if !self.config.request_cpu.is_zero() {
            cpu::compute(self.host, self.config.request_cpu).await;
        }
    }

    async fn read(&self) -> Result<Option<i64>, Stop> {
        self.prepare().await;
        let stamp = Stamp {
            at: self.at(),
            attempt: 1,
            body: 0,
        };
        let item = store::get(self.host, self.key(), stamp)
            .await
            .map_err(|_| Stop::State)?;
        Ok(item.and_then(|item| item.int("version")))
    }

    async fn write(&self, write: Write) -> Result<(), Stop> {
        self.prepare().await;
        let sent = client::send(self.host, Request::kv(write), self.at()).await;
        sent.map(|_| ()).map_err(|_| Stop::State)
    }

    /// Registers the job, or finds how far it was.
    async fn begin(&self) -> Result<i64, Stop> {
        let register = async |body: &Body<'_, H>| self.video.register(body).await;
        self.attempts(Video::REGISTER, register, false).await?;
        let item = Item::new().with("version", Value::Int(0));
        match self
            .write(Write::put(self.key(), item, Condition::Absent))
            .await
        {
            Ok(()) => Ok(0),
            Err(_) => self.read().await?.ok_or(Stop::State),
        }
    }

    /// A stage that moves the state to a version, unless it is there already.
    async fn stage(
        &self,
        version: i64,
        begun: i64,
        step: StepName,
        code: impl AsyncFn(&Body<'_, H>) -> Result<(), Raise>,
    ) -> Result<(), Stop> {
        if version <= begun {
            return Ok(());
        }
        self.attempts(step, code, true).await?;
        let moved = vec![Action::Set("version", Value::Int(version))];
        let condition = Condition::Equals("version", Value::Int(version - 1));
        self.write(Write::update(self.key(), moved, condition))
            .await?;
        self.host
            .world()
            .commit(self.at().step(step), self.host.now());
        Ok(())
    }

    /// A stage's function: it reads the state each time it is called.
    async fn attempts(
        &self,
        step: StepName,
        code: impl AsyncFn(&Body<'_, H>) -> Result<(), Raise>,
        reads: bool,
    ) -> Result<(), Stop> {
        let at = self.at().step(step);
        let mut attempt = 1;
        loop {
            if reads {
                self.read().await?;
            }
            if !self.config.call.is_zero() {
                self.host.wait(self.config.call).await;
            }
            match body::enter(self.host, at, attempt, &code).await {
                Ok(()) => return Ok(()),
                Err(raise) if raise.permanent || attempt >= self.config.attempts => {
                    return Err(Stop::Stage(raise.error));
                }
                Err(_) => {
                    super::retry::back_off(self.host, self.config, at, attempt).await;
                    attempt += 1;
                }
            }
        }
    }
}
