//! Named random streams: ChaCha, keyed by (seed, replicate, purpose, entity).
//!
//! Neither the cell nor the engine is part of the key, so engines meet the same draws as far as
//! they ask for the same things (common random numbers).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::HashMap;

use crate::numbers::Numbers;
use crate::point::RequestKind;

/// What a draw decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Time that a kind of request takes.
    Latency(RequestKind),
    /// What the network or a fault does to a message or request.
    Network,
    /// Whether a body raises.
    Failure,
    /// Whether a body's worker dies.
    Crash,
    /// Time of a body's code.
    Work,
    /// A retry delay.
    Backoff,
    /// Cold start of an environment.
    ColdStart,
    /// Speed class of an environment's host.
    HostSpeed,
    /// Time to failure of a busy worker.
    Hazard,
    /// Dispatch of asynchronous events and re-invocations.
    Dispatch,
    /// Pauses between executions and duplicate starts.
    Load,
    /// Content of a video and its chunks.
    Content,
    /// What becomes of a question to a provider, and how long it works.
    Provider,
}

impl Purpose {
    fn number(self) -> u64 {
        match self {
            Purpose::Network => 1,
            Purpose::Failure => 2,
            Purpose::Crash => 3,
            Purpose::Work => 4,
            Purpose::Backoff => 5,
            Purpose::ColdStart => 6,
            Purpose::HostSpeed => 7,
            Purpose::Hazard => 8,
            Purpose::Dispatch => 9,
            Purpose::Load => 10,
            Purpose::Content => 11,
            Purpose::Provider => 12,
            Purpose::Latency(kind) => 32 + kind as u64,
        }
    }
}

/// Draws made at a time: setting the generator to a place costs as much as several draws.
const AHEAD: usize = 16;

/// A stream under way: where it is, and the next draws. What tells streams apart comes first: it is
/// looked at together with what stands before the streams of an entity.
#[derive(Debug)]
#[repr(C)]
struct Stream {
    purpose: u64,
    turn: u64,
    ahead: [u64; AHEAD],
}

impl Stream {
    /// The next of the draws ahead.
    #[inline(always)]
    fn take(&mut self) -> f64 {
        let place = self.turn as usize % AHEAD;
        self.turn += 1;
        open_unit(self.ahead[place])
    }
}

/// Streams under way, by entity.
type Running = HashMap<u64, SmallVec<[Stream; 1]>, Numbers>;

/// The random streams of one run.
#[derive(Debug)]
pub struct Streams {
    running: RefCell<Running>,
    /// Set to a place of one stream after the other.
    single: RefCell<ChaCha8Rng>,
}

impl Streams {
    /// The streams of (scenario seed, replicate).
    pub fn new(seed: u64, replicate: u64) -> Streams {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&replicate.to_le_bytes());
        key[16..].copy_from_slice(b"sim streams v1.0");
        let single = ChaCha8Rng::from_seed(key);
        Streams {
            running: RefCell::default(),
            single: RefCell::new(single),
        }
    }

    /// The next draw of a stream, strictly between 0 and 1.
    pub fn next(&self, purpose: Purpose, entity: u64) -> f64 {
        let purpose = purpose.number();
        let mut running = self.running.borrow_mut();
        let known = running.get_mut(&entity).and_then(|streams| {
            let mut streams = streams.iter_mut();
            streams.find(|stream| stream.purpose == purpose)
        });
        match known {
            Some(stream) if stream.turn as usize % AHEAD != 0 => stream.take(),
            _ => self.make(&mut running, purpose, entity),
        }
    }

    /// The same where the draws ahead are used up, or there were none yet.
    #[cold]
    #[inline(never)]
    fn make(&self, running: &mut Running, purpose: u64, entity: u64) -> f64 {
        let streams = running.entry(entity).or_default();
        let known = streams.iter().position(|stream| stream.purpose == purpose);
        let known = known.unwrap_or_else(|| {
            streams.push(Stream {
                purpose,
                turn: 0,
                ahead: [0; AHEAD],
            });
            streams.len() - 1
        });
        let stream = &mut streams[known];
        let mut single = self.single.borrow_mut();
        set(&mut single, mix(purpose, entity, 0), stream.turn);
        stream.ahead = std::array::from_fn(|_| single.next_u64());
        stream.take()
    }

    /// Draw number `turn` about one entity's part: repeatable, in any order.
    pub fn pick(&self, purpose: Purpose, entity: u64, part: u64, turn: u64) -> f64 {
        let mut single = self.single.borrow_mut();
        let stream = mix(purpose.number(), entity, part.wrapping_add(1));
        set(&mut single, stream, turn);
        open_unit(single.next_u64())
    }

    /// Drops the running streams of an entity that is finished.
    pub fn forget(&self, entity: u64) {
        self.running.borrow_mut().remove(&entity);
    }
}

/// Draws in one block of the generator.
const BLOCK: u64 = 8;

/// Sets the generator to a draw of a stream.
fn set(single: &mut ChaCha8Rng, stream: u64, turn: u64) {
    // At the start of a block the stream changes without making a block of the old one.
    single.set_word_pos(u128::from(turn / BLOCK * BLOCK) * 2);
    single.set_stream(stream);
    (0..turn % BLOCK).for_each(|_| {
        single.next_u64();
    });
}

/// 53 random bits as a number strictly between 0 and 1.
fn open_unit(bits: u64) -> f64 {
    ((bits >> 11) as f64 + 0.5) * (1.0 / (1_u64 << 53) as f64)
}

/// SplitMix64 finaliser over three words.
fn mix(a: u64, b: u64, c: u64) -> u64 {
    [b, c].into_iter().fold(a, |sum, word| {
        let mut z = sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ word;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_names_do_not_depend_on_each_other() {
        let alone = Streams::new(1, 2);
        let expected: Vec<f64> = (0..5).map(|_| alone.next(Purpose::Work, 7)).collect();
        let mixed = Streams::new(1, 2);
        let drawn: Vec<f64> = (0..5)
            .map(|_| {
                mixed.next(Purpose::Crash, 7);
                mixed.next(Purpose::Work, 8);
                mixed.next(Purpose::Work, 7)
            })
            .collect();
        assert_eq!(drawn, expected);
    }

    #[test]
    fn a_pick_can_be_repeated_in_any_order() {
        let streams = Streams::new(3, 0);
        let forward: Vec<f64> = (0..40)
            .map(|t| streams.pick(Purpose::Failure, 1, 9, t))
            .collect();
        let backward: Vec<f64> = (0..40)
            .rev()
            .map(|t| streams.pick(Purpose::Failure, 1, 9, t))
            .collect();
        assert!(forward.iter().eq(backward.iter().rev()));
        let mean: f64 = forward.iter().sum::<f64>() / 40.0;
        assert!((0.3..0.7).contains(&mean));
    }

    #[test]
    fn a_draw_is_the_generators_own() {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&5_u64.to_le_bytes());
        key[16..].copy_from_slice(b"sim streams v1.0");
        let stream = mix(Purpose::Work.number(), 3, 10);
        let streams = Streams::new(5, 0);
        for turn in [0, 1, 7, 8, 9, 63, 64, 1000] {
            let mut whole = ChaCha8Rng::from_seed(key);
            whole.set_stream(stream);
            whole.set_word_pos(u128::from(turn) * 2);
            let expected = open_unit(whole.next_u64());
            assert_eq!(streams.pick(Purpose::Work, 3, 9, turn), expected);
        }
    }

    #[test]
    fn seed_and_replicate_change_every_draw() {
        let draw = |seed, replicate| Streams::new(seed, replicate).next(Purpose::Work, 0);
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(0, 1));
    }
}
