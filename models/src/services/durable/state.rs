//! What the durable backend holds of a running execution: its operations and timers.

use super::Checkpointed;
use super::operation::{Action, OpId, OpType, Operation, Status, Update};
use super::operations::Operations;
use crate::value::Value;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

/// What the service holds of an execution that is not retired.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) operations: Operations,
    pub(super) token: u64,
    /// Changes so far; operations are stamped with it.
    pub(super) changes: u32,
    /// What the running invocation has seen.
    pub(super) seen: u32,
    /// Places of the operations that changed since.
    pub(super) recent: SmallVec<[u32; 4]>,
    pub(super) due: BTreeSet<(Duration, OpId)>,
    /// Callbacks that nobody has answered yet, functions that have not ended, and who waits for one.
    pub(super) unanswered: SmallVec<[OpId; 1]>,
    pub(super) waiting: Option<Waker>,
    /// The last accepted request by its client token, so that a repeat of it within one SDK call
    /// gets the same answer.
    pub(super) last: Option<(u64, Rc<Checkpointed>)>,
}

impl State {
    /// Completes the waits and readies the retries that are due.
    pub(super) fn fire(&mut self, now: Duration) {
        while let Some(&(due, id)) = self.due.first() {
            if due > now {
                return;
            }
            self.due.remove(&(due, id));
            let place = self.operations.find(id).expect("what is due is known");
            let operation = self.change(place);
            operation.due = None;
            operation.status = match operation.op_type {
                OpType::Wait => Status::Succeeded,
                OpType::Callback => Status::TimedOut,
                OpType::Step | OpType::Context | OpType::Invoke => Status::Ready,
            };
            self.unanswered.retain(|open| *open != id);
        }
    }

    /// Completes what somebody else does, if it is open, and wakes who waits for that. It failed without
    /// a result.
    pub(super) fn complete(&mut self, id: OpId, result: Option<Value>) -> bool {
        let Some(open) = self.unanswered.iter().position(|open| *open == id) else {
            return false;
        };
        self.unanswered.swap_remove(open);
        let place = self.operations.find(id).expect("what is open is known");
        let operation = self.change(place);
        operation.status = match result {
            Some(_) => Status::Succeeded,
            None => Status::Failed,
        };
        operation.result = result;
        if let Some(due) = operation.due.take() {
            self.due.remove(&(due, id));
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
        true
    }

    pub(super) fn allows(&self, updates: &[Update]) -> bool {
        let starts = |earlier: &Update, id| {
            earlier.id == id && matches!(earlier.action, Action::Start { .. })
        };
        updates.iter().enumerate().all(|(place, update)| {
            let stored = self.operations.get(update.id);
            let before = &updates[..place];
            let fresh = before.iter().any(|earlier| starts(earlier, update.id));
            let status = match (stored, fresh) {
                (_, true) => Some(Status::Started),
                (Some(operation), false) => Some(operation.status),
                (None, false) => None,
            };
            match (&update.action, status) {
                (Action::Start { .. }, None | Some(Status::Ready)) => true,
                (Action::Start { .. }, _) => false,
                (_, Some(Status::Started | Status::Ready)) => true,
                // A step or context may end without its START having been stored.
                (_, None) => true,
                (_, Some(_)) => false,
            }
        })
    }

    pub(super) fn apply(&mut self, update: &Update, now: Duration) {
        let place = self.place(update);
        let operation = self.change(place);
        match &update.action {
            Action::Start { wait } => {
                operation.status = Status::Started;
                if operation.op_type != OpType::Invoke {
                    operation.due = wait.map(|length| now + length);
                }
            }
            Action::Succeed {
                result,
                replay_children,
            } => {
                operation.status = Status::Succeeded;
                operation.replay_children = *replay_children;
                operation.result = Some(result.clone());
            }
            Action::Retry { delay, .. } => {
                operation.status = Status::Pending;
                operation.retries += 1;
                operation.due = Some(now + *delay);
            }
            Action::Fail { .. } => operation.status = Status::Failed,
        }
        if let Some(due) = operation.due {
            self.due.insert((due, update.id));
        }
        let begins = matches!(update.action, Action::Start { .. });
        if begins && matches!(update.op_type, OpType::Callback | OpType::Invoke) {
            self.unanswered.push(update.id);
        }
    }

    fn place(&mut self, update: &Update) -> usize {
        let known = self.operations.find(update.id);
        known.unwrap_or_else(|| {
            let Update {
                id,
                parent,
                op_type,
                name,
                ..
            } = *update;
            let operation = Operation::new(id, parent, op_type, name);
            self.operations.push(operation)
        })
    }

    /// The operation in a place, which changes: it is part of the next answer.
    fn change(&mut self, place: usize) -> &mut Operation {
        self.changes += 1;
        if self.recent.last() != Some(&(place as u32)) {
            self.recent.push(place as u32);
        }
        let operation = self.operations.at(place);
        operation.changed = self.changes;
        operation
    }

    /// The answer to a request that was accepted, as number `request`.
    pub(super) fn answer(&mut self, client_token: u64, request: u32) -> Rc<Checkpointed> {
        self.token += 1;
        self.seen = self.changes;
        // The memory of the last answer is used again if its receiver has let go of it.
        let last = self.last.take().map(|(_, answer)| answer);
        let mut answer = last.unwrap_or_default();
        if Rc::get_mut(&mut answer).is_none() {
            answer = Rc::default();
        }
        let fresh = Rc::get_mut(&mut answer).expect("it is not shared");
        fresh.token = self.token;
        fresh.request = request;
        self.take_unseen(&mut fresh.changed);
        self.last = Some((client_token, Rc::clone(&answer)));
        answer
    }

    /// The operations that changed since they were last asked for, in the order of their making.
    fn take_unseen(&mut self, changed: &mut SmallVec<[Operation; 2]>) {
        if self.recent.len() > 1 {
            self.recent.sort_unstable();
            self.recent.dedup();
        }
        changed.clear();
        let operations = self.operations.list();
        for place in self.recent.drain(..) {
            changed.push(operations[place as usize].clone());
        }
    }

    pub(super) fn visible(&self) -> Operations {
        let hidden = |mut parent: OpId| {
            while parent != OpId::ROOT {
                let Some(context) = self.operations.get(parent) else {
                    return false;
                };
                let over = matches!(context.status, Status::Succeeded | Status::Failed);
                if over && !context.replay_children {
                    return true;
                }
                parent = context.parent;
            }
            false
        };
        let seen = |operation: &&Operation| !hidden(operation.parent);
        let operations = self.operations.list().iter();
        operations.filter(seen).cloned().collect()
    }
}
