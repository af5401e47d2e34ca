//! Mutants are replacements of text: each must still find its rule.

use promises::mutants::MUTANTS;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_mutant_finds_its_rule_once() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/src");
    let names: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert!(names.len() == MUTANTS.len() && names.len() >= 15);
    for mutant in MUTANTS {
        let source = std::fs::read_to_string(sources.join(mutant.file)).expect(mutant.file);
        let broken = mutant.apply(&source);
        let broken = broken
            .unwrap_or_else(|| panic!("{}: its rule is not once in {}", mutant.name, mutant.file));
        assert!(broken != source, "{} changes nothing", mutant.name);
    }
}
