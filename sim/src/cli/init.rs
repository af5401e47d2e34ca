//! `sim init`: a scenario with every key commented out, from the tables that check scenarios.

use super::Failure;
use super::output::{print, tell};
use crate::report::figure_kinds;
use crate::scenario::keys;
use clap::Args;
use models::registry::{COMMON, ENGINES, Entry, FAULTS, WORKFLOWS};
use models::settings::{Key, Kind};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

/// Width of the comments.
const WIDTH: usize = 96;

/// Arguments of `sim init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The file to write; without it, or with `-`, the scenario goes to standard output
    file: Option<PathBuf>,
}

/// Writes the scenario; a file that exists is left alone.
pub fn init(arguments: &InitArguments) -> Result<(), Failure> {
    let text = template();
    let Some(path) = arguments
        .file
        .as_ref()
        .filter(|file| file.as_os_str() != "-")
    else {
        return print(&text);
    };
    let file = std::fs::File::create_new(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::Input(format!("error: {}: {error}", path.display())))?;
    tell(&format!(
        "{} written; run it with `sim run`",
        path.display()
    ));
    Ok(())
}

const HEAD: &str = r#"# A scenario. Lines that start with `#` and no space are keys that can be uncommented; those of
# tables that are there (not of [[lists]]) show the value that holds while they are not set.
#
# A list in the place of a scalar is an axis of the grid: `fail_rate = [0, 0.1, 0.2]` makes a cell
# for each value. Keys of a workflow or an engine apply to its cells only, so their axes multiply
# no others. Unknown keys are errors. `--set counter.operations=1,10` sets a key from the command.

title = "Counter under failures"
question = "What do failing steps cost on each engine?"
workflow = "counter"                    # WORKFLOWS
engine = ["durable", "explicit"]        # ENGINES
replicates = 20
"#;

const DATA: &str = r#"
# Latencies and limits: platforms/NAME.toml beside this file or in a parent folder's scenarios/, or
# else the one of this name that is built in, or a relative path that ends with .toml. Other keys
# replace rows of the file by a number or a law, by dotted path: `durable.checkpoint_ms = [5, 50]`.
# From the command: --set platform.durable.checkpoint_ms=5
[platform]
file = "aws-us-east-1"

# Prices: prices/NAME.toml, in the same way; rows are replaced by numbers.
[prices]
file = "aws-us-east-1-2026"
"#;

const FIGURE_EXAMPLE: &str = r#"
[[figure]]
name = "latency"
kind = "lines"
title = "Latency under failures"
metrics = ["latency_s"]
x = "faults.fail_rate"
"#;

/// The whole scenario.
fn template() -> String {
    let names = |entries: &[Entry]| {
        entries
            .iter()
            .map(|e| e.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let head = HEAD.replace("WORKFLOWS", &names(WORKFLOWS));
    let mut text = head.replace("ENGINES", &names(ENGINES));
    for key in keys::SCENARIO.iter().filter(|key| !key.path.contains('.')) {
        if !["title", "question", "replicates"].contains(&key.path) {
            commented(&mut text, key.path, key);
        }
    }
    comment(
        &mut text,
        "Fault kinds that must fire: a run with a written-out fault of the kind that did not fire is invalid, a cell with a rate that never fired is reported.",
    );
    text.push_str("#require = [\"fail_rate\"]\n");
    for entry in WORKFLOWS.iter().chain(ENGINES).chain(COMMON) {
        section(&mut text, entry);
    }
    faults(&mut text);
    text.push_str(DATA);
    budget(&mut text);
    check(&mut text);
    written_out(&mut text);
    figure(&mut text);
    text
}

/// A table of keys, its name included only as a comment if nothing in it is set.
fn section(text: &mut String, entry: &Entry) {
    text.push('\n');
    comment(text, entry.doc);
    let _ = writeln!(text, "[{}]", entry.name);
    for key in entry.keys {
        commented(text, last(key.path), key);
    }
}

fn faults(text: &mut String) {
    text.push_str("\n[faults]\nfail_rate = [0, 0.1, 0.2]\n");
    for kind in FAULTS.iter().filter(|kind| !kind.rates.is_empty()) {
        text.push('\n');
        comment(text, &format!("{}: {}", kind.name, kind.doc));
        for key in kind.rates {
            commented(text, last(key.path), key);
        }
    }
}

fn budget(text: &mut String) {
    text.push_str("\n[budget]\n");
    for key in keys::SCENARIO.iter().filter(|key| key.path.contains('.')) {
        commented(text, last(key.path), key);
    }
}

fn check(text: &mut String) {
    text.push('\n');
    comment(text, "How `sim check` searches for violated claims.");
    text.push_str("[check]\n");
    for key in crate::check::keys::CHECK {
        commented(text, last(key.path), key);
    }
}

fn written_out(text: &mut String) {
    text.push('\n');
    comment(
        text,
        "Faults written out, each table once or more. `--set faults.crash.occurrence=1,2,3` reaches the only entry of a kind, `faults.crash.2.occurrence=1` the second of several.",
    );
    for kind in FAULTS.iter().filter(|kind| !kind.entry.is_empty()) {
        text.push('\n');
        comment(text, kind.doc);
        let _ = writeln!(text, "#[[faults.{}]]", kind.name);
        for key in kind.entry {
            commented(text, key.path, key);
        }
    }
}

fn figure(text: &mut String) {
    text.push('\n');
    let kinds: Vec<&str> = figure_kinds().iter().map(|(name, _)| *name).collect();
    comment(
        text,
        &format!(
            "Figures; without any, latency and cost are drawn. kind: {}; x and facet: an axis, `workflow` or `engine`.",
            kinds.join(", ")
        ),
    );
    text.push_str(FIGURE_EXAMPLE.trim_start());
    for key in keys::FIGURE {
        if !FIGURE_EXAMPLE.contains(&format!("\n{} =", key.path)) {
            commented(text, key.path, key);
        }
    }
    for (path, doc) in keys::FIGURE_LISTS.iter().skip(1) {
        comment(text, doc);
        let _ = writeln!(text, "#{path} = {{ \"engine\" = \"durable\" }}");
    }
}

/// A key with its default, doc and range, commented out.
fn commented(text: &mut String, name: &str, key: &Key) {
    let range = match key.kind {
        Kind::Text => String::new(),
        kind => format!(" ({kind})"),
    };
    comment(text, &format!("{}{range}", key.doc));
    let _ = writeln!(text, "#{name} = {}", literal(key));
}

/// The default as TOML.
fn literal(key: &Key) -> String {
    let word = matches!(key.kind, Kind::Choice(_) | Kind::Text);
    let law = matches!(key.kind, Kind::Law) && key.default.parse::<f64>().is_err();
    match word || law {
        true => format!("\"{}\"", key.default),
        false => key.default.to_owned(),
    }
}

fn last(path: &str) -> &str {
    path.split_once('.').map_or(path, |(_, last)| last)
}

/// A comment in lines of a readable width.
fn comment(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split_whitespace() {
        if line.len() + word.len() >= WIDTH {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
