//! A merge that always fails, on both sides: counts by hand are exact, times predicted.

use crate::validate::experiment::{mean, values};
use crate::validate::study::{Basis, Effort, Finding, Quantity, Tolerance};
use models::records::Measure;

/// Reads and writes of the study's item when the merge of three chunks fails three times, and its attempts.
const BY_HAND: [(&str, f64, Measure); 3] = [
    ("reads", 12.0, Measure::StoreReads),
    ("writes", 6.0, Measure::StoreWrites),
    // Register, validate, split and three chunks before the merge.
    ("attempts of the merge", 3.0, Measure::Bodies),
];
const BEFORE: f64 = 6.0;

/// Runs both sides.
pub fn run(effort: &Effort, finding: &mut Finding) -> Result<(), String> {
    for engine in ["explicit", "durable"] {
        let name = |what: &str| match engine {
            "durable" => format!("video of 3 chunks, merge fails always, durable: {what}"),
            _ => format!("video of 3 chunks, merge fails always, by hand: {what}"),
        };
        let measures = [
            Measure::StoreReads,
            Measure::StoreWrites,
            Measure::Bodies,
            Measure::BilledS,
            Measure::VirtualS,
        ];
        let sets = [format!("engine={engine}")];
        let found = values(effort, "wosc26_fail", &sets, &measures)?;
        let of = |measure: Measure| {
            let nth = measures.iter().position(|m| *m == measure);
            mean(&found[nth.expect("it was asked for")])
        };
        if engine == "explicit" {
            for (what, published, measure) in BY_HAND {
                let before = if measure == Measure::Bodies {
                    BEFORE
                } else {
                    0.0
                };
                finding.quantities.push(Quantity {
                    name: name(what),
                    published: Some(published),
                    simulated: of(measure).value - before,
                    error: 0.0,
                    tolerance: Tolerance::Equal,
                    basis: Basis::Exact,
                });
            }
        }
        for (what, measure) in [
            ("billed, s", Measure::BilledS),
            ("start to end, s", Measure::VirtualS),
        ] {
            let found = of(measure);
            finding.quantities.push(Quantity {
                name: name(what),
                published: None,
                simulated: found.value,
                error: found.error,
                tolerance: Tolerance::Share(0.10),
                basis: Basis::Predicted,
            });
        }
    }
    Ok(())
}
