//! Asynchronous events: accepted once, delivered until it works or no longer.

use models::ledger::BodyRow;
use models::records::Measure::{ColdStarts, Invocations};
use promises::{Case, Ran, ms};
use std::time::Duration;

/// A video by hand whose chunks take 100 + 50 x 400 ms = 20.1 s each.
fn video(chunks: u64) -> Case {
    Case::new("video", "explicit")
        .set("video.length_s", &(400 * chunks).to_string())
        .set("video.chunk_s", "400")
        .set("video.media", "none")
        .set("explicit.cleanup", "false")
        .set("explicit.watchdog_s", "86400")
        .set("explicit.client_attempts", "1")
        .platform("function.async_dispatch_ms", "20")
}

fn gap(bodies: &[BodyRow], turn: usize) -> Duration {
    bodies[turn + 1].started - bodies[turn].started
}

#[test]
fn an_event_whose_function_dies_is_delivered_again_after_one_and_two_minutes() {
    let crash = |times: &str| {
        let keys = [
            ("point", "effect.before"),
            ("step", "encode-0"),
            ("times", times),
        ];
        video(1).fault("crash", &keys).run()
    };
    let twice = crash("2");
    assert!(twice.succeeded());
    let bodies = twice.trace.bodies_of("encode-0");
    // The body, 10 ms until the death is found out, the platform's pause, the look at the record.
    assert_eq!(gap(&bodies, 0), ms(20_100.0 + 10.0 + 60_000.0 + 5.0));
    assert_eq!(gap(&bodies, 1), ms(20_100.0 + 10.0 + 120_000.0 + 5.0));
    let thrice = crash("3");
    assert!(!thrice.succeeded(), "two retries and no more");
    assert_eq!(thrice.bodies["encode-0"], 3);
}

fn starts(ran: &Ran) -> Vec<Duration> {
    let mut starts: Vec<_> = (0..2)
        .map(|chunk| ran.trace.starts(&format!("encode-{chunk}"))[0])
        .collect();
    starts.sort();
    starts
}

#[test]
fn a_throttled_event_is_tried_again_with_back_off() {
    let ran = video(2).platform("function.concurrency", "1").run();
    assert!(ran.succeeded());
    assert_eq!(ran.trace.most_at_once(), 1);
    // After 1, 2, 4, 8 and 16 s; the first chunk takes 20.1 s and a little.
    let starts = starts(&ran);
    assert_eq!(starts[1] - starts[0], ms(31_000.0));
}

#[test]
fn the_back_off_of_a_throttled_event_is_capped() {
    let ran = video(2)
        .platform("function.concurrency", "1")
        .platform("function.async_throttle_cap_s", "3")
        .run();
    // After 1, 2, 3, 3, ... s: 21 s is the first that comes late enough.
    let starts = starts(&ran);
    assert_eq!(starts[1] - starts[0], ms(21_000.0));
}

#[test]
fn an_event_waits_for_the_platform_to_scale() {
    // Starting the video took the first environment, which is warm for the first chunk.
    let at_once = video(2).platform("function.scaling_per_10s", "2").run();
    let both = starts(&at_once);
    assert_eq!(both[0], both[1]);
    // One new environment in ten seconds: tries after 1, 3 and 7 s are too early.
    let later = video(2).platform("function.scaling_per_10s", "1").run();
    let both = starts(&later);
    assert_eq!(both[1] - both[0], ms(15_000.0));
    for ran in [at_once, later] {
        assert_eq!(ran.count(ColdStarts), 2);
    }
}

#[test]
fn an_event_that_is_too_old_is_dropped() {
    let ran = video(2)
        .platform("function.concurrency", "1")
        .platform("function.async_event_age_s", "10")
        .run();
    assert!(!ran.succeeded());
    // The start and one chunk; the other was tried for the last time after 7 s.
    assert_eq!(ran.count(Invocations), 2);
}
