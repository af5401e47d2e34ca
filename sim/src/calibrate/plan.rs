//! Which encodes are run, in which order.
//!
//! Cells are dealt source by source, each time the next pair of frame size and preset of the source's
//! own shuffled list, so that every source has as many and every pair occurs. CRF, length, clip and place
//! are drawn. The order is shuffled; a tenth is run again in the second half; an anchor stands before,
//! between and after.

use super::clips::Clip;
use models::encoder::model::{Content, Job, Model};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::HashSet;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Lines of a frame.
    pub heights: Vec<u32>,
    pub presets: Vec<&'static str>,
    pub crfs: Vec<u32>,
    /// Seconds of a chunk.
    pub lengths_s: Vec<f64>,
    /// At most so many cells.
    pub cells: usize,
    /// Runs from one anchor to the next.
    pub anchor_every: usize,
    /// At most so many runs of decoding and scaling without an encoder.
    pub decodes: usize,
    /// No cell is added beyond this many expected CPU seconds.
    pub budget_s: f64,
}

impl Scope {
    /// About three minutes of CPU time: held-out error no longer falls much beyond 200 cells.
    pub fn full() -> Scope {
        Scope {
            heights: vec![320, 480, 720, 1080],
            presets: vec!["ultrafast", "veryfast", "medium", "slow"],
            crfs: vec![18, 23, 28],
            lengths_s: vec![1.0, 2.0, 4.0],
            cells: 200,
            anchor_every: 12,
            decodes: 20,
            budget_s: f64::INFINITY,
        }
    }

    /// Under a minute.
    pub fn quick() -> Scope {
        Scope {
            heights: vec![320, 480],
            presets: vec!["ultrafast", "veryfast", "medium"],
            lengths_s: vec![1.0],
            cells: 24,
            anchor_every: 6,
            decodes: 0,
            budget_s: 20.0,
            ..Scope::full()
        }
    }

    /// As many cells as fit into so many CPU seconds.
    #[must_use]
    pub fn within(self, budget_s: f64) -> Scope {
        Scope {
            cells: usize::MAX,
            budget_s,
            ..self
        }
    }
}

/// One encode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Place of its clip.
    pub clip: usize,
    pub height: u32,
    pub preset: &'static str,
    pub crf: u32,
    pub offset_s: f64,
    pub length_s: f64,
}

/// One process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Always the same encode.
    Anchor,
    Encode {
        cell: Cell,
        /// Whether the same ran before.
        again: bool,
    },
    /// Decoding a clip and scaling it to so many lines.
    Decode { clip: usize, height: u32 },
}

/// Everything in the order in which it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// CPU seconds that the reference model expects of the encodes.
    pub expected_s: f64,
}

/// Random draws.
struct Draws(ChaCha8Rng);

impl Draws {
    fn below(&mut self, count: usize) -> usize {
        (self.0.next_u64() % count.max(1) as u64) as usize
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

/// Width of a frame of so many lines, even.
pub fn width(clip: &Clip, height: u32) -> u32 {
    if height == clip.height {
        return clip.width;
    }
    let ratio = f64::from(clip.width) / f64::from(clip.height);
    ((f64::from(height) * ratio / 2.0).round() * 2.0) as u32
}

impl Plan {
    /// The plan of a folder's clips; the same seed gives the same plan.
    pub fn new(clips: &[Clip], scope: &Scope, seed: u64) -> Plan {
        let mut draws = Draws(ChaCha8Rng::seed_from_u64(seed));
        let (mut cells, expected_s) = deal(clips, scope, &mut draws);
        draws.shuffle(&mut cells);
        let half = cells.len() / 2;
        let step = |again| move |cell: &Cell| Step::Encode { cell: *cell, again };
        let mut first: Vec<Step> = cells[..half].iter().map(step(false)).collect();
        let mut second: Vec<Step> = cells[half..].iter().map(step(false)).collect();
        second.extend(cells[..half].iter().take(cells.len() / 10).map(step(true)));
        first.extend(decodes(clips, scope, &mut draws));
        draws.shuffle(&mut first);
        draws.shuffle(&mut second);
        let runs: Vec<Step> = first.into_iter().chain(second).collect();
        Plan {
            steps: with_anchors(&runs, scope.anchor_every),
            expected_s,
        }
    }
}

fn with_anchors(runs: &[Step], every: usize) -> Vec<Step> {
    let mut steps = vec![Step::Anchor];
    for group in runs.chunks(every.max(1)) {
        steps.extend_from_slice(group);
        steps.push(Step::Anchor);
    }
    steps
}

/// Sizes that a clip is measured at: up to its own, and at least the smallest.
fn heights(clip: &Clip, scope: &Scope) -> Vec<u32> {
    let least = scope.heights.iter().copied().min().unwrap_or(clip.height);
    let fits = |height: &u32| *height <= clip.height.max(least);
    scope.heights.iter().copied().filter(fits).collect()
}

/// A source's pairs of size and preset in the order in which they are dealt, and how far that went.
struct Hand {
    clips: Vec<usize>,
    pairs: Vec<(u32, &'static str)>,
    next: usize,
}

fn hands(clips: &[Clip], scope: &Scope, draws: &mut Draws) -> Vec<Hand> {
    let mut sources: Vec<&str> = clips.iter().map(|clip| clip.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let hand = |source| {
        let own: Vec<usize> = (0..clips.len())
            .filter(|at| clips[*at].source == source)
            .collect();
        let mut sizes: Vec<u32> = own
            .iter()
            .flat_map(|at| heights(&clips[*at], scope))
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        let pair = |height| scope.presets.iter().map(move |preset| (height, *preset));
        let mut pairs: Vec<(u32, &'static str)> = sizes.into_iter().flat_map(pair).collect();
        draws.shuffle(&mut pairs);
        Hand {
            clips: own,
            pairs,
            next: 0,
        }
    };
    sources.into_iter().map(hand).collect()
}

fn deal(clips: &[Clip], scope: &Scope, draws: &mut Draws) -> (Vec<Cell>, f64) {
    let mut hands = hands(clips, scope, draws);
    let (mut cells, mut known, mut sum) = (Vec::new(), HashSet::new(), 0.0);
    // A source whose cells are all dealt gives none in a round.
    loop {
        let before = cells.len();
        for hand in &mut hands {
            for _ in 0..8 {
                let cell = draw(clips, scope, hand, draws);
                let key = format!("{cell:?}");
                if known.contains(&key) {
                    continue;
                }
                let cost = expected_s(&clips[cell.clip], &cell);
                if cells.len() >= scope.cells || sum + cost > scope.budget_s {
                    return (cells, sum);
                }
                known.insert(key);
                cells.push(cell);
                sum += cost;
                break;
            }
        }
        if cells.len() == before {
            return (cells, sum);
        }
    }
}

fn draw(clips: &[Clip], scope: &Scope, hand: &mut Hand, draws: &mut Draws) -> Cell {
    let (height, preset) = hand.pairs[hand.next % hand.pairs.len()];
    hand.next += 1;
    let large = |at: &usize| heights(&clips[*at], scope).contains(&height);
    let able: Vec<usize> = hand.clips.iter().copied().filter(large).collect();
    let clip = draws.of(&able);
    let whole = clips[clip].length_s;
    let fitting: Vec<f64> = scope
        .lengths_s
        .iter()
        .copied()
        .filter(|s| *s <= whole)
        .collect();
    let length_s = draws.of(&fitting);
    Cell {
        clip,
        height,
        preset,
        crf: draws.of(&scope.crfs),
        // Places on whole seconds, so that a chunk's content is found again.
        offset_s: draws.below((whole - length_s) as usize + 1) as f64,
        length_s,
    }
}

fn decodes(clips: &[Clip], scope: &Scope, draws: &mut Draws) -> Vec<Step> {
    let least = scope.heights.iter().copied().min().unwrap_or(320);
    let both =
        |clip: usize| [clips[clip].height, least].map(|height| Step::Decode { clip, height });
    let real = (0..clips.len()).filter(|clip| !clips[*clip].synthetic);
    let mut steps: Vec<Step> = real.flat_map(both).collect();
    draws.shuffle(&mut steps);
    steps.truncate(scope.decodes);
    steps
}

/// CPU seconds that the reference model expects, for content of which nothing is known.
pub fn expected_s(clip: &Clip, cell: &Cell) -> f64 {
    let model = Model::reference();
    let content = Content::from_vector(model.content.mean);
    let job = Job {
        preset: cell.preset,
        crf: f64::from(cell.crf),
        pixels: f64::from(width(clip, cell.height)) * f64::from(cell.height),
        height: f64::from(cell.height),
        source_height: f64::from(clip.height),
        frames: cell.length_s * clip.fps,
        fps: clip.fps,
    };
    model.cpu_seconds(&job, model.log_bpp(&job, &content), &content)
}

#[cfg(test)]
mod tests;
