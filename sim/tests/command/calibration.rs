//! `sim calibrate`: the committed measurement gives the committed coefficients, and rows are predicted.

use crate::world::{World, stderr, stdout};
use analysis::calibration::{fit, join, rows};
use models::encoder::model::Model;
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
    for source in held.sources() {
        let own: Vec<_> = held
            .rows
            .iter()
            .filter(|row| row.source == source)
            .collect();
        let covered = own.iter().filter(|row| row.covered[0]).count();
        assert!(
            covered * 100 >= own.len() * 74,
            "{source}: {covered} of {}",
            own.len()
        );
    }
    let covered = share(&|row| f64::from(u8::from(row.covered[0])));
    assert!((0.87..0.92).contains(&covered), "{covered}");
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
