//! Hashing of numbers, the same in every process. Maps that use it are never iterated.

use std::hash::{BuildHasherDefault, Hasher};

/// Builds [`NumberHasher`]s.
pub type Numbers = BuildHasherDefault<NumberHasher>;

/// Spreads one number over 64 bits.
#[derive(Debug, Default)]
pub struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
