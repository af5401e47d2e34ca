//! Whatever goes wrong, a run repeats itself, comes to an end and keeps its engine's promises.
//!
//! Workflows, engines, faults and the order of ready tasks are drawn at random; what fails is shrunk
//! and printed as a scenario, which belongs into `cases/` under a name once it is mended. The draws
//! are the same in every run of the tests; `PROPTEST_RNG_SEED` changes them, `PROPTEST_CASES` their
//! number.

mod plan;
mod program;
mod properties;

use plan::{Engines, Plan, plan};
use promises::Case;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::path::Path;

/// Random plans of each sort.
const CASES: u32 = 15_000;

/// One plan in so many is run twice.
const REPEATED: u64 = 8;

/// Runs a case; what is broken, and a fingerprint of everything that the run left.
fn outcome(case: &Case, program: &str, whole: bool) -> (Option<String>, String) {
    case.look(|world, now| {
        let fingerprint = match whole {
            true => format!(
                "{:?} {:?} {now:?}",
                world.ledger.borrow(),
                world.history.borrow()
            ),
            false => String::new(),
        };
        (properties::broken(world, now, program), fingerprint)
    })
}

fn check(plan: &Plan) -> Result<(), TestCaseError> {
    let case = plan.case();
    let twice = plan.schedule % REPEATED == 0;
    let (broken, fingerprint) = outcome(&case, &plan.program, twice);
    if let Some(broken) = broken {
        return Err(TestCaseError::fail(broken));
    }
    let same = !twice || outcome(&case, &plan.program, true).1 == fingerprint;
    prop_assert!(same, "repeats_itself: two runs of one plan differ");
    Ok(())
}

/// Searches plans; the smallest that fails is told as a scenario.
fn search(engines: Engines) {
    let default = ProptestConfig::default();
    let seed = match default.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        fixed => fixed,
    };
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default.cases,
        None => CASES,
    };
    let config = ProptestConfig {
        cases,
        rng_seed: seed,
        failure_persistence: None,
        max_shrink_iters: 3_000,
        ..default
    };
    let result = TestRunner::new(config).run(&plan(engines), |plan| check(&plan));
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn programs_on_engines_with_a_context() {
    search(Engines::WithContext);
}

#[test]
fn counter_and_video_on_every_engine() {
    search(Engines::All);
}

/// The file of a named case, and its plan's program.
fn named(path: &Path) -> (Case, String) {
    let scenario = sim::scenario::load(path, &[]).unwrap_or_else(|problems| panic!("{problems}"));
    let spec = sim::plan::Plan::new(&scenario).spec(0, true);
    let program = spec.settings.text("program.text").to_owned();
    let own = &scenario.check;
    let case = Case::of(&spec)
        .replicate(own.count("case.replicate"))
        .schedule(own.count("case.schedule_seed"));
    (case, program)
}

#[test]
fn what_went_wrong_once_is_right_now() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("promises/random_plans/cases");
    let mut count = 0;
    for file in std::fs::read_dir(folder).expect("cases").flatten() {
        let (case, program) = named(&file.path());
        let (broken, _) = outcome(&case, &program, false);
        assert!(broken.is_none(), "{}: {broken:?}", file.path().display());
        count += 1;
    }
    assert!(count > 0);
}

/// A plan that fails can be saved: its text, read as a scenario, is the same run.
#[test]
fn a_plan_is_written_as_a_scenario_that_is_the_same_run() {
    let folder = std::env::temp_dir().join(format!("plans-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let mut runner = TestRunner::deterministic();
    for number in 0..60 {
        let engines = [Engines::WithContext, Engines::All][number % 2];
        let tree = plan(engines).new_tree(&mut runner).expect("a plan");
        let plan = proptest::strategy::ValueTree::current(&tree);
        let file = folder.join("case.toml");
        std::fs::write(&file, format!("{plan:?}")).expect("written");
        let (case, program) = named(&file);
        let (read, drawn) = (
            outcome(&case, &program, true),
            outcome(&plan.case(), &plan.program, true),
        );
        assert!(read == drawn, "not the same run:\n{plan:?}");
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}
