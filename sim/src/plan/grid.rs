//! Every combination of values that a scenario asks for.

use crate::scenario::{Dial, Scenario, Target};
use models::records::Cell;
use models::settings::Setting;

/// Every dial that applies to a cell, with its value there, in the order of the file.
pub type Choice<'a> = Vec<(&'a Dial, &'a Setting)>;

/// The combinations of a workflow on an engine, the engine's own axes slowest.
pub fn choices<'a>(scenario: &'a Scenario, workflow: &str, engine: &str) -> Vec<Choice<'a>> {
    let mut order: Vec<usize> = (0..scenario.dials.len())
        .filter(|at| applies(&scenario.dials[*at], workflow, engine))
        .collect();
    order.sort_by_key(|at| !matches!(scenario.dials[*at].target, Target::Engine(_)));
    let mut choices: Vec<Vec<(usize, &Setting)>> = vec![Vec::new()];
    for at in order {
        let values = &scenario.dials[at].values;
        let longer = |choice: &Vec<(usize, &'a Setting)>| {
            let choice = choice.clone();
            values.iter().map(move |value| {
                let mut longer = choice.clone();
                longer.push((at, value));
                longer
            })
        };
        choices = choices.iter().flat_map(longer).collect();
    }
    let in_file_order = |mut choice: Vec<(usize, &'a Setting)>| {
        choice.sort_by_key(|(at, _)| *at);
        let dials = choice.into_iter();
        dials
            .map(|(at, value)| (&scenario.dials[at], value))
            .collect()
    };
    choices.into_iter().map(in_file_order).collect()
}

fn applies(dial: &Dial, workflow: &str, engine: &str) -> bool {
    match dial.target {
        Target::Workflow(name) => name == workflow,
        Target::Engine(name) => name == engine,
        _ => true,
    }
}

/// Number of cells, without laying them out.
pub fn count_cells(scenario: &Scenario) -> u128 {
    let mut cells = 0u128;
    for workflow in &scenario.workflows {
        for engine in &scenario.engines {
            let dials = scenario.dials.iter();
            let lengths = dials
                .filter(|dial| applies(dial, workflow, engine))
                .map(|dial| dial.values.len() as u128);
            cells = cells.saturating_add(lengths.fold(1, u128::saturating_mul));
        }
    }
    cells
}

/// The labels that an engine's cells have: its name, and the values of its own axes.
pub fn labels(engine: &str, dials: &[Dial]) -> Vec<String> {
    let mut labels = vec![engine.to_owned()];
    for dial in dials.iter().filter(|dial| tells_apart(dial, engine)) {
        labels = labels
            .iter()
            .flat_map(|label| dial.values.iter().map(move |v| format!("{label} {v}")))
            .collect();
    }
    labels
}

fn tells_apart(dial: &Dial, engine: &str) -> bool {
    dial.axis && matches!(dial.target, Target::Engine(name) if name == engine)
}

/// What the results show of a cell.
pub fn cell(index: usize, workflow: &str, engine: &str, choice: &Choice<'_>) -> Cell {
    let variants = choice.iter().filter(|(dial, _)| tells_apart(dial, engine));
    let label = variants.fold(engine.to_owned(), |label, (_, v)| format!("{label} {v}"));
    let axes = choice.iter().filter(|(dial, _)| dial.axis);
    Cell {
        index,
        workflow: workflow.to_owned(),
        engine: label,
        axes: axes
            .map(|(dial, value)| (dial.path.clone(), (*value).clone()))
            .collect(),
    }
}
