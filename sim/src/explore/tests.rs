//! What the explorers try, and what the shrinker makes of it.

use super::fault::show;
use super::random::Dice;
use super::{EXPLORERS, Explorer, Fault, Kind, Lab, Options, Place, Record, Subject, Trial};
use super::{exhaustive::Exhaustive, random::Random, swarm::Swarm};
use crate::check::shrink::{Shrunk, shrink};
use crate::{check, scenario};
use models::claims::CLAIMS;
use models::point::Point;
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

const SCENARIO: &str = r#"
title = "Two steps"
workflow = "counter"
engine = "durable"
counter.operations = 2
counter.get = false
[platform]
file = "constant"
[prices]
file = "aws-us-east-1-2026"
"#;

/// The only cell of the scenario with these settings.
fn subject(settings: &[&str]) -> Subject {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    for file in ["platforms/constant.toml", "prices/aws-us-east-1-2026.toml"] {
        let target = folder.path().join(file);
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("made");
        std::fs::copy(data.join(file), target).expect("copied");
    }
    let file = folder.path().join("two.toml");
    std::fs::write(&file, SCENARIO).expect("written");
    let settings: Vec<String> = settings.iter().map(|s| (*s).to_owned()).collect();
    let scenario = match scenario::load(&file, &settings) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{problems}"),
    };
    let mut subjects = check::subjects(&scenario);
    assert_eq!(subjects.len(), 1);
    subjects.remove(0).1
}

fn options() -> Options {
    Options {
        kinds: Kind::ALL.to_vec(),
        depth: 2,
        schedules: 1,
        plans_max: 1_000_000,
        random: 0,
        swarm: 0,
        rate: 0.1,
    }
}

fn explore(subject: &Subject, options: &Options, explorer: &dyn Explorer) -> Record {
    let stop = AtomicBool::new(false);
    let lab = Lab {
        subject,
        options,
        jobs: 1,
        stop: &stop,
    };
    let mut record = Record::default();
    explorer.explore(&lab, &mut record);
    record
}

fn claim(name: &str) -> usize {
    let found = CLAIMS.iter().position(|claim| claim.name() == name);
    found.expect("a claim")
}

fn trial(plan: Vec<Fault>) -> Trial {
    Trial {
        plan,
        replicate: 0,
        schedule_seed: 1,
    }
}

#[test]
fn every_crash_pair_and_triple_runs_once_and_fires() {
    let subject = subject(&[]);
    let options = Options {
        kinds: vec![Kind::Crash],
        depth: 3,
        ..options()
    };
    let record = explore(&subject, &options, &Exhaustive);
    let effort = &record.efforts["crash"];
    assert_eq!(effort.tried, effort.possible);
    assert_eq!(effort.exhaustive_to(), 3);
    // A crash of every boundary of the only invocation: its start and end, four of each body, and
    // three of each of two requests.
    let bare = subject.attempt(&trial(Vec::new()), true);
    let strikable = |b: &&super::boundary::Boundary| b.fault(Kind::Crash).is_some();
    let boundaries = bare.boundaries.iter().filter(strikable).count() as u64;
    assert_eq!(boundaries, 2 + 2 * 4 + 2 * 3);
    assert_eq!(effort.possible[&1], boundaries);
    assert!(effort.possible[&2] > boundaries && effort.possible[&3] > effort.possible[&2]);
    // None is out of reach: as many crashes fired as were planned.
    let planned: u64 = effort
        .tried
        .iter()
        .map(|(n, plans)| *n as u64 * plans)
        .sum();
    assert_eq!(record.fired["crash"], planned);
}

#[test]
fn every_kind_is_tried_at_every_boundary_where_it_can_be() {
    let subject = subject(&[]);
    let record = explore(&subject, &options(), &Exhaustive);
    for kind in Kind::ALL {
        let effort = &record.efforts[kind.name()];
        assert_eq!(effort.tried, effort.possible, "{}", kind.name());
    }
    // Requests of a run without faults: the start and two checkpoints.
    for kind in [
        Kind::Error,
        Kind::LostAck,
        Kind::Partition,
        Kind::OneWayPartition,
    ] {
        assert_eq!(
            record.efforts[kind.name()].possible[&1],
            3,
            "{}",
            kind.name()
        );
    }
    let strikes = [Kind::Crash, Kind::Freeze, Kind::ShortFreeze];
    let possible = strikes.map(|kind| record.efforts[kind.name()].possible[&1]);
    assert_eq!(possible, [16; 3]);
}

#[test]
fn each_schedule_seed_is_a_run_of_its_own() {
    let subject = subject(&[]);
    let once = explore(&subject, &options(), &Exhaustive).total();
    let thrice = Options {
        schedules: 3,
        ..options()
    };
    assert_eq!(explore(&subject, &thrice, &Exhaustive).total(), 3 * once);
}

#[test]
fn a_limit_spreads_the_plans_and_says_that_some_were_left_out() {
    let subject = subject(&[]);
    let few = Options {
        plans_max: 10,
        ..options()
    };
    let record = explore(&subject, &few, &Exhaustive);
    let effort = &record.efforts["crash"];
    assert!(effort.tried[&1] <= 10 && effort.possible[&1] == 16);
    assert_eq!(effort.exhaustive_to(), 0);
}

#[test]
fn what_was_never_crossed_is_said() {
    let record = explore(&subject(&[]), &options(), &Exhaustive);
    let never = record.never_crossed();
    let has = |name: &str| never.iter().any(|point| point.name() == name);
    assert!(has("durable.get_state.send"), "{never:?}");
    assert!(!never.contains(&Point::BODY_START));
    // Steps on the durable engine touch no store and no provider, whatever happens.
    assert!(
        !has("kv.put.send") && !has("provider.llm.send"),
        "{never:?}"
    );
}

#[test]
fn random_plans_follow_their_seed_and_swarms_leave_kinds_out() {
    let subject = subject(&[]);
    let many = Options {
        random: 60,
        swarm: 60,
        ..options()
    };
    for explorer in [&Random as &dyn Explorer, &Swarm] {
        let (one, two) = (
            explore(&subject, &many, explorer),
            explore(&subject, &many, explorer),
        );
        assert_eq!(one.total(), 60);
        assert_eq!((one.aimed, one.counts), (two.aimed, two.counts));
    }
    let boundaries = subject.attempt(&trial(Vec::new()), true).boundaries;
    let plan = |number| Dice::new(1, number).plan(&boundaries, &Kind::ALL, 0.3);
    assert_eq!(plan(7), plan(7));
    assert_ne!(plan(7), plan(8));
}

#[test]
fn explorers_have_names_and_say_what_they_try() {
    let names: Vec<&str> = EXPLORERS.iter().map(|explorer| explorer.name()).collect();
    assert_eq!(names, ["exhaustive", "random", "swarm"]);
    assert!(
        EXPLORERS
            .iter()
            .all(|explorer| explorer.doc().ends_with('.'))
    );
}

#[test]
fn a_counterexample_shrinks_to_one_crash_of_one_step() {
    let subject = subject(&["counter.operations=6"]);
    let place = |name: &str, ordinal| {
        let point = Point::all().find(|point| point.name() == name);
        Place::Crossing(point.expect("a point"), ordinal)
    };
    let fault = |kind, name, ordinal| Fault {
        kind,
        place: place(name, ordinal),
    };
    let long = trial(vec![
        fault(Kind::Error, "durable.checkpoint.send", 2),
        fault(Kind::Crash, "handler.start", 1),
        fault(Kind::Freeze, "effect.after", 4),
        fault(Kind::Crash, "effect.after", 5),
    ]);
    let shrunk = shrink(&subject, &long, claim("plain_effects_at_most_once")).expect("not stopped");
    assert_eq!(show(&shrunk.trial.plan), "crash effect.after #1");
    assert_eq!(shrunk.subject.spec.settings.count("counter.operations"), 1);
    assert!(shrunk.witness.contains("increment-0"), "{}", shrunk.witness);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is found stays a violation, never grows, and cannot lose another fault.
    #[test]
    fn a_shrunk_plan_still_violates_and_needs_each_of_its_faults(number in 0_u64..10_000) {
        let subject = subject(&["counter.operations=3"]);
        let boundaries = subject.attempt(&trial(Vec::new()), true).boundaries;
        let kinds = [Kind::Crash, Kind::Error, Kind::LostAck, Kind::Freeze];
        let drawn = trial(Dice::new(3, number).plan(&boundaries, &kinds, 0.3));
        let found = subject.attempt(&drawn, false).violated;
        for (claim, _) in found {
            let Shrunk { subject, trial, witness, .. } =
                shrink(&subject, &drawn, claim).expect("not stopped");
            prop_assert!(trial.plan.len() <= drawn.plan.len());
            let again = subject.attempt(&trial, false);
            prop_assert_eq!(again.witness(claim), Some(witness.as_str()));
            for left_out in 0..trial.plan.len() {
                let mut fewer = trial.clone();
                fewer.plan.remove(left_out);
                prop_assert!(subject.attempt(&fewer, false).witness(claim).is_none());
            }
        }
    }
}
