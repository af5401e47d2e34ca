//! Progress of a run on standard error: a bar on a terminal, a line at each tenth in a pipe. The bar
//! and its words are one line of the terminal, however narrow it is.

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
    let bar = ProgressBar::new(total as u64).with_position(done as u64);
    let size = terminal_size::terminal_size_of(std::io::stderr());
    bar.set_style(style(size.map_or(80, |(width, _)| usize::from(width.0))));
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// A bar in what the words leave of the line; where that is nothing to speak of, words alone, the
/// last ones cut.
fn style(width: usize) -> ProgressStyle {
    let template = match width {
        0..70 => "{pos} of {len} runs  {wide_msg}",
        70..100 => "{wide_bar} {pos} of {len} runs  {msg}",
        _ => "{bar:40} {pos} of {len} runs  {wide_msg}",
    };
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
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

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::{ProgressDrawTarget, TermLike};
    use std::sync::{Arc, Mutex};

    /// A terminal that remembers what was written.
    #[derive(Clone, Debug)]
    struct Screen(u16, Arc<Mutex<Vec<String>>>);

    impl Screen {
        fn write(&self, text: &str) -> std::io::Result<()> {
            self.1.lock().unwrap().push(text.to_owned());
            Ok(())
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            self.0
        }
        fn move_cursor_up(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> std::io::Result<()> {
            self.write(text)
        }
        fn write_str(&self, text: &str) -> std::io::Result<()> {
            self.write(text)
        }
        fn clear_line(&self) -> std::io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_bar_is_one_line_however_narrow_the_terminal_is() {
        for width in [30, 40, 60, 69, 70, 79, 80, 99, 100, 200] {
            let screen = Screen(width, Arc::default());
            let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
            let bar = ProgressBar::with_draw_target(Some(1_000_000), target);
            bar.set_style(style(usize::from(width)));
            bar.set_message("123456 runs/s  59 min left");
            bar.set_position(999_999);
            bar.tick();
            let written = screen.1.lock().unwrap().clone();
            let text = written.iter().find(|text| text.contains("of 1000000"));
            let text = text.unwrap_or_else(|| panic!("nothing at {width}: {written:?}"));
            let columns = text.trim_end().chars().count();
            assert!(
                columns <= usize::from(width),
                "{columns} at {width}: {text}"
            );
            assert!(width < 60 || text.contains("59 min left"), "{text}");
        }
    }
}
