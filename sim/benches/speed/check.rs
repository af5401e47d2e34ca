//! The search of `sim check`: every plan of up to three crashes of an 8-step request on the durable
//! engine, each a run of its own with all claims checked. The floor is a run that ends at its first
//! crossing: state, runtime and one client, and nothing done.

use super::clock;
use sim::check;
use sim::explore::{EXPLORERS, Lab, Options, Record, Subject, Trial};
use sim::scenario;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/claims.toml");

const SETTINGS: [&str; 11] = [
    "workflow=counter",
    "engine=durable",
    "counter.operations=8",
    "counter.get=false",
    "durable.semantics=at_least_once",
    "durable.retry_attempts=6",
    "check.kinds=crash",
    "check.plans_max=100000000",
    "check.random=0",
    "check.swarm=0",
    "check.schedules=1",
];

fn subject() -> (Subject, Options) {
    let settings = SETTINGS.map(str::to_owned);
    let scenario = scenario::load(Path::new(SCENARIO), &settings).expect("the scenario");
    let mut subjects = check::subjects(&scenario);
    assert_eq!(subjects.len(), 1);
    let (_, subject) = subjects.remove(0);
    (subject, check::options(&scenario))
}

fn search(subject: &Subject, options: &Options) -> u64 {
    let mut record = Record::default();
    let stop = AtomicBool::new(false);
    let lab = Lab {
        subject,
        options,
        jobs: 1,
        stop: &stop,
    };
    for explorer in EXPLORERS {
        explorer.explore(&lab, &mut record);
    }
    record.total()
}

/// Runs that end at their first crossing, per CPU second.
fn floor(subject: &Subject) -> f64 {
    let mut empty = subject.clone();
    empty.spec.budget_steps = 0;
    let trials: Vec<Trial> = (0..20_000).map(bare).collect();
    let (_, options) = self::subject();
    let stop = AtomicBool::new(false);
    let lab = Lab {
        subject: &empty,
        options: &options,
        jobs: 1,
        stop: &stop,
    };
    let before = clock::process_seconds();
    assert_eq!(lab.run(&trials, false).len(), trials.len());
    trials.len() as f64 / (clock::process_seconds() - before)
}

fn bare(schedule_seed: u64) -> Trial {
    Trial {
        plan: Vec::new(),
        replicate: 0,
        schedule_seed,
    }
}

/// Every single crash: at the start and the end of the handler, and for each step at the start and
/// the end of its body, before and after its effect, and when its checkpoint leaves, is applied and
/// is acknowledged; and a run without.
pub fn every_crash() {
    let (subject, mut options) = subject();
    options.depth = 1;
    assert_eq!(search(&subject, &options), 1 + 2 + 8 * 7);
}

/// Measures and prints.
pub fn measure() {
    let (subject, mut options) = subject();
    println!("sim check: crashes of an 8-step request on the durable engine, one job");
    println!(
        "  empty runs (floor)  {:>8.0} per s and core",
        floor(&subject)
    );
    println!("  depth   schedules    CPU s   per s and core   peak memory (MiB)");
    for depth in 1..=3 {
        options.depth = depth;
        // The system tells hundredths of a second: a short search is repeated.
        let before = clock::process_seconds();
        let (mut seconds, mut times) = (0.0, 0.0);
        let mut schedules = 0;
        while seconds < 0.5 {
            schedules = search(&subject, &options);
            times += 1.0;
            seconds = clock::process_seconds() - before;
        }
        seconds /= times;
        println!(
            "  {depth:>5} {schedules:>11} {seconds:>8.4} {:>16.0} {:>19}",
            schedules as f64 / seconds,
            clock::peak_mib().map_or("unknown".to_owned(), |mib| format!("{mib:.0}")),
        );
    }
}
