//! The columns that identify a cell in every CSV file of results.

use models::records::{Cell, CellRuns};
use std::io;

/// The cells of a grid, ready to be looked up by index.
pub(crate) struct CellColumns<'a> {
    cells: Vec<&'a Cell>,
    axes: Vec<&'a str>,
}

impl<'a> CellColumns<'a> {
    pub(crate) fn of(cells: &'a [CellRuns]) -> CellColumns<'a> {
        let mut cells: Vec<&Cell> = cells.iter().map(|runs| &runs.cell).collect();
        cells.sort_by_key(|cell| cell.index);
        let axes = axis_keys(cells.iter().copied());
        CellColumns { cells, axes }
    }

    /// The axis keys of all cells, in the order in which they first appear.
    pub(crate) fn axes(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.axes.iter().copied()
    }

    /// Workflow and engine of a cell; empty for a cell that is not there.
    pub(crate) fn names(&self, cell: usize) -> [String; 2] {
        self.find(cell).map_or_else(Default::default, |cell| {
            [cell.workflow.clone(), cell.engine.clone()]
        })
    }

    /// The value on every axis, empty where an axis does not apply.
    pub(crate) fn values(&self, cell: usize) -> impl Iterator<Item = String> + '_ {
        let cell = self.find(cell);
        self.axes.iter().map(move |key| {
            cell.and_then(|cell| axis_value(cell, key))
                .map_or_else(String::new, ToString::to_string)
        })
    }

    pub(crate) fn find(&self, cell: usize) -> Option<&'a Cell> {
        let position = self.cells.binary_search_by_key(&cell, |cell| cell.index);
        position.ok().map(|position| self.cells[position])
    }
}

/// Every axis key of these cells once, in the order in which they first appear.
pub(crate) fn axis_keys<'a>(cells: impl Iterator<Item = &'a Cell>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in cells.flat_map(|cell| &cell.axes) {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    keys
}

/// Every axis key that the cells' engine names do not tell already.
pub(crate) fn open_axis_keys<'a>(cells: impl Iterator<Item = &'a Cell> + Clone) -> Vec<&'a str> {
    let told = |key: &str| {
        let owner = key.split('.').next();
        cells
            .clone()
            .any(|cell| cell.engine.split(' ').next() == owner)
    };
    let mut keys = axis_keys(cells.clone());
    keys.retain(|key| !told(key));
    keys
}

/// The value of a cell on an axis, if the axis applies to it.
pub(crate) fn axis_value<'a>(cell: &'a Cell, key: &str) -> Option<&'a models::settings::Setting> {
    let found = cell.axes.iter().find(|(known, _)| known == key);
    found.map(|(_, value)| value)
}

/// A CSV error as the I/O error it nearly always is.
pub(crate) fn to_io(error: csv::Error) -> io::Error {
    io::Error::other(error)
}
