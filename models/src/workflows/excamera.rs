//! ExCamera's pipeline `[n, x]` (Fouladi et al., NSDI 2017): chunks encoded side by side, then stitched.
//!
//! Each worker starts, downloads its chunk of n frames, encodes it and decodes its own final state. A chunk
//! that is not the first of its group of x then encodes its first frame anew on the state that its
//! predecessor's first pass ended with; from the third chunk on it is rebased on what its predecessor's own
//! rebase ended with, in series along the group. All workers start at once and wait for each other's states
//! at a rendezvous.
//!
//! The stages of a worker share the content of its chunk, which is alike in neighbouring chunks, and the
//! speed of its host, which is of one of two classes: a stage takes the quantile of its distribution that
//! these select. The workers are the branches of one map in one process that never crashes.

use crate::Law;
use crate::body::Body;
use crate::host::Host;
use crate::ledger::Effect;
use crate::point::{StepName, Word};
use crate::registry::Entry;
use crate::settings::{Key, Kind, Settings};
use crate::streams::Purpose;
use crate::time::millis;
use crate::value::Value;
use crate::workflows::completion::Branches;
use crate::workflows::context::{Context, Failure};
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

const fn seconds(path: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Law,
        default: "1",
        doc,
    }
}

const fn share(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Float {
            min: -1.0,
            max: 1.0,
        },
        default,
        doc,
    }
}

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "excamera",
    doc: "ExCamera's pipeline of thousands of workers: encode chunks side by side, re-encode first frames, rebase in series along each group (on `local`).",
    keys: &[
        Key {
            path: "excamera.workers",
            kind: Kind::Int {
                min: 1,
                max: 100_000,
            },
            default: "880",
            doc: "Workers of one job, a chunk each.",
        },
        Key {
            path: "excamera.group",
            kind: Kind::Int { min: 1, max: 1_000 },
            default: "4",
            doc: "Chunks to a key frame (x).",
        },
        seconds(
            "excamera.start_s",
            "Job start to a worker's first message, in seconds.",
        ),
        seconds("excamera.download_s", "Download of a chunk, in seconds."),
        seconds("excamera.encode_s", "First pass, in seconds."),
        seconds(
            "excamera.dump_s",
            "Decoding of the final state, in seconds.",
        ),
        seconds(
            "excamera.reencode_s",
            "First frame on the predecessor's state, in seconds.",
        ),
        seconds(
            "excamera.rebase_s",
            "Rebase of the third chunk of a group, in seconds.",
        ),
        seconds(
            "excamera.rebase_later_s",
            "Rebase of the chunks after it, in seconds.",
        ),
        seconds("excamera.finish_s", "Upload and end, in seconds."),
        share(
            "excamera.neighbours",
            "0.9",
            "Correlation of the content of neighbouring chunks.",
        ),
        share(
            "excamera.fast_share",
            "0.15",
            "Share of hosts of the fast class.",
        ),
        share(
            "excamera.encode_content",
            "0.87",
            "Correlation of the first pass with the content.",
        ),
        share(
            "excamera.encode_host",
            "0.49",
            "Correlation of the first pass with the host's speed.",
        ),
        share(
            "excamera.dump_content",
            "0.3",
            "The same of the state's decoding.",
        ),
        share(
            "excamera.dump_host",
            "0.8",
            "The same of the state's decoding.",
        ),
        share(
            "excamera.reencode_content",
            "0.2",
            "The same of the second pass.",
        ),
        share(
            "excamera.reencode_host",
            "0.7",
            "The same of the second pass.",
        ),
        share("excamera.rebase_content", "0.25", "The same of the rebase."),
        share("excamera.rebase_host", "0.5", "The same of the rebase."),
    ],
};

const WORKER: Word = Word::new("worker");
const WORKERS: Word = Word::new("workers");

/// Log speed of the fast class against the slow one: a ratio of about 0.59 of times.
const FAST: f64 = -0.53;
/// What else differs between hosts.
const HOST_SIGMA: f64 = 0.06;
/// Chunks back that content still depends on.
const MEMORY: u64 = 40;

/// A stage that depends on content and host.
#[derive(Debug)]
struct Stage {
    law: Law,
    content: f64,
    host: f64,
}

/// The parameters of a job.
#[derive(Debug)]
pub struct ExCamera {
    workers: u32,
    group: u32,
    start: Law,
    download: Law,
    finish: Law,
    encode: Stage,
    dump: Stage,
    reencode: Stage,
    rebase: Stage,
    rebase_later: Stage,
    neighbours: f64,
    fast_share: f64,
}

/// What a worker has handed to the rendezvous.
#[derive(Clone, Copy, Debug, Default)]
struct Handed {
    first_pass: bool,
    stitched: bool,
}

/// Where workers leave their states and wait for each other's.
#[derive(Debug, Default)]
struct Rendezvous {
    handed: RefCell<Vec<Handed>>,
    waiting: RefCell<Vec<(u32, Waker)>>,
}

impl Rendezvous {
    fn hand(&self, worker: u32, set: impl FnOnce(&mut Handed)) {
        set(&mut self.handed.borrow_mut()[worker as usize]);
        let mut waiting = self.waiting.borrow_mut();
        let (woken, rest) = std::mem::take(&mut *waiting)
            .into_iter()
            .partition(|(of, _)| *of == worker);
        *waiting = rest;
        drop(waiting);
        let woken: Vec<(u32, Waker)> = woken;
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }

    async fn until(&self, worker: u32, there: impl Fn(&Handed) -> bool) {
        poll_fn(|cx| {
            if there(&self.handed.borrow()[worker as usize]) {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push((worker, cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

impl ExCamera {
    /// Reads the keys.
    pub fn new(settings: &Settings) -> ExCamera {
        let law = |key: &str| settings.law(&format!("excamera.{key}"));
        let number = |key: &str| settings.number(&format!("excamera.{key}"));
        let stage = |key: &str, loads: &str| Stage {
            law: law(key),
            content: number(&format!("{loads}_content")),
            host: number(&format!("{loads}_host")),
        };
        ExCamera {
            workers: settings.count("excamera.workers") as u32,
            group: settings.count("excamera.group") as u32,
            start: law("start_s"),
            download: law("download_s"),
            finish: law("finish_s"),
            encode: stage("encode_s", "encode"),
            dump: stage("dump_s", "dump"),
            reencode: stage("reencode_s", "reencode"),
            rebase: stage("rebase_s", "rebase"),
            rebase_later: stage("rebase_later_s", "rebase"),
            neighbours: number("neighbours"),
            fast_share: number("fast_share"),
        }
    }

    /// The step of a worker.
    pub fn step(worker: u32) -> StepName {
        StepName::at(WORKER, worker)
    }

    /// How many workers there are.
    pub fn workers(&self) -> u32 {
        self.workers
    }

    /// The job on an engine with a context.
    pub async fn run<'w, C: Context<'w>>(&'w self, context: &C) -> Result<Value, Failure> {
        let place = Rc::new(Rendezvous::default());
        place
            .handed
            .borrow_mut()
            .resize(self.workers as usize, Handed::default());
        let branch = async move |branch: &C, worker: u32| {
            let work = async |body: &Body<'_, C::Host>| {
                self.worker(body, &place, worker).await;
                body.effect(Effect::Plain).await?;
                Ok(Value::Unit)
            };
            branch.step(ExCamera::step(worker), work).await
        };
        let ended: Vec<Value> = context
            .map(
                StepName::new(WORKERS),
                Branches::all(self.workers, 0),
                branch,
            )
            .await?;
        Ok(Value::Int(ended.len() as i64))
    }

    async fn worker<H: Host>(&self, body: &Body<'_, H>, place: &Rendezvous, worker: u32) {
        let world = body.host.world();
        let execution = u64::from(body.stamp.at.execution);
        let uniform = |chunk: u64, turn: u64| {
            world
                .streams
                .pick(Purpose::Content, execution, chunk + 1, turn)
        };
        let normal = |chunk: u64, turn: u64| crate::law::normal_quantile(uniform(chunk, turn));
        let own = u64::from(worker) + MEMORY;
        let content = self.content(own, &normal);
        let host = self.host(uniform(own, 1), normal(own, 2));
        let take = |stage: &Stage, turn: u64| {
            let rest = (1.0 - stage.content.powi(2) - stage.host.powi(2))
                .max(0.0)
                .sqrt();
            let z = stage.content * content + stage.host * host + rest * normal(own, turn);
            stage.law.quantile(normal_share(z))
        };
        let wait = async |seconds: f64| body.sleep(millis(seconds * 1e3)).await;
        let position = worker % self.group;

        wait(self.start.quantile(uniform(own, 3)) + self.download.quantile(uniform(own, 4))).await;
        wait(take(&self.encode, 5)).await;
        if self.group > 1 {
            wait(take(&self.dump, 6)).await;
            place.hand(worker, |handed| handed.first_pass = true);
        }
        if position > 0 {
            place.until(worker - 1, |handed| handed.first_pass).await;
            wait(take(&self.reencode, 7)).await;
        }
        if position > 1 {
            place.until(worker - 1, |handed| handed.stitched).await;
            let stage = if position == 2 {
                &self.rebase
            } else {
                &self.rebase_later
            };
            wait(take(stage, 8)).await;
        }
        place.hand(worker, |handed| handed.stitched = true);
        wait(self.finish.quantile(uniform(own, 9))).await;
    }

    /// Standard normal, alike in neighbouring chunks.
    fn content(&self, own: u64, normal: &impl Fn(u64, u64) -> f64) -> f64 {
        let rho = self.neighbours;
        let (mut sum, mut squares, mut weight) = (0.0, 0.0, 1.0);
        for back in 0..MEMORY {
            sum += weight * normal(own - back, 0);
            squares += weight * weight;
            weight *= rho;
        }
        sum / f64::sqrt(squares)
    }

    /// Log time of a host against the mean, over its standard deviation.
    fn host(&self, class: f64, z: f64) -> f64 {
        let share = self.fast_share;
        let mean = share * FAST;
        let variance = FAST * FAST * share * (1.0 - share) + HOST_SIGMA * HOST_SIGMA;
        let own = if class < share { FAST } else { 0.0 };
        (own - mean + HOST_SIGMA * z) / variance.sqrt()
    }
}

/// Share of a normal distribution below z, inside (0, 1).
fn normal_share(z: f64) -> f64 {
    (0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)).clamp(1e-12, 1.0 - 1e-12)
}
