//! One module per promise.

mod durable_counts;
