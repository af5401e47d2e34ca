//! Tasks: clients and control loops outside the workers, and one task for each invocation.
//!
//! Workers that are ready at the same instant have their turns in a random order that follows the
//! schedule seed, as madsim's own tasks do. What is outside takes part in the draw as one: clients
//! and control loops that are ready go on in the order in which they became so. Tasks are ours
//! because they are cheaper: a timer wakes a task by its number, without a lock or an allocation,
//! and a worker that dies is a future that is dropped.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

type Boxed = Pin<Box<dyn Future<Output = ()>>>;

/// A task's place; another task may have it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskId(u32);

/// All tasks of a run.
pub struct Tasks {
    places: RefCell<Vec<Place>>,
    free: RefCell<Vec<TaskId>>,
    /// Workers whose turn may be next, and [`OUTSIDE`] if that may be.
    ready: RefCell<Vec<TaskId>>,
    /// Tasks outside that are ready, and whether it is their turn.
    outside: RefCell<VecDeque<TaskId>>,
    outside_goes: Cell<bool>,
    /// What wakers woke since the last look.
    woken: Arc<Woken>,
    /// Futures of killed tasks, to be dropped between two turns.
    dead: RefCell<Vec<Boxed>>,
    /// The task whose turn it is, and its waker's data.
    running: Cell<(TaskId, *const ())>,
    dice: RefCell<ChaCha8Rng>,
    /// How many have not ended.
    count: Cell<usize>,
}

/// Stands for all tasks outside the workers.
const OUTSIDE: TaskId = TaskId(u32::MAX);

struct Place {
    is_worker: bool,
    /// None while it is the task's turn, and when there is no task.
    future: Option<Boxed>,
    /// None while it is the task's turn.
    waker: Option<Waker>,
    state: State,
    is_ready: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Free,
    Going,
    /// Stands still: it stays ready, and gets no turn.
    Still,
    /// Killed by itself, during its turn.
    Killed,
}

#[derive(Default)]
struct Woken {
    any: AtomicBool,
    tasks: Mutex<Vec<TaskId>>,
}

struct Bell(TaskId, Arc<Woken>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Bell(task, woken) = &**self;
        let mut tasks = woken.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.push(*task);
        woken.any.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("count", &self.count).finish()
    }
}

impl Tasks {
    /// No tasks; their order follows the seed.
    pub fn new(schedule_seed: u64) -> Tasks {
        Tasks {
            places: RefCell::default(),
            free: RefCell::default(),
            ready: RefCell::default(),
            outside: RefCell::default(),
            outside_goes: Cell::new(false),
            woken: Arc::default(),
            dead: RefCell::default(),
            running: Cell::new((OUTSIDE, std::ptr::null())),
            dice: RefCell::new(ChaCha8Rng::seed_from_u64(schedule_seed)),
            count: Cell::new(0),
        }
    }

    /// Starts a task outside the workers.
    pub fn start(&self, task: impl Future<Output = ()> + 'static) {
        self.begin(Box::pin(task), false);
    }

    /// Starts a worker's task.
    pub fn start_worker(&self, task: impl Future<Output = ()> + 'static) -> TaskId {
        self.begin(Box::pin(task), true)
    }

    fn begin(&self, task: Boxed, is_worker: bool) -> TaskId {
        self.count.set(self.count.get() + 1);
        let id = self.free.borrow_mut().pop().unwrap_or_else(|| self.place());
        {
            let place = &mut self.places.borrow_mut()[id.0 as usize];
            place.future = Some(task);
            place.state = State::Going;
            place.is_worker = is_worker;
        }
        self.wake(id);
        id
    }

    fn place(&self) -> TaskId {
        let mut places = self.places.borrow_mut();
        let id = TaskId(places.len() as u32);
        places.push(Place {
            is_worker: false,
            future: None,
            waker: Some(Arc::new(Bell(id, Arc::clone(&self.woken))).into()),
            state: State::Free,
            is_ready: false,
        });
        id
    }

    /// How many have not ended.
    pub fn count(&self) -> usize {
        self.count.get()
    }

    /// The task whose turn it is, if the waker is its own.
    pub fn running(&self, waker: &Waker) -> Option<TaskId> {
        let (id, own) = self.running.get();
        (waker.data() == own).then_some(id)
    }

    /// Lets a task have a turn.
    pub fn wake(&self, id: TaskId) {
        let place = &mut self.places.borrow_mut()[id.0 as usize];
        if mem::replace(&mut place.is_ready, true) || place.state == State::Still {
            return;
        }
        if place.is_worker {
            self.ready.borrow_mut().push(id);
            return;
        }
        let mut outside = self.outside.borrow_mut();
        if outside.is_empty() && !self.outside_goes.get() {
            self.ready.borrow_mut().push(OUTSIDE);
        }
        outside.push_back(id);
    }

    /// Lets a worker's task stand still: it gets no turn until it goes on.
    pub fn pause(&self, id: TaskId) {
        self.places.borrow_mut()[id.0 as usize].state = State::Still;
        self.ready.borrow_mut().retain(|ready| *ready != id);
    }

    /// Lets a worker's task that stands still go on.
    pub fn resume(&self, id: TaskId) {
        let place = &mut self.places.borrow_mut()[id.0 as usize];
        place.state = State::Going;
        if place.is_ready {
            self.ready.borrow_mut().push(id);
        }
    }

    /// Ends a worker's task where it is.
    pub fn kill(&self, id: TaskId) {
        let future = {
            let place = &mut self.places.borrow_mut()[id.0 as usize];
            // A task that stands still is ready and not in the list.
            place.is_ready &= place.state != State::Still;
            place.state = State::Killed;
            place.future.take()
        };
        // A task that kills itself is dropped after its turn.
        if let Some(future) = future {
            self.dead.borrow_mut().push(future);
            self.end(id);
        }
    }

    fn end(&self, id: TaskId) {
        self.places.borrow_mut()[id.0 as usize].state = State::Free;
        self.free.borrow_mut().push(id);
        self.count.set(self.count.get() - 1);
    }

    /// Gives one of the ready tasks its turn. False if none is ready.
    pub fn turn(&self) -> bool {
        self.collect_woken();
        let Some(id) = self.next_outside().or_else(|| self.pick()) else {
            return false;
        };
        let (future, waker) = {
            let place = &mut self.places.borrow_mut()[id.0 as usize];
            place.is_ready = false;
            let Some(future) = place.future.take() else {
                return true;
            };
            (future, place.waker.take().expect("it is nobody's turn"))
        };
        self.running.set((id, waker.data()));
        self.go(id, future, waker);
        if !self.dead.borrow().is_empty() {
            drop(self.dead.take());
        }
        true
    }

    fn go(&self, id: TaskId, mut future: Boxed, waker: Waker) {
        let done = future.as_mut().poll(&mut Context::from_waker(&waker));
        {
            let place = &mut self.places.borrow_mut()[id.0 as usize];
            place.waker = Some(waker);
            if done.is_pending() && place.state != State::Killed {
                place.future = Some(future);
                return;
            }
        }
        drop(future);
        self.end(id);
    }

    fn collect_woken(&self) {
        if self.woken.any.load(Ordering::Relaxed) {
            self.woken.any.store(false, Ordering::Relaxed);
            let mut tasks = self
                .woken
                .tasks
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            tasks.drain(..).for_each(|task| self.wake(task));
        }
    }

    fn pick(&self) -> Option<TaskId> {
        let mut ready = self.ready.borrow_mut();
        let turn = match ready.len() {
            0 => return None,
            1 => 0,
            // The chance of each differs by less than 1 in 2^32 / count.
            count => (u64::from(self.dice.borrow_mut().next_u32()) * count as u64) >> 32,
        };
        match ready.swap_remove(turn as usize) {
            OUTSIDE => {
                self.outside_goes.set(true);
                self.outside.borrow_mut().pop_front()
            }
            worker => Some(worker),
        }
    }

    /// The next task outside, while it is their turn.
    fn next_outside(&self) -> Option<TaskId> {
        if !self.outside_goes.get() {
            return None;
        }
        let next = self.outside.borrow_mut().pop_front();
        self.outside_goes.set(next.is_some());
        next
    }

    /// Drops all tasks.
    pub fn clear(&self) {
        let places = mem::take(&mut *self.places.borrow_mut());
        drop(places);
    }
}
