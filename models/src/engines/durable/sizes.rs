//! How many bytes each SDK writes for a result or an error.
//!
//! JavaScript writes plain JSON. Python's serializer puts the type beside every value, except for numbers,
//! texts and lists of such (`serdes.py`). What a map or a parallel gives holds the state of each branch
//! (`concurrency/models.py`; `BatchResultImpl`).

use super::config::Sdk;
use crate::value::Value;

/// What a value's type takes beside it.
const TAG: u64 = len(r#"{"t":"i","v":}"#);

const fn len(text: &str) -> u64 {
    text.len() as u64
}

/// Bytes of a result.
pub fn result(sdk: Sdk, value: &Value) -> u64 {
    match (sdk, value) {
        (Sdk::Python, Value::Segment { .. }) => tagged(value),
        (Sdk::Python, Value::List(_)) if !is_plain(value) => tagged(value),
        _ => value.bytes(),
    }
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Unit | Value::Int(_) | Value::Padded { .. } => true,
        Value::Segment { .. } => false,
        Value::List(items) => items.iter().all(is_plain),
    }
}

/// With the type beside every value.
fn tagged(value: &Value) -> u64 {
    let inside: u64 = match value {
        Value::Unit | Value::Int(_) | Value::Padded { .. } => 0,
        Value::Segment { .. } => 3 * TAG,
        Value::List(items) => items.iter().map(|item| tagged(item) - item.bytes()).sum(),
    };
    TAG + inside + value.bytes()
}

/// Bytes of a step's error.
pub fn step_error(sdk: Sdk, message: &str) -> u64 {
    let around = match sdk {
        Sdk::Python => r#"{"ErrorMessage": "", "ErrorType": "ValueError"}"#,
        Sdk::Js => r#"{"ErrorMessage":"","ErrorType":"Error"}"#,
    };
    len(around) + len(message)
}

const PYTHON_STEP_ERROR: &str = "aws_durable_execution_sdk_python.exceptions.StepError";

/// Bytes of the error of a context in which a step failed.
pub fn context_error(sdk: Sdk, message: &str) -> u64 {
    let around = match sdk {
        Sdk::Python => len(r#"{"ErrorMessage": "", "ErrorType": ""}"#) + len(PYTHON_STEP_ERROR),
        Sdk::Js => len(r#"{"ErrorType":"StepError","ErrorMessage":""}"#),
    };
    around + len(message)
}

/// A branch in what a map gives.
#[derive(Clone, Copy, Debug)]
pub enum Branch<'v> {
    Started,
    Failed(&'static str),
    Succeeded(&'v Value),
}

/// Bytes of what a map gives, branch by branch, and why it was over.
pub fn branches(sdk: Sdk, branches: &[Branch<'_>], reason: &str) -> u64 {
    let commas = (branches.len() as u64).saturating_sub(1);
    let one = |(index, branch): (i64, &Branch<'_>)| {
        let index = Value::Int(index).bytes();
        match sdk {
            Sdk::Python => index + python(branch),
            Sdk::Js => index + js(branch),
        }
    };
    let all: u64 = (0..).zip(branches).map(one).sum();
    let around = match sdk {
        Sdk::Python => {
            r#"{"t":"br","v":{"all":{"t":"l","v":[]},"completionReason":{"t":"s","v":""}}}"#
        }
        Sdk::Js => r#"{"all":[],"completionReason":""}"#,
    };
    len(around) + len(reason) + all + commas
}

fn python(branch: &Branch<'_>) -> u64 {
    let around = len(
        r#"{"t":"m","v":{"index":{"t":"i","v":},"status":{"t":"s","v":""},"result":,"error":}}"#,
    );
    let none = tagged(&Value::Unit);
    around
        + match branch {
            Branch::Started => len("STARTED") + 2 * none,
            Branch::Succeeded(value) => len("SUCCEEDED") + tagged(value) + none,
            Branch::Failed(message) => {
                let error = r#"{"t":"m","v":{"ErrorMessage":{"t":"s","v":""},"ErrorType":{"t":"s","v":""}}}"#;
                len("FAILED") + none + len(error) + len(PYTHON_STEP_ERROR) + len(message)
            }
        }
}

fn js(branch: &Branch<'_>) -> u64 {
    match branch {
        Branch::Started => len(r#"{"index":,"status":"STARTED"}"#),
        Branch::Succeeded(value) => {
            len(r#"{"result":,"index":,"status":"SUCCEEDED"}"#) + value.bytes()
        }
        Branch::Failed(message) => {
            let around = r#"{"error":,"index":,"status":"FAILED"}"#;
            let causes = r#"{"ErrorType":"ChildContextError","ErrorMessage":"","Cause":{"ErrorType":"StepError","ErrorMessage":"","Cause":{"ErrorType":"StepError","ErrorMessage":""}}}"#;
            len(around) + len(causes) + 3 * len(message)
        }
    }
}

/// Bytes of what is stored instead of a result that is too large: which branches are over.
pub fn summary(sdk: Sdk, branches: &[Branch<'_>], reason: &str) -> u64 {
    let count = |is: fn(&Branch<'_>) -> bool| branches.iter().filter(|branch| is(branch)).count();
    let started = count(|branch| matches!(branch, Branch::Started));
    let failed = count(|branch| matches!(branch, Branch::Failed(_)));
    let succeeded = branches.len() - started - failed;
    let digits = |number: usize| Value::Int(number as i64).bytes();
    let status = if failed > 0 { "FAILED" } else { "SUCCEEDED" };
    let counts = digits(failed) + digits(succeeded) + len(reason) + len(status);
    match sdk {
        Sdk::Python => {
            // The shorter list of the two.
            let few_started = started <= branches.len() - started;
            let listed = (0..)
                .zip(branches)
                .filter(|(_, branch)| matches!(branch, Branch::Started) == few_started);
            let places: u64 = listed.map(|(place, _)| digits(place) + 2).sum();
            let name = if few_started {
                "startedIndexes"
            } else {
                "completedIndexes"
            };
            let around = r#"{"type": "MapResult", "totalCount": , "completionReason": "", "": [], "startedCount": , "successCount": , "failureCount": , "status": ""}"#;
            let total = digits(branches.len());
            len(around) + len(name) + places.saturating_sub(2) + total + digits(started) + counts
        }
        Sdk::Js => {
            let around = r#"{"type":"MapResult","totalCount":,"successCount":,"failureCount":,"completionReason":"","status":"","itemStatuses":""}"#;
            len(around) + branches.len() as u64 + digits(branches.len()) + counts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "injected failure";

    /// Sizes that the SDKs themselves wrote for `map:2 tolerated_failure_count:5 { step:7 }` whose second
    /// step failed, and for one whose result was too large.
    #[test]
    fn sizes_are_those_of_the_sdks() {
        // A text of seven letters, with its quotes.
        let text = Value::Padded { int: 0, bytes: 8 };
        let over = [Branch::Succeeded(&text), Branch::Failed(MESSAGE)];
        assert_eq!(branches(Sdk::Python, &over, "ALL_COMPLETED"), 476);
        assert_eq!(branches(Sdk::Js, &over, "ALL_COMPLETED"), 338);
        assert_eq!(summary(Sdk::Python, &over, "ALL_COMPLETED"), 174);
        assert_eq!(summary(Sdk::Js, &over, "ALL_COMPLETED"), 142);
        let errors = [Sdk::Python, Sdk::Js].map(|sdk| step_error(sdk, MESSAGE));
        assert_eq!(errors, [63, 55]);
        let errors = [Sdk::Python, Sdk::Js].map(|sdk| context_error(sdk, MESSAGE));
        assert_eq!(errors, [106, 59]);
    }

    #[test]
    fn python_writes_types_beside_what_is_not_plain() {
        let list = Value::List([Value::Int(1), Value::Int(22)].into());
        assert_eq!(result(Sdk::Python, &list), len("[1,22]"));
        let segment = Value::Segment {
            index: 3,
            bytes: 250_000,
            body: 1,
        };
        let json = r#"{"t":"m","v":{"key":{"t":"s","v":"segments/0003"},"bytes":{"t":"i","v":250000},"body":{"t":"i","v":1}}}"#;
        assert_eq!(result(Sdk::Python, &segment), len(json));
        assert_eq!(result(Sdk::Js, &segment), segment.bytes());
        let segments = Value::List([segment.clone(), segment].into());
        let around = len(r#"{"t":"l","v":[,]}"#);
        assert_eq!(result(Sdk::Python, &segments), around + 2 * len(json));
    }
}
