//! Units consumed by a run, as the price lists count them.

use crate::services::kv::KvMeter;
use crate::services::object::ObjectMeter;
use crate::services::provider;
use std::ops::AddAssign;
use std::time::Duration;

/// Units consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Invocations of functions, replays and the first chunk of asynchronous events included.
    pub function_requests: u64,
    /// Further chunks of asynchronous events.
    pub async_chunks: u64,
    /// Billed duration times memory on x86, in GB-s.
    pub gb_s_x86: f64,
    /// Billed duration times memory on arm64, in GB-s.
    pub gb_s_arm64: f64,
    /// Durable operations.
    pub durable_operations: u64,
    /// Bytes written to the durable backend.
    pub durable_bytes_written: u64,
    /// Bytes kept by the durable backend, times seconds, during and after the execution.
    pub durable_byte_seconds: f64,
    /// Write units of the key-value store.
    pub kv_write_units: u64,
    /// Read units of the key-value store, a multiple of one half.
    pub kv_read_units: f64,
    /// Bytes held by the key-value store, times seconds.
    pub kv_byte_seconds: f64,
    /// Puts and lists of the object store.
    pub object_puts: u64,
    /// Gets of the object store.
    pub object_gets: u64,
    /// Deletes of the object store.
    pub object_deletes: u64,
    /// Bytes held by the object store, times seconds.
    pub object_byte_seconds: f64,
    /// Requests to a message queue.
    pub queue_requests: u64,
    /// Tokens, characters and pictures of the providers, in their order.
    pub provider_units: [u64; provider::COUNT],
    /// vCPU-hours and GB-hours of workers, busy or not.
    pub worker_vcpu_hours: f64,
    pub worker_gb_hours: f64,
    /// The same of a self-hosted orchestrator.
    pub server_vcpu_hours: f64,
    pub server_gb_hours: f64,
    /// Actions of an orchestrator that is paid by use.
    pub actions: u64,
    /// Bytes of its histories times seconds, of open executions and of closed ones.
    pub history_byte_seconds: f64,
    pub retained_byte_seconds: f64,
}

impl Usage {
    /// Adds what a key-value store consumed until `now`.
    pub fn add_kv(&mut self, meter: &KvMeter, now: Duration) {
        self.kv_write_units += meter.write_units;
        self.kv_read_units += meter.read_units();
        self.kv_byte_seconds += meter.stored.byte_seconds(now);
    }

    /// Adds what an object store consumed until `now`.
    pub fn add_objects(&mut self, meter: &ObjectMeter, now: Duration) {
        self.object_puts += meter.puts + meter.lists;
        self.object_gets += meter.gets;
        self.object_deletes += meter.deletes;
        self.object_byte_seconds += meter.stored.byte_seconds(now);
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Usage) {
        self.function_requests += more.function_requests;
        self.async_chunks += more.async_chunks;
        self.gb_s_x86 += more.gb_s_x86;
        self.gb_s_arm64 += more.gb_s_arm64;
        self.durable_operations += more.durable_operations;
        self.durable_bytes_written += more.durable_bytes_written;
        self.durable_byte_seconds += more.durable_byte_seconds;
        self.kv_write_units += more.kv_write_units;
        self.kv_read_units += more.kv_read_units;
        self.kv_byte_seconds += more.kv_byte_seconds;
        self.object_puts += more.object_puts;
        self.object_gets += more.object_gets;
        self.object_deletes += more.object_deletes;
        self.object_byte_seconds += more.object_byte_seconds;
        self.queue_requests += more.queue_requests;
        for (units, more) in self.provider_units.iter_mut().zip(more.provider_units) {
            *units += more;
        }
        self.worker_vcpu_hours += more.worker_vcpu_hours;
        self.worker_gb_hours += more.worker_gb_hours;
        self.server_vcpu_hours += more.server_vcpu_hours;
        self.server_gb_hours += more.server_gb_hours;
        self.actions += more.actions;
        self.history_byte_seconds += more.history_byte_seconds;
        self.retained_byte_seconds += more.retained_byte_seconds;
    }
}
