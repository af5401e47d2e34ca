//! An environment's processor: its share of memory, shared by the threads in it.

use models::records::Measure::{ColdStarts, EncodeS};
use promises::Case;

fn encode(memory_mb: &str, law: &str) -> Case {
    Case::new("video", "durable")
        .set("video.length_s", "4")
        .set("video.max_concurrency", "1")
        .set("video.media", "none")
        .set("encoder.law", law)
        .set("encoder.ms_per_s", "1000")
        .set("function.memory_mb", memory_mb)
        .platform("function.mb_per_vcpu", "2000")
}

#[test]
fn memory_scales_work_up_to_one_thread_and_never_sleep() {
    for (memory_mb, encode_s) in [("500", 4.0), ("1000", 2.0), ("2000", 1.0), ("8000", 1.0)] {
        let ran = encode(memory_mb, "constant").run();
        assert!((ran.get(EncodeS) - encode_s).abs() < 1e-6, "{memory_mb}");
        let ran = encode(memory_mb, "study").run();
        assert!((ran.get(EncodeS) - 0.15).abs() < 1e-9, "{memory_mb}");
    }
}

#[test]
fn chunks_in_one_environment_share_its_processor() {
    for (memory_mb, encode_s) in [("2000", 4.0), ("4000", 2.0), ("8000", 1.0), ("10000", 1.0)] {
        let side_by_side = encode(memory_mb, "constant").set("video.max_concurrency", "0");
        let ran = side_by_side.run();
        assert!((ran.get(EncodeS) - encode_s).abs() < 1e-6, "{memory_mb}");
    }
}

#[test]
fn prewarmed_environments_have_processors() {
    let ran = encode("2000", "constant")
        .set("function.prewarmed", "3")
        .run();
    assert!(ran.succeeded());
    assert_eq!(ran.count(ColdStarts), 0);
    assert!((ran.get(EncodeS) - 1.0).abs() < 1e-6);
}

#[test]
fn work_that_was_abandoned_frees_its_processor() {
    // Without recovery a failing chunk drops the others; their environment is used again.
    let ran = Case::new("video", "local")
        .set("video.length_s", "3")
        .set("video.media", "none")
        .set("encoder.law", "constant")
        .set("local.max_restarts", "1")
        .fault("outcome", &[("step", "encode-0"), ("outcomes", "F")])
        .run();
    assert!(ran.succeeded());
    let bodies = ran.trace.bodies_of("encode-0");
    let took = bodies[1].ended_at - bodies[1].started;
    assert!((took.as_secs_f64() - 3.0).abs() < 1e-6, "{took:?}");
}
