//! How the code of a step asks for content.
//!
//! The provider of the role is asked first; if it fails, or its circuit is open, the one that stands in.
//! A circuit breaker belongs to the process that asks: only an engine with a server that outlives its
//! workers has one ([`crate::engines::staged`]). Retries are the business of the step, not of this client.

use super::{Ask, AskRow, Provider, Refusal, Role};
use crate::body::{Body, Raise};
use crate::engines::staged::breaker::Probe;
use crate::host::{CallError, Host, Reply, Request};
use crate::services::client;
use std::time::Duration;

/// Asks for `units` of content, for one part of a step, and waits for it.
pub async fn generate<H: Host>(
    body: &Body<'_, H>,
    role: Role,
    part: u32,
    units: u32,
) -> Result<Provider, Raise> {
    let world = body.host.world();
    let mut last = Raise::transient("no provider");
    for (turn, provider) in role.providers().into_iter().enumerate() {
        if provider.backup && !world.providers.borrow().fallback {
            break;
        }
        let Some(probe) = Probe::admitted(body.host, provider) else {
            let mut providers = world.providers.borrow_mut();
            providers.meter_mut(provider).kept_back += 1;
            last = Raise::transient("circuit open");
            continue;
        };
        let ask = Ask {
            provider,
            at: body.stamp.at,
            part,
            units,
            turn: 2 * u64::from(body.stamp.body) + turn as u64,
        };
        match ask_once(body, ask).await {
            Ok(()) => {
                probe.succeeded();
                return Ok(provider);
            }
            Err(raise) if raise.permanent => {
                // The question was at fault, not the provider.
                probe.succeeded();
                return Err(raise);
            }
            Err(raise) => {
                probe.failed();
                last = raise;
            }
        }
    }
    Err(last)
}

async fn ask_once<H: Host>(body: &Body<'_, H>, ask: Ask) -> Result<(), Raise> {
    let world = body.host.world();
    {
        let mut providers = world.providers.borrow_mut();
        providers.meter_mut(ask.provider).asked += 1;
        providers.asked.push(AskRow {
            time: body.host.now(),
            provider: ask.provider,
            execution: ask.at.execution,
            worker: body.host.environment().map_or(u32::MAX, |e| e.0),
        });
    }
    let request = Request::Provider(Box::new(ask));
    let sent = body
        .uninterrupted(client::send(body.host, request, ask.at))
        .await;
    let error = match sent {
        Ok(Reply::Provider(takes)) => {
            wait_for_content(body, takes).await;
            return Ok(());
        }
        Ok(other) => unreachable!("a provider does not answer {other:?}"),
        Err(error) => error,
    };
    world.providers.borrow_mut().meter_mut(ask.provider).failed += 1;
    Err(match error {
        CallError::Provider(Refusal::Rejected) => Raise {
            permanent: true,
            error: "question rejected",
        },
        CallError::Provider(Refusal::RateLimited) => Raise::transient("rate limited"),
        CallError::Timeout => Raise::transient("provider timed out"),
        _ => Raise::transient("provider failed"),
    })
}

async fn wait_for_content<H: Host>(body: &Body<'_, H>, takes: Duration) {
    body.sleep(takes).await;
}
