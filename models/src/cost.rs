//! What a run costs: units counted, times prices.
//!
//! Pages: AWS Lambda pricing (requests, duration, asynchronous events in chunks, durable
//! functions), Amazon DynamoDB on-demand pricing, Amazon S3 pricing, Amazon SQS pricing, AWS Fargate pricing
//! (workers), Temporal Cloud pricing (actions and storage); the
//! numbers are rows of `scenarios/prices/*.toml`. Prices are those of the first tier. A GB is
//! 1e9 bytes and a month 30 days, as in AWS's worked example of durable functions, which the
//! tests here meet to the cent.

mod prices;
#[cfg(test)]
mod tests;
mod usage;

pub use prices::Prices;
pub use usage::Usage;

const MILLION: f64 = 1e6;
const GB: f64 = 1e9;
const HOUR_S: f64 = 3600.0;
const MONTH_S: f64 = 30.0 * 86_400.0;

/// Costs in USD by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Costs {
    /// Function time, and time of workers.
    pub compute: f64,
    /// Invocations.
    pub requests: f64,
    /// Durable operations, bytes written and bytes kept.
    pub durable: f64,
    /// Actions and storage of an orchestrator, or its servers.
    pub orchestrator: f64,
    /// Key-value requests and storage.
    pub store: f64,
    /// Object requests and storage.
    pub object: f64,
    /// Queue requests and the further chunks of asynchronous events.
    pub queue: f64,
    /// Content of providers.
    pub provider: f64,
}

impl Costs {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.compute
            + self.requests
            + self.durable
            + self.orchestrator
            + self.store
            + self.object
            + self.queue
            + self.provider
    }
}

/// The cost of `usage`, every unit paid.
///
/// # Examples
/// ```
/// # use models::{cost::*, data::Table};
/// # let text = include_str!("../../scenarios/prices/aws-us-east-1-2026.toml");
/// let prices = Prices::from_table(&Table::parse(text)?)?;
/// let usage = Usage { durable_operations: 4_000_000, ..Usage::default() };
/// assert_eq!(cost(&usage, &prices).total(), 32.0);
/// # Ok::<(), String>(())
/// ```
pub fn cost(usage: &Usage, prices: &Prices) -> Costs {
    let million = |units: u64, price: f64| units as f64 / MILLION * price;
    let thousand = |units: u64, price: f64| units as f64 / 1e3 * price;
    let hours = |vcpu: f64, gb: f64| vcpu * prices.worker_vcpu_hour + gb * prices.worker_gb_hour;
    let history = |byte_seconds: f64, price: f64| byte_seconds / GB / HOUR_S * price;
    let storage = |byte_seconds: f64, price: f64| byte_seconds / GB / MONTH_S * price;
    Costs {
        compute: usage.gb_s_x86 * prices.gb_s_x86
            + usage.gb_s_arm64 * prices.gb_s_arm64
            + hours(usage.worker_vcpu_hours, usage.worker_gb_hours),
        requests: million(usage.function_requests, prices.function_million),
        durable: million(usage.durable_operations, prices.durable_million)
            + usage.durable_bytes_written as f64 / GB * prices.durable_written_gb
            + storage(usage.durable_byte_seconds, prices.durable_gb_month),
        orchestrator: million(usage.actions, prices.action_million)
            + history(usage.history_byte_seconds, prices.history_gb_hour)
            + history(usage.retained_byte_seconds, prices.retained_gb_hour)
            + hours(usage.server_vcpu_hours, usage.server_gb_hours),
        store: million(usage.kv_write_units, prices.kv_write_million)
            + usage.kv_read_units / MILLION * prices.kv_read_million
            + storage(usage.kv_byte_seconds, prices.kv_gb_month),
        object: thousand(usage.object_puts, prices.object_put_thousand)
            + thousand(usage.object_gets, prices.object_get_thousand)
            + thousand(usage.object_deletes, prices.object_delete_thousand)
            + storage(usage.object_byte_seconds, prices.object_gb_month),
        queue: million(usage.queue_requests, prices.queue_million)
            + million(usage.async_chunks, prices.function_million),
        provider: million(usage.provider_units[0], prices.llm_million)
            + million(usage.provider_units[1], prices.llm_backup_million)
            + million(usage.provider_units[2], prices.tts_million)
            + million(usage.provider_units[3], prices.tts_backup_million)
            + thousand(usage.provider_units[4], prices.image_thousand)
            + thousand(usage.provider_units[5], prices.image_backup_thousand),
    }
}

/// The cost of one month's `usage` after the free tier of the function platform: invocations
/// before event chunks, x86 before arm64.
pub fn with_free_tier(usage: &Usage, prices: &Prices) -> Costs {
    let mut paid = *usage;
    let mut free = prices.free_requests as u64;
    for units in [&mut paid.function_requests, &mut paid.async_chunks] {
        let used = free.min(*units);
        *units -= used;
        free -= used;
    }
    let mut free = prices.free_gb_s;
    for units in [&mut paid.gb_s_x86, &mut paid.gb_s_arm64] {
        let used = free.min(*units);
        *units -= used;
        free -= used;
    }
    cost(&paid, prices)
}
