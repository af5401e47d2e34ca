//! Ctrl-C: one flag for the whole process, which threads look at between runs and kernels inside.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the process was told to stop. What is under way is dropped; nothing else depends on it.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// Whether the process was told to stop.
pub fn requested() -> bool {
    STOP.load(Ordering::Relaxed)
}
