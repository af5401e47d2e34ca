//! A folder with a scenario and its data files, and the command run in it.

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A temporary folder with the files of `tests/data`.
pub struct World(TempDir);

impl World {
    pub fn new() -> World {
        let world = World(tempfile::tempdir().expect("a temporary folder"));
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        copy(&data, world.path());
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        for folder in ["platforms", "prices"] {
            std::fs::create_dir(world.path().join(folder)).expect(folder);
            copy(&scenarios.join(folder), &world.path().join(folder));
        }
        world
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The command in this folder.
    pub fn sim(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("sim").expect("the command is built");
        command.current_dir(self.path()).args(arguments);
        command
    }

    /// Runs the grid quietly into `out`, with further arguments.
    pub fn run_grid(&self, out: &str, more: &[&str]) -> assert_cmd::assert::Assert {
        self.sim(&grid(out, more)).assert()
    }

    /// Starts the command in the background.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        std::process::Command::new(assert_cmd::cargo::cargo_bin("sim"))
            .current_dir(self.path())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts")
    }

    /// Starts the grid into `out` in the background, and waits for its first rows.
    pub fn start(&self, more: &[&str]) -> Child {
        let child = self.spawn(&grid("out", more));
        let rows = self.path().join("out/runs.csv.partial");
        for _ in 0..2_000 {
            let text = std::fs::read_to_string(&rows).unwrap_or_default();
            if text.lines().count() > 10 {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        child
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).expect(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path().join(file), text).expect(file);
    }

    /// Names and contents of the files in a folder.
    pub fn files(&self, folder: &str) -> Vec<(String, String)> {
        let entries = std::fs::read_dir(self.path().join(folder)).expect(folder);
        let files = entries.flatten().filter(|entry| entry.path().is_file());
        let mut files: Vec<(String, String)> = files
            .map(|entry| {
                let text = std::fs::read_to_string(entry.path()).expect("a file of text");
                (entry.file_name().to_string_lossy().into_owned(), text)
            })
            .collect();
        files.sort();
        files
    }

    /// Names and bytes of the files in a folder.
    pub fn bytes(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(self.path().join(folder)).expect(folder);
        let files = entries.flatten().filter(|entry| entry.path().is_file());
        let mut files: Vec<(String, Vec<u8>)> = files
            .map(|entry| {
                let bytes = std::fs::read(entry.path()).expect("a file");
                (entry.file_name().to_string_lossy().into_owned(), bytes)
            })
            .collect();
        files.sort();
        files
    }

    /// Turns finished results into those of a run that was cut off, each file after so many bytes.
    pub fn cut_off(&self, folder: &str, files: &[(&str, usize)]) {
        let path = |name: &str| self.path().join(folder).join(name);
        for (name, bytes) in files {
            let text = std::fs::read(path(name)).expect(name);
            let kept = &text[..text.len().min(*bytes)];
            std::fs::write(path(&format!("{name}.partial")), kept).expect(name);
            std::fs::remove_file(path(name)).expect(name);
        }
        let manifest = self.read(&format!("{folder}/manifest.json"));
        let begun = manifest.replace("\"finished\": true", "\"finished\": false");
        self.write(&format!("{folder}/manifest.json.partial"), &begun);
        std::fs::remove_file(path("manifest.json")).expect("manifest.json");
    }
}

/// The arguments of a quiet run of the grid into `out`.
pub fn grid<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "grid.toml", "--quiet", "--out", out], more].concat()
}

/// Sends Ctrl-C; the exit code and standard error.
#[cfg(unix)]
pub fn interrupt(child: Child) -> (Option<i32>, String) {
    let pid = child.id().to_string();
    let mut kill = std::process::Command::new("kill");
    kill.args(["-INT", &pid]).status().expect("kill");
    let output = child.wait_with_output().expect("ended");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), message)
}

/// Standard error as text.
pub fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

/// Standard output as text.
pub fn stdout(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("test data").flatten() {
        let target: PathBuf = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file");
        }
    }
}
