//! The encoder: an `ffmpeg` with libx264 on the path.

use super::child;
use std::process::Command;

/// How to get one.
pub const INSTALL: &str = "install it and run the same command again:
  Debian, Ubuntu   apt-get install --no-install-recommends ffmpeg
  Fedora           dnf install ffmpeg-free libavcodec-freeworld
  macOS            brew install ffmpeg
  anywhere         pip install imageio-ffmpeg, and put its binary on the path as ffmpeg
nothing else needs it: `sim calibrate --fit` and `--predict` work without";

/// The oldest version whose options are those that are used.
const OLDEST: u32 = 4;

/// The encoder that was found.
#[derive(Clone, Debug)]
pub struct Tool {
    /// `ffmpeg-5.1.9-0+deb12u1`.
    pub name: String,
    /// First line of `ffmpeg -version`.
    pub banner: String,
}

/// Finds and checks the encoder; the message says what to do.
pub fn find() -> Result<Tool, String> {
    let version = child::run(ffmpeg().arg("-version"));
    let banner = match version {
        Ok((output, _)) if output.status.success() => first_line(&output.stdout),
        _ => {
            return Err(format!(
                "there is no working `ffmpeg` on the path; {INSTALL}"
            ));
        }
    };
    let version = version_of(&banner).ok_or_else(|| {
        format!("`ffmpeg -version` says `{banner}`, which is no version; {INSTALL}")
    })?;
    if major(version).is_some_and(|major| major < OLDEST) {
        return Err(format!(
            "ffmpeg {version} is too old; {OLDEST} or later is needed; {INSTALL}"
        ));
    }
    let (encoders, _) = child::succeed(ffmpeg().args(["-hide_banner", "-encoders"]))?;
    let listed = String::from_utf8_lossy(&encoders.stdout).contains(" libx264 ");
    match listed {
        true => Ok(Tool {
            name: format!("ffmpeg-{version}"),
            banner,
        }),
        false => Err(format!("this ffmpeg ({version}) has no libx264; {INSTALL}")),
    }
}

/// A command that reads nothing from the terminal and says only what went wrong.
pub(super) fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.arg("-nostdin");
    command
}

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().next().unwrap_or_default().to_owned()
}

/// The version in `ffmpeg version 5.1.9-0+deb12u1 Copyright ...`.
fn version_of(banner: &str) -> Option<&str> {
    banner.strip_prefix("ffmpeg version ")?.split(' ').next()
}

/// `5` of `5.1.9` and of `n5.1`; builds between releases have none.
fn major(version: &str) -> Option<u32> {
    let digits = version.trim_start_matches('n');
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits
        .get(..end)?
        .parse()
        .ok()
        .filter(|major| *major < 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_ffmpeg_says() {
        let banner = "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers";
        assert_eq!(version_of(banner), Some("5.1.9-0+deb12u1"));
        assert_eq!(major("5.1.9-0+deb12u1"), Some(5));
        assert_eq!(major("n9.0.2"), Some(9));
        assert_eq!(major("N-109542-g1bf1ec4"), None);
        assert_eq!(major("2024-05-01-git-0"), None);
        assert_eq!(version_of("avconv 11"), None);
    }
}
