//! One module per promise.

mod crash_table;
mod durable_counts;
mod explicit_counts;
mod transfers;
