//! Parts of a grid, to be run in different places and joined: of N shards the I-th has every N-th run,
//! from the I-th on. Each so has about as many runs of every cell.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// One of several parts of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    /// Number of shards.
    pub of: usize,
}

impl Shard {
    /// The whole grid.
    pub const WHOLE: Shard = Shard { index: 1, of: 1 };

    /// Number of its runs in a grid of so many.
    pub fn count(self, runs: usize) -> usize {
        (runs + self.of - self.index) / self.of
    }

    /// The number in the grid of its run at a position.
    pub fn number(self, position: usize) -> usize {
        self.index - 1 + position * self.of
    }

    /// The position of one of its runs.
    pub fn position(self, number: usize) -> usize {
        number / self.of
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Shard { index, of }),
            _ => Err("expected I/N, the I-th of N shards, from 1/N to N/N".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_parts_of_the_grid_without_gap_and_overlap() {
        for (runs, of) in [(1, 1), (12, 5), (7, 7), (100, 3), (2, 4)] {
            let mut found = vec![0; runs];
            for index in 1..=of {
                let shard = Shard { index, of };
                for position in 0..shard.count(runs) {
                    let number = shard.number(position);
                    assert_eq!(shard.position(number), position);
                    found[number] += 1;
                }
            }
            assert!(found.iter().all(|count| *count == 1), "{runs} in {of}");
        }
    }

    #[test]
    fn a_shard_is_read_as_it_is_shown() {
        let shard: Shard = "2/3".parse().unwrap();
        assert_eq!(
            (shard, shard.to_string()),
            (Shard { index: 2, of: 3 }, "2/3".into())
        );
        for wrong in ["", "2", "0/3", "4/3", "1/0", "a/b", "-1/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
