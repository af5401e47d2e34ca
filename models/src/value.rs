//! What steps return: values with the size that they have as JSON.

use std::fmt;
use std::rc::Rc;

/// A step's result as an engine stores it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Unit,
    Int(i64),
    /// A number that carries further bytes of state.
    Padded {
        int: i64,
        bytes: u64,
    },
    /// A reference to a stored media object: index, bytes of the object, and the body that wrote it.
    Segment {
        index: u32,
        bytes: u64,
        body: u32,
    },
    List(Rc<[Value]>),
}

impl Value {
    /// Bytes of the media object that it refers to.
    pub fn segment_bytes(&self) -> u64 {
        match self {
            Value::Segment { bytes, .. } => *bytes,
            _ => 0,
        }
    }

    /// Length of the value as JSON, in bytes.
    pub fn bytes(&self) -> u64 {
        match self {
            Value::Unit => 4,
            Value::Int(v) => digits(*v),
            Value::Padded { int, bytes } => digits(*int) + bytes,
            // {"key":"segments/0000","bytes":250000,"body":1}
            Value::Segment { index, bytes, body } => {
                36 + digits(i64::from(*index)).max(4)
                    + digits(*bytes as i64)
                    + digits(i64::from(*body))
            }
            Value::List(items) => {
                let inside: u64 = items.iter().map(|item| item.bytes() + 1).sum();
                inside.max(1) + 1
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unit => f.write_str("nothing"),
            Value::Int(int) => write!(f, "{int}"),
            Value::Padded { int, bytes } => write!(f, "{int} and {bytes} bytes"),
            Value::Segment { index, bytes, body } => {
                write!(f, "segment {index} ({bytes} bytes, written by body {body})")
            }
            Value::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}

fn digits(value: i64) -> u64 {
    let sign = u64::from(value < 0);
    sign + value
        .unsigned_abs()
        .checked_ilog10()
        .map_or(1, |d| u64::from(d) + 1)
}

/// A type that a step may return.
pub trait Payload: Clone + 'static {
    /// As stored.
    fn pack(&self) -> Value;
    /// From storage. Panics when the stored value has another shape, which the engines'
    /// determinism check (type and name of the operation) rules out.
    fn unpack(value: &Value) -> Self;
}

impl Payload for () {
    fn pack(&self) -> Value {
        Value::Unit
    }
    fn unpack(_: &Value) {}
}

impl Payload for Value {
    fn pack(&self) -> Value {
        self.clone()
    }
    fn unpack(value: &Value) -> Value {
        value.clone()
    }
}

impl<T: Payload> Payload for Vec<T> {
    fn pack(&self) -> Value {
        Value::List(self.iter().map(Payload::pack).collect())
    }
    fn unpack(value: &Value) -> Vec<T> {
        match value {
            Value::List(items) => items.iter().map(T::unpack).collect(),
            other => panic!("stored {other:?} where a list was expected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_json() {
        assert_eq!(Value::Int(0).bytes(), 1);
        assert_eq!(Value::Int(-10).bytes(), 3);
        assert_eq!(Value::List([].into()).bytes(), "[]".len() as u64);
        let list = Value::List([Value::Int(1), Value::Int(22)].into());
        assert_eq!(list.bytes(), "[1,22]".len() as u64);
        let segment = Value::Segment {
            index: 3,
            bytes: 250_000,
            body: 1,
        };
        assert_eq!(
            segment.bytes(),
            r#"{"key":"segments/0003","bytes":250000,"body":1}"#.len() as u64
        );
    }
}
