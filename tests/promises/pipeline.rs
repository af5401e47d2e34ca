//! The pipeline of stages: progress, attempts, time-outs, optional stages, providers, checkpoints,
//! cancellation, clean-up.

use models::claims::{self, Evidence, Verdict};
use models::engines::staged::events::{EventRow, Kind, WHOLE};
use models::ledger::Outcome;
use models::records::Measure::{
    CancelLatencyS, LatencyS, ProviderBackupCalls, ProviderCallsKeptBack, StagesSkipped,
};
use models::world::World;
use promises::{Case, ms};
use std::time::Duration;

/// A short video: three scenes of a second of encoding each.
fn job(engine: &'static str) -> Case {
    Case::new("generation", engine)
        .set("generation.length_s", "24")
        .set("encoder.law", "constant")
        .set("encoder.ms_per_s", "125")
}

fn events(case: &Case) -> Vec<EventRow> {
    case.look(|world, _| world.jobs.borrow().events.clone())
}

/// What a claim says about a run.
fn claim(case: &Case, name: &str) -> Verdict {
    let claim = claims::named(name).expect(name);
    case.look(|world: &World, _| {
        assert!(claim.concerns(world), "{name}");
        claim.check(&Evidence {
            world,
            end: claims::End::Quiet,
            patience: Duration::from_secs(86_400),
        })
    })
}

fn holds(case: &Case, names: &[&str]) {
    for name in names {
        assert_eq!(claim(case, name), Verdict::Holds, "{name}");
    }
}

/// The percentages of a stream that ended well.
fn progress(case: &Case) -> Vec<u32> {
    let events = events(case);
    assert_eq!(events.last().map(|event| event.kind), Some(Kind::Done));
    events.iter().map(|event| event.progress).collect()
}

#[test]
fn progress_follows_the_weights_and_ends_at_the_whole() {
    let complete = |event: &&EventRow| event.kind == Kind::StageComplete;
    let events = events(&job("staged"));
    let stages: Vec<(String, u32)> = events
        .iter()
        .filter(complete)
        .map(|event| (event.stage.to_string(), event.progress / 100))
        .collect();
    let expected = [("brief", 5), ("script", 25), ("voice", 50), ("visuals", 80)];
    let named = stages.iter().map(|(s, p)| (s.as_str(), *p));
    assert!(named.take(4).eq(expected));
    // The whole is the job's, not the last stage's.
    let last: Vec<(Kind, u32)> = events
        .iter()
        .rev()
        .map(|e| (e.kind, e.progress))
        .take(2)
        .collect();
    assert_eq!(last[0], (Kind::Done, WHOLE));
    assert!(last[1].0 == Kind::StageComplete && last[1].1 < WHOLE);
    // A third of the voice is 8.33 %.
    assert!(events.iter().any(|event| event.progress == 3_333));
}

#[test]
fn progress_never_goes_back_and_is_whole_after_retries_crashes_and_skips() {
    let retried = job("staged").fault(
        "outcome",
        &[("step", "voice"), ("outcomes", "FFF"), ("when", "after")],
    );
    let skipped = job("staged").set("generation.visuals", "none");
    let mut cases = vec![retried, skipped];
    for point in [
        "body.start",
        "body.end",
        "kv.put.applied",
        "object.put.ack",
        "provider.tts.ack",
    ] {
        for occurrence in ["1", "2", "3"] {
            let keys = [("point", point), ("occurrence", occurrence)];
            cases.push(job("staged").fault("crash", &keys));
            cases.push(
                job("staged")
                    .set("staged.checkpoint", "none")
                    .fault("crash", &keys),
            );
        }
    }
    for case in cases {
        let told = progress(&case);
        assert!(told.is_sorted(), "{told:?}");
        assert_eq!(told.last(), Some(&WHOLE));
        holds(
            &case,
            &["progress_never_goes_back", "nothing_temporary_is_left"],
        );
    }
}

#[test]
fn a_stage_is_tried_as_often_as_it_says_on_every_engine_that_retries() {
    for engine in ["staged", "durable"] {
        for (step, attempts) in [
            ("brief", 1),
            ("script", 3),
            ("voice", 4),
            ("composition", 1),
        ] {
            let failing =
                job(engine).fault("outcome", &[("step", step), ("outcomes", "FFFFFFFFF")]);
            let ran = failing.run();
            assert!(!ran.succeeded(), "{step} on {engine}");
            assert_eq!(ran.bodies[step], attempts, "{step} on {engine}");
        }
    }
}

#[test]
fn an_optional_stage_that_fails_is_left_out() {
    for engine in ["staged", "durable", "local"] {
        let failing =
            job(engine).fault("outcome", &[("step", "visuals"), ("outcomes", "FFFFFFFFF")]);
        let ran = failing.run();
        assert!(ran.succeeded(), "{engine}");
        let tries = if engine == "local" { 1 } else { 3 };
        assert_eq!(ran.bodies["visuals"], tries, "{engine}");
    }
    let none = job("staged").set("generation.visuals", "none");
    assert_eq!(none.run().count(StagesSkipped), 1);
    let why = |event: &&EventRow| event.kind == Kind::StageSkipped;
    let events = events(&none);
    let message = events.iter().find(why).map(|event| event.message);
    assert_eq!(message, Some("no provider of pictures"));
}

#[test]
fn an_attempt_ends_at_the_time_out_of_its_stage() {
    for engine in ["staged", "durable", "local"] {
        // A minute a scene to encode: the limit of 45 s is met in the first.
        let slow = job(engine)
            .set("encoder.ms_per_s", "7500")
            .set("generation.composition_timeout_s", "45");
        let ran = slow.run();
        assert!(!ran.succeeded(), "{engine}");
        let bodies = &ran.trace.bodies;
        let body = bodies
            .iter()
            .find(|b| b.at.step.to_string() == "composition");
        let body = body.expect("it began");
        assert_eq!(body.ended_at - body.started, ms(45_000.0), "{engine}");
    }
}

#[test]
fn the_provider_that_stands_in_bridges_an_outage() {
    let keys = [("service", "llm"), ("start_s", "0"), ("end_s", "100000")];
    let out = job("staged").fault("outage", &keys);
    let ran = out.run();
    assert!(ran.succeeded());
    assert_eq!(ran.count(ProviderBackupCalls), 1);
    let alone = out.clone().set("provider.fallback", "false").run();
    assert!(!alone.succeeded());
    assert_eq!(alone.bodies["script"], 3);
    assert!(!alone.bodies.contains_key("voice"));
}

#[test]
fn an_open_circuit_lets_nothing_through_and_a_probe_closes_it() {
    let out = job("staged")
        .set("load.executions", "60")
        .set("load.in_flight", "10")
        .fault(
            "outage",
            &[("service", "tts"), ("start_s", "20"), ("end_s", "120")],
        );
    let ran = out.run();
    assert!(ran.succeeded());
    assert!(ran.get(ProviderCallsKeptBack) > 0.0);
    holds(&out, &["open_circuit_lets_nothing_through"]);
    let closed = out.look(|world, _| {
        let closed = models::engines::staged::breaker::State::Closed;
        world
            .jobs
            .borrow()
            .circuits
            .last()
            .map(|row| row.state == closed)
    });
    assert_eq!(closed, Some(true));
    // Nobody else's circuit opens.
    let others = out.look(|world, _| {
        let circuits = &world.jobs.borrow().circuits;
        circuits
            .iter()
            .filter(|row| row.provider.name() != "tts")
            .count()
    });
    assert_eq!(others, 0);
}

#[test]
fn a_job_goes_on_after_its_last_checkpoint() {
    let keys = [("point", "body.start"), ("step", "composition")];
    let crashed = job("staged").fault("crash", &keys);
    let ran = crashed.run();
    assert!(ran.succeeded());
    assert_eq!(ran.bodies["voice"], 1);
    assert!(
        events(&crashed)
            .iter()
            .any(|event| event.kind == Kind::Resumed)
    );
    let anew = crashed.clone().set("staged.checkpoint", "none").run();
    assert_eq!((anew.succeeded(), anew.bodies["voice"]), (true, 2));
    let never = crashed.clone().set("staged.recoveries", "0");
    assert!(!never.run().succeeded());
    holds(&never, &["nothing_temporary_is_left"]);
}

#[test]
fn a_worker_that_lost_its_job_gets_no_further() {
    let keys = [
        ("point", "body.end"),
        ("step", "visuals"),
        ("for_s", "60"),
        ("given_up_after_s", "1"),
    ];
    let frozen = job("staged").fault("freeze", &keys);
    let ran = frozen.run();
    assert!(ran.succeeded());
    assert_eq!(ran.bodies["composition"], 1);
    let refused = ran.trace.with(Outcome::Refused);
    let puts = refused
        .iter()
        .filter(|c| c.point.to_string() == "kv.put.ack");
    assert_eq!(puts.count(), 1, "its checkpoint is refused");
    holds(
        &frozen,
        &[
            "result_once",
            "nothing_temporary_is_left",
            "progress_never_goes_back",
        ],
    );
}

#[test]
fn a_stage_that_looks_at_its_token_stops_at_once() {
    let at = |seconds: &str, how: &str| {
        job("staged")
            .set("load.cancel_after_s", seconds)
            .set("staged.cancellation", how)
    };
    // In the middle of the second picture.
    let inside = at("24", "inside");
    let ran = inside.run();
    assert!(!ran.succeeded() && !ran.bodies.contains_key("composition"));
    assert!(ran.get(CancelLatencyS) < 0.2, "list and deletes");
    let between = at("24", "between").run();
    assert!(between.get(CancelLatencyS) > 5.0, "the rest of the stage");
    for seconds in 1..45 {
        for how in ["inside", "between"] {
            let case = at(&seconds.to_string(), how);
            holds(&case, &["cancelled_is_final", "nothing_temporary_is_left"]);
        }
    }
}

#[test]
fn a_job_of_a_dead_worker_can_be_cancelled() {
    let case = job("staged")
        .set("load.cancel_after_s", "24")
        .set("faults.restart_s", "30")
        .fault("crash", &[("point", "body.start"), ("step", "visuals")]);
    let ran = case.run();
    assert!(!ran.succeeded());
    assert!(ran.get(CancelLatencyS) > 0.0);
    holds(&case, &["cancelled_is_final", "nothing_temporary_is_left"]);
}

#[test]
fn nothing_is_left_of_a_job_that_failed_though_the_store_was_out() {
    let case = job("staged")
        .fault("outcome", &[("step", "composition"), ("outcomes", "P")])
        .fault(
            "outage",
            &[("service", "object"), ("start_s", "37"), ("end_s", "400")],
        );
    assert!(!case.run().succeeded());
    holds(&case, &["nothing_temporary_is_left"]);
    let debug = job("staged").set("staged.preset", "debug");
    let left = debug.look(|world, _| models::workflows::temporary::left(world, 0).len());
    assert_eq!(left, 6, "the preset keeps clips and pictures");
}

#[test]
fn a_worker_that_comes_back_removes_nothing_that_is_still_needed() {
    // Without checkpoints it ends the job as if it were its own, while another one is at it.
    let keys = [
        ("point", "object.put.send"),
        ("step", "composition"),
        ("for_s", "20"),
        ("given_up_after_s", "1"),
    ];
    let case = job("staged")
        .set("staged.checkpoint", "none")
        .fault("freeze", &keys);
    assert!(case.run().succeeded());
    holds(&case, &["nothing_temporary_is_left"]);
}

#[test]
fn a_second_start_is_told_the_same() {
    let case = job("staged").fault("duplicate_start", &[("after_s", "3")]);
    let ran = case.run();
    assert!(ran.succeeded());
    assert_eq!(ran.bodies["script"], 1);
    holds(&case, &["result_once"]);
}

#[test]
fn stages_take_as_long_by_hand_as_under_checkpoint_and_replay() {
    let latency = |engine| job(engine).run().get(LatencyS);
    let by_hand = latency("staged");
    for engine in ["durable", "local"] {
        let other = latency(engine);
        assert!(
            (other / by_hand - 1.0).abs() < 0.05,
            "{engine}: {other} and {by_hand}"
        );
    }
}
