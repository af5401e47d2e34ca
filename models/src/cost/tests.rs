//! Costs against the worked examples of AWS and of others.

use super::*;
use crate::data::Table;
use std::time::Duration;

fn prices(text: &str) -> Prices {
    let table = Table::parse(text).expect("a price file");
    Prices::from_table(&table).expect("all rows")
}

fn now() -> Prices {
    prices(include_str!(
        "../../../scenarios/prices/aws-us-east-1-2026.toml"
    ))
}

fn before() -> Prices {
    prices(include_str!(
        "../../../scenarios/prices/aws-us-east-1-2024.toml"
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
    let prices = now();
    assert_eq!(prices.granularity(), Duration::from_millis(1));
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
