//! Findings as a table and as files.

use super::study::{Finding, Quantity, Tolerance, Verdict};
use crate::cli::output::columns;
use analysis::figures::paper::{FIGURES, Mark, Place};
use analysis::number::{digits3, file};
use std::fmt::Write;

fn tolerance(of: Tolerance) -> String {
    match of {
        Tolerance::Equal => "equal".to_owned(),
        Tolerance::ThreeErrors { .. } => "3 standard errors".to_owned(),
        Tolerance::Share(share) => format!("{} %", digits3(share * 100.0)),
        Tolerance::Within(low, high) => format!("{} to {}", digits3(low), digits3(high)),
    }
}

/// A number that is compared digit by digit.
fn digits6(value: f64) -> String {
    let text = format!("{value:.6}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    short.to_owned()
}

fn shown(quantity: &Quantity, of: f64) -> String {
    match quantity.tolerance {
        Tolerance::Equal => digits6(of),
        _ => value(of),
    }
}

fn value(value: f64) -> String {
    match value.fract() == 0.0 && value.abs() < 1e9 {
        true => format!("{value}"),
        false => digits3(value),
    }
}

fn simulated(quantity: &Quantity) -> String {
    // A sum of equal values is not quite the same as their multiple.
    match quantity.error > 1e-12 * quantity.simulated.abs() {
        true => format!(
            "{} ± {}",
            value(quantity.simulated),
            digits3(1.96 * quantity.error)
        ),
        false => shown(quantity, quantity.simulated),
    }
}

fn published(quantity: &Quantity, none: &str) -> String {
    let published = quantity.published;
    published.map_or_else(|| none.to_owned(), |value| shown(quantity, value))
}

/// The table that a person reads.
pub fn table(study: &str, finding: &Finding) -> String {
    let head = [
        "quantity",
        "published",
        "simulated (95 %)",
        "error",
        "tolerance",
        "",
        "",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for quantity in &finding.quantities {
        let difference = quantity
            .difference()
            .map_or_else(String::new, |d| format!("{:+.2} %", d * 100.0));
        rows.push(vec![
            quantity.name.clone(),
            published(quantity, "-"),
            simulated(quantity),
            difference,
            tolerance(quantity.tolerance),
            quantity.basis.name().to_owned(),
            quantity.verdict().name().to_owned(),
        ]);
    }
    let mut text = format!("{study}\n{}", columns(&rows));
    if !finding.parameters.is_empty() {
        let rows: Vec<Vec<String>> = finding
            .parameters
            .iter()
            .map(|p| vec![format!("  {}", p.name), p.value.clone(), p.origin.clone()])
            .collect();
        let _ = write!(text, "parameters\n{}", columns(&rows));
    }
    if !finding.missing.is_empty() {
        let rows: Vec<Vec<String>> = finding
            .missing
            .iter()
            .map(|m| vec![format!("  {}", m.name), m.reason.clone()])
            .collect();
        let _ = write!(text, "not expressed\n{}", columns(&rows));
    }
    let count = |verdict| {
        finding
            .quantities
            .iter()
            .filter(|q| q.verdict() == verdict)
            .count()
    };
    let _ = writeln!(
        text,
        "{} agree, {} differ, {} only predicted, {} not expressed",
        count(Verdict::Agrees),
        count(Verdict::Differs),
        count(Verdict::Open),
        finding.missing.len()
    );
    text
}

fn quoted(text: &str) -> String {
    match text.contains([',', '"']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// All quantities of all studies.
pub fn validation_csv(all: &[(&str, &str, Finding)]) -> String {
    let mut text = String::from(
        "study,quantity,published,simulated,standard_error,relative_error,tolerance,basis,verdict\n",
    );
    for (study, _, finding) in all {
        for q in &finding.quantities {
            let _ = writeln!(
                text,
                "{study},{},{},{},{},{},{},{},{}",
                quoted(&q.name),
                q.published.map_or_else(String::new, file),
                file(q.simulated),
                file(q.error),
                q.difference().map_or_else(String::new, file),
                quoted(&tolerance(q.tolerance)),
                q.basis.name(),
                q.verdict().name()
            );
        }
        for missing in &finding.missing {
            let _ = writeln!(
                text,
                "{study},{},,,,,,not expressed,{}",
                quoted(&missing.name),
                quoted(&missing.reason)
            );
        }
    }
    text
}

/// How many rows that are held to three standard errors reach half a per cent, and which do not.
fn precision(finding: &Finding) -> String {
    let three = |q: &&Quantity| matches!(q.tolerance, Tolerance::ThreeErrors { published } if published == 0.0);
    let rows: Vec<&Quantity> = finding.quantities.iter().filter(three).collect();
    let share = |q: &Quantity| 300.0 * q.error / q.simulated.abs();
    let wide: Vec<String> = rows
        .iter()
        .filter(|q| share(q) > 0.5)
        .map(|q| format!("{} ({} %)", q.name, digits3(share(q))))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "Three standard errors are at most 0.5 % in {} of {} rows.",
        rows.len() - wide.len(),
        rows.len()
    );
    if !wide.is_empty() {
        let _ = write!(
            text,
            " Larger, because the variance would ask for hundreds of millions of bodies (in the reduced form, for it is reduced): {}.",
            wide.join(", ")
        );
    }
    text.push_str("\n\n");
    text
}

/// The values that a figure shows.
pub fn marks_csv(figure: &str, marks: &[Mark]) -> String {
    let mut text = String::from("panel,series,x,simulated,low,high,published\n");
    for mark in marks.iter().filter(|mark| mark.figure == figure) {
        let known = |value: f64| {
            if value.is_nan() {
                String::new()
            } else {
                file(value)
            }
        };
        let x = match &mark.place {
            Place::At(x) => file(*x),
            Place::Named(name) => quoted(name),
        };
        let _ = writeln!(
            text,
            "{},{},{x},{},{},{},{}",
            mark.panel,
            quoted(&mark.series),
            file(mark.simulated),
            known(mark.interval.low),
            known(mark.interval.high),
            mark.published.map_or_else(String::new, file)
        );
    }
    text
}

/// Everything as a page: what agrees, what was predicted, the parameters, what is not expressed.
pub fn page(all: &[(&str, &str, Finding)], quick: bool) -> String {
    let mut text = String::from(
        "# Simulated beside published\n\nWritten by `sim validate`. *Fitted*: a parameter was set by this row; *predicted*: none was; *exact*: a closed form or a count.\n",
    );
    if quick {
        text.push_str("\nThis is the reduced form (`--quick`): fewer runs, wider intervals.\n");
    }
    for (study, about, finding) in all {
        let _ = writeln!(text, "\n## {study}\n\n{about}\n");
        for figure in FIGURES.iter().filter(|figure| figure.study == *study) {
            let name = figure.name;
            let _ = writeln!(text, "![{}](figures/{name}.svg)\n", figure.title);
        }
        text.push_str(&precision(finding));
        text.push_str("| quantity | published | simulated (95 %) | error | tolerance | basis | verdict |\n|---|---|---|---|---|---|---|\n");
        for q in &finding.quantities {
            let cells = [
                q.name.clone(),
                published(q, ""),
                simulated(q),
                q.difference()
                    .map_or_else(String::new, |d| format!("{:+.2} %", d * 100.0)),
                tolerance(q.tolerance),
                q.basis.name().to_owned(),
                q.verdict().name().to_owned(),
            ];
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        if !finding.parameters.is_empty() {
            text.push_str("\n| parameter | value | origin |\n|---|---|---|\n");
        }
        for p in &finding.parameters {
            let _ = writeln!(text, "| {} | {} | {} |", p.name, p.value, p.origin);
        }
        if !finding.missing.is_empty() {
            text.push_str("\n| not expressed | why |\n|---|---|\n");
        }
        for m in &finding.missing {
            let _ = writeln!(text, "| {} | {} |", m.name, m.reason);
        }
    }
    text
}
