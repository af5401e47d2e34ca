//! Items: a few named values, and how large they count.
//!
//! Sizes follow the DynamoDB Developer Guide, "Item sizes and formats": an attribute counts the
//! length of its name and of its value; a text its UTF-8 length; a number one byte and one more
//! for every two significant digits. The key is not counted: put it into the item if it matters.

/// The value of one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Whole number.
    Int(i64),
    /// Text known to the program.
    Text(&'static str),
    /// Opaque bytes of which only the length matters.
    Bytes(u64),
}

impl Value {
    /// Size in bytes.
    pub fn bytes(self) -> u64 {
        match self {
            Value::Int(number) => significant_digits(number).div_ceil(2) + 1,
            Value::Text(text) => text.len() as u64,
            Value::Bytes(length) => length,
        }
    }
}

/// Decimal digits without the zeros at the end; zero has one.
fn significant_digits(number: i64) -> u64 {
    let mut rest = number.unsigned_abs();
    while rest != 0 && rest % 10 == 0 {
        rest /= 10;
    }
    u64::from(rest.checked_ilog10().unwrap_or(0)) + 1
}

/// A short list of attributes, in the order of their names.
///
/// # Examples
/// ```
/// use models::services::kv::{Item, Value};
/// let item = Item::new().with("value", Value::Int(7)).with("state", Value::Text("done"));
/// assert_eq!(item.int("value"), Some(7));
/// assert_eq!(item.bytes(), (5 + 2) + (5 + 4));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item(Vec<(&'static str, Value)>);

impl Item {
    /// An item without attributes.
    pub fn new() -> Item {
        Item::default()
    }

    /// The item with one more attribute, or another value of it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Item {
        self.set(name, value);
        self
    }

    /// Gives an attribute a value.
    pub fn set(&mut self, name: &'static str, value: Value) {
        match self.position(name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.position(name).ok().map(|at| self.0[at].1)
    }

    /// The number in an attribute, if there is one.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Value::Int(number)) => Some(number),
            _ => None,
        }
    }

    /// The text in an attribute, if there is one.
    pub fn text(&self, name: &str) -> Option<&'static str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// All attributes, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Value)> + '_ {
        self.0.iter().copied()
    }

    /// Size in bytes, names included.
    pub fn bytes(&self) -> u64 {
        let attribute =
            |(name, value): (&str, Value)| (name.len() as u64).saturating_add(value.bytes());
        self.iter().map(attribute).fold(0, u64::saturating_add)
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|attribute| attribute.0.cmp(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_one_byte_and_half_a_byte_per_significant_digit() {
        for (number, bytes) in [
            (0, 2),
            (7, 2),
            (-7, 2),
            (12, 2),
            (123, 3),
            (1_000, 2),
            (1_001, 3),
            (i64::MAX, 11),
            (i64::MIN, 11),
        ] {
            assert_eq!(Value::Int(number).bytes(), bytes, "{number}");
        }
    }

    #[test]
    fn texts_count_their_utf8_length() {
        assert_eq!(Value::Text("é").bytes(), 2);
    }

    #[test]
    fn the_order_of_setting_does_not_matter() {
        let (a, b) = (Value::Int(1), Value::Bytes(9));
        let one = Item::new().with("a", a).with("b", b);
        let other = Item::new().with("b", a).with("a", a).with("b", b);
        assert_eq!(one, other);
    }
}
