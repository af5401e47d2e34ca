//! Invocations in line for an environment, first come first served.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Duration;

/// Those who wait, in their order.
#[derive(Debug, Default)]
pub struct Line {
    waiting: VecDeque<(u64, Option<Waker>)>,
    tickets: u64,
    /// How long each execution's invocation waited that was let in, with the execution.
    pub waits: Vec<(u32, Duration)>,
}

impl Line {
    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Stands at the end.
    pub fn join(&mut self) -> u64 {
        self.tickets += 1;
        self.waiting.push_back((self.tickets, None));
        self.tickets
    }

    /// Leaves, if it is the first; the next one looks whether there is room for it too.
    pub(super) fn leave(&mut self, ticket: u64) -> bool {
        let is_first = self
            .waiting
            .front()
            .is_some_and(|(first, _)| *first == ticket);
        if is_first {
            self.waiting.pop_front();
            self.next();
        }
        is_first
    }

    /// Waits on: never a reason to go.
    pub(super) fn stay(&mut self, ticket: u64, waker: &Waker) -> bool {
        let first = self.waiting.front().map_or(ticket, |(first, _)| *first);
        let place = (ticket - first) as usize;
        if let Some((_, known)) = self.waiting.get_mut(place) {
            *known = Some(waker.clone());
        }
        false
    }

    /// The first may look whether there is room.
    pub(super) fn next(&mut self) {
        if let Some((_, waker)) = self.waiting.front_mut() {
            waker.take().into_iter().for_each(Waker::wake);
        }
    }
}
