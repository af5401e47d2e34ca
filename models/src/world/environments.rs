//! Environments: what runs in each, since when, and on which processor.

use super::World;
use crate::cpu::Cpu;
use crate::engines::Engine;
use crate::services::function::EnvironmentId;
use std::time::Duration;

impl World {
    /// The number of a new worker of a fleet.
    pub fn hire(&self) -> u32 {
        self.hired.set(self.hired.get() + 1);
        self.hired.get() - 1
    }

    /// An environment takes an invocation.
    pub fn begin_invocation(&self, environment: EnvironmentId, now: Duration) {
        let mut invoked = self.invoked.borrow_mut();
        let place = environment.0 as usize;
        if invoked.len() <= place {
            invoked.resize(place + 1, Duration::ZERO);
        }
        invoked[place] = now;
    }

    /// When the invocation that an environment works on began.
    pub fn invoked(&self, environment: Option<EnvironmentId>) -> Duration {
        let invoked = self.invoked.borrow();
        let place = environment.map(|e| e.0 as usize);
        place
            .and_then(|place| invoked.get(place).copied())
            .unwrap_or_default()
    }

    /// Looks at an environment's processor.
    pub fn with_cpu(&self, environment: EnvironmentId, act: &mut dyn FnMut(&mut Cpu)) {
        let mut cpus = self.cpus.borrow_mut();
        act(&mut cpus[environment.0 as usize]);
    }

    /// Whether this is an environment's first request to the durable backend since it started.
    pub fn connects(&self, environment: EnvironmentId) -> bool {
        self.connected.borrow_mut().insert(environment)
    }

    /// A fresh processor, and no connections, for an environment that starts.
    pub fn reset_cpu(&self, environment: EnvironmentId) {
        self.connected.borrow_mut().remove(&environment);
        let functions = self.functions.borrow();
        let speed = functions.host_speed(environment, &self.streams);
        let mut cpus = self.cpus.borrow_mut();
        let place = environment.0 as usize;
        while cpus.len() <= place {
            let vcpus = match &self.engine {
                Engine::Queue(config) => config.worker_vcpus,
                _ => functions.config.vcpus,
            };
            cpus.push(Cpu::new(vcpus, speed));
        }
        cpus[place].restart(speed);
    }
}
