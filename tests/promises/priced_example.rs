//! The worked example of AWS's price list, as far as a run can produce it.
//!
//! A million executions of two steps and a wait, 8 KB in and 3 x 32 KB written, 32 s in two
//! invocations of 1 GB on Arm, kept 7 days while running and 14 after: 490.46 USD. A run with all of its
//! bytes is in `scenarios/paper/money.toml`; here the input and the third payload, and the 7 days for which
//! the example keeps all of them, are put in by hand.

use models::cost::{Usage, cost, with_free_tier};
use models::measure::usage;
use promises::Case;

const MILLION: u64 = 1_000_000;
const DAY_S: f64 = 86_400.0;

fn execution() -> Case {
    Case::new("counter", "durable")
        .set("counter.operations", "2")
        .set("counter.get", "false")
        .set("counter.idle_s", "600")
        .set("counter.body_ms", "16000")
        // One more byte for the number itself.
        .set("counter.payload_bytes", "31999")
        .set("function.memory_mb", "1024")
        .set("function.arch", "arm64")
        .set("durable.retention_days", "14")
        .set("durable.execution_timeout_s", "31622400")
        .platform("durable.checkpoint_ms", "0")
        .platform("durable.batch_sync_window_ms", "0")
}

#[test]
fn the_example_of_the_price_list_comes_out_to_the_cent() {
    execution().look(|world, now| {
        let run = usage(world, now);
        assert_eq!(run.durable_operations, 4, "start, two steps, wait");
        assert_eq!(run.function_requests, 2);
        assert_eq!(run.gb_s_arm64, 32.0);
        // The input, the two steps' payloads, and the number that is returned.
        assert_eq!(run.durable_bytes_written, 64 + 2 * 32_000 + 1);
        let by_hand = 104_000;
        let after_the_end = (by_hand - run.durable_bytes_written) as f64 * 14.0 * DAY_S;
        let while_running = by_hand as f64 * 7.0 * DAY_S;
        let held = run.durable_byte_seconds;
        let written = run.durable_bytes_written as f64;
        // The run holds its first bytes for the ten minutes of its wait.
        let running = held - written * 14.0 * DAY_S;
        assert!((32_064.0 * 616.0..64_065.0 * 700.0).contains(&running));
        let month = Usage {
            function_requests: run.function_requests * MILLION,
            gb_s_arm64: run.gb_s_arm64 * 1e6,
            durable_operations: run.durable_operations * MILLION,
            durable_bytes_written: by_hand * MILLION,
            durable_byte_seconds: (held - running + after_the_end + while_running) * 1e6,
            ..Usage::default()
        };
        let costs = with_free_tier(&month, &world.prices);
        assert_eq!((costs.total() * 100.0).round(), 49_046.0);
        // What the run alone costs: no part of it is put in by hand.
        let alone = cost(&run, &world.prices);
        assert!((alone.compute - 32.0 * 0.000_013_333_4).abs() < 1e-12);
        assert!((alone.requests - 0.4e-6).abs() < 1e-15);
    });
}

#[test]
fn the_time_of_the_wait_changes_nothing_but_what_is_kept() {
    let costs = |idle_s: &str| {
        let case = execution().set("counter.idle_s", idle_s);
        case.look(|world, now| cost(&usage(world, now), &world.prices))
    };
    let (short, week) = (costs("1"), costs("604800"));
    assert_eq!(
        (short.compute, short.requests),
        (week.compute, week.requests)
    );
    // The input and the first step's payload, for a week less a second.
    let kept = 32_064.0 / 1e9 * (604_799.0 / (30.0 * DAY_S)) * 0.15;
    assert!((week.durable - short.durable - kept).abs() < 1e-12);
}
