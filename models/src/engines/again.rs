//! Further starts of an execution that already runs, as the fault plan says.

use crate::faults::plan::Fired;
use crate::host::Host;
use std::future::Future;

/// Lets `start` be done as often, and when, the plan says; it is what a caller does that starts the
/// execution.
pub(super) fn start_again<H: Host, F: Future<Output = ()> + 'static>(
    host: &H,
    execution: u32,
    start: impl Fn(H) -> F,
) {
    let world = host.world();
    let times = world
        .faults
        .borrow_mut()
        .further_starts(execution, &world.streams);
    for after in times {
        let outside = host.outside();
        let again = start(host.outside());
        host.spawn(async move {
            outside.wait(after).await;
            let faults = &outside.world().faults;
            faults.borrow_mut().count(Fired::DuplicateStart);
            again.await;
        });
    }
}
