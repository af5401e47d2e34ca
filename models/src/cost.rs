//! What a run costs: units counted, times prices.
//!
//! Pages: AWS Lambda pricing (requests, duration, asynchronous events in chunks, durable
//! functions), Amazon DynamoDB on-demand pricing, Amazon S3 pricing, Amazon SQS pricing; the
//! numbers are rows of `scenarios/prices/*.toml`. Prices are those of the first tier. A GB is
//! 1e9 bytes and a month 30 days, as in AWS's worked example of durable functions, which the
//! tests here meet to the cent.

use crate::data::Table;
use crate::services::kv::KvMeter;
use crate::services::object::ObjectMeter;
use std::ops::AddAssign;
use std::time::Duration;

const MILLION: f64 = 1e6;
const GB: f64 = 1e9;
const MONTH_S: f64 = 30.0 * 86_400.0;

/// Units consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Invocations of functions, replays and the first chunk of asynchronous events included.
    pub function_requests: u64,
    /// Further chunks of asynchronous events.
    pub async_chunks: u64,
    /// Billed duration times memory on x86, in GB-s.
    pub gb_s_x86: f64,
    /// Billed duration times memory on arm64, in GB-s.
    pub gb_s_arm64: f64,
    /// Durable operations.
    pub durable_operations: u64,
    /// Bytes written to the durable backend.
    pub durable_bytes_written: u64,
    /// Bytes kept by the durable backend, times seconds, during and after the execution.
    pub durable_byte_seconds: f64,
    /// Write units of the key-value store.
    pub kv_write_units: u64,
    /// Read units of the key-value store, a multiple of one half.
    pub kv_read_units: f64,
    /// Bytes held by the key-value store, times seconds.
    pub kv_byte_seconds: f64,
    /// Puts and lists of the object store.
    pub object_puts: u64,
    /// Gets of the object store.
    pub object_gets: u64,
    /// Deletes of the object store.
    pub object_deletes: u64,
    /// Bytes held by the object store, times seconds.
    pub object_byte_seconds: f64,
    /// Requests to a message queue.
    pub queue_requests: u64,
}

impl Usage {
    /// Adds what a key-value store consumed until `now`.
    pub fn add_kv(&mut self, meter: &KvMeter, now: Duration) {
        self.kv_write_units += meter.write_units;
        self.kv_read_units += meter.read_units();
        self.kv_byte_seconds += meter.stored.byte_seconds(now);
    }

    /// Adds what an object store consumed until `now`.
    pub fn add_objects(&mut self, meter: &ObjectMeter, now: Duration) {
        self.object_puts += meter.puts + meter.lists;
        self.object_gets += meter.gets;
        self.object_deletes += meter.deletes;
        self.object_byte_seconds += meter.stored.byte_seconds(now);
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Usage) {
        self.function_requests += more.function_requests;
        self.async_chunks += more.async_chunks;
        self.gb_s_x86 += more.gb_s_x86;
        self.gb_s_arm64 += more.gb_s_arm64;
        self.durable_operations += more.durable_operations;
        self.durable_bytes_written += more.durable_bytes_written;
        self.durable_byte_seconds += more.durable_byte_seconds;
        self.kv_write_units += more.kv_write_units;
        self.kv_read_units += more.kv_read_units;
        self.kv_byte_seconds += more.kv_byte_seconds;
        self.object_puts += more.object_puts;
        self.object_gets += more.object_gets;
        self.object_deletes += more.object_deletes;
        self.object_byte_seconds += more.object_byte_seconds;
        self.queue_requests += more.queue_requests;
    }
}

macro_rules! prices {
    ($($field:ident $row:literal $doc:literal)*) => {
        /// Prices in USD, and the units they are for, from a price file.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Prices { $(#[doc = $doc] pub $field: f64),* }

        impl Prices {
            /// Reads the rows of a price file. The error names the row.
            pub fn from_table(table: &Table) -> Result<Prices, String> {
                Ok(Prices { $($field: table.number($row)?),* })
            }
        }
    };
}

prices! {
    function_million "function.request_usd_per_million" "A million invocations."
    gb_s_x86 "function.gb_s_x86_usd" "A GB-s of function time on x86."
    gb_s_arm64 "function.gb_s_arm64_usd" "A GB-s of function time on arm64."
    granularity_ms "function.duration_granularity_ms" "Function time rounds up to a multiple of this many ms."
    async_first_chunk_bytes "function.async_first_chunk_bytes" "Bytes of an asynchronous event that the invocation covers."
    async_chunk_bytes "function.async_chunk_bytes" "Bytes that each further request covers."
    durable_million "durable.operation_usd_per_million" "A million durable operations."
    durable_written_gb "durable.written_gb_usd" "A GB written to the durable backend."
    durable_gb_month "durable.retained_gb_month_usd" "A GB kept by the durable backend for a month."
    kv_write_million "kv.write_unit_usd_per_million" "A million write units."
    kv_read_million "kv.read_unit_usd_per_million" "A million read units."
    kv_gb_month "kv.storage_gb_month_usd" "A GB in the key-value store for a month."
    object_put_thousand "object.put_usd_per_thousand" "A thousand puts and lists."
    object_get_thousand "object.get_usd_per_thousand" "A thousand gets."
    object_delete_thousand "object.delete_usd_per_thousand" "A thousand deletes."
    object_gb_month "object.storage_gb_month_usd" "A GB in the object store for a month."
    queue_million "queue.request_usd_per_million" "A million queue requests."
    free_requests "free.requests_per_month" "Invocations that are free each month."
    free_gb_s "free.gb_s_per_month" "GB-s of function time that are free each month."
}

impl Prices {
    /// Function time as it is billed: rounded up to the granularity.
    pub fn billed(&self, duration: Duration) -> Duration {
        let grain = (self.granularity_ms * 1e6) as u128;
        if grain == 0 {
            return duration;
        }
        let billed = duration.as_nanos().div_ceil(grain) * grain;
        u64::try_from(billed).map_or(duration, Duration::from_nanos)
    }

    /// Chunks of an asynchronous event of `bytes` beyond the one that its invocation covers.
    pub fn async_chunks(&self, bytes: u64) -> u64 {
        let more = bytes.saturating_sub(self.async_first_chunk_bytes as u64);
        more.div_ceil((self.async_chunk_bytes as u64).max(1))
    }
}

/// Costs in USD by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Costs {
    /// Function time.
    pub compute: f64,
    /// Invocations.
    pub requests: f64,
    /// Durable operations, bytes written and bytes kept.
    pub durable: f64,
    /// Key-value requests and storage.
    pub store: f64,
    /// Object requests and storage.
    pub object: f64,
    /// Queue requests and the further chunks of asynchronous events.
    pub queue: f64,
}

impl Costs {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.compute + self.requests + self.durable + self.store + self.object + self.queue
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
    let storage = |byte_seconds: f64, price: f64| byte_seconds / GB / MONTH_S * price;
    Costs {
        compute: usage.gb_s_x86 * prices.gb_s_x86 + usage.gb_s_arm64 * prices.gb_s_arm64,
        requests: million(usage.function_requests, prices.function_million),
        durable: million(usage.durable_operations, prices.durable_million)
            + usage.durable_bytes_written as f64 / GB * prices.durable_written_gb
            + storage(usage.durable_byte_seconds, prices.durable_gb_month),
        store: million(usage.kv_write_units, prices.kv_write_million)
            + usage.kv_read_units / MILLION * prices.kv_read_million
            + storage(usage.kv_byte_seconds, prices.kv_gb_month),
        object: thousand(usage.object_puts, prices.object_put_thousand)
            + thousand(usage.object_gets, prices.object_get_thousand)
            + thousand(usage.object_deletes, prices.object_delete_thousand)
            + storage(usage.object_byte_seconds, prices.object_gb_month),
        queue: million(usage.queue_requests, prices.queue_million)
            + million(usage.async_chunks, prices.function_million),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(text: &str) -> Prices {
        let table = Table::parse(text).expect("a price file");
        Prices::from_table(&table).expect("all rows")
    }

    fn now() -> Prices {
        prices(include_str!(
            "../../scenarios/prices/aws-us-east-1-2026.toml"
        ))
    }

    fn before() -> Prices {
        prices(include_str!(
            "../../scenarios/prices/aws-us-east-1-2024.toml"
        ))
    }

    fn cents(usd: f64) -> i64 {
        libm::round(usd * 100.0) as i64
    }

    /// AWS Lambda pricing, the example of durable functions: a million executions of two steps
    /// and a wait, 8 KB in and 3 x 32 KB written, 32 s in two invocations of 1 GB on Arm, kept
    /// for 7 days while running and 14 after.
    fn example() -> Usage {
        Usage {
            function_requests: 2_000_000,
            gb_s_arm64: 32e6,
            durable_operations: 4_000_000,
            durable_bytes_written: 104_000_000_000,
            durable_byte_seconds: 104e9 * 21.0 * 86_400.0,
            ..Usage::default()
        }
    }

    #[test]
    fn the_example_of_aws_comes_out_to_the_cent() {
        let costs = with_free_tier(&example(), &now());
        assert_eq!(cents(costs.total()), 49_046);
        assert_eq!(cents(costs.compute), 42_134);
        assert_eq!(cents(costs.requests), 20);
        assert_eq!(cents(costs.durable), 3_200 + 2_600 + 1_092);
    }

    #[test]
    fn the_parts_of_the_example_come_out_to_the_cent() {
        let none = Usage::default();
        let all = example();
        let operations = Usage {
            durable_operations: all.durable_operations,
            ..none
        };
        let written = Usage {
            durable_bytes_written: all.durable_bytes_written,
            ..none
        };
        let retained = Usage {
            durable_byte_seconds: all.durable_byte_seconds,
            ..none
        };
        for (usage, part) in [(operations, 3_200), (written, 2_600), (retained, 1_092)] {
            assert_eq!(cents(cost(&usage, &now()).durable), part);
        }
    }

    /// The Candid Startup, "AWS Lambda Durable Functions", 2026-01-12: a million checkpoints of
    /// some KB, and the author's own design of queue, table and (above 16 KB) object.
    #[test]
    fn a_million_checkpoints_cost_what_the_candid_startup_computed() {
        for (kilobytes, durable, write_units, object_puts, own) in [
            (1, 8.25, 2, 0, 1.65),
            (8, 10.0, 9, 0, 6.025),
            (20, 13.0, 2, 1, 6.65),
        ] {
            let checkpoint = Usage {
                durable_operations: 1_000_000,
                durable_bytes_written: kilobytes * 1_000_000_000,
                ..Usage::default()
            };
            assert_eq!(cost(&checkpoint, &now()).total(), durable, "{kilobytes} KB");
            let checkpoint = Usage {
                queue_requests: 1_000_000,
                kv_write_units: write_units * 1_000_000,
                object_puts: object_puts * 1_000_000,
                ..Usage::default()
            };
            let found = cost(&checkpoint, &now()).total();
            assert!((found - own).abs() < 1e-9, "{kilobytes} KB: {found}");
        }
    }

    /// The same author: a million replays that read their checkpoints back.
    #[test]
    fn a_million_replays_cost_what_the_candid_startup_computed() {
        for (read_units, object_gets, own) in [
            (1.0, 0, 0.525),
            (2.0, 0, 0.65),
            (32.0, 0, 4.4),
            (1.0, 1, 0.925),
            (1.0, 4, 2.125),
            (1.0, 16, 6.925),
        ] {
            let replay = Usage {
                queue_requests: 1_000_000,
                kv_read_units: read_units * 1e6,
                object_gets: object_gets * 1_000_000,
                ..Usage::default()
            };
            let found = cost(&replay, &now()).total();
            assert!((found - own).abs() < 1e-9, "{own}: {found}");
        }
    }

    #[test]
    fn the_cut_of_2024_halved_the_key_value_requests_and_nothing_else() {
        let requests = Usage {
            kv_write_units: 3_000_000,
            kv_read_units: 8e6,
            ..Usage::default()
        };
        let [new, old] = [now(), before()].map(|prices| cost(&requests, &prices).total());
        assert_eq!((new, old), (2.875, 5.75));
        let [new, old] = [now(), before()].map(|prices| cost(&example(), &prices));
        assert_eq!(new, old);
    }

    #[test]
    fn time_rounds_up_and_large_events_count_in_chunks() {
        let (prices, micros) = (now(), Duration::from_micros);
        assert_eq!(prices.billed(micros(0)), micros(0));
        assert_eq!(prices.billed(micros(1)), micros(1_000));
        assert_eq!(prices.billed(micros(1_000)), micros(1_000));
        let kib = 1_024;
        for (bytes, chunks) in [
            (256 * kib, 0),
            (256 * kib + 1, 1),
            (320 * kib, 1),
            (1_024 * kib, 12),
        ] {
            assert_eq!(prices.async_chunks(bytes), chunks, "{bytes}");
        }
    }

    #[test]
    fn the_free_tier_never_pays_back() {
        let little = Usage {
            function_requests: 10,
            gb_s_x86: 3.0,
            ..Usage::default()
        };
        assert_eq!(with_free_tier(&little, &now()).total(), 0.0);
    }

    #[test]
    fn a_price_file_without_a_row_is_refused_by_name() {
        let error = Prices::from_table(&Table::default()).expect_err("no rows");
        assert!(
            error.contains("function.request_usd_per_million"),
            "{error}"
        );
    }
}
