//! `sim replay`: a saved case once more.

use super::Failure;
use super::output::print;
use crate::check::case::{self, Case};
use crate::check::story;
use crate::pool;
use crate::scenario;
use clap::Args;
use models::claims;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `sim replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// The case, as `sim check` saved it
    case: PathBuf,
    /// Only the verdict
    #[arg(long)]
    quiet: bool,
}

/// Replays a case; the verdict must be the saved one.
pub fn replay(arguments: &ReplayArguments) -> Result<(), Failure> {
    let scenario = scenario::load(&arguments.case, &[])
        .map_err(|problems| Failure::Input(problems.to_string()))?;
    let case = case::read(&scenario).ok_or_else(|| {
        let path = arguments.case.display();
        Failure::Input(format!("error: {path} is no case: `case.claim` is missing"))
    })?;
    crate::run::check(&case.subject.spec).map_err(|why| Failure::Input(format!("error: {why}")))?;
    let (told, verdict) = run(&case).map_err(Failure::Violated)?;
    if !arguments.quiet {
        print(&told);
    }
    print(&summary(&case, &verdict));
    match verdict.name() == case.verdict {
        true => Ok(()),
        false => Err(Failure::Violated(format!(
            "the case said `{}` of `{}`, this build says `{}`",
            case.verdict,
            case.claim,
            verdict.name()
        ))),
    }
}

fn run(case: &Case) -> Result<(String, claims::Verdict), String> {
    pool::isolated(0, &|_| {
        case.subject.look(&case.trial, true, |evidence| {
            let verdict = match claims::named(&case.claim) {
                Some(claim) if claim.concerns(evidence.world) => claim.check(evidence),
                _ => claims::Verdict::Unknown("the claim does not concern this run"),
            };
            (story::tell(evidence.world), verdict)
        })
    })
}

fn summary(case: &Case, verdict: &claims::Verdict) -> String {
    let mut text = format!("\n{}: {}", case.claim, verdict.name());
    if let Some(witness) = verdict.witness() {
        let _ = write!(text, " ({witness})");
    }
    text.push('\n');
    if case.build != case::build() {
        let _ = writeln!(text, "found by another build: {}", case.build);
    }
    text
}
