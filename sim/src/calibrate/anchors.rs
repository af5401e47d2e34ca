//! Anchors: was the machine quiet, and how fast is it beside the one of the reference measurement?

/// A fit is refused beyond this coefficient of variation of the anchors' CPU time, and warned of beyond
/// half of it.
pub const REFUSED: f64 = 0.10;
pub const WARNED: f64 = 0.05;

/// Fewer anchors say nothing about variation.
pub const FEWEST: usize = 3;

/// What the anchors say of the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Too few anchors to tell.
    TooFew,
    /// Coefficient of variation.
    Quiet(f64),
    Noisy(f64),
    Refused(f64),
}

/// Judges the anchors' CPU seconds.
pub fn verdict(seconds: &[f64]) -> Verdict {
    if seconds.len() < FEWEST {
        return Verdict::TooFew;
    }
    let (mean, sd) = moments(seconds);
    match sd / mean {
        cv if cv > REFUSED => Verdict::Refused(cv),
        cv if cv > WARNED => Verdict::Noisy(cv),
        cv => Verdict::Quiet(cv),
    }
}

fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}

/// Time on this machine against that of the reference measurement.
#[derive(Clone, Copy, Debug)]
pub struct Factor {
    pub k: f64,
    /// Standard deviation of the log of one cell's ratio, and of the log of `k`.
    pub cell_sigma: f64,
    pub sigma: f64,
    pub cells: usize,
}

impl Factor {
    /// From pairs of seconds: here, and there.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Factor> {
        if pairs.len() < 2 {
            return None;
        }
        let ratios: Vec<f64> = pairs
            .iter()
            .map(|(here, there)| libm::log(here / there))
            .collect();
        let (mean, sd) = moments(&ratios);
        Some(Factor {
            k: libm::exp(mean),
            cell_sigma: sd,
            sigma: sd / (pairs.len() as f64).sqrt(),
            cells: pairs.len(),
        })
    }

    /// 90 % interval of `k`.
    pub fn interval(&self) -> (f64, f64) {
        let half = 1.645 * self.sigma;
        (self.k * libm::exp(-half), self.k * libm::exp(half))
    }
}

/// An encode of the reference measurement whose pictures ffmpeg makes itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Input of ffmpeg's virtual device.
    pub pictures: String,
    pub width: u32,
    pub height: u32,
    pub fps: f64,
    pub offset_s: f64,
    pub length_s: f64,
    pub frames: u32,
    pub preset: String,
    pub crf: u32,
    pub cpu_s: f64,
    pub mp4_bytes: u64,
}

/// The cells of `--anchors-only`: rows of `x264-runs.csv` of test pictures.
pub fn references() -> Vec<Reference> {
    let text = include_str!("../../../scenarios/measured/x264-anchors.csv");
    let rows = text.lines().skip(1).map(reference);
    rows.map(|row| row.expect("the file is checked by a test"))
        .collect()
}

fn reference(line: &str) -> Option<Reference> {
    let fields: Vec<&str> = line.split(',').collect();
    let text = |column: &str| {
        let place = super::row::COLUMNS
            .iter()
            .position(|name| *name == column)?;
        fields.get(place).copied()
    };
    fn read<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
        text?.parse().ok()
    }
    let (width, height, fps) = (text("width")?, text("height")?, text("fps")?);
    let generator = match text("source")? {
        "bars" => "smptehdbars",
        name => name,
    };
    Some(Reference {
        pictures: format!("{generator}=s={width}x{height}:r={fps}"),
        width: width.parse().ok()?,
        height: height.parse().ok()?,
        fps: fps.parse().ok()?,
        offset_s: read(text("offset_s"))?,
        length_s: read(text("chunk_s"))?,
        frames: read(text("frames"))?,
        preset: text("preset")?.to_owned(),
        crf: read(text("crf"))?,
        cpu_s: read(text("cpu_s"))?,
        mp4_bytes: read(text("mp4_bytes"))?,
    })
}

/// The anchor between the cells of a measurement: the same as in the reference measurement.
pub fn anchor() -> Reference {
    Reference {
        pictures: "testsrc2=s=854x480:r=30".to_owned(),
        width: 854,
        height: 480,
        fps: 30.0,
        offset_s: 0.0,
        length_s: 1.0,
        frames: 30,
        preset: "veryfast".to_owned(),
        crf: 23,
        // Median of the 187 anchors of the reference measurement.
        cpu_s: ANCHOR_CPU_S,
        mp4_bytes: 135_283,
    }
}

/// CPU seconds of the anchor in the reference measurement (median of 187).
const ANCHOR_CPU_S: f64 = 0.203_272;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_that_vary_by_a_tenth_are_refused() {
        assert_eq!(verdict(&[1.0, 1.0]), Verdict::TooFew);
        assert_eq!(verdict(&[1.0, 1.0, 1.0]), Verdict::Quiet(0.0));
        assert!(
            matches!(verdict(&[1.0, 1.07, 0.93]), Verdict::Noisy(cv) if (cv - 0.07).abs() < 1e-9)
        );
        assert!(matches!(
            verdict(&[1.0, 1.2, 0.8, 1.0]),
            Verdict::Refused(_)
        ));
    }

    #[test]
    fn the_factor_is_the_ratio_and_its_doubt_falls_with_the_cells() {
        let pairs = [(2.0, 1.0), (2.2, 1.0), (1.8, 0.9), (0.95, 0.5)];
        let factor = Factor::of(&pairs).unwrap();
        let (low, high) = factor.interval();
        assert!(low < factor.k && factor.k < high && (factor.k - 2.0).abs() < 0.1);
        let more: Vec<(f64, f64)> = pairs.iter().cycle().take(16).copied().collect();
        assert!(Factor::of(&more).unwrap().sigma < 0.6 * factor.sigma);
        assert!(Factor::of(&pairs[..1]).is_none());
    }

    #[test]
    fn the_reference_cells_are_rows_of_the_reference_measurement() {
        let all = include_str!("../../../scenarios/measured/x264-runs.csv");
        let own = include_str!("../../../scenarios/measured/x264-anchors.csv");
        assert!(own.lines().all(|line| all.lines().any(|row| row == line)));
        assert!((16..=32).contains(&references().len()));
        let mut anchors: Vec<f64> = all
            .lines()
            .filter(|line| line.starts_with("anchor,"))
            .map(|line| line.split(',').nth(19).unwrap().parse().unwrap())
            .collect();
        anchors.sort_by(f64::total_cmp);
        let median = anchors[anchors.len() / 2];
        assert!((median / ANCHOR_CPU_S - 1.0).abs() < 0.01, "{median}");
    }
}
