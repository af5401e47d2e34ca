//! MP4 files: how many bytes are video, and which x264 wrote them.

use std::path::Path;

/// Bytes of the media data without container and index.
pub fn media_bytes(path: &Path) -> Result<(u64, u64), String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match payload(&bytes) {
        Some(media) => Ok((bytes.len() as u64, media)),
        None => Err(format!("{}: no MP4 file with media data", path.display())),
    }
}

/// Size of the `mdat` boxes' contents.
fn payload(mut bytes: &[u8]) -> Option<u64> {
    let mut media = None;
    while bytes.len() >= 8 {
        let short = u32::from_be_bytes(bytes[..4].try_into().ok()?);
        let (size, head) = match short {
            0 => (bytes.len() as u64, 8),
            1 => (u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?), 16),
            size => (u64::from(size), 8),
        };
        if size < head || size > bytes.len() as u64 {
            return None;
        }
        if &bytes[4..8] == b"mdat" {
            media = Some(media.unwrap_or(0) + size - head);
        }
        bytes = &bytes[size as usize..];
    }
    media
}

/// The encoder's own line in the stream, such as `x264 - core 164 r3095 baee400`.
pub fn encoder(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    let from = bytes.windows(12).position(|w| w == b"x264 - core ")?;
    let line = bytes[from..].split(|b| *b == 0).next()?;
    let text = String::from_utf8_lossy(line);
    Some(text.split(" - H.264").next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_data_is_what_the_boxes_of_that_name_hold() {
        let mut file = vec![0, 0, 0, 12];
        file.extend(b"ftypisom");
        file.extend([0, 0, 0, 11]);
        file.extend(b"mdatabc");
        assert_eq!(payload(&file), Some(3));
        assert_eq!(payload(&file[..12]), None);
        file.truncate(22);
        assert_eq!(payload(&file), None, "cut off");
    }
}
