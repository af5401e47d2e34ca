//! Progress of a run on standard error: a bar on a terminal, a line at each tenth in a pipe.

use super::output::tell;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Shows how far a run is.
pub enum Progress {
    Silent,
    Bar(ProgressBar),
    Lines(Lines),
}

/// State of the plain lines.
pub struct Lines {
    total: usize,
    first: usize,
    shown: usize,
    started: Instant,
}

impl Progress {
    /// Progress over `total` runs of which `done` are there already.
    pub fn new(total: usize, done: usize, quiet: bool) -> Progress {
        if quiet {
            Progress::Silent
        } else if std::io::stderr().is_terminal() {
            Progress::Bar(bar(total, done))
        } else {
            Progress::Lines(Lines {
                total,
                first: done,
                shown: tenth(done, total),
                started: Instant::now(),
            })
        }
    }

    /// `done` of the runs are there.
    pub fn show(&mut self, done: usize) {
        match self {
            Progress::Silent => {}
            Progress::Bar(bar) => bar.set_position(done as u64),
            Progress::Lines(lines) => lines.show(done),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Progress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize, done: usize) -> ProgressBar {
    let template = "{bar:40} {pos}/{len} runs  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(template);
    let bar = ProgressBar::new(total as u64).with_position(done as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(250));
    bar.reset_eta();
    bar
}

fn tenth(done: usize, total: usize) -> usize {
    done * 10 / total.max(1)
}

impl Lines {
    fn show(&mut self, done: usize) {
        let tenth = tenth(done, self.total);
        if tenth <= self.shown {
            return;
        }
        self.shown = tenth;
        let rate = (done - self.first) as f64 / self.started.elapsed().as_secs_f64().max(1e-9);
        let left = duration((self.total - done) as f64 / rate);
        let (percent, total) = (tenth * 10, self.total);
        tell(&format!(
            "{percent:3} %  {done} of {total} runs  {rate:.0} runs/s  {left} left"
        ));
    }
}

/// A duration for people.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}
