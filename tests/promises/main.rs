//! One module per promise.

mod async_events;
mod body_faults;
mod crash_table;
mod crash_times;
mod crashes;
mod duplicates;
mod durable_counts;
mod explicit_counts;
mod map_retries;
mod mutants;
mod network;
mod partitions;
mod pipeline;
mod platform;
mod priced_example;
mod processors;
mod queues;
mod quotas;
mod random_plans;
mod repeatable;
mod retry_delays;
mod step_times;
mod time_outs;
mod transfers;
mod waits;
mod zombies;
