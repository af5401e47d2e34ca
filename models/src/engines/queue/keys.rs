//! Keys of the task-queue engine.

use crate::registry::Entry;
use crate::settings::{Key, Kind};

const fn seconds(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Float { min: 0.0, max: 1e9 },
        default,
        doc,
    }
}

const fn count(path: &'static str, min: i64, default: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Int {
            min,
            max: 1_000_000,
        },
        default,
        doc,
    }
}

/// Registry entry.
pub const ENTRY: Entry = Entry {
    name: "queue",
    doc: "A Temporal-like orchestrator: each execution is an event history, workers poll task queues for workflow tasks and activities, lost ones are found by time-outs and tried again.",
    keys: &[
        count(
            "queue.workers",
            1,
            "4",
            "Replicas of the activity worker (`ladder` has fleets of its own). All workers are paid from the start of the run to its end, also while every execution waits.",
        ),
        count(
            "queue.slots",
            1,
            "1",
            "Activities that one worker runs at once (SDK defaults: Go 1,000, Python 100; an encoder fills its worker).",
        ),
        count(
            "queue.workflow_workers",
            1,
            "1",
            "Replicas of the worker that runs workflow code.",
        ),
        count(
            "queue.workflow_slots",
            1,
            "1000",
            "Workflow tasks that one worker runs at once (Go SDK: 1,000).",
        ),
        count(
            "queue.pollers",
            1,
            "2",
            "Long polls that one worker keeps open at once while it has free slots (Go SDK: 2).",
        ),
        Key {
            path: "queue.worker_vcpus",
            kind: Kind::Float {
                min: 0.25,
                max: 192.0,
            },
            default: "1",
            doc: "vCPUs of one activity worker.",
        },
        Key {
            path: "queue.worker_gb",
            kind: Kind::Float {
                min: 0.5,
                max: 1024.0,
            },
            default: "2",
            doc: "Memory of one worker in GB.",
        },
        Key {
            path: "queue.hosting",
            kind: Kind::Choice(&["cloud", "self"]),
            default: "cloud",
            doc: "Where the orchestrator runs: `cloud` (paid by actions and storage), or `self` hosted (paid by the time of its one host, without a database, replicas or a limit of its capacity; requests take `orchestrator.self_hosted_factor` times as long).",
        },
        seconds(
            "queue.start_to_close_s",
            "600",
            "Longest time of one attempt of an activity; 0 for none, if `queue.schedule_to_close_s` is set. An attempt that is given up keeps its worker's slot until its code ends or a heartbeat tells it.",
        ),
        seconds(
            "queue.schedule_to_start_s",
            "0",
            "Longest time of an activity in its queue; 0 for none. Not retried.",
        ),
        seconds(
            "queue.schedule_to_close_s",
            "0",
            "Longest time of an activity with all its attempts; 0 for none.",
        ),
        seconds(
            "queue.heartbeat_s",
            "0",
            "Heartbeat time-out of an activity; 0 for none. Activities report when they begin, then each 0.8 of it after the answer, at least once a minute (Go SDK).",
        ),
        Key {
            path: "queue.heartbeats",
            kind: Kind::Choice(&["sent", "forgotten"]),
            default: "sent",
            doc: "Whether activities send heartbeats. `forgotten` with a time-out that is shorter than the work makes zombies.",
        },
        count(
            "queue.retry_attempts",
            0,
            "0",
            "Attempts of an activity, the first included; 0 for no limit (Temporal's default).",
        ),
        seconds(
            "queue.retry_initial_s",
            "1",
            "Pause after the first attempt (Temporal's default).",
        ),
        Key {
            path: "queue.retry_rate",
            kind: Kind::Float {
                min: 1.0,
                max: 100.0,
            },
            default: "2",
            doc: "Factor from pause to pause (Temporal's default).",
        },
        seconds(
            "queue.retry_cap_s",
            "0",
            "Longest pause, not shorter than the first; 0 for 100 times the first (Temporal's default).",
        ),
        count(
            "queue.cache",
            0,
            "10000",
            "Workflows that a worker keeps in memory (Go SDK: 10,000); the least recently used goes. 0: every workflow task replays the whole history.",
        ),
        count(
            "queue.continue_as_new_events",
            0,
            "4096",
            "Events from which a workflow finishes what is open and continues as new (the server suggests it at 4,096); 0 for never.",
        ),
        seconds(
            "queue.execution_timeout_s",
            "31536000",
            "Longest time of an execution (durable functions: one year; Temporal: none).",
        ),
        seconds(
            "queue.cancel_s",
            "0",
            "An execution is asked to cancel this long after its start; 0 for never.",
        ),
        Key {
            path: "queue.cancellation",
            kind: Kind::Choice(&["wait", "try"]),
            default: "wait",
            doc: "Whether a cancelled workflow waits until its activities have stopped, or ends at once. Timers are cancelled either way; the workflow's code is discarded, so no clean-up of its own runs.",
        },
        seconds(
            "queue.deploy_s",
            "0",
            "At this time the workflow workers are replaced by ones with other code, which asks for other activities; 0 for never. Open executions then do not replay.",
        ),
        crate::engines::broken::QUEUE,
    ],
};
