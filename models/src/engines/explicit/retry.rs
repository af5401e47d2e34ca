//! Retries written by hand.

use super::config::Config;
use crate::body::{self, Body, Raise};
use crate::host::Host;
use crate::invoke::full_jitter;
use crate::point::At;

/// Runs a step's code until it returns, at most as often as configured. Gives the attempt that
/// succeeded along with the value.
pub async fn attempts<H: Host, T>(
    host: &H,
    config: &Config,
    at: At,
    code: impl AsyncFn(&Body<'_, H>) -> Result<T, Raise>,
) -> Result<(T, u32), &'static str> {
    let mut attempt = 1;
    loop {
        match body::enter(host, at, attempt, &code).await {
            Ok(value) => return Ok((value, attempt)),
            Err(raise) if raise.permanent || attempt >= config.attempts => return Err(raise.error),
            Err(_) => {
                back_off(host, config, at, attempt).await;
                attempt += 1;
            }
        }
    }
}

/// Waits before the next try.
pub async fn back_off<H: Host>(host: &H, config: &Config, at: At, turn: u32) {
    let delay = full_jitter(host, config.backoff, config.backoff_cap, turn, at.execution);
    host.wait(delay).await;
}
