//! `sim calibrate CLIPS` with a real encoder. Without one these tests say so and check nothing.

use crate::world::{World, stderr, stdout};
use analysis::calibration::rows;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether there is an encoder; loudly not.
fn encoder() -> bool {
    let there = Command::new("ffmpeg").arg("-version").output().is_ok();
    if !there {
        // Not by a macro: what those print is shown of failing tests only.
        let _ = writeln!(
            std::io::stderr(),
            "\nSKIPPED, no ffmpeg: the tests of real encodes\n"
        );
    }
    there
}

fn ffmpeg(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("ffmpeg")
        .current_dir(folder)
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments)
        .output()
        .expect("ffmpeg runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Test pictures: moving, and of a width that is a multiple of 16, so that the bytes of an encode do not
/// depend on the processor's vector instructions.
fn pictures(folder: &Path, name: &str, generator: &str, seconds: u32) -> PathBuf {
    let source = format!("{generator}=s=432x240:r=25");
    let length = seconds.to_string();
    ffmpeg(
        folder,
        &[
            "-f", "lavfi", "-i", &source, "-t", &length, "-pix_fmt", "yuv420p", name,
        ],
    );
    folder.join(name)
}

fn encode(folder: &Path, from: &str, preset: &str, to: &str) -> Vec<u8> {
    let mut command = sim::calibrate::encode(&folder.join(from), preset, 23, &folder.join(to));
    assert!(command.status().expect("ffmpeg runs").success());
    std::fs::read(folder.join(to)).expect(to)
}

/// A hash per frame, in the order in which they are shown.
fn hashes(folder: &Path, file: &str) -> Vec<String> {
    let text = ffmpeg(folder, &["-i", file, "-map", "0:v", "-f", "framemd5", "-"]);
    let frames = text.lines().filter(|line| !line.starts_with('#'));
    frames
        .map(|line| line.rsplit(',').next().expect("a hash").trim().to_owned())
        .collect()
}

#[test]
fn chunks_that_are_encoded_apart_and_joined_show_the_same_frames_in_order() {
    if !encoder() {
        return;
    }
    let world = World::new();
    let folder = world.path();
    pictures(folder, "whole.y4m", "testsrc2", 3);
    let (mut apart, mut list) = (Vec::new(), String::new());
    for chunk in 0..3 {
        let (raw, coded) = (format!("{chunk}.y4m"), format!("{chunk}.mp4"));
        let from = chunk.to_string();
        ffmpeg(folder, &["-ss", &from, "-i", "whole.y4m", "-t", "1", &raw]);
        let bytes = encode(folder, &raw, "veryfast", &coded);
        assert_eq!(
            bytes,
            encode(folder, &raw, "veryfast", "again.mp4"),
            "the same bytes again"
        );
        apart.extend(hashes(folder, &coded));
        list += &format!("file '{coded}'\n");
    }
    world.write("list.txt", &list);
    ffmpeg(
        folder,
        &["-f", "concat", "-i", "list.txt", "-c", "copy", "joined.mp4"],
    );
    let joined = hashes(folder, "joined.mp4");
    assert_eq!(joined.len(), 75);
    assert_eq!(joined, apart);
    let mut different = joined.clone();
    different.sort();
    different.dedup();
    assert!(
        different.len() > 70,
        "frames differ, so that their order shows"
    );
    // The check notices a join in another order.
    world.write("list.txt", "file '1.mp4'\nfile '0.mp4'\nfile '2.mp4'\n");
    ffmpeg(
        folder,
        &["-f", "concat", "-i", "list.txt", "-c", "copy", "wrong.mp4"],
    );
    assert_ne!(hashes(folder, "wrong.mp4"), apart);
}

/// Two synthetic sources, and three that are taken for real ones.
fn clips(world: &World) {
    let folder = world.path().join("clips");
    std::fs::create_dir_all(folder.join("synthetic")).unwrap();
    for (name, generator) in [("a", "testsrc2"), ("b", "mandelbrot"), ("c", "smptebars")] {
        pictures(&folder, &format!("{name}.y4m"), generator, 2);
    }
    pictures(&folder, "synthetic/made.y4m", "testsrc", 2);
}

#[test]
fn a_quick_measurement_is_fitted_and_repeats_its_bytes() {
    if !encoder() {
        return;
    }
    let world = World::new();
    clips(&world);
    let run = |out: &str, more: &[&str]| {
        let mut arguments = vec!["calibrate", "clips", "--quick", "--quiet", "--out", out];
        arguments.extend(more);
        world.sim(&arguments).assert()
    };
    // A busy machine may be refused; what was measured is there all the same.
    let first = run("one", &[]);
    let code = first.get_output().status.code();
    assert!(matches!(code, Some(0 | 2)), "{}", stderr(&first));
    if code == Some(2) {
        assert!(stderr(&first).contains("anchors"), "{}", stderr(&first));
    } else {
        assert!(stdout(&first).contains("held out, bits known"));
        assert!(world.path().join("one/model.json").exists());
    }
    let one = rows::read(&world.read("one/runs.csv")).unwrap();
    let cell = |r: &rows::Row| {
        format!(
            "{} {:?} {:?} {} {:?}",
            r.clip, r.offset_s, r.height, r.preset, r.crf
        )
    };
    let of = |exp: &'static str| one.iter().filter(move |row| row.exp == exp);
    let anchors: Vec<Option<f64>> = of("anchor").map(|row| row.es_bytes).collect();
    assert!(anchors.len() >= 4 && anchors.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(of("repeat").count() >= 2);
    for again in of("repeat") {
        let first = of("grid").find(|row| cell(row) == cell(again)).unwrap();
        assert_eq!(
            first.es_bytes, again.es_bytes,
            "the same bytes when it runs again"
        );
    }
    assert!(
        one.iter()
            .any(|row| row.synthetic == Some(1.0) && row.exp == "grid")
    );
    let refused = run("one", &[]);
    assert!(refused.get_output().status.code() == Some(2) && stderr(&refused).contains("--resume"));
}

#[test]
fn a_slower_preset_takes_more_processor_time_in_every_cell() {
    if !encoder() {
        return;
    }
    let world = World::new();
    let folder = world.path();
    for generator in ["testsrc2", "mandelbrot"] {
        pictures(folder, "cell.y4m", generator, 3);
        for crf in ["18", "28"] {
            // The less of two: what other processes take from the caches only adds.
            let seconds = |preset: &str| {
                let once = || processor_seconds(folder, "cell.y4m", preset, crf);
                once().min(once())
            };
            let [ultrafast, veryfast, medium] = ["ultrafast", "veryfast", "medium"].map(seconds);
            assert!(
                ultrafast < veryfast && veryfast < medium,
                "{generator} {crf}: {ultrafast} {veryfast} {medium}"
            );
        }
    }
}

/// What an encode accounts to itself: that of all children would hold those of tests beside this one.
fn processor_seconds(folder: &Path, from: &str, preset: &str, crf: &str) -> f64 {
    let arguments = [
        "-nostdin",
        "-benchmark",
        "-y",
        "-filter_threads",
        "1",
        "-threads",
        "1",
        "-i",
        from,
        "-an",
        "-c:v",
        "libx264",
        "-preset",
        preset,
        "-crf",
        crf,
        "-threads",
        "1",
        "cell.mp4",
    ];
    let mut command = Command::new("ffmpeg");
    let output = command.current_dir(folder).args(arguments).output();
    let said = String::from_utf8(output.expect("ffmpeg runs").stderr).expect("text");
    let used = |name: &str| -> f64 {
        let value = said.split(name).nth(1).expect("-benchmark says it");
        value
            .split('s')
            .next()
            .unwrap_or_default()
            .parse()
            .expect("seconds")
    };
    used("utime=") + used("stime=")
}

#[test]
fn without_an_encoder_the_message_says_how_to_get_one() {
    let world = World::new();
    std::fs::create_dir(world.path().join("clips")).unwrap();
    let mut command = world.sim(&["calibrate", "clips"]);
    let out = command.env("PATH", world.path()).assert().code(2);
    let message = stderr(&out);
    assert!(
        message.contains("apt-get install") && message.contains("--predict"),
        "{message}"
    );
}

#[test]
fn a_folder_without_clips_is_refused() {
    if !encoder() {
        return;
    }
    let world = World::new();
    std::fs::create_dir(world.path().join("empty")).unwrap();
    let out = world.sim(&["calibrate", "empty"]).assert().code(2);
    assert!(stderr(&out).contains("no clips there"), "{}", stderr(&out));
}

#[test]
fn something_must_be_asked_for() {
    let world = World::new();
    world.sim(&["calibrate"]).assert().code(2);
    world
        .sim(&["calibrate", "clips", "--fit", "x.csv"])
        .assert()
        .code(2);
    world.sim(&["calibrate", "--quick"]).assert().code(2);
}
