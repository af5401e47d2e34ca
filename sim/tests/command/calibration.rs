//! `sim calibrate`: the committed measurement gives the committed coefficients, and rows are predicted.

use crate::world::{World, stderr, stdout};
use analysis::calibration::{fit, held_out, join, rows};
use models::encoder::model::Model;
use models::law::student_quantile;
use std::path::{Path, PathBuf};

fn measured(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../scenarios/measured")
        .join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(measured(name)).unwrap()
}

fn close(a: &serde_json::Value, b: &serde_json::Value, at: &str) {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Object(a), Object(b)) => {
            assert_eq!(a.len(), b.len(), "{at}");
            a.iter()
                .for_each(|(key, value)| close(value, &b[key], &format!("{at}.{key}")));
        }
        (Array(a), Array(b)) => {
            assert_eq!(a.len(), b.len(), "{at}");
            a.iter().zip(b).for_each(|(a, b)| close(a, b, at));
        }
        (Number(a), Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!(
                (a - b).abs() <= 1e-6 * a.abs().max(1e-3),
                "{at}: {a} and {b}"
            );
        }
        (a, b) => assert_eq!(a, b, "{at}"),
    }
}

#[test]
fn the_committed_measurement_gives_the_committed_model_and_the_reported_error() {
    let runs = rows::read(&text("x264-runs.csv")).unwrap();
    let (mut model, held) = fit(&runs).unwrap();
    model.join = join(&text("x264-chunking.csv")).unwrap();
    let committed = Model::reference();
    model.fingerprint = committed.fingerprint.clone();
    model.data = committed.data.clone();
    assert_eq!(
        model.data.sha256,
        sim::results::sha256(text("x264-runs.csv").as_bytes())
    );
    close(
        &serde_json::to_value(&model).unwrap(),
        &serde_json::to_value(&*committed).unwrap(),
        "",
    );
    let share = |of: &dyn Fn(&analysis::calibration::HeldOut) -> f64| {
        held.rows.iter().map(of).sum::<f64>() / held.rows.len() as f64
    };
    let mape = |error: fn(&analysis::calibration::HeldOut) -> f64| {
        100.0 * share(&|row| (error(row).exp() - 1.0).abs())
    };
    let (known, probe) = (mape(|row| row.time), mape(|row| row.time_from_probe));
    assert!((5.0..10.5).contains(&known), "{known}");
    assert!((known..20.0).contains(&probe), "{probe}");
    // Coverage of all encodes, and of the worst source: time with known bits, time from a probe, bytes.
    let bounds = [(0.875..0.92, 0.75), (0.88..0.93, 0.75), (0.88..0.92, 0.55)];
    for (kind, (overall, worst)) in bounds.into_iter().enumerate() {
        let covered = share(&|row| f64::from(u8::from(row.covered[kind])));
        assert!(overall.contains(&covered), "{kind}: {covered}");
        for source in held.sources() {
            let own = held.rows.iter().filter(|row| row.source == source);
            let (count, covered) = own.fold((0.0, 0.0), |(count, covered), row| {
                (
                    count + 1.0,
                    covered + f64::from(u8::from(row.covered[kind])),
                )
            });
            assert!(covered >= worst * count, "{kind} {source}: {covered}");
        }
    }
}

/// Standard deviations of what a simulated chunk draws beyond its content, and of what an interval allows for:
/// both come from the errors of held-out sources, the first from their mean squares.
#[test]
fn intervals_are_as_wide_as_what_is_simulated_varies() {
    let runs = rows::read(&text("x264-runs.csv")).unwrap();
    let held = held_out(&runs).unwrap();
    let left = &held.residual;
    let sources = held.sources();
    let quantile = student_quantile(0.95, sources.len() as f64 - 2.0);
    let expected = |kind: usize| {
        let each = sources.iter().map(|source| {
            let own: Vec<f64> = held
                .rows
                .iter()
                .filter(|row| row.source == *source)
                .map(|row| (row.half_widths[kind] / quantile).powi(2))
                .collect();
            own.iter().sum::<f64>() / own.len() as f64
        });
        (each.sum::<f64>() / sources.len() as f64).sqrt()
    };
    for (kind, video, chunk) in [
        (0, left.time_video, left.time_chunk),
        (2, left.bits_video, left.bits_chunk),
    ] {
        let ratio = expected(kind) / video.hypot(chunk);
        assert!((0.75..1.25).contains(&ratio), "{kind}: {ratio}");
    }
}

/// The rows of some sources; one of them may run slower.
fn some(runs: &[rows::Row], sources: &[&str], slow: Option<&str>) -> Vec<rows::Row> {
    let known = runs
        .iter()
        .filter(|row| sources.contains(&row.source.as_str()));
    known
        .cloned()
        .map(|mut row| {
            if slow == Some(row.source.as_str()) {
                row.cpu_s = row.cpu_s.map(|s| 3.0 * s);
            }
            row
        })
        .collect()
}

#[test]
fn nothing_of_a_source_has_a_part_in_its_own_interval() {
    let runs = rows::read(&text("x264-runs.csv")).unwrap();
    let sources = ["city", "flower", "tos", "vtest"];
    let widths = |slow: Option<&str>| -> Vec<(String, [f64; 3])> {
        let held = held_out(&some(&runs, &sources, slow)).unwrap();
        let widths = held.rows.iter();
        widths
            .map(|row| (row.source.clone(), row.half_widths))
            .collect()
    };
    for ((source, before), (_, after)) in widths(None).iter().zip(&widths(Some("city"))) {
        if source == "city" {
            assert_eq!(before, after);
        } else {
            assert!(after[0] > before[0], "{source}: {before:?} {after:?}");
        }
    }
}

#[test]
fn rows_are_predicted_from_whatever_is_known() {
    let world = World::new();
    let rows = "clip,width,height,src_w,src_h,fps,frames,preset,crf,es_bytes,probe320_es_bytes,si_mean,ti_mean\n\
                a,1280,720,1280,720,25,50,medium,23,400000,200000,60,8\n\
                a,1280,720,1280,720,25,50,medium,23,,200000,60,8\n\
                a,1280,720,1280,720,25,50,medium,23,,,,\n\
                a,1280,720,1280,720,25,50,fast,23,400000,200000,60,8\n";
    world.write("rows.csv", rows);
    let out = world
        .sim(&["calibrate", "--predict", "rows.csv"])
        .assert()
        .success();
    let text = String::from_utf8(out.get_output().stdout.clone()).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let basis: Vec<&str> = lines.iter().skip(1).map(|line| line[19]).collect();
    assert_eq!(basis, ["bits", "probe", "prior", "bits"]);
    let width = |line: usize| {
        let number = |place: usize| lines[line][place].parse::<f64>().unwrap();
        assert!(number(14) < number(13) && number(13) < number(15));
        number(15) / number(14)
    };
    assert!(width(1) < width(2) && width(2) < width(3) && width(1) < width(4));
}

#[test]
fn a_row_without_what_is_known_before_is_named_and_the_others_are_predicted() {
    let world = World::new();
    let head = "preset,frames,width,height,note\n";
    world.write(
        "rows.csv",
        &format!("{head}medium,25,1280,720,\"a, b\"\n\nmedium,25,,720,\nbanana,25,64,64,\n"),
    );
    let out = world
        .sim(&["calibrate", "--predict", "rows.csv"])
        .assert()
        .success();
    let message = stderr(&out);
    assert!(
        message.contains("line 4") && message.contains("`width`"),
        "{message}"
    );
    let text = stdout(&out);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[1].contains("\"a, b\"") && lines[1].ends_with(",prior"));
    assert!(lines[2].ends_with(",,,") && lines[3].ends_with(",prior"));
    world.write("none.csv", &format!("{head}medium,25,,720,\n"));
    world
        .sim(&["calibrate", "--predict", "none.csv"])
        .assert()
        .code(2);
}

#[test]
fn every_held_out_row_can_be_found_among_the_measured_ones_the_worst_first() {
    let world = World::new();
    let runs = measured("x264-runs.csv");
    let arguments = [
        "calibrate",
        "--fit",
        &runs.to_string_lossy(),
        "--out",
        "fit",
    ];
    world.sim(&arguments).assert().success();
    let rows = world.read("fit/held_out.csv");
    let mut held = csv::Reader::from_reader(rows.as_bytes());
    let columns = held.headers().unwrap().clone();
    let keys = [
        "source", "clip", "offset_s", "chunk_s", "height", "preset", "crf",
    ];
    assert_eq!(columns.iter().take(7).collect::<Vec<_>>(), keys);
    let text = text("x264-runs.csv");
    let mut measured = csv::Reader::from_reader(text.as_bytes());
    let places: Vec<usize> = {
        let columns = measured.headers().unwrap();
        let place = |key: &&str| columns.iter().position(|column| column == *key).unwrap();
        keys.iter().map(place).collect()
    };
    let known: std::collections::BTreeSet<Vec<String>> = measured
        .records()
        .map(|row| row.unwrap())
        .map(|row| places.iter().map(|place| row[*place].to_owned()).collect())
        .collect();
    let (mut seen, mut worst) = (std::collections::BTreeSet::new(), f64::INFINITY);
    for row in held.records() {
        let row = row.unwrap();
        let key: Vec<String> = row.iter().take(7).map(str::to_owned).collect();
        assert!(known.contains(&key), "{key:?} was not measured");
        assert!(seen.insert(key), "twice the same row");
        let error = row[9].parse::<f64>().unwrap().abs();
        assert!(error <= worst);
        worst = error;
    }
    assert!(seen.len() > 900, "{}", seen.len());
}
