//! The operations of an execution, as the service and the SDK each hold them.

use super::operation::{OpId, Operation};
use crate::numbers::Numbers;
use smallvec::SmallVec;
use std::collections::HashMap;

/// Operations in the order of their making, found by their ids.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    list: Vec<Operation>,
    /// Their ids, apart: a search reads nothing else.
    ids: SmallVec<[OpId; FEW / 2]>,
    /// Places by id, once there are many.
    index: Option<HashMap<OpId, u32, Numbers>>,
}

/// As many as are searched one by one.
const FEW: usize = 16;

impl Operations {
    /// Where an operation is. Mostly it is one of the last.
    pub fn find(&self, id: OpId) -> Option<usize> {
        if self.ids.len() <= FEW {
            return self.ids.iter().rposition(|known| *known == id);
        }
        self.find_among_many(id)
    }

    #[cold]
    fn find_among_many(&self, id: OpId) -> Option<usize> {
        let last = self.ids.len() - 1;
        match self.ids[last] == id {
            true => Some(last),
            false => self
                .index
                .as_ref()
                .and_then(|index| index.get(&id))
                .map(|place| *place as usize),
        }
    }

    /// An operation by its id.
    pub fn get(&self, id: OpId) -> Option<&Operation> {
        self.find(id).map(|place| &self.list[place])
    }

    /// Takes an operation in the place of the one with its id, or as a new one.
    pub fn put(&mut self, operation: &Operation) {
        match self.find(operation.id) {
            Some(place) => self.list[place] = operation.clone(),
            None => {
                self.push(operation.clone());
            }
        }
    }

    /// Adds an operation with a new id; returns its place.
    #[inline(always)]
    pub fn push(&mut self, operation: Operation) -> usize {
        let place = self.list.len();
        if place == 0 {
            self.list.reserve(FEW / 2);
        }
        self.ids.push(operation.id);
        if place >= FEW {
            self.note_place(operation.id, place);
        }
        self.list.push(operation);
        place
    }

    /// Keeps the index, which there is once there are many.
    #[cold]
    fn note_place(&mut self, id: OpId, place: usize) {
        if place == FEW {
            let places = self.ids.iter().copied().zip(0..);
            self.index = Some(places.collect());
        } else if let Some(index) = &mut self.index {
            index.insert(id, place as u32);
        }
    }

    /// All of them.
    pub fn list(&self) -> &[Operation] {
        &self.list
    }

    /// The operation in a place.
    pub fn at(&mut self, place: usize) -> &mut Operation {
        &mut self.list[place]
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl FromIterator<Operation> for Operations {
    fn from_iter<I: IntoIterator<Item = Operation>>(from: I) -> Operations {
        let mut operations = Operations::default();
        from.into_iter().for_each(|operation| {
            operations.push(operation);
        });
        operations
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point::StepName;
    use crate::services::durable::{OpType, Status};

    fn operation(position: u32) -> Operation {
        Operation {
            id: OpId::ROOT.child(position),
            parent: OpId::ROOT,
            op_type: OpType::Step,
            name: StepName::NONE,
            status: Status::Started,
            retries: 0,
            result: None,
            replay_children: false,
            due: None,
            changed: position,
        }
    }

    #[test]
    fn an_operation_is_found_among_few_and_among_many() {
        for count in [0, 1, 16, 17, 18, 100] {
            let operations: Operations = (0..count).map(operation).collect();
            for position in 0..count {
                let found = operations.get(OpId::ROOT.child(position)).unwrap();
                assert_eq!(found.changed, position);
            }
            assert!(operations.get(OpId::ROOT.child(count)).is_none());
        }
    }

    #[test]
    fn an_operation_is_replaced_by_one_of_its_id() {
        let mut operations: Operations = (0..20).map(operation).collect();
        let mut changed = operation(3);
        changed.retries = 7;
        operations.put(&changed);
        assert_eq!(operations.list().len(), 20);
        assert_eq!(operations.list()[3].retries, 7);
    }
}
