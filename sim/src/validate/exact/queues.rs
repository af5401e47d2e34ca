//! M/M/c and M/G/1: executions that arrive at random at a function with c places and wait in line.
//!
//! The service time is the time of the one step; the wait is what the function platform's line takes. That
//! the line is first come first served with c places is tested path by path against the recursion of Kiefer
//! and Wolfowitz (`tests/promises/queues.rs`); here, long runs are compared with the expectations.

use super::rows::{Experiment, Params, Read, set};
use models::records::Measure;

/// The runs of a row.
pub fn experiment(id: &str, given: &Params, text: &str) -> Result<Experiment, &'static str> {
    let unread = "parameters that are not read";
    let rate = given.get("lam").ok_or(unread)?;
    let slots = given.get("c").copied().unwrap_or(1.0);
    let service = match id {
        "mg1_Wq" => service(text).ok_or(unread)?,
        _ => format!(
            "exponential(mean = {})",
            1e3 / given.get("mu").ok_or(unread)?
        ),
    };
    let sets = vec![
        set("counter.body_ms", service),
        format!("load.interarrival_s=exponential(mean = {})", 1.0 / rate),
        set("platform.function.concurrency", slots),
        set("function.prewarmed", slots),
    ];
    let measure = match id {
        "mmc_pwait" => Measure::Waited,
        "mmc_Wq_p99" => Measure::WaitP99S,
        _ => Measure::WaitS,
    };
    Ok(Experiment {
        scenario: "exact_queue",
        sets,
        weight: QUEUED,
        read: Read::Queue(measure, relaxation(rate / slots)),
    })
}

/// Executions after which a queue with this share of busy slots (of mean service time one) has forgotten its
/// start (relaxation time of M/M/1, 1 / (1 - sqrt(rho))^2, times arrivals; W. Feller, vol. 2, XIV.6).
fn relaxation(busy: f64) -> f64 {
    busy / (1.0 - busy.sqrt()).powi(2)
}

/// The weight of an execution in line.
const QUEUED: f64 = 3.0;

/// Laws of mean one second, as the rows write them.
fn service(text: &str) -> Option<String> {
    let law = text.split_once("S=")?.1;
    if law == "D(1)" {
        return Some("1000".to_owned());
    }
    if law == "Exp(1)" {
        return Some("exponential(mean = 1000)".to_owned());
    }
    let sigma = law.strip_prefix("LogN(mean1,sigma")?.strip_suffix(')')?;
    let sigma: f64 = sigma.parse().ok()?;
    let mu = 1000f64.ln() - sigma * sigma / 2.0;
    Some(format!("lognormal(mu = {mu}, sigma = {sigma})"))
}
