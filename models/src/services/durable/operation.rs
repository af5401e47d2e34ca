//! Operations of a durable execution, and the updates that change them.

use crate::point::StepName;
use crate::value::Value;
use smallvec::SmallVec;
use std::fmt;
use std::time::Duration;

/// Identifies an operation within its execution: a hash of its parent and its position there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u64);

impl OpId {
    /// The execution itself.
    pub const ROOT: OpId = OpId(0);

    /// The operation at a position (from 0) of this context.
    pub fn child(self, position: u32) -> OpId {
        let mut z = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (u64::from(position) + 1);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        OpId((z ^ (z >> 31)).max(1))
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpType {
    Step,
    Wait,
    /// A child context: a map, or an item of one.
    Context,
    /// An answer that somebody outside is to give.
    Callback,
    /// The invocation of another function.
    Invoke,
}

impl OpType {
    /// As the service's API writes it.
    pub fn name(self) -> &'static str {
        match self {
            OpType::Step => "STEP",
            OpType::Wait => "WAIT",
            OpType::Context => "CONTEXT",
            OpType::Callback => "CALLBACK",
            OpType::Invoke => "CHAINED_INVOKE",
        }
    }
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Started,
    /// A retry waits for its time.
    Pending,
    /// The retry's time has come.
    Ready,
    Succeeded,
    Failed,
    /// A callback was not answered in time.
    TimedOut,
}

/// An operation as the service stores it.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: OpId,
    pub parent: OpId,
    pub op_type: OpType,
    pub name: StepName,
    pub status: Status,
    /// Attempts that ended in a RETRY.
    pub retries: u32,
    pub result: Option<Value>,
    /// The result was too large to store: replay rebuilds it from the children.
    pub replay_children: bool,
    /// When a wait ends, a retry becomes ready or a callback times out.
    pub due: Option<Duration>,
    /// Number of the last change in its execution.
    pub changed: u32,
}

impl Operation {
    /// One that has just begun.
    pub fn new(id: OpId, parent: OpId, op_type: OpType, name: StepName) -> Operation {
        Operation {
            id,
            parent,
            op_type,
            name,
            status: Status::Started,
            retries: 0,
            result: None,
            replay_children: false,
            due: None,
            changed: 0,
        }
    }
}

/// What an update does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Begins the operation; a wait carries its length, a callback its time-out, an invocation how long
    /// the function takes.
    Start {
        wait: Option<Duration>,
    },
    Succeed {
        result: Value,
        replay_children: bool,
    },
    /// The attempt failed; another follows after the delay.
    Retry {
        delay: Duration,
        error_bytes: u64,
    },
    Fail {
        error_bytes: u64,
    },
}

/// The kind of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Start,
    Succeed,
    Retry,
    Fail,
}

impl Verb {
    /// As the service's API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Start => "START",
            Verb::Succeed => "SUCCEED",
            Verb::Retry => "RETRY",
            Verb::Fail => "FAIL",
        }
    }
}

impl Action {
    /// Its kind.
    pub fn verb(&self) -> Verb {
        match self {
            Action::Start { .. } => Verb::Start,
            Action::Succeed { .. } => Verb::Succeed,
            Action::Retry { .. } => Verb::Retry,
            Action::Fail { .. } => Verb::Fail,
        }
    }
}

/// One update of a checkpoint request.
#[derive(Clone, Debug)]
pub struct Update {
    pub id: OpId,
    pub parent: OpId,
    pub op_type: OpType,
    pub name: StepName,
    pub action: Action,
    /// Bytes of data that count as written.
    payload_bytes: u64,
}

/// The updates of one request: mostly the START and the SUCCEED of a step, so room for two is
/// inside.
pub type Updates = SmallVec<[Update; 2]>;

/// JSON around a payload: ids, names, types. Those of the SDKs are of 89 to 333 bytes, with names as in
/// `tests/recorded`.
const ENVELOPE_BYTES: u64 = 150;

impl Update {
    /// An update of an operation.
    #[inline]
    pub fn new(id: OpId, parent: OpId, op_type: OpType, name: StepName, action: Action) -> Update {
        let bytes = match &action {
            Action::Start { .. } => 0,
            Action::Succeed {
                replay_children: true,
                ..
            } => 0,
            Action::Succeed { result, .. } => result.bytes(),
            Action::Retry { error_bytes, .. } | Action::Fail { error_bytes } => *error_bytes,
        };
        Update::of_bytes(bytes, id, parent, op_type, name, action)
    }

    /// The same with a payload of so many bytes.
    #[inline]
    pub fn of_bytes(
        payload_bytes: u64,
        id: OpId,
        parent: OpId,
        op_type: OpType,
        name: StepName,
        action: Action,
    ) -> Update {
        Update {
            id,
            parent,
            op_type,
            name,
            action,
            payload_bytes,
        }
    }

    /// Bytes of data that count as written.
    pub fn payload_bytes(&self) -> u64 {
        self.payload_bytes
    }

    /// Bytes in the request.
    pub fn request_bytes(&self) -> u64 {
        ENVELOPE_BYTES + self.payload_bytes()
    }
}
