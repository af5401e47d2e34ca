//! The columns that identify a cell in every CSV file of results.

use crate::stats::Interval;
use models::records::{Cell, CellRuns};
use models::settings::Setting;
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
pub(crate) fn axis_value<'a>(cell: &'a Cell, key: &str) -> Option<&'a Setting> {
    let found = cell.axes.iter().find(|(known, _)| known == key);
    found.map(|(_, value)| value)
}

/// A file of results read back, a row at a time, by the names of its columns.
pub(crate) struct Table<R> {
    file: csv::Reader<R>,
    header: csv::StringRecord,
    row: csv::StringRecord,
}

impl<R: io::Read> Table<R> {
    /// Reads the header; an error if one of these columns is not there.
    pub(crate) fn open(file: R, columns: &[&str]) -> Result<Table<R>, String> {
        let mut file = csv::Reader::from_reader(file);
        let header = file.headers().map_err(|error| error.to_string())?.clone();
        let is_absent = |column: &&&str| header.iter().all(|name| name != **column);
        if let Some(absent) = columns.iter().find(is_absent) {
            return Err(format!("there is no column `{absent}`"));
        }
        Ok(Table {
            file,
            header,
            row: csv::StringRecord::new(),
        })
    }

    /// Goes to the next row, if there is one.
    pub(crate) fn next(&mut self) -> Result<bool, String> {
        let read = self.file.read_record(&mut self.row);
        read.map_err(|error| error.to_string())
    }

    /// Position of a column.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// Names of all columns.
    pub(crate) fn header(&self) -> &csv::StringRecord {
        &self.header
    }

    /// The field of this row in a column; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        let field = self.column(name).and_then(|column| self.row.get(column));
        field.unwrap_or_default()
    }

    /// The field at a position.
    pub(crate) fn at(&self, column: usize) -> &str {
        self.row.get(column).unwrap_or_default()
    }

    /// A count in a column.
    pub(crate) fn count(&self, name: &str) -> Result<usize, String> {
        self.text(name).parse().map_err(|_| self.no_number(name))
    }

    /// A number in a column; `NaN` if it is empty.
    pub(crate) fn number(&self, name: &str) -> Result<f64, String> {
        match self.text(name) {
            "" => Ok(f64::NAN),
            text => text.parse().map_err(|_| self.no_number(name)),
        }
    }

    /// An interval in the columns `NAME_low` and `NAME_high`.
    pub(crate) fn interval(&self, name: &str) -> Result<Interval, String> {
        Ok(Interval {
            low: self.number(&format!("{name}_low"))?,
            high: self.number(&format!("{name}_high"))?,
        })
    }

    /// The cell of this row; its axes are the columns between the engine and `after`.
    pub(crate) fn cell(&self, after: &str) -> Result<Cell, String> {
        let columns = self.header.iter().enumerate();
        let axes = columns
            .skip_while(|(_, name)| *name != "engine")
            .skip(1)
            .take_while(|(_, name)| *name != after)
            .filter(|(column, _)| !self.at(*column).is_empty());
        Ok(Cell {
            index: self.count("cell")?,
            workflow: self.text("workflow").to_owned(),
            engine: self.text("engine").to_owned(),
            axes: axes
                .map(|(column, key)| (key.to_owned(), Setting::Text(self.at(column).to_owned())))
                .collect(),
        })
    }

    fn no_number(&self, name: &str) -> String {
        let line = self.row.position().map_or(0, csv::Position::line);
        format!("line {line}: `{}` is no {name}", self.text(name))
    }
}

/// A CSV error as the I/O error it nearly always is.
pub(crate) fn to_io(error: csv::Error) -> io::Error {
    io::Error::other(error)
}
