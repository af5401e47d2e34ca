//! Published rows of ExCamera, and the keys that they set.

use super::{GIVEN, QUANTILES};
use crate::validate::csv::{self, Row, number};
use crate::validate::study::Effort;

/// Published rows.
pub struct Data {
    stages: Vec<Row>,
    pub makespans: Vec<Row>,
    first_pass: Vec<Row>,
    rebase: Vec<Row>,
    pub ssim: Vec<Row>,
}

/// A film and its frames a chunk.
pub type Config<'a> = (&'a str, f64);

/// Rows of a configuration.
pub fn of<'a>(rows: &'a [Row], (movie, frames): Config<'_>) -> impl Iterator<Item = &'a Row> {
    let movie = movie.to_owned();
    rows.iter()
        .filter(move |row| row["movie"] == movie && number(row, "chunk_frames_n") == Some(frames))
}

fn points(row: &Row, change: impl Fn(f64) -> f64) -> String {
    let point = |(name, p): &(&str, f64)| {
        let value = change(number(row, name)?).max(0.0);
        Some(format!("{p} = {value:.4}"))
    };
    // Nothing was published below the first per cent.
    let least = number(row, "p1").map(|first| format!("0 = {:.4}", 0.97 * change(first).max(0.0)));
    let inner: Vec<String> = least
        .into_iter()
        .chain(QUANTILES.iter().filter_map(point))
        .collect();
    format!("quantiles({})", inner.join(", "))
}

impl Data {
    /// Reads the files.
    pub fn read(effort: &Effort) -> Result<Data, String> {
        let rows = |name: &str| csv::rows(&effort.published(name)?);
        Ok(Data {
            stages: rows("excamera_stage_quantiles.csv")?,
            makespans: rows("excamera_makespan.csv")?,
            first_pass: rows("excamera_vpxenc_variance.csv")?,
            rebase: rows("excamera_rebase_by_position.csv")?,
            ssim: rows("excamera_fixed_ssim.csv")?,
        })
    }

    /// The row of a stage.
    pub fn stage(&self, config: Config<'_>, name: &str) -> Result<&Row, String> {
        let mut rows = of(&self.stages, config);
        rows.find(|row| row["stage"] == name)
            .ok_or_else(|| format!("no published stage `{name}` of {config:?}"))
    }

    /// Mean and spread of the log of the first pass.
    ///
    /// Of n = 24 nothing was published beyond x = 4: it is that of x = 4, changed as n = 12 changes from there.
    fn pass(&self, config: Config<'_>, group: u32) -> Result<(f64, f64), String> {
        if let Some(known) = self.published_pass(config, group) {
            return Ok(known);
        }
        let nearest = |group: u32| self.published_pass((config.0, 12.0), group);
        let (Some(own), Some(from), Some(to)) = (
            self.published_pass(config, GIVEN),
            nearest(GIVEN),
            nearest(group),
        ) else {
            return Err(format!("no published first pass of {config:?}"));
        };
        Ok((own.0 + to.0 - from.0, own.1 * to.1 / from.1))
    }

    fn published_pass(&self, config: Config<'_>, group: u32) -> Option<(f64, f64)> {
        let row = of(&self.first_pass, config).find(|row| {
            number(row, "keyframe_chunks_x") == Some(f64::from(group)) && row["batch"] == "main"
        })?;
        let spread = number(row, "sd_between_log")?.hypot(number(row, "sd_within_log")?);
        Some((number(row, "mean_log_s")?, spread))
    }

    /// The keys of a configuration.
    pub fn sets(&self, config: Config<'_>, group: u32) -> Result<Vec<String>, String> {
        let (mean, spread) = self.pass(config, group)?;
        let (given_mean, given_spread) = self.pass(config, GIVEN)?;
        let plain = |stage: &str| Ok::<String, String>(points(self.stage(config, stage)?, |s| s));
        let moved = |s: f64| (mean + (s.ln() - given_mean) * spread / given_spread).exp();
        let rebase = self.stage(config, "rebase_work")?;
        let all = number(rebase, "mean").ok_or("no mean of the rebase")?;
        let at = |position: f64| {
            let row =
                of(&self.rebase, config).find(|row| number(row, "position") == Some(position));
            row.and_then(|row| number(row, "mean_s"))
                .ok_or("no rebase of that position")
        };
        let (third, later) = (at(2.0)?, at(3.0)?);
        let scale = |own: f64| own / ((third + later) / 2.0);
        debug_assert!(all > 0.0);
        Ok(vec![
            format!("excamera.group={group}"),
            format!("excamera.start_s={}", plain("start")?),
            format!("excamera.download_s={}", plain("download")?),
            format!(
                "excamera.encode_s={}",
                points(self.stage(config, "run0")?, moved)
            ),
            format!("excamera.dump_s={}", plain("dump")?),
            format!("excamera.reencode_s={}", plain("reencode_work")?),
            format!("excamera.rebase_s={}", points(rebase, |s| s * scale(third))),
            format!(
                "excamera.rebase_later_s={}",
                points(rebase, |s| s * scale(later))
            ),
            format!("excamera.finish_s={}", plain("finish")?),
        ])
    }
}
