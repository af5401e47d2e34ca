//! Programs as text.

use crate::time;
use crate::workflows::completion::{Branches, Completion};
use std::fmt::Write as _;
use std::time::Duration;

/// Most steps, waits and maps of a program, with every branch counted.
const SIZE_MAX: u64 = 100_000;

/// Most braces inside each other: each is a future inside a future.
const DEPTH_MAX: usize = 100;

/// A leap year.
const LONGEST_S: u64 = 31_622_400;

const MIN_SUCCESSFUL: &str = "min_successful";
const FAILURE_COUNT: &str = "tolerated_failure_count";
const FAILURE_PERCENTAGE: &str = "tolerated_failure_percentage";

/// A part of a program.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A step with an effect on the outside world and a result of so many bytes more than a number.
    Step { bytes: u64 },
    /// An idle wait, in whole seconds.
    Wait { length: Duration },
    /// A condition that is met at that check.
    Poll { checks: u32 },
    /// A step that asks somebody outside, and their answer.
    Callback {
        after: Duration,
        limit: Option<Duration>,
    },
    /// Another function that takes so long.
    Invoke { length: Duration },
    /// Branches of the same parts.
    Map {
        branches: Branches,
        parts: Vec<Part>,
    },
    /// Branches of their own parts.
    Parallel {
        branches: Branches,
        parts: Vec<Vec<Part>>,
    },
    /// A child context.
    Child { parts: Vec<Part> },
}

/// Reads a program.
pub fn parse(text: &str) -> Result<Vec<Part>, String> {
    let marks = ["{", "}", "|"];
    let spaced = marks.iter().fold(text.to_owned(), |text, mark| {
        text.replace(mark, &format!(" {mark} "))
    });
    if depth(&spaced) > DEPTH_MAX {
        return Err(format!("more than {DEPTH_MAX} `{{` inside each other"));
    }
    let mut words = spaced.split_whitespace().peekable();
    let parts = sequence(&mut words)?;
    match words.next() {
        Some("|") => Err("a `|` outside `parallel { ... }`".to_owned()),
        Some(_) => Err("a `}` without its `{`".to_owned()),
        None if parts.is_empty() => Err("a program without parts".to_owned()),
        None => match size(&parts) {
            size if size > SIZE_MAX => Err(format!("{size} parts, at most {SIZE_MAX}")),
            _ => Ok(parts),
        },
    }
}

/// How many braces are open at once at most.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for mark in text.bytes() {
        match mark {
            b'{' => open += 1,
            b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

type Words<'t> = std::iter::Peekable<std::str::SplitWhitespace<'t>>;

/// Parts up to the end, a `}` or a `|`, which is left.
fn sequence(words: &mut Words<'_>) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    while let Some(word) = words.next_if(|word| !["}", "|"].contains(word)) {
        let (name, number) = word.split_once(':').unwrap_or((word, ""));
        let (name, limit) = name.split_once('/').unwrap_or((name, ""));
        parts.push(match name {
            _ if !limit.is_empty() && name != "parallel" => {
                return Err(format!("expected no `/` before a `:` in `{word}`"));
            }
            "step" if number.is_empty() => Part::Step { bytes: 0 },
            "step" => Part::Step {
                bytes: whole(word, number, 10_000_000)?,
            },
            "wait" => Part::Wait {
                length: Duration::from_secs(whole(word, number, LONGEST_S)?),
            },
            "poll" => match whole(word, number, 10_000)? as u32 {
                0 => return Err(format!("expected a number from 1 in `{word}`")),
                checks => Part::Poll { checks },
            },
            "callback" => callback(word, number)?,
            "invoke" => Part::Invoke {
                length: others_time(word, number)?,
            },
            "map" => map(word, number, words)?,
            "parallel" if number.is_empty() => {
                let at_once = match word.contains('/') {
                    true => whole(word, limit, 10_000)? as usize,
                    false => 0,
                };
                let completion = completion(words)?;
                let parts = branches(word, words)?;
                let branches = Branches {
                    count: parts.len() as u32,
                    at_once,
                    completion,
                };
                possible(word, &branches)?;
                Part::Parallel { branches, parts }
            }
            "child" if number.is_empty() => Part::Child {
                parts: braced(word, words)?,
            },
            _ => {
                return Err(format!(
                    "expected `step`, `wait`, `poll`, `callback`, `invoke`, `map`, `parallel` or `child`, found `{word}`"
                ));
            }
        });
    }
    Ok(parts)
}

fn callback(word: &str, numbers: &str) -> Result<Part, String> {
    let (after, limit) = match numbers.split_once('/') {
        None => (numbers, None),
        Some((_, "0")) => return Err(format!("expected a time-out from 1 in `{word}`")),
        Some((after, limit)) => (after, Some(whole(word, limit, LONGEST_S)?)),
    };
    Ok(Part::Callback {
        after: others_time(word, after)?,
        limit: limit.map(Duration::from_secs),
    })
}

/// Seconds that somebody else takes, who need not count in whole ones as the SDKs do.
fn others_time(word: &str, number: &str) -> Result<Duration, String> {
    let range = 0.0..=LONGEST_S as f64;
    let value = number.parse().ok().filter(|value| range.contains(value));
    let value = value.ok_or_else(|| format!("expected 0 to {LONGEST_S} seconds in `{word}`"))?;
    Ok(time::seconds(value))
}

fn map(word: &str, numbers: &str, words: &mut Words<'_>) -> Result<Part, String> {
    let (count, at_once) = numbers.split_once('/').unwrap_or((numbers, "0"));
    let branches = Branches {
        count: whole(word, count, 10_000)? as u32,
        at_once: whole(word, at_once, 10_000)? as usize,
        completion: completion(words)?,
    };
    possible(word, &branches)?;
    Ok(Part::Map {
        branches,
        parts: braced(word, words)?,
    })
}

/// The criteria before the `{`.
fn completion(words: &mut Words<'_>) -> Result<Completion, String> {
    let mut completion = Completion::default();
    while let Some(word) = words.next_if(|word| word.contains(':')) {
        let (name, number) = word.split_once(':').unwrap_or((word, ""));
        match name {
            MIN_SUCCESSFUL => completion.min_successful = Some(whole(word, number, 10_000)? as u32),
            FAILURE_COUNT => {
                completion.tolerated_failure_count = Some(whole(word, number, 10_000)? as u32);
            }
            FAILURE_PERCENTAGE => {
                let share = number
                    .parse()
                    .ok()
                    .filter(|share| (0.0..=100.0).contains(share));
                let share = share.ok_or_else(|| format!("expected 0 to 100 in `{word}`"))?;
                completion.tolerated_failure_percentage = Some(share);
            }
            _ => {
                return Err(format!(
                    "expected `{MIN_SUCCESSFUL}`, `{FAILURE_COUNT}`, `{FAILURE_PERCENTAGE}` or `{{`, found `{word}`"
                ));
            }
        }
    }
    Ok(completion)
}

/// The Python SDK refuses what can never be reached (`config.py`).
fn possible(word: &str, branches: &Branches) -> Result<(), String> {
    match branches.completion.min_successful {
        Some(enough) if enough < 1 || enough > branches.count => Err(format!(
            "`{MIN_SUCCESSFUL}` of `{word}` is {enough}, expected 1 to {}",
            branches.count
        )),
        _ => Ok(()),
    }
}

fn braced(word: &str, words: &mut Words<'_>) -> Result<Vec<Part>, String> {
    let mut branches = branches(word, words)?;
    match branches.len() {
        1 => Ok(branches.remove(0)),
        _ => Err(format!("only `parallel` has a `|`, not `{word}`")),
    }
}

/// What is in braces, cut at each `|`.
fn branches(word: &str, words: &mut Words<'_>) -> Result<Vec<Vec<Part>>, String> {
    if words.next() != Some("{") {
        return Err(format!("expected `{{` after `{word}`"));
    }
    let mut branches = vec![sequence(words)?];
    while words.next_if_eq(&"|").is_some() {
        branches.push(sequence(words)?);
    }
    match words.next() {
        Some("}") => Ok(branches),
        _ => Err(format!("the `{{` after `{word}` has no `}}`")),
    }
}

fn whole(word: &str, number: &str, most: u64) -> Result<u64, String> {
    let value = number.parse::<u64>().ok().filter(|value| *value <= most);
    value.ok_or_else(|| format!("expected a whole number up to {most} in `{word}`"))
}

fn size(parts: &[Part]) -> u64 {
    let of = |part: &Part| match part {
        Part::Map { branches, parts } => u64::from(branches.count)
            .saturating_mul(size(parts))
            .saturating_add(1),
        Part::Parallel { parts, .. } => {
            let sizes = parts.iter().map(|parts| size(parts));
            sizes.fold(1, u64::saturating_add)
        }
        Part::Child { parts } => size(parts).saturating_add(1),
        Part::Poll { checks } => u64::from(*checks),
        Part::Step { .. } | Part::Wait { .. } | Part::Callback { .. } | Part::Invoke { .. } => 1,
    };
    parts.iter().map(of).fold(0, u64::saturating_add)
}

/// Writes a program, as [`parse`] reads it.
pub fn show(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push(' ');
        }
        let _ = match part {
            Part::Step { bytes: 0 } => write!(text, "step"),
            Part::Step { bytes } => write!(text, "step:{bytes}"),
            Part::Wait { length } => write!(text, "wait:{}", length.as_secs()),
            Part::Poll { checks } => write!(text, "poll:{checks}"),
            Part::Invoke { length } => write!(text, "invoke:{}", length.as_secs_f64()),
            Part::Callback { after, limit } => {
                let limit = limit.map_or(String::new(), |limit| format!("/{}", limit.as_secs()));
                write!(text, "callback:{}{limit}", after.as_secs_f64())
            }
            Part::Map { branches, parts } => {
                let (count, limits) = (branches.count, show_limits(branches));
                write!(text, "map:{count}{limits} {{ {} }}", show(parts))
            }
            Part::Parallel { branches, parts } => {
                let inside: Vec<String> = parts.iter().map(|parts| show(parts)).collect();
                let limits = show_limits(branches);
                write!(text, "parallel{limits} {{ {} }}", inside.join(" | "))
            }
            Part::Child { parts } => write!(text, "child {{ {} }}", show(parts)),
        };
    }
    text
}

fn show_limits(branches: &Branches) -> String {
    let Completion {
        min_successful,
        tolerated_failure_count,
        tolerated_failure_percentage,
    } = branches.completion;
    let mut text = match branches.at_once {
        0 => String::new(),
        limit => format!("/{limit}"),
    };
    let mut add = |name: &str, number: Option<f64>| {
        if let Some(number) = number {
            let _ = write!(text, " {name}:{number}");
        }
    };
    add(MIN_SUCCESSFUL, min_successful.map(f64::from));
    add(FAILURE_COUNT, tolerated_failure_count.map(f64::from));
    add(FAILURE_PERCENTAGE, tolerated_failure_percentage);
    text
}

/// Programs with one part less, or with the parts of a map, a branch or a child in its place.
pub fn smaller(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut programs = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let mut with = |instead: Vec<Part>| {
            programs.push([&parts[..place], &instead, &parts[place + 1..]].concat());
        };
        with(Vec::new());
        match part {
            Part::Step { bytes } if *bytes > 0 => with(vec![Part::Step { bytes: 0 }]),
            Part::Map { branches, parts } => {
                with(parts.clone());
                let map = |branches, parts| vec![Part::Map { branches, parts }];
                for branches in fewer(branches) {
                    with(map(branches, parts.clone()));
                }
                for inner in smaller(parts) {
                    with(map(*branches, inner));
                }
            }
            Part::Parallel { branches, parts } => {
                let parallel = |branches, parts| vec![Part::Parallel { branches, parts }];
                for fewer in fewer(branches) {
                    match fewer.count == branches.count {
                        true => with(parallel(fewer, parts.clone())),
                        false => (0..parts.len()).for_each(|place| {
                            let (before, after) = (&parts[..place], &parts[place + 1..]);
                            with(parallel(fewer, [before, after].concat()));
                        }),
                    }
                }
                for (place, own) in parts.iter().enumerate() {
                    with(own.clone());
                    let (before, after) = (&parts[..place], &parts[place + 1..]);
                    for inner in smaller(own) {
                        with(parallel(*branches, [before, &[inner], after].concat()));
                    }
                }
            }
            Part::Child { parts } => {
                with(parts.clone());
                for parts in smaller(parts) {
                    with(vec![Part::Child { parts }]);
                }
            }
            Part::Poll { checks } if *checks > 1 => {
                with(vec![Part::Poll { checks: checks - 1 }]);
            }
            Part::Callback {
                after,
                limit: Some(_),
            } => with(vec![Part::Callback {
                after: *after,
                limit: None,
            }]),
            Part::Step { .. }
            | Part::Wait { .. }
            | Part::Poll { .. }
            | Part::Callback { .. }
            | Part::Invoke { .. } => {}
        }
    }
    programs
}

/// Branches with one less, or without criteria.
fn fewer(branches: &Branches) -> Vec<Branches> {
    let mut all = Vec::new();
    if branches.count > 1 {
        let count = branches.count - 1;
        let enough = branches.completion.min_successful;
        let completion = Completion {
            min_successful: enough.map(|enough| enough.min(count)),
            ..branches.completion
        };
        all.push(Branches {
            count,
            completion,
            ..*branches
        });
    }
    if !branches.completion.is_default() {
        all.push(Branches::all(branches.count, branches.at_once));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let texts = [
            "step:1000 map:3/2 { step wait:1 map:2 { step } } child { step } poll:3 wait:60",
            "parallel { step step | wait:1 parallel/1 { step | map:2 { step } } | step }",
            "map:3/2 min_successful:1 tolerated_failure_count:2 { step }",
            "parallel tolerated_failure_percentage:12.5 { step | step }",
            "callback:60 callback:0 callback:3/1 invoke:5",
            "callback:16.3 callback:0.001/1 invoke:0.25",
        ];
        for text in texts {
            assert_eq!(show(&parse(text).expect(text)), text);
        }
        let close = "map:2{step}parallel{step|step}";
        let spaced = "map:2 { step } parallel { step | step }";
        assert_eq!(show(&parse(close).expect(close)), spaced);
    }

    #[test]
    fn smaller_programs_are_smaller() {
        let parts = parse("step map:2 { step wait:1 }").expect("a program");
        let texts: Vec<String> = smaller(&parts).iter().map(|parts| show(parts)).collect();
        let expected = [
            "map:2 { step wait:1 }",
            "step",
            "step step wait:1",
            "step map:1 { step wait:1 }",
            "step map:2 { wait:1 }",
            "step map:2 { step }",
        ];
        assert_eq!(texts, expected);
        let parts = parse("parallel { step | wait:1 step }").expect("a program");
        let texts: Vec<String> = smaller(&parts).iter().map(|parts| show(parts)).collect();
        assert!(texts.contains(&"parallel { step | step }".to_owned()));
        assert!(texts.contains(&"parallel { wait:1 step }".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let deep = format!("{}step{}", "child { ".repeat(101), " }".repeat(101));
        let wrong = [
            (deep.as_str(), "more than 100 `{`"),
            ("", "without parts"),
            ("stop", "found `stop`"),
            ("wait:soon", "`wait:soon`"),
            ("poll:0", "from 1 in `poll:0`"),
            ("callback", "0 to 31622400 seconds in `callback`"),
            ("callback:-1", "0 to 31622400 seconds in `callback:-1`"),
            ("callback:2/0.5", "whole number up to 31622400"),
            ("invoke:nan", "0 to 31622400 seconds in `invoke:nan`"),
            ("callback:1/0", "from 1 in `callback:1/0`"),
            ("callback/2:1", "no `/` before a `:`"),
            ("map:2 step", "expected `{`"),
            ("child step", "expected `{`"),
            ("child:2 { step }", "found `child:2`"),
            ("map:2 { step", "has no `}`"),
            ("step }", "without its `{`"),
            ("step | step", "outside `parallel"),
            ("map:2 { step | step }", "only `parallel`"),
            ("parallel:2 { step }", "found `parallel:2`"),
            ("parallel/two { step }", "`parallel/two`"),
            ("parallel/ { step }", "`parallel/`"),
            ("map/2:3 { step }", "`map/2:3`"),
            ("map:2 min_successful:3 { step }", "is 3, expected 1 to 2"),
            (
                "parallel min_successful:0 { step }",
                "is 0, expected 1 to 1",
            ),
            ("map:2 min_success:1 { step }", "found `min_success:1`"),
            (
                "map:2 tolerated_failure_percentage:101 { step }",
                "0 to 100",
            ),
            ("map:2 tolerated_failure_count:x { step }", "whole number"),
            ("map:10000 { map:10000 { step } }", "at most 100000"),
        ];
        for (text, why) in wrong {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
