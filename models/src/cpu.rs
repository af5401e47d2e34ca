//! The processor of an environment, shared equally by the threads that run in it.
//!
//! Processor sharing: `n` threads on `c` vCPUs each progress at `min(1, c/n)` of one vCPU. The
//! state keeps a clock of service received by each thread; a thread is done when that clock has
//! advanced by its work. Only the thread that will finish first holds a timer.

use crate::host::Host;
use crate::services::function::EnvironmentId;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

/// One environment's processor.
#[derive(Debug)]
pub struct Cpu {
    vcpus: f64,
    /// Speed of the host relative to one reference vCPU.
    speed: f64,
    /// CPU seconds that each present thread has received since the processor was last empty.
    served: f64,
    at: Duration,
    next: u64,
    /// Threads by the reading of `served` at which they are done (as ordered bits), then arrival.
    threads: BTreeMap<(u64, u64), Option<Waker>>,
}

type Thread = (u64, u64);

impl Cpu {
    /// An idle processor.
    pub fn new(vcpus: f64, speed: f64) -> Cpu {
        Cpu {
            vcpus,
            speed,
            served: 0.0,
            at: Duration::ZERO,
            next: 0,
            threads: BTreeMap::new(),
        }
    }

    /// The processor of the environment that takes this one's place: empty. Threads that are
    /// dropped only now belong to none of its own.
    pub fn restart(&mut self, speed: f64) {
        *self = Cpu {
            next: self.next,
            ..Cpu::new(self.vcpus, speed)
        };
    }

    fn rate(&self) -> f64 {
        self.speed * (self.vcpus / self.threads.len().max(1) as f64).min(1.0)
    }

    fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.served += passed * self.rate();
        self.at = now;
    }

    fn join(&mut self, now: Duration, work: Duration) -> Thread {
        self.advance(now);
        if self.threads.is_empty() {
            self.served = 0.0;
        }
        let done = self.served + work.as_secs_f64();
        let thread = (done.to_bits(), self.next);
        self.next += 1;
        self.threads.insert(thread, None);
        thread
    }

    fn is_first(&self, thread: Thread) -> bool {
        self.threads.keys().next() == Some(&thread)
    }

    /// Time until the thread is done if nothing changes, or `None` if it is done.
    fn left(&mut self, thread: Thread, now: Duration) -> Option<Duration> {
        self.advance(now);
        let work = f64::from_bits(thread.0) - self.served;
        if work <= 1e-9 {
            return None;
        }
        let nanos = (work / self.rate() * 1e9).ceil();
        Some(Duration::from_nanos(nanos as u64))
    }

    fn leave(&mut self, thread: Thread, now: Duration) {
        self.advance(now);
        self.threads.remove(&thread);
        if let Some(Some(waker)) = self.threads.values_mut().next().map(Option::take) {
            waker.wake();
        }
    }
}

/// A thread's place on its processor, free again when its work is done or abandoned.
struct Place<'h, H: Host> {
    host: &'h H,
    environment: EnvironmentId,
    thread: Thread,
}

impl<H: Host> Drop for Place<'_, H> {
    fn drop(&mut self) {
        let (now, thread) = (self.host.now(), self.thread);
        let leave = &mut |cpu: &mut Cpu| cpu.leave(thread, now);
        self.host.world().with_cpu(self.environment, leave);
    }
}

/// Runs `work` CPU time of one thread on the processor of the host's environment.
pub async fn compute<H: Host>(host: &H, work: Duration) {
    let Some(environment) = host.environment() else {
        return host.wait(work).await;
    };
    let world = host.world();
    let cpu = |act: &mut dyn FnMut(&mut Cpu)| world.with_cpu(environment, act);
    let mut thread = (0, 0);
    cpu(&mut |c| thread = c.join(host.now(), work));
    let _place = Place {
        host,
        environment,
        thread,
    };
    loop {
        let (mut left, mut first) = (None, false);
        cpu(&mut |c| {
            left = c.left(thread, host.now());
            first = c.is_first(thread);
        });
        let Some(left) = left else { break };
        let mut woken = false;
        let mut timer = pin!(host.wait(left));
        poll_fn(|cx| {
            if (first && timer.as_mut().poll(cx).is_ready()) || woken {
                return Poll::Ready(());
            }
            woken = true;
            cpu(&mut |c| {
                if let Some(slot) = c.threads.get_mut(&thread) {
                    *slot = Some(cx.waker().clone());
                }
            });
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: f64) -> Duration {
        Duration::from_secs_f64(s)
    }

    #[test]
    fn two_threads_on_one_vcpu_take_twice_as_long() {
        let mut cpu = Cpu::new(1.0, 1.0);
        let a = cpu.join(seconds(0.0), seconds(1.0));
        assert_eq!(cpu.left(a, seconds(0.0)), Some(seconds(1.0)));
        let b = cpu.join(seconds(0.5), seconds(1.0));
        assert_eq!(
            cpu.left(a, seconds(0.5)),
            Some(seconds(1.0)),
            "half left at half speed"
        );
        cpu.leave(a, seconds(1.5));
        assert_eq!(cpu.left(b, seconds(1.5)), Some(seconds(0.5)));
        assert_eq!(cpu.left(b, seconds(2.0)), None);
    }

    #[test]
    fn one_thread_uses_at_most_one_vcpu() {
        let mut cpu = Cpu::new(4.0, 1.0);
        let a = cpu.join(seconds(0.0), seconds(1.0));
        assert_eq!(cpu.left(a, seconds(0.0)), Some(seconds(1.0)));
        let mut small = Cpu::new(0.5, 1.0);
        let b = small.join(seconds(0.0), seconds(1.0));
        assert_eq!(small.left(b, seconds(0.0)), Some(seconds(2.0)));
    }
}
