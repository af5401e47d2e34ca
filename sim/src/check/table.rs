//! The table of verdicts: engine x claim x kind of fault, as CSV, as Markdown and for a terminal.

use super::Searched;
use crate::cli::output::columns;
use crate::explore::fault::show;
use crate::explore::record::Effort;
use analysis::verdicts::VerdictRow as Row;
use models::claims::CLAIMS;
use models::point::{Phase, Point};
use std::fmt::Write as _;

/// Every verdict on one cell. `case` names the file of a counterexample.
pub fn rows(searched: &Searched, case: impl Fn(&'static str, &'static str) -> String) -> Vec<Row> {
    let record = &searched.record;
    let mut rows = Vec::new();
    for (claim, claimed) in &searched.claims {
        for (kind, effort) in &record.efforts {
            if effort.total() == 0 {
                continue;
            }
            let name = CLAIMS[*claim].name();
            let shrunk = searched.shrunk.get(&(*claim, *kind));
            let unknown = record.unknown.get(claim).copied().unwrap_or_default();
            let verdict = match (shrunk, unknown) {
                (Some(_), _) => "violated",
                (None, 0) => "holds",
                (None, _) => "unknown",
            };
            rows.push(Row {
                workflow: searched.cell.workflow.clone(),
                engine: label(searched),
                claim: name,
                claimed: *claimed,
                faults: kind,
                verdict,
                schedules: effort.total(),
                exhaustive_to: effort.exhaustive_to(),
                violations: record.counts.get(&(*claim, *kind)).copied().unwrap_or(0),
                plan_length: shrunk.map_or(0, |s| s.trial.plan.len()),
                plan: shrunk.map_or(String::new(), |s| show(&s.trial.plan)),
                witness: shrunk.map_or(String::new(), |s| s.witness.clone()),
                case: shrunk.map_or(String::new(), |_| case(name, kind)),
            });
        }
    }
    rows
}

/// The engine, and every axis that is not part of its name.
pub fn label(searched: &Searched) -> String {
    let cell = &searched.cell;
    let mut label = cell.engine.clone();
    for (path, value) in &cell.axes {
        let own = searched.subject.spec.engine.as_str();
        if path.split('.').next() != Some(own) {
            let _ = write!(label, " {path}={value}");
        }
    }
    label
}

const HEADER: &str = "workflow,engine,claim,claimed,faults,verdict,schedules,exhaustive_to,violations,plan,witness,case\n";

/// As CSV.
pub fn csv(rows: &[Row]) -> String {
    let mut text = HEADER.to_owned();
    for row in rows {
        let numbers = [row.schedules, row.exhaustive_to as u64, row.violations];
        let numbers = numbers.map(|number| number.to_string()).join(",");
        let fields = [&row.plan, &row.witness, &row.case].map(|field| quoted(field));
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{numbers},{}",
            row.workflow,
            quoted(&row.engine),
            row.claim,
            row.claimed,
            row.faults,
            row.verdict,
            fields.join(",")
        );
    }
    text
}

fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

/// As Markdown: one table per workflow and engine, one column per kind of fault.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "# Claims\n\nA cell says whether the claim held, over how many plans, and up to which length every plan\nran (`x2`: all single faults and all pairs). **Bold**: the engine makes the claim and it was violated.\nIn brackets: violated, and the engine does not claim it; the smallest plan follows below.\n",
    );
    for group in rows.chunk_by(|a, b| (&a.workflow, &a.engine) == (&b.workflow, &b.engine)) {
        let _ = writeln!(text, "\n## {} on {}\n", group[0].workflow, group[0].engine);
        let mut kinds: Vec<&str> = group.iter().map(|row| row.faults).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let _ = writeln!(text, "| claim | claimed | {} |", kinds.join(" | "));
        let _ = writeln!(text, "|---|---|{}", "---|".repeat(kinds.len()));
        for claim in group.chunk_by(|a, b| a.claim == b.claim) {
            let cells: Vec<String> = claim.iter().map(cell).collect();
            let claimed = if claim[0].claimed { "yes" } else { "no" };
            let cells = cells.join(" | ");
            let _ = writeln!(text, "| {} | {claimed} | {cells} |", claim[0].claim);
        }
        text.push('\n');
        for row in group.iter().filter(|row| row.verdict == "violated") {
            let _ = writeln!(
                text,
                "* {} under {}: {} ({}){}",
                row.claim,
                row.faults,
                row.plan,
                row.witness,
                link(&row.case)
            );
        }
    }
    text
}

fn link(case: &str) -> String {
    match case {
        "" => String::new(),
        case => format!(" [case]({case})"),
    }
}

fn cell(row: &Row) -> String {
    let depth = match row.exhaustive_to {
        0 => String::new(),
        depth => format!(" x{depth}"),
    };
    let counted = format!("{}{depth}", row.schedules);
    match (row.verdict, row.claimed) {
        ("violated", true) => format!("**violated** {}/{counted}", row.violations),
        ("violated", false) => format!("(violated {}/{counted})", row.violations),
        (verdict, _) => format!("{verdict} {counted}"),
    }
}

/// A claim in a cell, over all kinds of faults.
struct Finding<'a> {
    rows: &'a [Row],
    violated: Vec<&'a Row>,
}

fn findings(rows: &[Row]) -> impl Iterator<Item = Finding<'_>> {
    let same =
        |a: &Row, b: &Row| (&a.workflow, &a.engine, a.claim) == (&b.workflow, &b.engine, b.claim);
    rows.chunk_by(same).map(|rows| Finding {
        violated: rows.iter().filter(|r| r.verdict == "violated").collect(),
        rows,
    })
}

impl Finding<'_> {
    fn claimed(&self) -> bool {
        self.rows[0].claimed
    }

    fn verdict(&self) -> &'static str {
        let unknown = self.rows.iter().any(|row| row.verdict == "unknown");
        match (self.violated.is_empty(), self.claimed(), unknown) {
            (false, true, _) => "VIOLATED",
            (false, false, _) => "violated",
            (true, _, true) => "unknown",
            (true, _, false) => "holds",
        }
    }
}

/// For a terminal: one line per cell and claim.
pub fn terminal(rows: &[Row]) -> String {
    let head = [
        "workflow",
        "engine",
        "claim",
        "claimed",
        "verdict",
        "plans",
        "smallest plan",
    ];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    for finding in findings(rows) {
        // The shortest plan, of the simplest kind.
        let violated = finding.violated.iter();
        let smallest = violated.min_by_key(|row| row.plan.matches(", ").count());
        let plans: u64 = finding.rows.iter().map(|row| row.schedules).sum();
        let first = &finding.rows[0];
        lines.push(vec![
            first.workflow.clone(),
            first.engine.clone(),
            first.claim.to_owned(),
            if first.claimed { "yes" } else { "no" }.to_owned(),
            finding.verdict().to_owned(),
            plans.to_string(),
            smallest.map_or(String::new(), |row| row.plan.clone()),
        ]);
    }
    columns(&lines)
}

/// All verdicts in one line: how many claims of engines there are, and how they came out.
/// `expected` are claims that are to be violated.
pub fn summary(rows: &[Row], all: &[Searched], expected: &[&str]) -> String {
    let (mut holds, mut unknown, mut known, mut broken) = (0, 0, 0, 0);
    for finding in findings(rows) {
        let is_expected = !finding.claimed() || expected.contains(&finding.rows[0].claim);
        *match (finding.verdict(), is_expected) {
            ("holds", _) => &mut holds,
            ("unknown", _) => &mut unknown,
            (_, true) => &mut known,
            (_, false) => &mut broken,
        } += 1;
    }
    let runs: u64 = all.iter().map(|searched| searched.record.total()).sum();
    let open = match unknown {
        0 => String::new(),
        some => format!(", {some} unknown"),
    };
    format!(
        "{holds} claims hold, {known} violated as expected (not claimed, or check.expect), {broken} VIOLATED although claimed{open}; {runs} runs of {} engine variants",
        all.len()
    )
}

/// How much was searched in a cell, in one line, and what was never reached.
pub fn coverage(searched: &Searched) -> String {
    let record = &searched.record;
    let effort = |(kind, effort): (&&'static str, &Effort)| {
        let lengths = effort.possible.iter().map(|(length, possible)| {
            let tried = effort.tried.get(length).copied().unwrap_or_default();
            match tried == *possible {
                true => format!("all {possible} of length {length}"),
                false => format!("{tried} of {possible} of length {length}"),
            }
        });
        let mut parts: Vec<String> = lengths.collect();
        if effort.drawn > 0 {
            parts.push(format!("{} drawn", effort.drawn));
        }
        format!("  {kind}: {}\n", parts.join(", "))
    };
    let mut text = format!(
        "{} on {}: {} runs\n",
        searched.cell.workflow,
        label(searched),
        record.total()
    );
    text.extend(record.efforts.iter().map(effort));
    let fired = record.fired.iter();
    let fired: Vec<String> = fired.map(|(kind, n)| format!("{kind} {n}")).collect();
    let fired = match fired.is_empty() {
        true => "nothing".to_owned(),
        false => fired.join(", "),
    };
    let _ = writeln!(text, "  fired: {fired}");
    let never = unreached(&record.never_crossed());
    if !never.is_empty() {
        let _ = writeln!(text, "  never crossed: {}", never.join(" "));
    }
    text
}

/// Points, with all three of a request as one.
fn unreached(points: &[Point]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for point in points {
        let name = match point.request() {
            Some((kind, _))
                if [Phase::Send, Phase::Applied, Phase::Ack]
                    .iter()
                    .all(|phase| points.contains(&Point::of(kind, *phase))) =>
            {
                format!("{}.*", kind.name())
            }
            _ => point.to_string(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Points and kinds by cell, as CSV.
pub fn coverage_csv(all: &[Searched]) -> String {
    let mut text = String::from("workflow,engine,point,crossings_max,faults,plans\n");
    for searched in all {
        let (record, engine) = (&searched.record, quoted(&label(searched)));
        for (point, crossed) in &record.crossed {
            let workflow = &searched.cell.workflow;
            let _ = writeln!(text, "{workflow},{engine},{point},{crossed},,");
            let aimed = record.aimed.iter().filter(|((at, _), _)| at == point);
            for ((_, kind), plans) in aimed {
                let kind = kind.name();
                let _ = writeln!(text, "{workflow},{engine},{point},{crossed},{kind},{plans}");
            }
        }
    }
    text
}
