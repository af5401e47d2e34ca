//! What concerns the whole process: Ctrl-C and panics.

use super::Failure;
use super::output::tell;
use crate::pool::RUN_THREAD;
use crate::stop::STOP;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The first Ctrl-C drops the runs under way and keeps what is done, the second one ends the
/// process.
pub fn stop_on_interrupt() -> Result<(), Failure> {
    let handler = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(3);
        }
        tell("stopping; Ctrl-C once more ends at once");
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::Input(format!("error: no handler for Ctrl-C: {error}")))
}

/// A panic in a run becomes a row; only the first one is shown in full.
pub fn show_first_panic_only() {
    let shown = AtomicUsize::new(0);
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        let in_run = thread
            .name()
            .is_some_and(|name| name.starts_with(RUN_THREAD));
        if !in_run || shown.fetch_add(1, Ordering::Relaxed) == 0 {
            default(info);
        }
    }));
}
