//! The identity of the build: a fingerprint of the sources, the compiler, the target and, where
//! there is a repository, its revision. Never fails: what is not known is written as `unknown`.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    let mut files = Vec::new();
    for part in ["models/src", "analysis/src", "sim/src"] {
        println!("cargo:rerun-if-changed={}", root.join(part).display());
        collect(&root.join(part), &mut files);
    }
    let lock = root.join("Cargo.lock");
    println!("cargo:rerun-if-changed={}", lock.display());
    files.push(lock);
    files.sort();
    println!(
        "cargo:rustc-env=SIM_SOURCE={:016x}",
        fingerprint(&root, &files)
    );
    println!("cargo:rustc-env=SIM_REVISION={}", revision(&root));
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = output(Command::new(compiler).arg("--version"));
    println!(
        "cargo:rustc-env=SIM_RUSTC={}",
        version.unwrap_or_else(unknown)
    );
    let target = std::env::var("TARGET").unwrap_or_else(|_| unknown());
    println!("cargo:rustc-env=SIM_TARGET={target}");
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// FNV-1a over names and contents, 64 bits.
fn fingerprint(root: &Path, files: &[PathBuf]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(file);
        add(name.to_string_lossy().replace('\\', "/").as_bytes());
        add(&std::fs::read(file).unwrap_or_default());
    }
    hash
}

fn revision(root: &Path) -> String {
    let git = |arguments: &[&str]| output(Command::new("git").current_dir(root).args(arguments));
    let Some(revision) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return unknown();
    };
    if let Some(folder) = git(&["rev-parse", "--absolute-git-dir"]) {
        let log = Path::new(&folder).join("logs/HEAD");
        if log.is_file() {
            println!("cargo:rerun-if-changed={}", log.display());
        }
    }
    let changed = git(&["status", "--porcelain", "--", "models", "analysis", "sim"]);
    match changed.as_deref() {
        Some("") => revision,
        _ => format!("{revision}-changed"),
    }
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
