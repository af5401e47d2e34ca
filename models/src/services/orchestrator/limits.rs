//! Limits and time-outs of the orchestrator, from rows `orchestrator.*` of a platform file.

use crate::data::Table;
use crate::services::limit::whole;
use std::time::Duration;

/// Limits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// A history may have no more events, and no more bytes; the run is terminated.
    pub events_max: u64,
    pub bytes_max: u64,
    /// Largest result of an activity.
    pub payload_bytes_max: u64,
    /// Activities of a run that may be open at once.
    pub pending_max: u64,
    /// A workflow task must be answered within this time.
    pub task_timeout: Duration,
    /// A worker that has the workflow in its cache must take the task within this time.
    pub sticky_timeout: Duration,
    /// Bytes of an event's own fields.
    pub event_bytes: u64,
}

impl Limits {
    /// Reads the rows. The error names one that is missing.
    pub fn from_table(table: &Table) -> Result<Limits, String> {
        let seconds = |key: &str| table.number(key).map(crate::time::seconds);
        Ok(Limits {
            events_max: whole(table, "orchestrator.history_events_max")?,
            bytes_max: whole(table, "orchestrator.history_bytes_max")?,
            payload_bytes_max: whole(table, "orchestrator.payload_bytes_max")?,
            pending_max: whole(table, "orchestrator.pending_activities_max")?,
            task_timeout: seconds("orchestrator.workflow_task_timeout_s")?,
            sticky_timeout: seconds("orchestrator.sticky_timeout_s")?,
            event_bytes: whole(table, "orchestrator.event_bytes")?,
        })
    }
}

/// What every activity is scheduled with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Zero for none.
    pub schedule_to_start: Duration,
    pub start_to_close: Duration,
    pub schedule_to_close: Duration,
    pub heartbeat: Duration,
    pub retry: Retry,
}

/// When an activity is tried again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retry {
    /// Attempts in all; 0 for no limit.
    pub attempts: u32,
    pub initial: Duration,
    pub coefficient: f64,
    pub maximum: Duration,
}

impl Retry {
    /// The pause after attempt number `made` (from 1), or `None` if that was the last.
    pub fn delay(&self, made: u32) -> Option<Duration> {
        if self.attempts != 0 && made >= self.attempts {
            return None;
        }
        let growth = libm::pow(self.coefficient, f64::from(made) - 1.0);
        let longest = self.maximum.as_secs_f64();
        let seconds = (self.initial.as_secs_f64() * growth).min(longest);
        Some(crate::time::seconds(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_maximum_without_jitter() {
        let retry = Retry {
            attempts: 0,
            initial: Duration::from_secs(1),
            coefficient: 2.0,
            maximum: Duration::from_secs(100),
        };
        let seconds = |made| retry.delay(made).map(|delay| delay.as_secs());
        assert_eq!(
            [1, 2, 3, 7, 8, 500].map(seconds).map(Option::unwrap),
            [1, 2, 4, 64, 100, 100]
        );
        let three = Retry {
            attempts: 3,
            ..retry
        };
        assert_eq!(
            (three.delay(2), three.delay(3)),
            (Some(Duration::from_secs(2)), None)
        );
    }
}
