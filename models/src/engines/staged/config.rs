//! Parameters, and the presets that give those which a scenario leaves open.

use super::breaker::Circuit;
use crate::Law;
use crate::engines::broken::Broken;
use crate::settings::Settings;
use crate::workflows::stage::Stage;
use std::time::Duration;

/// How often a stage is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// As often as it says.
    Stage,
    One,
    None,
}

/// How delays between attempts are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Jitter {
    Full,
    Half,
    None,
}

/// What a preset decides.
struct Preset {
    checkpoint: bool,
    retries: Retries,
    timeout_factor: f64,
    breaker: bool,
    cleanup: bool,
}

const DEFAULT: Preset = Preset {
    checkpoint: true,
    retries: Retries::Stage,
    timeout_factor: 1.0,
    breaker: true,
    cleanup: true,
};

/// Every failure shows at once, and everything can be looked at.
const DEBUG: Preset = Preset {
    retries: Retries::None,
    timeout_factor: 10.0,
    breaker: false,
    cleanup: false,
    ..DEFAULT
};

/// Quick to fail and to start.
const QUICK_DEMO: Preset = Preset {
    checkpoint: false,
    retries: Retries::One,
    timeout_factor: 0.5,
    ..DEFAULT
};

/// Keys `staged.*`, and when clients cancel.
#[derive(Clone, Debug)]
pub struct Config {
    pub checkpoint: bool,
    retries: Retries,
    timeout_factor: f64,
    pub step_retries: u32,
    backoff_s: f64,
    backoff_rate: f64,
    backoff_cap_s: f64,
    jitter: Jitter,
    pub recoveries: u64,
    /// `None` without breakers.
    pub circuit: Option<Circuit>,
    pub cleanup: bool,
    pub sweep_after: Duration,
    /// In seconds; zero for never.
    pub cancel_after: Law,
    pub cancels_inside: bool,
    pub broken: Broken,
}

impl Config {
    /// Reads the keys.
    pub fn new(settings: &Settings) -> Config {
        let number = |key: &str| settings.number(&format!("staged.{key}"));
        let seconds = |key: &str| crate::time::seconds(number(key));
        let preset = match settings.text("staged.preset") {
            "debug" => DEBUG,
            "quick-demo" => QUICK_DEMO,
            _ => DEFAULT,
        };
        let choice = |key: &str, yes: &str, open: bool| match settings.text(key) {
            "preset" => open,
            word => word == yes,
        };
        let circuit = Circuit {
            ratio: number("breaker_ratio"),
            calls: settings.count("staged.breaker_calls") as usize,
            window: seconds("breaker_window_s"),
            pause: seconds("breaker_break_s"),
        };
        Config {
            checkpoint: choice("staged.checkpoint", "store", preset.checkpoint),
            retries: match settings.text("staged.retries") {
                "stage" => Retries::Stage,
                "one" => Retries::One,
                "none" => Retries::None,
                _ => preset.retries,
            },
            timeout_factor: match number("timeout_factor") {
                0.0 => preset.timeout_factor,
                factor => factor,
            },
            step_retries: settings.count("staged.step_retries") as u32,
            backoff_s: number("backoff_s"),
            backoff_rate: number("backoff_rate"),
            backoff_cap_s: number("backoff_cap_s"),
            jitter: match settings.text("staged.backoff_jitter") {
                "full" => Jitter::Full,
                "none" => Jitter::None,
                _ => Jitter::Half,
            },
            recoveries: settings.count("staged.recoveries"),
            circuit: choice("staged.breaker", "on", preset.breaker).then_some(circuit),
            cleanup: choice("staged.cleanup", "on", preset.cleanup),
            sweep_after: seconds("sweep_after_s"),
            cancel_after: settings.law("load.cancel_after_s"),
            cancels_inside: settings.text("staged.cancellation") == "inside",
            broken: Broken::new(settings, "staged.broken"),
        }
    }

    /// How often a stage is tried in all.
    pub fn attempts(&self, stage: &Stage) -> u32 {
        1 + match self.retries {
            Retries::Stage => stage.retries,
            Retries::One => stage.retries.min(1),
            Retries::None => 0,
        }
    }

    /// Longest time of one attempt; zero for none.
    pub fn timeout(&self, stage: &Stage) -> Duration {
        stage.timeout.mul_f64(self.timeout_factor)
    }

    /// Delay after attempt number `made` (from 1) failed; `u` is a uniform draw.
    pub fn delay(&self, made: u32, u: f64) -> Duration {
        let growth = libm::pow(self.backoff_rate, f64::from(made) - 1.0);
        let longest = (self.backoff_s * growth).min(self.backoff_cap_s);
        crate::time::seconds(match self.jitter {
            Jitter::Full => u * longest,
            Jitter::Half => longest / 2.0 + u * longest / 2.0,
            Jitter::None => longest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use crate::settings::Setting;

    fn config(keys: &[(&str, &str)]) -> Config {
        let mut settings = Settings::defaults(registry::keys());
        for (path, value) in keys {
            settings.set(path, Setting::Text((*value).to_owned()));
        }
        Config::new(&settings)
    }

    #[test]
    fn delays_grow_to_the_cap_and_jitter_takes_up_to_half() {
        let config = config(&[]);
        let at = |made, u| config.delay(made, u).as_secs_f64();
        assert_eq!([at(1, 1.0), at(2, 1.0), at(3, 1.0)], [1.0, 2.0, 4.0]);
        assert_eq!([at(3, 0.0), at(9, 1.0), at(9, 0.0)], [2.0, 30.0, 15.0]);
    }

    #[test]
    fn a_key_overrides_its_preset() {
        let debug = config(&[("staged.preset", "debug")]);
        assert!(debug.checkpoint && debug.circuit.is_none() && !debug.cleanup);
        let demo = config(&[
            ("staged.preset", "quick-demo"),
            ("staged.checkpoint", "store"),
        ]);
        assert!(demo.checkpoint && demo.cleanup);
        assert_eq!((demo.retries, demo.timeout_factor), (Retries::One, 0.5));
    }
}
