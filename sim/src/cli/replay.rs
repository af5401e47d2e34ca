//! `sim replay`: a saved case once more.

use super::Failure;
use super::output::{print, save};
use crate::check::case::{self, Case};
use crate::check::story;
use crate::pool;
use crate::scenario;
use crate::trace;
use analysis::figures;
use analysis::timeline::Timeline;
use clap::Args;
use models::{claims, registry};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `sim replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// The case, as `sim check` saved it
    case: PathBuf,
    /// Write the timeline: FILE for ui.perfetto.dev, and pictures of it beside (.svg, .png)
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
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
        Failure::Input(format!(
            "error: {path} is no case: it has no `case.claim`; `sim run` and `sim check` take scenarios"
        ))
    })?;
    crate::run::check(&case.subject.spec).map_err(|why| Failure::Input(format!("error: {why}")))?;
    let (told, timeline, verdict) = run(&case).map_err(Failure::Violated)?;
    if let Some(path) = &arguments.trace {
        write_trace(path, &case, &verdict, timeline)?;
    }
    if !arguments.quiet {
        print(&heading(&case))?;
        print(&told)?;
    }
    print(&summary(&case, &verdict))?;
    match verdict.name() == case.verdict {
        true => Ok(()),
        false => Err(Failure::Violated(changed(&case, &verdict))),
    }
}

/// Another verdict than the case's: what may be the reason.
fn changed(case: &Case, verdict: &claims::Verdict) -> String {
    let why = match case.build == case::build() {
        true => "the file was changed, or a data file that it names",
        false => {
            "the engine, the workflow or a data file changed since; search again with `sim check`"
        }
    };
    format!(
        "the case said `{}` of `{}`, this build says `{}`: {why} (found by {})",
        case.verdict,
        case.claim,
        verdict.name(),
        case.build
    )
}

fn run(case: &Case) -> Result<(String, Timeline, claims::Verdict), String> {
    pool::isolated(0, &|_| {
        case.subject.look(&case.trial, true, |evidence| {
            let verdict = match claims::named(&case.claim) {
                Some(claim) if claim.concerns(evidence.world) => claim.check(evidence),
                _ => claims::Verdict::Unknown("the claim does not concern this run"),
            };
            let world = evidence.world;
            (story::tell(world), trace::timeline(world), verdict)
        })
    })
}

/// The trace and its pictures.
fn write_trace(
    path: &Path,
    case: &Case,
    verdict: &claims::Verdict,
    mut timeline: Timeline,
) -> Result<(), Failure> {
    let spec = &case.subject.spec;
    let about = [
        ("claim", case.claim.clone()),
        ("verdict", verdict.name().to_owned()),
        ("witness", verdict.witness().unwrap_or_default().to_owned()),
        ("workflow", spec.workflow.clone()),
        ("engine", spec.engine.clone()),
        ("build", case::build()),
    ];
    timeline.title.clone_from(&case.title);
    timeline.caption = match verdict.witness() {
        Some(witness) => format!("{} is violated: {witness}.", case.claim),
        None => format!("{}: {}.", case.claim, verdict.name()),
    };
    save(path, trace::chrome::json(&timeline, &about).as_bytes())?;
    let svg = figures::timeline::draw(&timeline);
    save(&path.with_extension("svg"), svg.as_bytes())?;
    let png =
        figures::png::render(&svg).map_err(|error| Failure::Input(format!("error: {error}")))?;
    save(&path.with_extension("png"), &png)
}

/// What the case is about: its title, its claim, and the faults that are put in.
fn heading(case: &Case) -> String {
    let mut text = format!("{}\n", case.title);
    let spec = &case.subject.spec;
    let _ = writeln!(text, "  {} on {}", spec.workflow, spec.engine);
    if let Some(claim) = claims::named(&case.claim) {
        let _ = writeln!(text, "  claim {}: {}", claim.name(), claim.doc());
    }
    for fault in &spec.faults {
        let kind = registry::FAULTS.iter().find(|kind| kind.name == fault.kind);
        let default = |path: &str| {
            let mut keys = kind.into_iter().flat_map(|kind| kind.entry.iter());
            keys.find(|key| key.path == path)
                .map(|key| key.read_default())
        };
        let set = fault.settings.iter();
        let set = set.filter(|(path, value)| default(path).as_ref() != Some(value));
        let set: Vec<String> = set
            .map(|(path, value)| format!("{path} = {value}"))
            .collect();
        let _ = writeln!(text, "  fault {}: {}", fault.kind, set.join(", "));
    }
    text.push('\n');
    text
}

fn summary(case: &Case, verdict: &claims::Verdict) -> String {
    let mut text = format!("\n{}: {}", case.claim, verdict.name());
    if let Some(witness) = verdict.witness() {
        let _ = write!(text, " ({witness})");
    }
    text.push('\n');
    text
}
