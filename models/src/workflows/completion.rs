//! When branches that run side by side are over: all of them, enough that went well, or too many that failed.
//!
//! The rules are those that the durable SDKs have in common (Python 3.0.0 `concurrency/models.py`,
//! JavaScript 2.4.0 `ConcurrencyController`): without any criterion the first failure is one too many;
//! with one, only that counts.

/// Branches of a map or of a parallel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Branches {
    pub count: u32,
    /// Most at once; 0: no limit.
    pub at_once: usize,
    pub completion: Completion,
}

impl Branches {
    /// Branches of which none may fail.
    pub fn all(count: u32, at_once: usize) -> Branches {
        Branches {
            count,
            at_once,
            completion: Completion::default(),
        }
    }

    /// Most at once, as a number.
    pub fn limit(&self) -> usize {
        match self.at_once {
            0 => usize::MAX,
            limit => limit,
        }
    }

    /// More branches failed than may.
    pub fn is_exceeded(&self, failed: u32) -> bool {
        let completion = &self.completion;
        if completion.is_default() {
            return failed > 0;
        }
        let count = completion.tolerated_failure_count;
        let share = completion.tolerated_failure_percentage;
        let percent = 100.0 * f64::from(failed) / f64::from(self.count.max(1));
        count.is_some_and(|count| failed > count) || share.is_some_and(|most| percent > most)
    }

    /// No further branch is waited for.
    pub fn are_over(&self, succeeded: u32, failed: u32) -> bool {
        let enough = self.completion.min_successful;
        succeeded + failed >= self.count
            || enough.is_some_and(|enough| succeeded >= enough)
            || self.is_exceeded(failed)
    }
}

/// Criteria; without any, none may fail.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Completion {
    /// So many that went well are enough.
    pub min_successful: Option<u32>,
    /// So many may fail.
    pub tolerated_failure_count: Option<u32>,
    /// So many of a hundred may fail.
    pub tolerated_failure_percentage: Option<f64>,
}

impl Completion {
    /// There is no criterion.
    pub fn is_default(&self) -> bool {
        *self == Completion::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_say_when_branches_are_over() {
        let plain = Branches::all(4, 0);
        assert!(plain.is_exceeded(1) && !plain.are_over(3, 0) && plain.are_over(4, 0));
        let with = |completion| Branches {
            completion,
            ..plain
        };
        let enough = with(Completion {
            min_successful: Some(2),
            ..Completion::default()
        });
        assert!(!enough.are_over(1, 2) && enough.are_over(2, 0) && !enough.is_exceeded(3));
        let count = with(Completion {
            tolerated_failure_count: Some(1),
            ..Completion::default()
        });
        assert!(!count.are_over(0, 1) && count.are_over(0, 2) && count.is_exceeded(2));
        let share = with(Completion {
            tolerated_failure_percentage: Some(50.0),
            ..Completion::default()
        });
        assert!(!share.is_exceeded(2) && share.is_exceeded(3));
    }
}
