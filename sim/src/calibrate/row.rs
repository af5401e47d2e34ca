//! Rows of a measurement, with the columns of `scenarios/measured/x264-runs.csv`.

/// The columns in their order.
pub const COLUMNS: [&str; 36] = [
    "exp",
    "source",
    "clip",
    "synthetic",
    "upscaled",
    "src_w",
    "src_h",
    "width",
    "height",
    "pixels",
    "fps",
    "offset_s",
    "chunk_s",
    "frames",
    "preset",
    "crf",
    "threads",
    "user_s",
    "sys_s",
    "cpu_s",
    "wall_s",
    "maxrss_kb",
    "nvcsw",
    "nivcsw",
    "mp4_bytes",
    "es_bytes",
    "probe320_es_bytes",
    "probe320_cpu_s",
    "si_mean",
    "ti_mean",
    "psnr_y",
    "ssim_y",
    "load1",
    "steal_frac",
    "t_rel_s",
    "tool",
];

/// The first line of the file.
pub fn header() -> String {
    COLUMNS.join(",")
}

/// A row being filled; what is not set stays empty. The largest memory of a child is not among what
/// the account of all children gives, and quality is measured elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Record(Vec<(&'static str, String)>);

impl Record {
    /// Sets a column.
    pub fn set(&mut self, column: &'static str, value: impl std::fmt::Display) {
        debug_assert!(COLUMNS.contains(&column), "{column}");
        self.0.push((column, value.to_string()));
    }

    /// A number with as many digits as it deserves.
    pub fn number(&mut self, column: &'static str, value: f64) {
        let text = format!("{value:.6}");
        let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
        self.set(column, if text == "-0" { "0".to_owned() } else { text });
    }

    /// A line of the file.
    pub fn line(&self) -> String {
        let value = |column: &&str| {
            let found = self.0.iter().rfind(|(name, _)| name == column);
            found.map_or("", |(_, value)| value)
        };
        COLUMNS.iter().map(value).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_committed_measurement() {
        let file = include_str!("../../../scenarios/measured/x264-runs.csv");
        assert_eq!(file.lines().next(), Some(header().as_str()));
    }

    #[test]
    fn what_is_not_set_is_empty() {
        let mut record = Record::default();
        record.set("exp", "grid");
        record.number("cpu_s", 0.25);
        record.number("fps", 25.0);
        let line = record.line();
        assert_eq!(line.matches(',').count(), COLUMNS.len() - 1);
        assert!(line.starts_with("grid,,") && line.contains(",25,") && line.contains(",0.25,"));
    }
}
