//! Progress of a run on standard error: a bar on a terminal, a line at each tenth in a pipe.

use super::output::tell;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Shows how far a run is.
pub struct Progress {
    total: usize,
    /// Runs that were there at the start.
    first: usize,
    started: Instant,
    display: Display,
}

enum Display {
    Silent,
    Bar(ProgressBar),
    /// The last tenth that was shown.
    Lines(usize),
}

impl Progress {
    /// Progress over `total` runs of which `done` are there already.
    pub fn new(total: usize, done: usize, quiet: bool) -> Progress {
        let display = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Display::Silent,
            (false, true) => Display::Bar(bar(total, done)),
            (false, false) => Display::Lines(tenth(done, total)),
        };
        Progress {
            total,
            first: done,
            started: Instant::now(),
            display,
        }
    }

    /// `done` of the runs are there.
    pub fn show(&mut self, done: usize) {
        let (pace, tenth) = (self.pace(done), tenth(done, self.total));
        match &mut self.display {
            Display::Bar(bar) => {
                bar.set_position(done as u64);
                bar.set_message(pace);
            }
            Display::Lines(shown) if tenth > *shown => {
                *shown = tenth;
                let (percent, total) = (tenth * 10, self.total);
                tell(&format!("{percent:3} %  {done} of {total} runs  {pace}"));
            }
            _ => {}
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }

    /// Rate and time left.
    fn pace(&self, done: usize) -> String {
        let elapsed_s = self.started.elapsed().as_secs_f64().max(1e-9);
        let rate = (done - self.first) as f64 / elapsed_s;
        let left = duration((self.total - done) as f64 / rate);
        format!("{rate:.0} runs/s  {left} left")
    }
}

fn bar(total: usize, done: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} runs  {msg}");
    let bar = ProgressBar::new(total as u64).with_position(done as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

fn tenth(done: usize, total: usize) -> usize {
    done * 10 / total.max(1)
}

/// A duration for people.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}
