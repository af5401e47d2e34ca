//! What happened in one run, as rows of time: who did what, from when to when.

use std::time::Duration;

/// A run as it went.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    pub title: String,
    /// Printed below, wrapped.
    pub caption: String,
    /// In the order in which they are shown; those of a group follow each other.
    pub tracks: Vec<Track>,
    pub arrows: Vec<Arrow>,
}

/// One row. Its spans do not overlap, unless one lies wholly within another.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// Whose row it is: an invocation, the clients, the services.
    pub group: String,
    pub name: String,
    pub spans: Vec<Span>,
    pub marks: Vec<Mark>,
}

/// Something that took time, or was asked for and did not end.
#[derive(Clone, Debug)]
pub struct Span {
    pub kind: SpanKind,
    pub name: String,
    pub from: Duration,
    pub to: Duration,
    /// It did not come to its own end: the worker died, no answer came, the service refused.
    pub lost: bool,
    pub details: Vec<(&'static str, String)>,
}

/// What a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// The life of an execution, as its client sees it.
    Execution,
    /// A worker's handler.
    Invocation,
    /// A step's code.
    Body,
    /// From a request's leaving to its answer.
    Request,
    /// A service does what it was asked for, at once.
    Applied,
}

/// Something that happened at an instant.
#[derive(Clone, Debug)]
pub struct Mark {
    pub kind: MarkKind,
    pub name: String,
    pub time: Duration,
}

/// What a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    Fault,
    Effect,
    /// A step's completion was acknowledged.
    Completion,
    /// An outcome was reported.
    Outcome,
}

/// A message: from a request to where it is applied, and back to its answer.
#[derive(Clone, Debug)]
pub struct Arrow {
    pub name: String,
    /// Rows and times that it passes, at least two.
    pub hops: Vec<(usize, Duration)>,
}

impl SpanKind {
    /// For legends and categories.
    pub fn name(self) -> &'static str {
        match self {
            SpanKind::Execution => "execution",
            SpanKind::Invocation => "invocation",
            SpanKind::Body => "body",
            SpanKind::Request => "request",
            SpanKind::Applied => "applied",
        }
    }
}

impl MarkKind {
    /// For legends and categories.
    pub fn name(self) -> &'static str {
        match self {
            MarkKind::Fault => "fault",
            MarkKind::Effect => "effect",
            MarkKind::Completion => "completion",
            MarkKind::Outcome => "outcome",
        }
    }
}

impl Timeline {
    /// Every instant at which something begins, ends or happens, in order.
    pub fn instants(&self) -> Vec<Duration> {
        let spans = self.tracks.iter().flat_map(|track| &track.spans);
        let marks = self.tracks.iter().flat_map(|track| &track.marks);
        let mut instants: Vec<Duration> = spans
            .flat_map(|span| [span.from, span.to])
            .chain(marks.map(|mark| mark.time))
            .collect();
        instants.sort_unstable();
        instants.dedup();
        instants
    }
}
