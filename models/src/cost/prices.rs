//! Prices by row of a price file, and the rounding rules that belong to them.

use crate::data::Table;
use std::time::Duration;

macro_rules! prices {
    ($($field:ident $row:literal $doc:literal)*) => {
        /// Prices in USD, and the units they are for, from a price file.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Prices { $(#[doc = $doc] pub $field: f64),* }

        impl Prices {
            /// Reads the rows of a price file. The error names the row.
            pub fn from_table(table: &Table) -> Result<Prices, String> {
                Ok(Prices { $($field: table.number($row)?),* })
            }
        }
    };
}

prices! {
    function_million "function.request_usd_per_million" "A million invocations."
    gb_s_x86 "function.gb_s_x86_usd" "A GB-s of function time on x86."
    gb_s_arm64 "function.gb_s_arm64_usd" "A GB-s of function time on arm64."
    granularity_ms "function.duration_granularity_ms" "Function time rounds up to a multiple of this many ms."
    async_first_chunk_bytes "function.async_first_chunk_bytes" "Bytes of an asynchronous event that the invocation covers."
    async_chunk_bytes "function.async_chunk_bytes" "Bytes that each further request covers."
    durable_million "durable.operation_usd_per_million" "A million durable operations."
    durable_written_gb "durable.written_gb_usd" "A GB written to the durable backend."
    durable_gb_month "durable.retained_gb_month_usd" "A GB kept by the durable backend for a month."
    kv_write_million "kv.write_unit_usd_per_million" "A million write units."
    kv_read_million "kv.read_unit_usd_per_million" "A million read units."
    kv_gb_month "kv.storage_gb_month_usd" "A GB in the key-value store for a month."
    object_put_thousand "object.put_usd_per_thousand" "A thousand puts and lists."
    object_get_thousand "object.get_usd_per_thousand" "A thousand gets."
    object_delete_thousand "object.delete_usd_per_thousand" "A thousand deletes."
    object_gb_month "object.storage_gb_month_usd" "A GB in the object store for a month."
    queue_million "queue.request_usd_per_million" "A million queue requests."
    llm_million "provider.llm_usd_per_million" "A million tokens of the language model."
    llm_backup_million "provider.llm_backup_usd_per_million" "A million tokens of the one that stands in."
    tts_million "provider.tts_usd_per_million" "A million characters of speech."
    tts_backup_million "provider.tts_backup_usd_per_million" "A million characters of the provider that stands in."
    image_thousand "provider.image_usd_per_thousand" "A thousand pictures."
    image_backup_thousand "provider.image_backup_usd_per_thousand" "A thousand pictures of the provider that stands in."
    worker_vcpu_hour "worker.vcpu_hour_usd" "A vCPU of a worker for an hour."
    worker_gb_hour "worker.gb_hour_usd" "A GB of a worker for an hour."
    action_million "orchestrator.action_usd_per_million" "A million actions of an orchestrator."
    history_gb_hour "orchestrator.active_gb_hour_usd" "A GB of open histories for an hour."
    retained_gb_hour "orchestrator.retained_gb_hour_usd" "A GB of closed histories for an hour."
    free_requests "free.requests_per_month" "Invocations that are free each month."
    free_gb_s "free.gb_s_per_month" "GB-s of function time that are free each month."
}

impl Prices {
    /// Function time rounds up to a multiple of this.
    pub fn granularity(&self) -> Duration {
        crate::time::millis(self.granularity_ms)
    }

    /// Chunks of an asynchronous event of `bytes` beyond the one that its invocation covers.
    pub fn async_chunks(&self, bytes: u64) -> u64 {
        let more = bytes.saturating_sub(self.async_first_chunk_bytes as u64);
        more.div_ceil((self.async_chunk_bytes as u64).max(1))
    }
}
