//! What there is to choose from: workflows, engines, fault kinds and their keys.
//!
//! Adding one is a file with its keys and a line in the table here.

use crate::settings::Key;
use crate::{encoder, engines, faults, services, workflows};

/// A workflow, engine or service that a scenario can name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name in a scenario; its keys start with it and a dot.
    pub name: &'static str,
    /// What it is, in a sentence or two.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// A fault kind: rates that apply everywhere, and entries written out in a scenario.
#[derive(Clone, Copy, Debug)]
pub struct FaultKind {
    /// The name in `require`, in `faults_fired` and in `[[faults.<name>]]`.
    pub name: &'static str,
    /// What happens, in a sentence or two.
    pub doc: &'static str,
    /// Keys of the rates (`faults.crash_rate`), zero by default: another value makes it happen.
    pub rates: &'static [Key],
    /// Keys that say how it happens.
    pub modifiers: &'static [Key],
    /// Keys of one `[[faults.<name>]]` entry, relative to it; empty if it cannot be written out.
    pub entry: &'static [Key],
}

/// The workflows.
pub const WORKFLOWS: &[Entry] = &[
    workflows::counter::ENTRY,
    workflows::video::ENTRY,
    workflows::ladder::ENTRY,
    workflows::program::ENTRY,
    workflows::excamera::ENTRY,
    workflows::generation::ENTRY,
];

/// The engines.
pub const ENGINES: &[Entry] = &[
    engines::local::ENTRY,
    engines::durable::ENTRY,
    engines::explicit::ENTRY,
    engines::staged::ENTRY,
    engines::queue::ENTRY,
];

/// What applies to every workflow and engine.
pub const COMMON: &[Entry] = &[
    workflows::LOAD,
    services::function::ENTRY,
    services::provider::ENTRY,
    encoder::ENTRY,
];

/// The fault kinds.
pub const FAULTS: &[FaultKind] = faults::KINDS;

/// Every key that a scenario may set outside `[[faults.*]]` entries.
pub fn keys() -> impl Iterator<Item = Key> {
    let entries = WORKFLOWS.iter().chain(ENGINES).chain(COMMON);
    let rates = FAULTS
        .iter()
        .flat_map(|kind| kind.rates.iter().chain(kind.modifiers).copied());
    entries
        .flat_map(|entry| entry.keys.iter().copied())
        .chain(rates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_default_fits_its_key() {
        for key in keys().chain(FAULTS.iter().flat_map(|kind| kind.entry.iter().copied())) {
            let _ = key.read_default();
            assert!(!key.doc.is_empty(), "{} is not explained", key.path);
        }
    }

    #[test]
    fn keys_are_unique_and_start_with_their_owner() {
        let mut seen = BTreeSet::new();
        for entry in WORKFLOWS.iter().chain(ENGINES).chain(COMMON) {
            for key in entry.keys {
                assert!(
                    key.path.starts_with(&format!("{}.", entry.name)),
                    "{}",
                    key.path
                );
                assert!(seen.insert(key.path), "{} is declared twice", key.path);
            }
        }
    }
}
