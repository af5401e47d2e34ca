//! Records in; statistics, tables and figures out. Never runs a simulation.

pub mod comparison;
mod csv_rows;
pub mod figures;
pub mod number;
#[cfg(test)]
mod sample;
pub mod stats;
pub mod summary;
pub mod table;
