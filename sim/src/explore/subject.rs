//! What is searched: one cell of a scenario, and one trial of it.

use super::boundary::{Boundary, after_last_strike};
use super::fault::Fault;
use crate::kernel::{End, execute};
use crate::run::RunSpec;
use models::claims::{self, CLAIMS, Evidence, Verdict};
use models::faults::FaultSpec;
use models::world::{Setup, World};
use std::time::Duration;

/// How long what lasts a while lasts: frozen workers stand still, links are cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lengths {
    pub short: Duration,
    pub long: Duration,
    pub given_up: Duration,
    pub cut: Duration,
}

/// A cell of a scenario.
#[derive(Clone, Debug)]
pub struct Subject {
    pub spec: RunSpec,
    pub lengths: Lengths,
    /// Bound of the claim `progress`.
    pub patience: Duration,
}

/// One run to be: the faults and the seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub plan: Vec<Fault>,
    pub replicate: u64,
    pub schedule_seed: u64,
}

/// What a trial showed.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    /// Violated claims by their place in [`CLAIMS`], with witnesses.
    pub violated: Vec<(usize, String)>,
    /// Claims about which the run says nothing.
    pub unknown: Vec<usize>,
    /// Crossings of each point.
    pub crossings: Vec<u32>,
    /// Faults that fired, by the names of scenarios.
    pub fired: Vec<(&'static str, u64)>,
    /// Where a further fault could be put, if asked for.
    pub boundaries: Vec<Boundary>,
}

impl Tried {
    /// The witness against a claim.
    pub fn witness(&self, claim: usize) -> Option<&str> {
        let mut violated = self.violated.iter();
        let found = violated.find(|(violated, _)| *violated == claim);
        found.map(|(_, witness)| witness.as_str())
    }
}

impl Subject {
    /// Runs a trial on this thread and checks every claim.
    ///
    /// # Panics
    /// If the specification was not checked.
    pub fn attempt(&self, trial: &Trial, boundaries: bool) -> Tried {
        self.look(trial, boundaries, |evidence| read(evidence, boundaries))
    }

    /// Runs a trial on this thread and reads something from what it left behind.
    pub fn look<T>(&self, trial: &Trial, keep: bool, read: impl FnOnce(&Evidence) -> T) -> T {
        let faults = self.faults(&trial.plan);
        let spec = &self.spec;
        let setup = Setup {
            seed: spec.seed,
            replicate: trial.replicate,
            workflow: &spec.workflow,
            engine: &spec.engine,
            settings: &spec.settings,
            faults: &faults,
            platform: &spec.platform,
            prices: &spec.prices,
            encoder: spec.encoder.as_ref(),
            keep,
        };
        let longest = models::time::seconds(spec.budget_virtual_s);
        let budget = (longest, spec.budget_steps);
        let run = execute(&setup, trial.schedule_seed, budget, |world, end, _| {
            read(&Evidence {
                world,
                end: ending(end),
                patience: self.patience,
            })
        });
        match run {
            Ok(finished) => finished.result,
            Err(why) => panic!("an unchecked specification: {why}"),
        }
    }

    fn faults(&self, plan: &[Fault]) -> Vec<FaultSpec> {
        let planned = plan.iter().map(|fault| fault.spec(self.lengths));
        self.spec.faults.iter().cloned().chain(planned).collect()
    }

    /// Which claims mean something here, and which of them the engine makes.
    pub fn claims(&self) -> Vec<(usize, bool)> {
        let trial = Trial {
            plan: Vec::new(),
            replicate: 0,
            schedule_seed: 1,
        };
        self.look(&trial, false, |evidence| {
            let world = evidence.world;
            let pledges = world.engine.pledges(&world.workflow);
            let concerned = CLAIMS.iter().enumerate().filter(|(_, c)| c.concerns(world));
            concerned
                .map(|(place, claim)| (place, pledges.contains(&claim.name())))
                .collect()
        })
    }
}

fn ending(end: End) -> claims::End {
    match end {
        End::Done => claims::End::Quiet,
        End::Time => claims::End::Stuck,
        End::Steps | End::Stopped => claims::End::CutShort,
    }
}

fn read(evidence: &Evidence, boundaries: bool) -> Tried {
    let world: &World = evidence.world;
    let mut tried = Tried {
        crossings: world.ordinals.iter().map(std::cell::Cell::get).collect(),
        ..Tried::default()
    };
    let fired = world.faults.borrow().fired();
    tried.fired = fired.into_iter().filter(|(_, times)| *times > 0).collect();
    for (place, claim) in CLAIMS.iter().enumerate() {
        if !claim.concerns(world) {
            continue;
        }
        match claim.check(evidence) {
            Verdict::Holds => {}
            Verdict::Violated(witness) => tried.violated.push((place, witness)),
            Verdict::Unknown(_) => tried.unknown.push(place),
        }
    }
    if boundaries {
        tried.boundaries = after_last_strike(world);
    }
    tried
}
