//! Task queues: tasks wait for pollers, or pollers for tasks; whoever came first goes first.
//!
//! A poll is a request that stays at the server until there is a task (a long poll). The server
//! hands the task to the poll that has waited longest, and does not know whether the worker still
//! lives: the poll of a process that died is gone with its connection, that of one that stands
//! still is not.

use super::op::{Process, Task};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Waker;

/// A long poll at the server.
#[derive(Debug)]
pub struct Seat {
    pub process: Process,
    pub task: RefCell<Option<Task>>,
    pub waker: RefCell<Option<Waker>>,
    /// The process is gone, or polls no more.
    pub gone: Cell<bool>,
}

impl Seat {
    /// A poll of this process.
    pub fn new(process: Process) -> Rc<Seat> {
        Rc::new(Seat {
            process,
            task: RefCell::default(),
            waker: RefCell::default(),
            gone: Cell::new(false),
        })
    }

    /// Answers the poll.
    pub fn give(&self, task: Task) {
        *self.task.borrow_mut() = Some(task);
        self.ring();
    }

    /// Wakes whoever waits.
    pub fn ring(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// A task that waits for a worker: its key, and the only process that may take it, if so.
#[derive(Clone, Debug)]
pub struct Job<K> {
    pub key: K,
    pub only: Option<Process>,
}

/// A queue.
#[derive(Debug)]
pub struct TaskQueue<K> {
    jobs: VecDeque<Job<K>>,
    seats: VecDeque<Rc<Seat>>,
}

impl<K> Default for TaskQueue<K> {
    fn default() -> Self {
        TaskQueue {
            jobs: VecDeque::new(),
            seats: VecDeque::new(),
        }
    }
}

impl<K> TaskQueue<K> {
    /// A task arrives: the poll that gets it, or `None` if it has to wait.
    pub fn offer(&mut self, job: Job<K>) -> Option<(Job<K>, Rc<Seat>)> {
        self.seats.retain(|seat| !seat.gone.get());
        let fits = |seat: &Rc<Seat>| job.only.is_none_or(|only| only == seat.process);
        match self.seats.iter().position(fits) {
            Some(place) => {
                let seat = self.seats.remove(place).expect("it was just found");
                Some((job, seat))
            }
            None => {
                self.jobs.push_back(job);
                None
            }
        }
    }

    /// A poll arrives: the task that it gets, of those that `is_due` says still count, or `None`
    /// if it has to wait.
    pub fn sit(&mut self, seat: &Rc<Seat>, is_due: impl Fn(&K) -> bool) -> Option<Job<K>> {
        let mut place = 0;
        while let Some(job) = self.jobs.get(place) {
            if !is_due(&job.key) {
                self.jobs.remove(place);
            } else if job.only.is_none_or(|only| only == seat.process) {
                return self.jobs.remove(place);
            } else {
                place += 1;
            }
        }
        self.seats.push_back(Rc::clone(seat));
        None
    }

    /// Wakes all polls.
    pub fn ring(&self) {
        self.seats.iter().for_each(|seat| seat.ring());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(key: u32, only: Option<Process>) -> Job<u32> {
        Job { key, only }
    }

    #[test]
    fn tasks_and_polls_meet_in_the_order_of_their_arrival() {
        let mut queue = TaskQueue::default();
        for key in [1, 2] {
            assert!(queue.offer(job(key, None)).is_none());
        }
        let found = queue.sit(&Seat::new(7), |_| true);
        assert_eq!(found.map(|job| job.key), Some(1));
        assert_eq!(
            queue.sit(&Seat::new(7), |key| *key != 2).map(|j| j.key),
            None
        );
        let (_, seat) = queue.offer(job(3, None)).expect("a poll waits");
        assert_eq!(seat.process, 7);
    }

    #[test]
    fn a_sticky_task_waits_for_its_process_and_a_dead_poll_gets_nothing() {
        let mut queue = TaskQueue::default();
        let (dead, other) = (Seat::new(1), Seat::new(2));
        assert!(queue.sit(&dead, |_| true).is_none());
        assert!(queue.sit(&other, |_| true).is_none());
        dead.gone.set(true);
        assert!(queue.offer(job(5, Some(1))).is_none());
        let (_, seat) = queue.offer(job(6, None)).expect("the other polls");
        assert_eq!(seat.process, 2);
    }
}
