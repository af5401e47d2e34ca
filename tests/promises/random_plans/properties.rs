//! What must hold of any run, whatever went wrong. Each property has a name.
//!
//! First what the engine claims, then counts that must agree with each other.

use models::claims::{CLAIMS, End, Evidence, Verdict};
use models::engines::Engine;
use models::engines::durable::{Config, Nesting, Semantics};
use models::engines::explicit::Variant;
use models::ledger::{BodyRow, Effect, Ended};
use models::measure;
use models::records::{Measure as M, Values};
use models::services::durable::Verb;
use models::workflows::Workflow;
use models::workflows::program::{Part, parse};
use models::world::{Outcome, World};
use std::collections::BTreeMap;
use std::time::Duration;

/// Bound of the claim `progress`. Coordinators that poll can fill a platform with few places and
/// keep their own encoders out, until they time out after 15 minutes, several times over.
const PATIENCE: Duration = Duration::from_secs(4 * 3_600);

/// More faults than these in one run do not stop.
const STORM: u64 = 100;

/// A property: its name, and what is seen against it.
type Property = (&'static str, fn(&Run<'_>) -> Option<String>);

/// Every property besides the claims.
const PROPERTIES: &[Property] = &[
    ("every_execution_ends", every_execution_ends),
    ("attempts_are_bounded", attempts_are_bounded),
    ("an_attempt_has_one_body", an_attempt_has_one_body),
    ("a_crash_uses_no_attempt", a_crash_uses_no_attempt),
    ("effects_are_within_bodies", effects_are_within_bodies),
    ("an_operation_ends_once", an_operation_ends_once),
    ("waits_take_their_time", waits_take_their_time),
    (
        "no_more_side_by_side_than_allowed",
        no_more_side_by_side_than_allowed,
    ),
    ("nothing_acknowledged_is_lost", nothing_acknowledged_is_lost),
    (
        "metrics_agree_with_the_ledger",
        metrics_agree_with_the_ledger,
    ),
    (
        "the_cost_is_the_sum_of_its_parts",
        the_cost_is_the_sum_of_its_parts,
    ),
    ("accepted_updates_are_metered", accepted_updates_are_metered),
    (
        "without_faults_everything_happens_once",
        without_faults_everything_happens_once,
    ),
];

/// A run that is over.
struct Run<'w> {
    world: &'w World,
    values: Values,
    program: &'w str,
}

/// The first property that does not hold, and what was seen. `program` is the program's text.
pub fn broken(world: &World, now: Duration, program: &str) -> Option<String> {
    if let Some(claim) = broken_claim(world) {
        return Some(claim);
    }
    let run = Run {
        world,
        values: measure::values(world, now),
        program,
    };
    let seen = |(name, check): &Property| check(&run).map(|seen| format!("{name}: {seen}"));
    PROPERTIES.iter().find_map(seen)
}

/// A claim that the engine makes, and that does not hold.
fn broken_claim(world: &World) -> Option<String> {
    let evidence = Evidence {
        world,
        end: End::Quiet,
        patience: PATIENCE,
    };
    let made = world.engine.pledges(&world.workflow);
    let concerned = CLAIMS.iter().filter(|claim| claim.concerns(world));
    let mut claimed =
        concerned.filter(|claim| made.contains(&claim.name()) && !excused(world, claim.name()));
    claimed.find_map(|claim| match claim.check(&evidence) {
        Verdict::Violated(witness) => Some(format!("{}: {witness}", claim.name())),
        _ => None,
    })
}

/// Claims of the engines are about the faults that `sim check` injects. Beyond them:
///
/// - Code that raises, by itself or because a service was out, may use up its attempts, and then an
///   execution fails by right.
/// - Under crashes that never stop many steps side by side never all come through, and the
///   execution times out.
/// - The conditional program counts its chunks by an addition without a key: a message that arrives
///   twice counts a chunk twice, and the video is assembled too early.
fn excused(world: &World, claim: &str) -> bool {
    let storm = world.faults.borrow().total() > STORM;
    let counts_twice = matches!(&world.engine, Engine::Explicit(config) if config.variant == Variant::Conditional)
        && world.faults.borrow().fired()["duplication"] > 0;
    let complete = [
        "store_effects_at_least_once",
        "keyed_effects_at_least_once",
        "video_complete",
    ];
    match claim {
        "succeeds" => raised(world) || storm,
        claim if complete.contains(&claim) => counts_twice,
        _ => false,
    }
}

fn raised(world: &World) -> bool {
    let fired = world.faults.borrow().fired();
    let out = || {
        let ledger = world.ledger.borrow();
        ledger.bodies.iter().any(|row| row.ended == Ended::Raised)
    };
    fired["fail_rate"] + fired["outcome"] > 0 || fired["outage"] > 0 && out()
}

fn durable(world: &World) -> Option<&Config> {
    match &world.engine {
        Engine::Durable(config) => Some(config),
        _ => None,
    }
}

fn step(row: &BodyRow) -> (u32, u64) {
    (row.at.execution, row.at.step.stamp())
}

fn name(row: &BodyRow) -> String {
    format!("{} of execution {}", row.at.step, row.at.execution)
}

fn every_execution_ends(run: &Run<'_>) -> Option<String> {
    let executions = run.world.executions.borrow();
    let open = executions.iter().position(|state| state.ended.is_none())?;
    Some(format!("execution {open} has no outcome"))
}

fn attempts_are_bounded(run: &Run<'_>) -> Option<String> {
    let most = durable(run.world)?.retry.attempts;
    let ledger = run.world.ledger.borrow();
    let over = ledger.bodies.iter().find(|row| row.attempt > most)?;
    Some(format!(
        "{} is on attempt {} of {most}",
        name(over),
        over.attempt
    ))
}

/// At most once: of an attempt only one body is entered.
fn an_attempt_has_one_body(run: &Run<'_>) -> Option<String> {
    if durable(run.world)?.semantics == Semantics::AtLeastOnce {
        return None;
    }
    let mut bodies = BTreeMap::new();
    let ledger = run.world.ledger.borrow();
    // The step that asks for an answer is run at least once whatever the others are.
    let mut counted = ledger
        .bodies
        .iter()
        .filter(|row| row.at.step.base() != "submit");
    let twice = counted.find(|row| {
        let count: &mut u32 = bodies.entry((step(row), row.attempt)).or_default();
        *count += 1;
        *count > 1
    })?;
    Some(format!(
        "{} entered attempt {} twice",
        name(twice),
        twice.attempt
    ))
}

/// At least once: only a body that raised leads to another attempt.
fn a_crash_uses_no_attempt(run: &Run<'_>) -> Option<String> {
    if durable(run.world)?.semantics == Semantics::AtMostOnce {
        return None;
    }
    let ledger = run.world.ledger.borrow();
    let raised = |row: &BodyRow| {
        let before = |other: &&BodyRow| {
            step(other) == step(row)
                && other.ended == Ended::Raised
                && other.ended_at <= row.started
        };
        ledger.bodies.iter().filter(before).count() as u32
    };
    let over = ledger
        .bodies
        .iter()
        .find(|row| row.attempt > 1 && row.attempt > 1 + raised(row))?;
    let attempt = over.attempt;
    Some(format!(
        "{} is on attempt {attempt}, {} bodies raised",
        name(over),
        raised(over)
    ))
}

fn effects_are_within_bodies(run: &Run<'_>) -> Option<String> {
    let tallies = run.world.tallies.borrow();
    let over = tallies
        .all()
        .find(|tally| tally.outside_effects() > u64::from(tally.bodies))?;
    Some(format!(
        "{} effects of {} bodies",
        over.outside_effects(),
        over.bodies
    ))
}

/// Of each durable operation at most one end is accepted, and nothing after it.
fn an_operation_ends_once(run: &Run<'_>) -> Option<String> {
    let mut ended: BTreeMap<(u32, u64), bool> = BTreeMap::new();
    let history = run.world.history.borrow();
    for crossing in history.crossings.iter() {
        if crossing.point.to_string() != "durable.checkpoint.send" {
            continue;
        }
        for update in history
            .updates_of(&crossing)
            .iter()
            .filter(|update| update.request > 0)
        {
            let over = ended.entry((crossing.at.execution, update.id)).or_default();
            if *over {
                return Some(format!("{update:?} came after the operation's end"));
            }
            *over = matches!(update.update, Verb::Succeed | Verb::Fail);
        }
    }
    None
}

fn waits_take_their_time(run: &Run<'_>) -> Option<String> {
    let Workflow::Program(program) = &run.world.workflow else {
        return None;
    };
    let least = program.waits();
    let executions = run.world.executions.borrow();
    executions.iter().enumerate().find_map(|(number, state)| {
        let Some((ended, Outcome::Succeeded(_))) = &state.ended else {
            return None;
        };
        let took = *ended - state.started;
        (took < least).then(|| format!("execution {number} took {took:?}, its waits {least:?}"))
    })
}

/// Bodies that one invocation of a program runs at the same time.
fn no_more_side_by_side_than_allowed(run: &Run<'_>) -> Option<String> {
    let Workflow::Program(program) = &run.world.workflow else {
        return None;
    };
    if !program.needs_all() {
        // Branches that are not needed run on beside the rest.
        return None;
    }
    let ledger = run.world.ledger.borrow();
    let beside = |row: &BodyRow| {
        let same = |other: &&BodyRow| {
            (other.at.execution, other.worker, other.invoked)
                == (row.at.execution, row.worker, row.invoked)
                && other.started <= row.started
                && other.ended_at > row.started
        };
        ledger.bodies.iter().filter(same).count() as u32
    };
    let most = ledger.bodies.iter().map(beside).max().unwrap_or(0);
    (most > program.width()).then(|| {
        format!(
            "{most} bodies at once, at most {} are allowed",
            program.width()
        )
    })
}

fn nothing_acknowledged_is_lost(run: &Run<'_>) -> Option<String> {
    let naive =
        matches!(&run.world.engine, Engine::Explicit(config) if config.variant == Variant::Naive);
    let lost = run.values.get(M::LostEffects);
    (!naive && lost > 0.0).then(|| format!("{lost} acknowledged effects are not there"))
}

fn metrics_agree_with_the_ledger(run: &Run<'_>) -> Option<String> {
    let ledger = run.world.ledger.borrow();
    let executions = run.values.get(M::Executions);
    let outside = ledger
        .effects
        .iter()
        .filter(|row| row.effect != Effect::Store)
        .count();
    let pairs = [(M::Bodies, ledger.bodies.len()), (M::Effects, outside)];
    pairs.into_iter().find_map(|(measure, rows)| {
        let metric = run.values.get(measure) * executions;
        ((metric - rows as f64).abs() > 1e-6)
            .then(|| format!("{measure:?} is {metric}, rows {rows}"))
    })
}

fn the_cost_is_the_sum_of_its_parts(run: &Run<'_>) -> Option<String> {
    let parts = [
        M::CostComputeUsd,
        M::CostRequestsUsd,
        M::CostDurableUsd,
        M::CostStoreUsd,
        M::CostObjectUsd,
        M::CostQueueUsd,
        M::CostOrchestratorUsd,
        M::CostProviderUsd,
    ];
    let sum: f64 = parts
        .iter()
        .map(|part| run.values.get(*part))
        .filter(|cost| !cost.is_nan())
        .sum();
    let cost = run.values.get(M::CostUsd);
    ((cost - sum).abs() > 1e-9 * sum.max(1e-9)).then(|| format!("{cost} is not {sum}"))
}

/// The history knows of an update only if an answer told of it.
fn accepted_updates_are_metered(run: &Run<'_>) -> Option<String> {
    durable(run.world)?;
    let history = run.world.history.borrow();
    let known = history
        .updates
        .iter()
        .filter(|update| update.request > 0)
        .count() as f64;
    let metered = run.values.get(M::CheckpointUpdates) * run.values.get(M::Executions);
    let whole = run.values.get(M::FaultsFired) > 0.0 || (known - metered).abs() < 1e-6;
    (known > metered + 1e-6 || !whole)
        .then(|| format!("{known} updates were accepted, {metered} metered"))
}

/// Steps, waits, contexts around parts, and branches of a program, with every branch counted.
fn counted(parts: &[Part]) -> [u64; 4] {
    let mut total = [0; 4];
    for part in parts {
        let one = match part {
            Part::Step { .. } => [1, 0, 0, 0],
            Part::Wait { .. } | Part::Invoke { .. } => [0, 1, 0, 0],
            // The step that asks, the callback's START, and a context around both.
            Part::Callback { .. } => [1, 1, 1, 0],
            Part::Poll { .. } => unreachable!("random programs do not poll"),
            Part::Map { branches, parts } => {
                let branches = u64::from(branches.count);
                let [steps, waits, maps, inner] = counted(parts).map(|count| count * branches);
                [steps, waits, maps + 1, inner + branches]
            }
            Part::Parallel { parts, .. } => {
                let [steps, waits, contexts, inner] = counted(&parts.concat());
                [steps, waits, contexts + 1, inner + parts.len() as u64]
            }
            Part::Child { parts } => {
                let [steps, waits, contexts, inner] = counted(parts);
                [steps, waits, contexts + 1, inner]
            }
        };
        for (sum, count) in total.iter_mut().zip(one) {
            *sum += count;
        }
    }
    total
}

/// Exactly once is what there is as long as nothing fails; updates have a closed form.
fn without_faults_everything_happens_once(run: &Run<'_>) -> Option<String> {
    let Workflow::Program(program) = &run.world.workflow else {
        return None;
    };
    if run.values.get(M::FaultsFired) > 0.0 || !program.needs_all() {
        return None;
    }
    // All results of a job are one item of its store, which has room for 400 KB.
    if matches!(run.world.engine, Engine::Staged(_)) && run.program.contains("200000") {
        return None;
    }
    let [steps, waits, maps, branches] = counted(&parse(run.program).expect("a program"));
    let updates = durable(run.world).map(|config| {
        let contexts = match config.nesting {
            Nesting::Nested => maps + branches,
            Nesting::Flat => maps,
        };
        2 * steps + waits + 2 * contexts
    });
    let expected = [
        (M::Succeeded, Some(1)),
        (M::Bodies, Some(steps)),
        (M::Attempts, Some(steps)),
        (M::Effects, Some(steps)),
        (M::CheckpointUpdates, updates),
    ];
    expected.into_iter().find_map(|(measure, count)| {
        let (value, count) = (run.values.get(measure), count? as f64);
        ((value - count).abs() > 1e-9).then(|| format!("{measure:?} is {value}, not {count}"))
    })
}
