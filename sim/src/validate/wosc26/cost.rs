//! What a video costs on both sides, at the prices of the study's time and of today.
//!
//! The ratio that the study prints is not aimed at: its own breakdown does not add up to it, for a slip between
//! units and for a memory size that is not that of the function that was measured. So the cost by hand is given at both
//! memory sizes, each with the time that belongs to it.

use super::VIDEOS;
use crate::validate::experiment::{mean, values};
use crate::validate::study::{Basis, Effort, Finding, Missing, Quantity, Tolerance};
use models::records::Measure;

/// Price files: the study's DynamoDB prices are those before November 2024.
const PRICES: [(&str, &str); 2] = [
    ("aws-us-east-1-2024", "the study's prices"),
    ("aws-us-east-1-2026", "prices of 2026"),
];

/// Runs every video on both sides.
pub fn run(effort: &Effort, finding: &mut Finding) -> Result<(), String> {
    for (chunks, seconds) in VIDEOS {
        for (file, prices) in PRICES {
            let cost = |engine: &str, memory: u32| {
                let sets = [
                    format!("engine={engine}"),
                    format!("video.length_s={seconds}"),
                    format!("function.memory_mb={memory}"),
                    format!("prices.file={file}"),
                ];
                let found = values(effort, "wosc26", &sets, &[Measure::CostUsd])?;
                Ok::<f64, String>(mean(&found[0]).value)
            };
            let (durable, small) = (cost("durable", 128)?, cost("explicit", 128)?);
            let large = cost("explicit", 3008)?;
            let mut add = |what: &str, simulated: f64| {
                finding.quantities.push(Quantity {
                    name: format!("video of {chunks} chunks, {prices}: {what}"),
                    published: None,
                    simulated,
                    error: 0.0,
                    tolerance: Tolerance::Share(0.01),
                    basis: Basis::Predicted,
                });
            };
            add("durable at 128 MB, USD per million", durable * 1e6);
            add("by hand at 128 MB, USD per million", small * 1e6);
            add("by hand at 3,008 MB, USD per million", large * 1e6);
            add("durable over by hand, both at 128 MB", durable / small);
            add(
                "durable at 128 MB over by hand at 3,008 MB",
                durable / large,
            );
        }
    }
    finding.missing.push(Missing {
        name: "the study's own cost ratio".to_owned(),
        reason: "its breakdown does not add up to it: a slip between units, and a memory size that is not the measured function's; the corrected costs are above, at both sizes".to_owned(),
    });
    Ok(())
}
