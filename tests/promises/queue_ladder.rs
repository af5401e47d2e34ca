//! The transcoding ladder on task queues: the same objects as elsewhere, one chunk lost by a crash.

use models::claims::{End, Evidence, named};
use models::records::Measure as M;
use promises::Case;
use std::time::{Duration, Instant};

/// Eight chunks of 4 s in two renditions, encoded at 100 + 50 x seconds ms.
fn ladder(engine: &'static str) -> Case {
    Case::new("ladder", engine)
        .set("ladder.length_s", "32")
        .set("ladder.renditions", "720p, 480p")
        .set("encoder.law", "study")
}

fn holds(case: &Case, claim: &str) -> Result<(), String> {
    let claim = named(claim).expect("a claim");
    let seen = case.look(|world, _| {
        let patience = Duration::from_secs(86_400);
        claim.check(&Evidence {
            world,
            end: End::Quiet,
            patience,
        })
    });
    let witness = seen.witness().map(str::to_owned);
    witness.map_or(Ok(()), Err)
}

const CLAIMS: [&str; 3] = ["ladder_complete", "ladder_not_stale", "ladder_no_orphans"];

#[test]
fn the_objects_are_those_of_the_durable_engine() {
    let (durable, queue) = (ladder("durable").run(), ladder("queue").run());
    assert!(queue.succeeded());
    for count in [M::ObjectPuts, M::ObjectGets, M::ObjectDeletes, M::Bodies] {
        assert_eq!(queue.count(count), durable.count(count), "{count:?}");
    }
    for claim in CLAIMS {
        assert_eq!(holds(&ladder("queue"), claim), Ok(()));
    }
}

#[test]
fn the_crash_of_a_transcode_worker_loses_one_chunk_and_only_that_is_queued_again() {
    for point in ["effect.before", "effect.after"] {
        let crash = [("point", point), ("step", "transcode-7")];
        let case = ladder("queue")
            .set("queue.heartbeat_s", "5")
            .fault("crash", &crash);
        let (plain, ran) = (ladder("queue").run(), case.run());
        assert!(ran.succeeded());
        assert_eq!(ran.count(M::Bodies), plain.count(M::Bodies) + 1);
        assert_eq!(ran.bodies["transcode-7"], 2);
        let tasks = plain.count(M::ActivityTasks) + 1;
        assert_eq!(ran.count(M::ActivityTasks), tasks);
        for claim in CLAIMS {
            assert_eq!(holds(&case, claim), Ok(()));
        }
    }
}

#[test]
fn a_split_that_is_tried_again_goes_on_where_its_heartbeats_left_it() {
    // 400 chunks, ten at a time: seconds of puts, a heartbeat every 0.4 s.
    let crash = [
        ("point", "object.put.ack"),
        ("step", "split"),
        ("occurrence", "300"),
    ];
    let case = ladder("queue")
        .set("ladder.length_s", "1600")
        .set("ladder.renditions", "320p")
        .set("queue.heartbeat_s", "0.5");
    let (plain, ran) = (case.clone().run(), case.fault("crash", &crash).run());
    assert!(ran.succeeded());
    // Of the 300 those after the last heartbeat and those under way are put again.
    let again = ran.count(M::ObjectPuts) - plain.count(M::ObjectPuts);
    assert!((5..150).contains(&again), "{again} puts again, not 300");
}

#[test]
fn a_video_of_two_hours_runs_in_seconds() {
    let from = Instant::now();
    let ran = ladder("queue")
        .set("ladder.length_s", "7200")
        .set("ladder.renditions", "720p, 480p, 320p")
        .set("ladder.max_concurrency", "500")
        .set("ladder.transcode_workers", "64")
        .run();
    assert!(ran.succeeded());
    assert_eq!(ran.count(M::ActivityTasks), 2 + 1800 * 3 + 3 + 1);
    let took = from.elapsed();
    assert!(
        took < Duration::from_secs(100),
        "{took:?} without optimisation"
    );
}

#[test]
fn more_open_activities_than_the_orchestrator_takes_are_refused() {
    let case = ladder("queue")
        .set("queue.execution_timeout_s", "3600")
        .platform("orchestrator.pending_activities_max", "10");
    assert!(!case.clone().run().succeeded());
    assert!(case.set("ladder.max_concurrency", "10").run().succeeded());
}

#[test]
fn the_makespan_falls_with_the_workers_until_there_is_one_for_each_segment() {
    let time = |workers: &str| {
        let case = ladder("queue").set("ladder.transcode_workers", workers);
        case.run().get(M::LatencyS)
    };
    let times = ["1", "2", "4", "8", "16", "48"].map(time);
    assert!(
        times.windows(2).take(4).all(|pair| pair[0] > pair[1]),
        "{times:?}"
    );
    assert!((times[4] - times[5]).abs() < 1e-9, "{times:?}");
}
