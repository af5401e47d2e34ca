//! Raw pictures: how many there are, and their spatial and temporal information (ITU-T P.910).

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Pictures that SI and TI are averaged over at most.
const MOST: usize = 60;

/// A file of raw pictures, 8 bits, 4:2:0.
struct Pictures {
    reader: BufReader<File>,
    width: usize,
    height: usize,
}

impl Pictures {
    fn open(path: &Path) -> Result<Pictures, String> {
        let bad = |why: &str| format!("{}: {why}", path.display());
        let file = File::open(path).map_err(|error| bad(&error.to_string()))?;
        let mut reader = BufReader::new(file);
        let mut header = String::new();
        reader
            .read_line(&mut header)
            .map_err(|error| bad(&error.to_string()))?;
        let field = |letter: char| {
            let word = header
                .split_whitespace()
                .find(|word| word.starts_with(letter))?;
            word[1..].parse().ok()
        };
        match (header.starts_with("YUV4MPEG2 "), field('W'), field('H')) {
            (true, Some(width), Some(height)) => Ok(Pictures {
                reader,
                width,
                height,
            }),
            _ => Err(bad("no raw video")),
        }
    }

    /// The luma of the next picture, row by row.
    fn next(&mut self) -> Option<Vec<u8>> {
        let mut mark = Vec::new();
        self.reader.read_until(b'\n', &mut mark).ok()?;
        if !mark.starts_with(b"FRAME") {
            return None;
        }
        let mut luma = vec![0; self.width * self.height];
        self.reader.read_exact(&mut luma).ok()?;
        let colour = 2 * self.width.div_ceil(2) * self.height.div_ceil(2);
        let skipped = std::io::copy(
            &mut (&mut self.reader).take(colour as u64),
            &mut std::io::sink(),
        );
        (skipped.ok()? == colour as u64).then_some(luma)
    }
}

/// Number of pictures in a file.
pub fn count(path: &Path) -> Result<u64, String> {
    let mut pictures = Pictures::open(path)?;
    let mut count = 0;
    while pictures.next().is_some() {
        count += 1;
    }
    Ok(count)
}

/// Means of spatial and temporal information over the first pictures of a file.
pub fn information(path: &Path) -> Result<(f64, f64), String> {
    let mut pictures = Pictures::open(path)?;
    let (mut spatial, mut temporal) = (Vec::new(), Vec::new());
    let mut before: Option<Vec<u8>> = None;
    while let Some(luma) = pictures.next() {
        spatial.push(deviation(&sobel(&luma, pictures.width, pictures.height)));
        if let Some(before) = &before {
            let change = |(now, then): (&u8, &u8)| f64::from(*now) - f64::from(*then);
            let change: Vec<f64> = luma.iter().zip(before).map(change).collect();
            temporal.push(deviation(&change));
        }
        before = Some(luma);
        if spatial.len() == MOST {
            break;
        }
    }
    Ok((mean(&spatial), mean(&temporal)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: f64 = values.iter().map(|v| (v - middle).powi(2)).sum();
    (squares / values.len().max(1) as f64).sqrt()
}

/// Size of the gradient by Sobel's filter, without the outermost pixels.
fn sobel(luma: &[u8], width: usize, height: usize) -> Vec<f64> {
    let at = |x: usize, y: usize| f64::from(luma[y * width + x]);
    let mut sizes = Vec::with_capacity(luma.len());
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let side = |x: usize| at(x, y - 1) + 2.0 * at(x, y) + at(x, y + 1);
            let line = |y: usize| at(x - 1, y) + 2.0 * at(x, y) + at(x + 1, y);
            let (across, down) = (side(x + 1) - side(x - 1), line(y + 1) - line(y - 1));
            sizes.push((across * across + down * down).sqrt());
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pictures of 4 x 4: a vertical edge, and the same moved to the left.
    fn file(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("two.y4m");
        let mut bytes = b"YUV4MPEG2 W4 H4 F25:1 Ip A1:1 C420jpeg\n".to_vec();
        for picture in [[0, 0, 8, 8], [0, 8, 8, 8]] {
            bytes.extend(b"FRAME\n");
            (0..4).for_each(|_| bytes.extend(picture));
            bytes.extend([128; 8]);
        }
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn an_edge_has_spatial_and_a_move_temporal_information() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        assert_eq!(count(&path), Ok(2));
        let (si, ti) = information(&path).unwrap();
        // Gradients 32 and 32 in the first picture; 32 and 0 in the second.
        assert_eq!(si, (0.0 + 16.0) / 2.0);
        // A quarter of the pixels changes by 8.
        assert!((ti - 8.0 * (0.25f64 * 0.75).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_raw_video_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "not\n").unwrap();
        assert!(count(&path).unwrap_err().contains("no raw video"));
    }
}
