//! The timeline of one run, from its ledger and history: invocations, bodies, requests, faults.
//!
//! ```text
//! World -> collect (events by invocation) -> lanes (rows without overlaps) -> Timeline
//!       -> chrome (trace-event JSON for ui.perfetto.dev) | analysis::figures::timeline (SVG)
//! ```

pub mod chrome;
mod collect;
mod lanes;

use analysis::timeline::Timeline;
use models::world::World;

/// The timeline of a run whose history was kept.
pub fn timeline(world: &World) -> Timeline {
    lanes::lay_out(world, &collect::Collected::of(world))
}
