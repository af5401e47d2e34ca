//! Replay growth: an engine that runs the workflow again from its first line after each step.
//!
//! vercel/workflow, pull request 3232: 1,000 steps that do nothing on the local world. A step costs its own
//! time and the replay of all steps before it, so gaps grow linearly and the total quadratically; keeping
//! the workflow in memory between steps removes the growth.

use super::Study;
use super::experiment::{self, mean, metric};
use super::study::{Basis, Effort, Finding, Parameter, Quantity, Tolerance, mark};
use analysis::figures::paper::{Mark, Place};
use models::records::Measure;

/// The study.
pub const STUDY: Study = Study {
    name: "replay",
    about: "replay after every step against continuing in memory, 10 to 3,000 steps (vercel/workflow)",
    run,
};

/// Fit of the pull request: a gap of 7.3 ms at the first step, 0.074 ms more for each step before.
const STEP_MS: f64 = 7.3;
const REPLAY_MS: f64 = 0.074;

const EVERY: &str = "replay after every step";
const KEPT: &str = "kept in memory";

/// Latency and replay time in ms.
fn total(effort: &Effort, steps: u32, replay: &str) -> Result<[f64; 2], String> {
    let sets = [
        format!("counter.operations={steps}"),
        format!("counter.body_ms={STEP_MS}"),
        format!("platform.durable.replay_operation_ms={REPLAY_MS}"),
        format!("durable.replay={replay}"),
    ];
    let records = experiment::runs(effort, "replay", &sets)?;
    let of = |measure| 1e3 * mean(&metric(&records, measure)).value;
    Ok([of(Measure::LatencyS), of(Measure::ReplayS)])
}

fn run(effort: &Effort) -> Result<Finding, String> {
    let mut finding = Finding::default();
    let mut add = |name: &str, published, simulated, tolerance, basis| {
        finding.quantities.push(Quantity {
            name: name.to_owned(),
            published,
            simulated,
            error: 0.0,
            tolerance,
            basis,
        });
    };
    let at = |steps| total(effort, steps, "every_step");
    let [whole, replay] = at(1000)?;
    let (near, far) = (at(1)?[0], at(2)?[0]);
    let first = STEP_MS.max(far - near - 2.0 * REPLAY_MS);
    // What one more step adds is its gap and one operation more in the last replay.
    let last = at(1000)?[0] - at(999)?[0] - REPLAY_MS;
    add(
        "gap_ms at step 1",
        Some(8.0),
        first,
        Tolerance::Share(0.10),
        Basis::Fitted,
    );
    add(
        "gap_ms at step 1000",
        Some(80.0),
        last,
        Tolerance::Share(0.05),
        Basis::Fitted,
    );
    add(
        "total_ms of 1000 steps",
        Some(44_000.0),
        whole,
        Tolerance::Share(0.02),
        Basis::Predicted,
    );
    add(
        "of which replay_ms",
        Some(35_000.0),
        replay,
        Tolerance::Share(0.10),
        Basis::Predicted,
    );
    for steps in [10, 100, 300, 3000] {
        add(
            &format!("total_ms of {steps} steps, replay every step"),
            None,
            at(steps)?[0],
            Tolerance::Share(0.02),
            Basis::Predicted,
        );
    }
    for steps in [10, 100, 1000, 3000] {
        let [latency, _] = total(effort, steps, "on_resume")?;
        add(
            &format!("total_ms of {steps} steps, kept in memory"),
            None,
            latency,
            Tolerance::Share(0.02),
            Basis::Predicted,
        );
    }
    for steps in [1, 3, 10, 30, 100, 300, 1000, 3000] {
        let place = || Place::At(f64::from(steps));
        let latency = at(steps)?[0] / 1e3;
        let published = (steps == 1000).then_some(44.0);
        finding.marks.push(Mark {
            published,
            ..mark(("replay", "total"), EVERY, place(), latency)
        });
        let kept = total(effort, steps, "on_resume")?[0] / 1e3;
        finding
            .marks
            .push(mark(("replay", "total"), KEPT, place(), kept));
        let gap = match steps {
            1 => first,
            _ => at(steps)?[0] - at(steps - 1)?[0] - REPLAY_MS,
        };
        let published = match steps {
            1 => Some(8.0),
            1000 => Some(80.0),
            _ => None,
        };
        finding.marks.push(Mark {
            published,
            ..mark(("replay", "gap"), EVERY, place(), gap)
        });
        finding
            .marks
            .push(mark(("replay", "gap"), KEPT, place(), STEP_MS));
    }
    let parameter = |name: &str, value: f64| Parameter {
        name: name.to_owned(),
        value: format!("{value} ms"),
        origin: "fit given in the description of pull request 3232".to_owned(),
    };
    finding.parameters = vec![
        parameter("time of one step", STEP_MS),
        parameter("replay of one finished step", REPLAY_MS),
    ];
    Ok(finding)
}
