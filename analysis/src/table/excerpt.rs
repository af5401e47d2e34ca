//! Which rows stand for a long grid.

use crate::csv_rows::axis_value;
use models::records::CellRuns;
use models::settings::Setting;

/// Of every engine the cells in which all axes but one have their first value there, and that one
/// its first, its middle or its last: rows that can be compared. If these are more than `most`, the
/// ends only; if these are still too many, one cell of each engine.
pub(super) fn of<'a>(cells: &[&'a CellRuns], axes: &[&str], most: usize) -> Vec<&'a CellRuns> {
    let picks: [fn(usize) -> Vec<usize>; 3] = [
        |count| vec![0, (count - 1) / 2, count - 1],
        |count| vec![0, count - 1],
        |_| vec![0],
    ];
    let mut shown = Vec::new();
    for places in picks {
        shown = picked(cells, axes, places);
        if shown.len() <= most {
            break;
        }
    }
    shown
}

fn picked<'a>(
    cells: &[&'a CellRuns],
    axes: &[&str],
    places: fn(usize) -> Vec<usize>,
) -> Vec<&'a CellRuns> {
    let is_shown = |cell: &&&CellRuns| {
        let same = |other: &&&CellRuns| other.cell.engine == cell.cell.engine;
        // The places of the cell's values among those that the engine's cells have.
        let at = axes.iter().map(|axis| {
            let values = distinct(cells.iter().filter(same).map(|c| axis_value(&c.cell, axis)));
            let own = axis_value(&cell.cell, axis);
            let place = values.iter().position(|value| *value == own);
            (place.unwrap_or(0), values.len())
        });
        let mut moved = at.filter(|(place, _)| *place > 0);
        match (moved.next(), moved.next()) {
            (None, _) => true,
            (Some((place, count)), None) => places(count).contains(&place),
            (Some(_), Some(_)) => false,
        }
    };
    cells.iter().filter(is_shown).copied().collect()
}

fn distinct<'a>(values: impl Iterator<Item = Option<&'a Setting>>) -> Vec<Option<&'a Setting>> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}
