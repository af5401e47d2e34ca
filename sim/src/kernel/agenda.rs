//! What is due, the earliest first.
//!
//! Many delays of a model are constants, and deadlines of equal delays are noted in the order in
//! which they come. An agenda keeps a few queues, each for one delay, and a heap for all others:
//! both noting in a queue and taking from it cost a few comparisons, however much is due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A deadline in nanoseconds, the number of the entry, and its place, from the highest bits down.
type Due = u128;

/// Bits of a place.
const PLACE: u32 = 24;

/// Queues, each for one delay.
const LANES: usize = 3;

/// Later than everything.
const NEVER: Due = Due::MAX;

/// Places by deadline; those of equal deadlines in the order in which they were noted.
#[derive(Debug)]
pub struct Agenda {
    lanes: [Lane; LANES],
    rest: BinaryHeap<Reverse<Due>>,
    /// The first of each queue, and then of the heap.
    firsts: [Due; LANES + 1],
    /// The first of them, and which it is.
    first: (Due, usize),
    /// The first of all others.
    second: Due,
    noted: u64,
}

/// Deadlines that were all noted so long before. An empty one can be for any delay.
#[derive(Debug, Default)]
struct Lane {
    delay: u64,
    queue: VecDeque<Due>,
}

/// An entry of an agenda.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub deadline: u64,
    /// The how-manieth entry it is, from 1.
    pub number: u64,
    pub place: usize,
    /// Where it is.
    lane: usize,
}

impl Default for Agenda {
    fn default() -> Agenda {
        Agenda {
            lanes: Default::default(),
            rest: BinaryHeap::new(),
            firsts: [NEVER; LANES + 1],
            first: (NEVER, 0),
            second: NEVER,
            noted: 0,
        }
    }
}

impl Agenda {
    /// Notes a place at the time `now`, which must not go back; returns the entry's number, from 1.
    pub fn note(&mut self, now: u64, deadline: u64, place: usize) -> u64 {
        assert!(place >> PLACE == 0, "too much under way at once");
        self.noted += 1;
        let numbered = self.noted << PLACE | place as u64;
        let due = Due::from(deadline) << 64 | Due::from(numbered);
        let delay = deadline - now;
        let fits = |lane: &Lane| lane.delay == delay || lane.queue.is_empty();
        let lane = self.lanes.iter().position(fits).unwrap_or(LANES);
        match self.lanes.get_mut(lane) {
            Some(lane) => {
                lane.delay = delay;
                lane.queue.push_back(due);
            }
            None => self.rest.push(Reverse(due)),
        }
        if due < self.firsts[lane] {
            self.firsts[lane] = due;
            self.order();
        }
        self.noted
    }

    /// The first entry.
    pub fn first(&self) -> Option<Entry> {
        let (first, lane) = self.first;
        let numbered = first as u64;
        (first != NEVER).then_some(Entry {
            deadline: (first >> 64) as u64,
            number: numbered >> PLACE,
            place: (numbered & ((1 << PLACE) - 1)) as usize,
            lane,
        })
    }

    /// Removes the first entry.
    pub fn remove(&mut self, first: Entry) {
        let next = match self.lanes.get_mut(first.lane) {
            Some(lane) => {
                lane.queue.pop_front();
                lane.queue.front()
            }
            None => {
                self.rest.pop();
                self.rest.peek().map(|Reverse(due)| due)
            }
        };
        let next = next.copied().unwrap_or(NEVER);
        self.firsts[first.lane] = next;
        // Much is due at the same time, and that is mostly of one queue.
        match next < self.second {
            true => self.first.0 = next,
            false => self.order(),
        }
    }

    /// Finds the first, and the first of the others.
    fn order(&mut self) {
        (self.first, self.second) = ((NEVER, 0), NEVER);
        for (lane, due) in self.firsts.into_iter().enumerate() {
            if due < self.first.0 {
                (self.second, self.first) = (self.first.0, (due, lane));
            } else if due < self.second {
                self.second = due;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_by_deadline_and_then_in_the_order_of_noting() {
        let mut agenda = Agenda::default();
        let mut expected = Vec::new();
        let mut seed = 7_u64;
        for now in 0..1000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Three that recur, and others.
            let delay = [3, 5, 400, (seed >> 33) % 50][(seed >> 60) as usize % 4];
            let deadline = now + delay;
            let place = now as usize;
            expected.push((deadline, agenda.note(now, deadline, place), place));
            if seed >> 62 == 0 {
                expected.sort_unstable();
                let first = take(&mut agenda).expect("one was noted");
                assert_eq!(first, expected.remove(0));
            }
        }
        expected.sort_unstable();
        for first in expected {
            assert_eq!(take(&mut agenda), Some(first));
        }
        assert_eq!(take(&mut agenda), None);
    }

    fn take(agenda: &mut Agenda) -> Option<(u64, u64, usize)> {
        let first = agenda.first()?;
        agenda.remove(first);
        Some((first.deadline, first.number, first.place))
    }
}
