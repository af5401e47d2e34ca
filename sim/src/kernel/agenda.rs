//! What is due, the earliest first.
//!
//! Many delays of a model are constants, and deadlines of equal delays are noted in the order in
//! which they come. An agenda keeps a few queues, each for one delay, and a heap for all others:
//! both noting in a queue and taking from it cost a few comparisons, however much is due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A deadline in nanoseconds; a number that orders equal ones, with a place in its lowest bits.
type Due = (u64, u64);

/// Bits of a place.
const PLACE: u32 = 24;

/// Queues, each for one delay.
const LANES: usize = 3;

/// Places by deadline; those of equal deadlines in the order in which they were noted.
#[derive(Debug, Default)]
pub struct Agenda {
    lanes: [Lane; LANES],
    rest: BinaryHeap<Reverse<Due>>,
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
    lane: usize,
}

impl Agenda {
    /// Notes a place at the time `now`, which must not go back; returns the entry's number, from 1.
    pub fn note(&mut self, now: u64, deadline: u64, place: usize) -> u64 {
        assert!(place >> PLACE == 0, "too much under way at once");
        self.noted += 1;
        let due = (deadline, self.noted << PLACE | place as u64);
        let delay = deadline - now;
        let mut lanes = self.lanes.iter_mut();
        match lanes.find(|lane| lane.delay == delay || lane.queue.is_empty()) {
            Some(lane) => {
                lane.delay = delay;
                lane.queue.push_back(due);
            }
            None => self.rest.push(Reverse(due)),
        }
        self.noted
    }

    /// The first entry.
    pub fn first(&self) -> Option<Entry> {
        let mut first = self.rest.peek().map(|Reverse(due)| (*due, LANES));
        for (place, lane) in self.lanes.iter().enumerate() {
            if let Some(due) = lane.queue.front() {
                if first.is_none_or(|(least, _)| *due < least) {
                    first = Some((*due, place));
                }
            }
        }
        first.map(|((deadline, numbered), lane)| Entry {
            deadline,
            number: numbered >> PLACE,
            place: (numbered & ((1 << PLACE) - 1)) as usize,
            lane,
        })
    }

    /// Removes the first entry.
    pub fn remove(&mut self, first: Entry) {
        match self.lanes.get_mut(first.lane) {
            Some(lane) => drop(lane.queue.pop_front()),
            None => drop(self.rest.pop()),
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
