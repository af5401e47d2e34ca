//! The transcoding ladder: every object accounted for, one chunk lost by a crash, nothing stale merged.

use models::records::Measure::{
    Bodies, CheckpointUpdates, DurableOperations, ObjectBytesIn, ObjectGets, ObjectPuts,
    OrphanedObjects, PartialUploads, Succeeded,
};
use promises::Case;

/// Chunks of 4 s in two renditions, encoded at 100 + 50 x seconds ms.
fn ladder(engine: &'static str, chunks: u64) -> Case {
    Case::new("ladder", engine)
        .set("ladder.length_s", &(4 * chunks).to_string())
        .set("ladder.renditions", "720p, 480p")
        .set("encoder.law", "study")
        .set("explicit.variant", "idempotent")
}

#[test]
fn every_object_is_accounted_for() {
    for engine in ["local", "durable", "explicit"] {
        for chunks in [1, 3, 10] {
            let ran = ladder(engine, chunks).run();
            assert!(ran.succeeded());
            // Chunks, manifest, segments, outputs; the clean-up lists three prefixes.
            let puts = chunks + 1 + 2 * chunks + 2;
            assert_eq!(ran.count(ObjectPuts), puts + 3, "{engine} {chunks}");
            // The source twice; a chunk per segment; each segment in its merge.
            assert_eq!(ran.count(ObjectGets), 2 + 4 * chunks, "{engine} {chunks}");
            // 1,000 kB/s of source, 250 kB/s of each rendition, twice: segment and output.
            let bytes = 4 * chunks * (1_000_000 + 2 * 2 * 250_000) + 80 * chunks;
            assert_eq!(ran.count(ObjectBytesIn), bytes, "{engine} {chunks}");
            assert_eq!(ran.count(OrphanedObjects), 0);
            // Metadata, split, transcodes, merges, clean-up.
            assert_eq!(ran.count(Bodies), 2 + 2 * chunks + 2 + 1);
        }
    }
}

#[test]
fn durable_counts_follow_from_steps_and_maps() {
    for m in [1, 4] {
        let steps = 2 + 2 * m + 2 + 1;
        let branches = 2 * m + 2;
        for (nesting, contexts) in [("nested", 2 + branches), ("flat", 2)] {
            let ran = ladder("durable", m).set("durable.nesting", nesting).run();
            assert_eq!(ran.count(CheckpointUpdates), 2 * (steps + contexts));
            assert_eq!(ran.count(DurableOperations), 1 + steps + contexts);
        }
    }
}

#[test]
fn a_crash_loses_one_chunk_and_only_that_one_is_encoded_again() {
    for point in ["body.start", "effect.before", "effect.after", "body.end"] {
        let keys = [
            ("point", point),
            ("step", "transcode-5"),
            ("occurrence", "1"),
        ];
        let ran = ladder("explicit", 6).fault("crash", &keys).run();
        assert!(ran.succeeded());
        let again = u64::from(point != "body.start");
        assert_eq!(ran.count(Bodies), 2 + 12 + 2 + 1 + again, "{point}");
        assert_eq!(ran.count(OrphanedObjects), 0, "{point}");
        let encoded = |step: &str| {
            let bodies = ran.trace.bodies.iter();
            bodies
                .filter(|body| body.at.step.to_string() == step)
                .count()
        };
        assert_eq!(encoded("transcode-5"), 1 + again as usize, "{point}");
        assert_eq!(encoded("transcode-4"), 1);
    }
}

#[test]
fn an_upload_that_is_cut_off_is_no_object_and_is_cleaned_up() {
    // Six source chunks of 4 MB are under way, at 1 MB/s each, when their environment dies.
    let case = ladder("durable", 6).platform("object.put_mb_per_s", "1");
    let cleaned = case.clone().fault("crash", &[("at_s", "3")]).run();
    assert!(cleaned.succeeded());
    assert!(cleaned.count(PartialUploads) > 0);
    assert_eq!(cleaned.count(OrphanedObjects), 0);
    let left = case.set("ladder.cleanup", "chunks");
    let left = left.fault("crash", &[("at_s", "3")]).run();
    assert_eq!(left.count(OrphanedObjects), left.count(PartialUploads));
}

#[test]
fn two_hours_are_5_400_transcodes_by_hand_and_too_many_for_one_durable_execution() {
    let long = |engine| {
        ladder(engine, 1_800)
            .set("ladder.renditions", "720p, 480p, 320p")
            .platform("function.concurrency", "10000")
    };
    let ran = long("explicit").run();
    assert!(ran.succeeded());
    // A few more where a prefix is over its rate of puts.
    assert!((5_406..5_500).contains(&ran.count(Bodies)));
    let ran = long("durable").set("durable.nesting", "flat").run();
    assert_eq!(ran.count(Succeeded), 0);
}
