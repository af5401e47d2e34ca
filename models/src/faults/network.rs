//! What the network does to messages, and what services that fail do to requests.

use super::FaultSpec;
use super::plan::{Counts, Fired, Transit};
use super::rule::{Action, Cut, Rule, first_hit, matching_points};
use crate::Law;
use crate::point::{At, Party, Phase, Point, RequestKind};
use crate::settings::Settings;
use crate::streams::{Purpose, Streams};
use std::time::Duration;

/// A request that is about to leave.
pub(super) struct Message {
    pub kind: RequestKind,
    pub from: Party,
    pub at: At,
    pub now: Duration,
}

impl Message {
    fn to(&self) -> Party {
        self.kind.service()
    }

    fn entity(&self) -> u64 {
        u64::from(self.at.execution)
    }
}

/// A time during which nothing passes, or a service answers nothing.
#[derive(Debug)]
struct Window {
    link: Link,
    start: Duration,
    end: Duration,
}

impl Window {
    fn is_open(&self, now: Duration) -> bool {
        (self.start..self.end).contains(&now)
    }
}

/// From one party to another, and back if so said.
#[derive(Debug)]
struct Link {
    from: Party,
    to: Party,
    both_ways: bool,
}

impl Link {
    fn new(settings: &Settings) -> Link {
        Link {
            from: party(settings.text("from")),
            to: party(settings.text("to")),
            both_ways: settings.flag("both_ways"),
        }
    }

    /// Whether a message from one party to the other goes over it.
    fn carries(&self, from: Party, to: Party) -> bool {
        let forth = self.from == from && self.to == to;
        let back = self.from == to && self.to == from;
        forth || (self.both_ways && back)
    }
}

/// The network and the stores' own failures.
#[derive(Debug)]
pub(super) struct Network {
    lost_ack_rate: f64,
    error_rate: f64,
    delay: Law,
    loss_rate: f64,
    duplicate_rate: f64,
    reorder_rate: f64,
    reorder: Law,
    requests: Vec<Rule>,
    slow: Vec<(Link, Law)>,
    lossy: Vec<(Link, f64)>,
    cuts: Vec<Window>,
    outages: Vec<Window>,
    /// Nothing can happen.
    quiet: bool,
    /// When the rates end.
    until: Duration,
}

impl Network {
    /// The rates of a scenario; entries are added.
    pub fn new(settings: &Settings) -> Network {
        let rate = |key: &str| settings.number(&format!("faults.{key}"));
        let mut network = Network {
            lost_ack_rate: rate("lost_ack_rate"),
            error_rate: rate("error_rate"),
            delay: settings.law("faults.delay_ms"),
            loss_rate: rate("loss_rate"),
            duplicate_rate: rate("duplicate_rate"),
            reorder_rate: rate("reorder_rate"),
            reorder: settings.law("faults.reorder_ms"),
            requests: Vec::new(),
            slow: Vec::new(),
            lossy: Vec::new(),
            cuts: Vec::new(),
            outages: Vec::new(),
            quiet: false,
            until: super::plan::until(settings),
        };
        let rates = [
            network.lost_ack_rate,
            network.error_rate,
            network.loss_rate,
            network.duplicate_rate,
            network.reorder_rate,
        ];
        network.quiet = network.delay.is_zero() && rates.iter().all(|rate| *rate == 0.0);
        network
    }

    /// Adds a written-out fault of the network.
    pub fn add(&mut self, entry: &FaultSpec) {
        self.quiet = false;
        let s = &entry.settings;
        let window = |link| Window {
            link,
            start: s.seconds("start_s"),
            end: s.seconds("end_s"),
        };
        let rule = |action| {
            let points = matching_points(&format!("{}.send", s.text("request")));
            Rule::new(s, points, action)
        };
        match entry.kind {
            "lost_ack" => self
                .requests
                .push(rule(Action::Request(Transit::AnswerLost))),
            "error" => self.requests.push(rule(Action::Request(Transit::Error))),
            "network_delay" => self.slow.push((Link::new(s), s.law("delay_ms"))),
            "loss" => self.lossy.push((Link::new(s), s.number("probability"))),
            "cut" if !s.text("request").is_empty() => {
                let link = Party::named(s.text("from")).zip(Party::named(s.text("to")));
                self.requests.push(rule(Action::Cut(Cut {
                    link,
                    both_ways: s.flag("both_ways"),
                    lasts: s.seconds("for_s"),
                })));
            }
            "cut" => self.cuts.push(window(Link::new(s))),
            "outage" => self.outages.push(window(Link {
                from: Party::Client,
                to: party(s.text("service")),
                both_ways: true,
            })),
            other => unreachable!("fault kind `{other}` cannot be written out"),
        }
    }

    /// What happens to a request, and how much longer its two messages take.
    #[inline]
    pub fn transit(
        &mut self,
        message: &Message,
        streams: &Streams,
        fired: &mut Counts,
    ) -> (Transit, Duration, Duration) {
        if self.quiet {
            return (Transit::Passes, Duration::ZERO, Duration::ZERO);
        }
        self.disturb(message, streams, fired)
    }

    fn disturb(
        &mut self,
        message: &Message,
        streams: &Streams,
        fired: &mut Counts,
    ) -> (Transit, Duration, Duration) {
        let (from, to) = (message.from, message.to());
        let there = self.delay(from, to, message, streams, fired);
        let back = self.delay(to, from, message, streams, fired);
        (self.fate(message, streams, fired), there, back)
    }

    /// How much longer one message takes.
    fn delay(
        &self,
        from: Party,
        to: Party,
        message: &Message,
        streams: &Streams,
        fired: &mut Counts,
    ) -> Duration {
        let entity = message.entity();
        let on = message.now < self.until;
        let mut ms = 0.0;
        let links = self.slow.iter().filter(|(link, _)| link.carries(from, to));
        let general = Some(&self.delay).filter(|law| on && !law.is_zero());
        for law in links.map(|(_, law)| law).chain(general) {
            ms += law.quantile(streams.next(Purpose::Network, entity));
            fired.add(Fired::NetworkDelay);
        }
        if on && chance(self.reorder_rate, entity, streams) {
            ms += self
                .reorder
                .quantile(streams.next(Purpose::Network, entity));
            fired.add(Fired::Reordering);
        }
        crate::time::seconds(ms / 1e3)
    }

    fn fate(&mut self, message: &Message, streams: &Streams, fired: &mut Counts) -> Transit {
        // Looked at first, so that requests are counted whatever else happens to them.
        let written = self.written(message, streams);
        if let Some(transit) = self.cut(message) {
            fired.add(Fired::Cut);
            return transit;
        }
        if self.is_out(message.to(), message.now, fired) {
            return Transit::Error;
        }
        if let Some(transit) = written {
            fired.add(match transit {
                Transit::Error => Fired::Error,
                _ => Fired::LostAck,
            });
            return transit;
        }
        if message.now >= self.until {
            return Transit::Passes;
        }
        let (from, to) = (message.from, message.to());
        let rates = [
            (self.lost_ack_rate, Fired::LostAck, Transit::AnswerLost),
            (self.error_rate, Fired::Error, Transit::Error),
            (self.loss(from, to), Fired::Loss, Transit::RequestLost),
            (self.loss(to, from), Fired::Loss, Transit::AnswerLost),
            (self.duplicate_rate, Fired::Duplication, Transit::Twice),
        ];
        for (rate, kind, transit) in rates {
            if chance(rate, message.entity(), streams) {
                fired.add(kind);
                return transit;
            }
        }
        Transit::Passes
    }

    /// Chance that a message is lost on its way.
    fn loss(&self, from: Party, to: Party) -> f64 {
        let links = self.lossy.iter().filter(|(link, _)| link.carries(from, to));
        let passes = links.map(|(_, loss)| 1.0 - loss).product::<f64>();
        1.0 - passes * (1.0 - self.loss_rate)
    }

    /// What the written-out entries do to a request; a cut of them begins.
    fn written(&mut self, message: &Message, streams: &Streams) -> Option<Transit> {
        let send = Point::of(message.kind, Phase::Send);
        match first_hit(&mut self.requests, send, message.at, streams)? {
            Action::Request(transit) => Some(transit),
            Action::Cut(cut) => {
                let (sender, service) = (message.from, message.to());
                let between = match cut.both_ways {
                    true => (sender, service),
                    false => (service, sender),
                };
                let (from, to) = cut.link.unwrap_or(between);
                self.cuts.push(Window {
                    link: Link {
                        from,
                        to,
                        both_ways: cut.both_ways,
                    },
                    start: message.now,
                    end: message.now + cut.lasts,
                });
                None
            }
            Action::Strike(_) => unreachable!("rules of requests do not strike workers"),
        }
    }

    /// Whether a service is out, which is then counted.
    pub fn is_out(&self, service: Party, now: Duration, fired: &mut Counts) -> bool {
        let out = |w: &Window| w.link.to == service && w.is_open(now);
        let out = self.outages.iter().any(out);
        if out {
            fired.add(Fired::Outage);
        }
        out
    }

    /// Whether a cut link stops the request or its answer.
    fn cut(&self, message: &Message) -> Option<Transit> {
        let (from, to) = (message.from, message.to());
        let open = || self.cuts.iter().filter(|w| w.is_open(message.now));
        if open().any(|w| w.link.carries(from, to)) {
            return Some(Transit::RequestLost);
        }
        open()
            .any(|w| w.link.carries(to, from))
            .then_some(Transit::AnswerLost)
    }
}

fn chance(rate: f64, entity: u64, streams: &Streams) -> bool {
    rate > 0.0 && streams.next(Purpose::Network, entity) < rate
}

fn party(name: &str) -> Party {
    Party::named(name).unwrap_or_else(|| panic!("party `{name}` was not checked"))
}
