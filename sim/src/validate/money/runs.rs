//! Metered runs on the durable engine.

use crate::validate::csv::{Row, number};
use crate::validate::experiment::{tables, values};
use crate::validate::study::Effort;
use models::cost::{Costs, Prices, Usage, with_free_tier};
use models::records::Measure;

const MILLION: f64 = 1e6;

fn once<const N: usize>(
    effort: &Effort,
    sets: &[String],
    measures: [Measure; N],
) -> Result<[f64; N], String> {
    let found = values(effort, "money", sets, &measures)?;
    Ok(std::array::from_fn(|nth| found[nth][0]))
}

/// A million executions of the scenario, after the free tier.
pub fn example(effort: &Effort) -> Result<Costs, String> {
    let measures = [
        Measure::Invocations,
        Measure::ComputeGbS,
        Measure::CostDurableUsd,
    ];
    let [invocations, gb_s, durable] = once(effort, &[], measures)?;
    let month = Usage {
        function_requests: (invocations * MILLION) as u64,
        gb_s_arm64: gb_s * MILLION,
        ..Usage::default()
    };
    let prices = prices(effort)?;
    Ok(Costs {
        // No free tier is named for durable operations.
        durable: durable * MILLION,
        ..with_free_tier(&month, &prices)
    })
}

fn prices(effort: &Effort) -> Result<Prices, String> {
    let [_, prices] = tables(effort, "money")?;
    Prices::from_table(&prices)
}

/// What checkpoints cost, without what keeping them costs.
#[derive(Debug)]
pub struct Checkpoints {
    pub prices: Prices,
    /// A wait, which stores nothing but itself: what a replay costs too.
    pub operation_usd: f64,
    pub usd_per_byte: f64,
    /// KB of data and USD of single checkpoints.
    sizes: Vec<(f64, f64)>,
}

/// Published sizes; `20+` is the next KB.
const SIZES_KB: [f64; 4] = [1.0, 8.0, 20.0, 21.0];

impl Checkpoints {
    /// Executions with one step more or less, of several sizes.
    pub fn run(effort: &Effort) -> Result<Checkpoints, String> {
        let cost = |operations: u32, idle: u32, bytes: f64| {
            let sets = [
                format!("counter.operations={operations}"),
                format!("counter.idle_s={idle}"),
                format!("counter.payload_bytes={}", bytes - 1.0),
                "counter.result_bytes=0".to_owned(),
                "prices.durable.retained_gb_month_usd=0".to_owned(),
            ];
            let measures = [Measure::CostDurableUsd, Measure::StateBytesWritten];
            once(effort, &sets, measures)
        };
        let mut sizes = Vec::new();
        for kb in SIZES_KB {
            let (one, two) = (cost(1, 0, kb * 1e3)?, cost(2, 0, kb * 1e3)?);
            sizes.push((kb, two[0] - one[0]));
        }
        let (small, large) = (cost(1, 0, 1e3)?, cost(1, 0, 101e3)?);
        Ok(Checkpoints {
            prices: prices(effort)?,
            operation_usd: cost(1, 1, 1e3)?[0] - small[0],
            usd_per_byte: (large[0] - small[0]) / (large[1] - small[1]),
            sizes,
        })
    }

    /// The cost of a row of the published table.
    pub fn published(&self, row: &Row) -> Result<f64, String> {
        if row["quantity"].starts_with("replay") {
            return Ok(self.operation_usd);
        }
        let kb = number(row, "checkpoint_kb").unwrap_or(21.0);
        let size = self.sizes.iter().find(|(size, _)| *size == kb);
        size.map(|(_, usd)| *usd)
            .ok_or_else(|| format!("no checkpoint of {kb} KB"))
    }
}
