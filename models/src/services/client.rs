//! The services' client libraries: time-outs and retries, as an SDK does them.
//!
//! Throttling and service errors are retried with full-jitter back-off (botocore retry handlers).
//! A time-out leaves open whether the request was applied. Reads are then repeated; so are
//! requests that carry an idempotency token. Other writes are handed back to the program, which
//! alone knows what repeating them would mean.

use crate::data::Table;
use crate::host::{CallError, Host, Reply, Request};
use crate::invoke::{doubled, full_jitter};
use crate::point::{At, Party};
use crate::rare::rare;
use crate::services::durable::Refusal;
use crate::services::kv::KvError;
use crate::services::object::ObjectError;
use crate::services::provider::{self, Provider};
use std::future::Future;
use std::time::Duration;

/// How patient and persistent a client library is.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub timeout: Duration,
    pub attempts: u32,
    pub backoff: Duration,
    /// Whether a pause is drawn from zero to its length. That of DynamoDB is not (botocore 1.43.67,
    /// legacy mode).
    pub jitter: bool,
}

/// The client libraries, one per service.
#[derive(Clone, Debug)]
pub struct Clients {
    kv: Client,
    object: Client,
    durable: Client,
    provider: Client,
    orchestrator: Client,
}

/// Longest back-off of the AWS SDKs (botocore standard mode, JS and Rust SDKs).
pub const BACKOFF_CAP: Duration = Duration::from_secs(20);

impl Clients {
    /// Reads rows `<service>.sdk_*`.
    pub fn from_table(table: &Table) -> Result<Clients, String> {
        let client = |service: &str| -> Result<Client, String> {
            let number = |key: &str| table.number(&format!("{service}.{key}"));
            Ok(Client {
                timeout: crate::time::seconds(number("sdk_timeout_ms")? / 1e3),
                attempts: number("sdk_attempts")? as u32,
                backoff: crate::time::seconds(number("sdk_backoff_ms")? / 1e3),
                jitter: service != "kv",
            })
        };
        Ok(Clients {
            kv: client("kv")?,
            object: client("object")?,
            durable: client("durable")?,
            provider: client("provider")?,
            orchestrator: client("orchestrator")?,
        })
    }

    /// The client library of a service; whoever invokes functions is as patient as for `durable`.
    pub fn of(&self, service: Party) -> Client {
        match service {
            Party::Kv => self.kv,
            Party::Object => self.object,
            Party::Orchestrator => self.orchestrator,
            party if Provider::of(party).is_some() => self.provider,
            _ => self.durable,
        }
    }
}

/// Sends a request as the service's client library does.
pub fn send<H: Host>(
    host: &H,
    request: Request,
    at: At,
) -> impl Future<Output = Result<Reply, CallError>> {
    let mut turn = 1;
    async move {
        loop {
            let error = match host.call(&request, at).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let client = host.world().clients.of(request.kind().service());
            let again = match &error {
                CallError::Timeout => is_repeatable(&request),
                error => is_temporary(error),
            };
            if !again || turn >= client.attempts {
                return Err(error);
            }
            let delay = match client.jitter {
                true => full_jitter(host, client.backoff, BACKOFF_CAP, turn, at.execution),
                false => doubled(client.backoff, BACKOFF_CAP, turn),
            };
            rare(host.wait(delay)).await;
            turn += 1;
        }
    }
}

/// Somebody outside works for a while and sends a request then: until it is known to be there, or that
/// the service does not want it.
pub fn send_later<H: Host>(host: &H, after: Duration, request: Request, at: At) {
    let outside = host.outside();
    host.spawn(async move {
        outside.wait(after).await;
        while let Err(error) = send(&outside, request.clone(), at).await {
            if error != CallError::Timeout && !is_temporary(&error) {
                break;
            }
        }
    });
}

fn is_temporary(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Unavailable
            | CallError::Kv(KvError::Throttled)
            | CallError::Object(ObjectError::SlowDown)
            | CallError::Durable(Refusal::Throttled)
            | CallError::Provider(provider::Refusal::RateLimited | provider::Refusal::Failed)
    )
}

/// Whether sending it twice is as good as sending it once.
fn is_repeatable(request: &Request) -> bool {
    match request {
        Request::Kv(op) | Request::KvEffect(op, _) => op.is_repeatable(),
        Request::Object(op) => op.is_repeatable(),
        Request::Checkpoint { .. }
        | Request::State { .. }
        | Request::Callback { .. }
        | Request::Orchestrator(_) => true,
        Request::Provider(_) => false,
    }
}
