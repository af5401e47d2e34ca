//! Requests: how long they take, and what they do at the instant at which they reach their service.

use super::World;
use crate::Law;
use crate::data::Table;
use crate::engines::Engine;
use crate::host::{CallError, Reply, Request};
use crate::ledger::Effect;
use crate::point::{At, Party, RequestKind};
use crate::services::object::{ObjectOp, transfer};
use crate::services::{kv, orchestrator, provider};
use crate::streams::Purpose;
use crate::time::millis;
use std::time::Duration;

impl World {
    /// Time that a request to a service takes there and back.
    pub fn latency(&self, kind: RequestKind, at: At) -> Duration {
        let latency = match &self.latencies[kind as usize] {
            Latency::Always(length) => *length,
            Latency::Drawn(law) => self.draw(law, Purpose::Latency(kind), u64::from(at.execution)),
        };
        match &self.engine {
            Engine::Queue(config) if kind.service() == Party::Orchestrator => {
                latency.mul_f64(config.slowness)
            }
            _ => latency,
        }
    }

    /// Time that the contents of an object take to the store, and from it.
    pub fn transfer(&self, op: &ObjectOp) -> (Duration, Duration) {
        match op {
            ObjectOp::Put { bytes, .. } => (transfer(*bytes, self.put_mb_per_s), Duration::ZERO),
            ObjectOp::Get { key } => {
                let objects = self.objects.borrow();
                let bytes = objects.peek(*key).map_or(0, |object| object.bytes);
                (Duration::ZERO, transfer(bytes, self.get_mb_per_s))
            }
            _ => (Duration::ZERO, Duration::ZERO),
        }
    }

    /// Does a request, at the instant at which it reaches its service.
    pub fn apply(&self, request: &Request, now: Duration, worker: u32) -> Result<Reply, CallError> {
        match request {
            Request::Kv(op) => self.apply_kv(op, now),
            Request::KvEffect(op, stamp) => {
                let reply = self.apply_kv(op, now)?;
                crate::body::record_effect(self, *stamp, Effect::Store, now, worker);
                Ok(reply)
            }
            Request::Object(op) => {
                let reply = self.objects.borrow_mut().apply(now, op);
                let reply = reply.map(|reply| Reply::Object(Box::new(reply)));
                reply.map_err(CallError::Object)
            }
            Request::Checkpoint {
                execution,
                token,
                client_token,
                updates,
            } => {
                let mut backend = self.backend.borrow_mut();
                let answer = backend.checkpoint(*execution, *token, *client_token, updates, now);
                answer.map(Reply::Checkpoint).map_err(CallError::Durable)
            }
            Request::State { .. } => Ok(Reply::State),
            Request::Callback { execution, id } => {
                let answered = self.backend.borrow_mut().answer(*execution, *id, now);
                answered
                    .map(|()| Reply::Callback)
                    .map_err(CallError::Durable)
            }
            Request::Provider(ask) => provider::apply(self, ask, now),
            Request::Orchestrator(op) => self.apply_orchestrator(op, now),
        }
    }

    /// How many checkpoint requests of its execution were accepted so far, if it is one.
    pub fn checkpoints_of(&self, request: &Request) -> u32 {
        match request {
            Request::Checkpoint { execution, .. } => {
                self.backend.borrow().execution(*execution).meters.requests
            }
            _ => 0,
        }
    }

    fn apply_orchestrator(&self, op: &orchestrator::Op, now: Duration) -> Result<Reply, CallError> {
        let reply = self.orchestrator.borrow_mut().apply(now, op);
        if let (orchestrator::Op::CompleteActivity { token, .. }, Ok(_)) = (op, &reply) {
            self.commit(At::execution(token.execution).step(token.name), now);
        }
        reply
            .map(Reply::Orchestrator)
            .map_err(CallError::Orchestrator)
    }

    fn apply_kv(&self, op: &kv::KvOp, now: Duration) -> Result<Reply, CallError> {
        let reply = self.kv.borrow_mut().apply(now, op);
        reply.map(Reply::Kv).map_err(CallError::Kv)
    }

    /// How long a caller waits for an answer of this service.
    pub fn patience(&self, party: Party) -> Duration {
        self.clients.of(party).timeout
    }
}

/// How long requests of a kind take.
#[derive(Debug)]
pub(super) enum Latency {
    Always(Duration),
    Drawn(Law),
}

impl Latency {
    fn new(law: Law) -> Latency {
        match law {
            Law::Constant(ms) => Latency::Always(millis(ms)),
            law => Latency::Drawn(law),
        }
    }
}

/// Those of all kinds, in their order.
pub(super) fn latencies(platform: &Table) -> Result<Vec<Latency>, String> {
    let kinds = RequestKind::ALL.iter();
    let laws = kinds.map(|kind| platform.law(latency_row(*kind)).map(Latency::new));
    laws.collect()
}

fn latency_row(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::KvGet => "kv.get_ms",
        RequestKind::KvPut => "kv.put_ms",
        RequestKind::KvUpdate | RequestKind::KvDelete => "kv.update_ms",
        RequestKind::KvTransact => "kv.transact_ms",
        RequestKind::KvQuery => "kv.query_ms",
        RequestKind::ObjectPut => "object.put_ms",
        RequestKind::ObjectGet => "object.get_ms",
        RequestKind::ObjectList => "object.list_ms",
        RequestKind::ObjectDelete => "object.delete_ms",
        // An assumption: neither is published.
        RequestKind::DurableCheckpoint | RequestKind::DurableCallback => "durable.checkpoint_ms",
        RequestKind::DurableState => "durable.get_state_ms",
        RequestKind::FunctionInvoke | RequestKind::FunctionEvent => "function.invoke_ms",
        RequestKind::ProviderLlm
        | RequestKind::ProviderLlmBackup
        | RequestKind::ProviderTts
        | RequestKind::ProviderTtsBackup
        | RequestKind::ProviderImage
        | RequestKind::ProviderImageBackup => "provider.request_ms",
        RequestKind::OrchestratorStart => "orchestrator.start_ms",
        RequestKind::OrchestratorPoll => "orchestrator.poll_ms",
        RequestKind::OrchestratorHistory
        | RequestKind::OrchestratorDecide
        | RequestKind::OrchestratorComplete
        | RequestKind::OrchestratorHeartbeat
        | RequestKind::OrchestratorCancel
        | RequestKind::OrchestratorSignal => "orchestrator.request_ms",
    }
}
