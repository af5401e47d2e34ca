//! The stores and platforms that engines use, as state machines.

pub mod function;
