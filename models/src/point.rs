//! Where a run can be cut: crash points, the requests between them, and how they are named.
//!
//! A coordinate is (point name, ordinal): the how-manieth crossing of that point in the run.
//! Each request to a service has three points: `send` (before it leaves the caller), `applied`
//! (the service has done it, the answer is under way) and `ack` (the caller has the answer).

use std::fmt;

macro_rules! requests {
    ($($id:ident $name:literal $service:ident $doc:literal)*) => {
        /// A kind of request that crosses the host boundary.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum RequestKind { $(#[doc = $doc] $id),* }

        impl RequestKind {
            /// Every kind, in the order of the discriminants.
            pub const ALL: &[RequestKind] = &[$(RequestKind::$id),*];
            const NAMES: &[&str] = &[$($name),*];
            /// Names of the points of all kinds.
            const POINTS: &[[&str; 3]] = &[$([
                concat!($name, ".send"),
                concat!($name, ".applied"),
                concat!($name, ".ack"),
            ]),*];
            const SERVICES: &[Party] = &[$(Party::$service),*];
            const DOCS: &[&str] = &[$($doc),*];
        }
    };
}

requests! {
    KvGet "kv.get" Kv "Read one item."
    KvPut "kv.put" Kv "Write one item, conditionally or not."
    KvUpdate "kv.update" Kv "Change attributes of one item in place."
    KvDelete "kv.delete" Kv "Delete one item."
    KvTransact "kv.transact" Kv "Write several items or none."
    KvQuery "kv.query" Kv "Read the items of one partition."
    ObjectPut "object.put" Object "Write one object."
    ObjectGet "object.get" Object "Read one object."
    ObjectList "object.list" Object "List the objects under a prefix."
    ObjectDelete "object.delete" Object "Delete one object."
    DurableCheckpoint "durable.checkpoint" Durable "Store a batch of updates and get the next token."
    DurableState "durable.get_state" Durable "Read a further page of an execution's operations."
    FunctionInvoke "function.invoke" Function "Invoke a function and wait for its answer."
    FunctionEvent "function.invoke_async" Function "Hand over an asynchronous event."
    ProviderLlm "provider.llm" Llm "Ask a language model for text."
    ProviderLlmBackup "provider.llm_backup" LlmBackup "Ask the language model that stands in."
    ProviderTts "provider.tts" Tts "Ask for speech."
    ProviderTtsBackup "provider.tts_backup" TtsBackup "Ask the speech provider that stands in."
    ProviderImage "provider.image" Image "Ask for a picture."
    ProviderImageBackup "provider.image_backup" ImageBackup "Ask the picture provider that stands in."
    OrchestratorStart "orchestrator.start" Orchestrator "Start an execution by its name."
    OrchestratorPoll "orchestrator.poll" Orchestrator "Hand a task to a worker whose long poll waits."
    OrchestratorHistory "orchestrator.history" Orchestrator "Read a further page of a history."
    OrchestratorDecide "orchestrator.complete_task" Orchestrator "Answer a workflow task with commands, or fail it."
    OrchestratorComplete "orchestrator.complete_activity" Orchestrator "Report how an activity's attempt ended."
    OrchestratorHeartbeat "orchestrator.heartbeat" Orchestrator "Report that an activity goes on."
    OrchestratorCancel "orchestrator.cancel" Orchestrator "Ask an execution to cancel."
    DurableCallback "durable.callback" Durable "Answer a callback, from outside."
    OrchestratorSignal "orchestrator.signal" Orchestrator "Signal an execution, from outside."
}

impl RequestKind {
    /// `kv.put`, for example.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
    /// Who answers it.
    pub fn service(self) -> Party {
        Self::SERVICES[self as usize]
    }
}

/// Who sends or answers a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Party {
    /// A function environment.
    Worker,
    /// Whoever starts executions, and the platform's own control loops.
    Client,
    Kv,
    Object,
    Durable,
    Function,
    Llm,
    LlmBackup,
    Tts,
    TtsBackup,
    Image,
    ImageBackup,
    Orchestrator,
}

impl Party {
    const ALL: [Party; 13] = [
        Party::Worker,
        Party::Client,
        Party::Kv,
        Party::Object,
        Party::Durable,
        Party::Function,
        Party::Llm,
        Party::LlmBackup,
        Party::Tts,
        Party::TtsBackup,
        Party::Image,
        Party::ImageBackup,
        Party::Orchestrator,
    ];

    /// As scenarios and `history.csv` write it.
    pub fn name(self) -> &'static str {
        match self {
            Party::Worker => "worker",
            Party::Client => "client",
            Party::Kv => "kv",
            Party::Object => "object",
            Party::Durable => "durable",
            Party::Function => "function",
            Party::Llm => "llm",
            Party::LlmBackup => "llm_backup",
            Party::Tts => "tts",
            Party::TtsBackup => "tts_backup",
            Party::Image => "image",
            Party::ImageBackup => "image_backup",
            Party::Orchestrator => "orchestrator",
        }
    }

    /// The party of that name.
    pub fn named(name: &str) -> Option<Party> {
        Party::ALL.into_iter().find(|party| party.name() == name)
    }
}

/// A crash point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point(u8);

/// The part of a request that a crossing belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Send,
    Applied,
    Ack,
}

const LOCAL: &[(&str, &str)] = &[
    ("handler.start", "An invocation enters its handler."),
    ("handler.end", "An invocation is about to answer."),
    ("body.start", "A step's code is about to run."),
    ("effect.before", "A body is about to have its effect."),
    ("effect.after", "A body has had its effect."),
    (
        "body.end",
        "A step's code has returned or raised; nothing is recorded yet.",
    ),
];

impl Point {
    pub const HANDLER_START: Point = Point(0);
    pub const HANDLER_END: Point = Point(1);
    pub const BODY_START: Point = Point(2);
    pub const EFFECT_BEFORE: Point = Point(3);
    pub const EFFECT_AFTER: Point = Point(4);
    pub const BODY_END: Point = Point(5);
    /// How many points there are.
    pub const COUNT: usize = LOCAL.len() + 3 * RequestKind::ALL.len();

    /// The point of a request's phase.
    pub fn of(kind: RequestKind, phase: Phase) -> Point {
        Point((LOCAL.len() + 3 * kind as usize + phase as usize) as u8)
    }

    /// Position in [`Point::all`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Every point.
    pub fn all() -> impl Iterator<Item = Point> {
        (0..Self::COUNT).map(|i| Point(i as u8))
    }

    /// `kv.put.applied`, for example.
    pub fn name(self) -> &'static str {
        match self.index().checked_sub(LOCAL.len()) {
            None => LOCAL[self.index()].0,
            Some(i) => RequestKind::POINTS[i / 3][i % 3],
        }
    }

    /// What happens there.
    pub fn doc(self) -> String {
        match self.index().checked_sub(LOCAL.len()) {
            None => LOCAL[self.index()].1.to_owned(),
            Some(i) => {
                let what = RequestKind::DOCS[i / 3].trim_end_matches('.');
                let when = [
                    "before it leaves",
                    "when it is applied",
                    "when its answer is back",
                ];
                format!("{what}: {}.", when[i % 3])
            }
        }
    }

    /// The request kind, for points that belong to a request.
    pub fn request(self) -> Option<(RequestKind, Phase)> {
        let i = self.index().checked_sub(LOCAL.len())?;
        let phase = [Phase::Send, Phase::Applied, Phase::Ack][i % 3];
        Some((RequestKind::ALL[i / 3], phase))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Every word in a step's name. A name holds its place here, so that names and what carries them
/// fit into registers.
const WORDS: &[&str] = &[
    "",
    "assemble",
    "brief",
    "callback",
    "child",
    "chunk",
    "clean_up",
    "cleanup",
    "composition",
    "decrement",
    "download",
    "encode",
    "encoding",
    "get",
    "idle",
    "increment",
    "invoke",
    "map",
    "merge",
    "merging",
    "metadata",
    "parallel",
    "poll",
    "register",
    "report",
    "script",
    "split",
    "step",
    "submit",
    "transcode",
    "transcoding",
    "validate",
    "visuals",
    "voice",
    "wait",
    "work",
    "worker",
    "workers",
];

/// A number for each word that tells words apart: FNV-1a.
static HASHES: [u64; WORDS.len()] = {
    let (mut hashes, mut word) = ([0; WORDS.len()], 0);
    while word < WORDS.len() {
        let bytes = WORDS[word].as_bytes();
        let (mut hash, mut i) = (0xcbf2_9ce4_8422_2325_u64, 0);
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            i += 1;
        }
        hashes[word] = hash;
        word += 1;
    }
    hashes
};

/// The word in a step's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(u32);

impl Word {
    /// A word of `WORDS`; to be kept in a `const`, so that the compiler finds one that is missing.
    pub const fn new(text: &str) -> Word {
        let mut word = 0;
        while word < WORDS.len() {
            if same(WORDS[word].as_bytes(), text.as_bytes()) {
                return Word(word as u32);
            }
            word += 1;
        }
        panic!("the word is not in the list of words in point.rs")
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// Name of a step or operation: a word, and an index where there are several.
///
/// The word's place is in the upper half of the number, the index in the lower.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StepName(u64);

impl StepName {
    /// No step: the handler itself.
    pub const NONE: StepName = StepName::new(Word::new(""));

    /// A name without an index.
    pub const fn new(word: Word) -> StepName {
        StepName::at(word, u32::MAX)
    }

    /// One of several.
    pub const fn at(word: Word, index: u32) -> StepName {
        StepName((word.0 as u64) << 32 | index as u64)
    }

    /// The same word with an index.
    pub const fn numbered(self, index: u32) -> StepName {
        StepName::at(self.word(), index)
    }

    const fn word(self) -> Word {
        Word((self.0 >> 32) as u32)
    }

    /// The word.
    pub fn base(self) -> &'static str {
        WORDS[self.word().0 as usize]
    }

    /// The index, where there is one.
    pub fn index(self) -> Option<u32> {
        let index = self.0 as u32;
        (index != u32::MAX).then_some(index)
    }

    /// A number that tells steps apart, for keys of maps and random streams.
    pub fn stamp(self) -> u64 {
        let hash = HASHES[self.word().0 as usize];
        hash ^ (u64::from(self.0 as u32) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl fmt::Debug for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StepName({self})")
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index() {
            None => f.write_str(self.base()),
            Some(index) => write!(f, "{}-{index}", self.base()),
        }
    }
}

/// Whose crossing it is: an execution and the step it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub execution: u32,
    pub step: StepName,
}

impl At {
    /// What concerns no execution: the life of a worker's process.
    pub const NOBODY: u32 = u32::MAX;

    /// An execution outside any step.
    pub fn execution(execution: u32) -> At {
        At {
            execution,
            step: StepName::NONE,
        }
    }

    /// The same execution in a step.
    pub fn step(self, step: StepName) -> At {
        At { step, ..self }
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any part.
pub fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    loop {
        if fits(rest, text) {
            return true;
        }
        let mut chars = text.chars();
        if chars.next().is_none() {
            return false;
        }
        text = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn points_have_distinct_names_and_know_their_request() {
        let names: BTreeSet<String> = Point::all().map(|p| p.to_string()).collect();
        assert_eq!(names.len(), Point::COUNT);
        let put = Point::of(RequestKind::KvPut, Phase::Applied);
        assert_eq!(put.to_string(), "kv.put.applied");
        assert_eq!(put.request(), Some((RequestKind::KvPut, Phase::Applied)));
    }

    #[test]
    fn a_star_stands_for_any_part() {
        assert!(fits("durable.*", "durable.checkpoint.send"));
        assert!(fits("*.ack", "kv.put.ack"));
        assert!(fits("encode-*", "encode-12"));
        assert!(fits("*", ""));
        assert!(!fits("encode-1", "encode-12"));
        assert!(!fits("*.ack", "kv.put.send"));
    }
}
