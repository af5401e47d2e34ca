//! Data tables with overrides, shared by the cells that have the same.

use super::grid::Choice;
use crate::scenario::data::with_rows;
use crate::scenario::{DataFile, Dial, Scenario, Target};
use models::data::Table;
use models::settings::Setting;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tables made so far, by what they are made of.
#[derive(Default)]
pub struct Tables(BTreeMap<String, Arc<Table>>);

impl Tables {
    /// Latencies and limits of a cell.
    pub fn platform(&mut self, scenario: &Scenario, choice: &Choice<'_>) -> Arc<Table> {
        let row = |target: &Target| match target {
            Target::PlatformRow(row) => Some(row.clone()),
            _ => None,
        };
        self.shared(&scenario.platforms, choice, &Target::PlatformFile, row)
    }

    /// Prices of a cell.
    pub fn prices(&mut self, scenario: &Scenario, choice: &Choice<'_>) -> Arc<Table> {
        let row = |target: &Target| match target {
            Target::PricesRow(row) => Some(row.clone()),
            _ => None,
        };
        self.shared(&scenario.prices, choice, &Target::PricesFile, row)
    }

    fn shared(
        &mut self,
        files: &BTreeMap<String, DataFile>,
        choice: &Choice<'_>,
        file: &Target,
        row: impl Fn(&Target) -> Option<String>,
    ) -> Arc<Table> {
        let concerns = |dial: &Dial| dial.target == *file || row(&dial.target).is_some();
        let dials = choice.iter().filter(|(dial, _)| concerns(dial));
        let recipe: String = dials
            .map(|(dial, value)| format!("{}={value}\n", dial.path))
            .collect();
        let table = self.0.entry(recipe);
        Arc::clone(table.or_insert_with(|| {
            let named = choice.iter().find(|(dial, _)| dial.target == *file);
            let base = named.and_then(|(_, name)| files.get(&name.to_string()));
            let rows: Vec<(String, &Setting)> = choice
                .iter()
                .filter_map(|(dial, value)| Some((row(&dial.target)?, *value)))
                .collect();
            base.map_or_else(Arc::default, |file| with_rows(&file.table, &rows))
        }))
    }
}
