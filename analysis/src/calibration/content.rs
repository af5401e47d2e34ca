//! What content there is: between videos, and between the chunks of one.

use super::fit::Sample;
use models::encoder::model::{ContentPrior, Source};
use std::collections::BTreeMap;

/// Correlation of neighbouring one-second chunks of a video: log bytes of 284 encodes of four clips
/// (320 lines, `veryfast`, CRF 23; rows `series` of x264-runs.csv) have 0.84, 0.57, 0.76 and 0.84.
const LAG1: f64 = 0.75;

type Vector = [f64; 3];

/// A chunk is a place in a clip: its content does not depend on how it was encoded.
fn chunks<'a>(samples: &[Sample<'a>]) -> BTreeMap<&'a str, Vec<Vector>> {
    let mut seen: BTreeMap<(&str, String), Vector> = BTreeMap::new();
    for sample in samples {
        let row = sample.row;
        let place = format!("{}|{:?}|{:?}", row.clip, row.offset_s, row.chunk_s);
        seen.insert((sample.source, place), sample.content.vector());
    }
    let mut chunks: BTreeMap<&str, Vec<Vector>> = BTreeMap::new();
    for ((source, _), content) in seen {
        chunks.entry(source).or_default().push(content);
    }
    chunks
}

fn mean(vectors: &[Vector]) -> Vector {
    std::array::from_fn(|i| vectors.iter().map(|v| v[i]).sum::<f64>() / vectors.len().max(1) as f64)
}

fn spread(vectors: &[Vector], about: Vector, freedom: f64) -> [Vector; 3] {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let products = vectors
                .iter()
                .map(|v| (v[i] - about[i]) * (v[j] - about[j]));
            products.sum::<f64>() / freedom.max(1.0)
        })
    })
}

/// Each source counts once.
pub(super) fn prior(samples: &[Sample<'_>]) -> ContentPrior {
    let chunks = chunks(samples);
    let means: Vec<Vector> = chunks.values().map(|of| mean(of)).collect();
    let centre = mean(&means);
    let within: Vec<[Vector; 3]> = chunks
        .values()
        .map(|of| spread(of, mean(of), of.len() as f64 - 1.0))
        .collect();
    let average = |i: usize, j: usize| {
        within.iter().map(|w| w[i][j]).sum::<f64>() / within.len().max(1) as f64
    };
    let source = |(name, of): (&&str, &Vec<Vector>)| {
        let row = samples.iter().find(|sample| sample.source == *name);
        Source {
            name: (*name).to_owned(),
            mean: mean(of),
            fps: row.map_or(25.0, |sample| sample.job.fps),
            height: row.map_or(720.0, |sample| sample.job.source_height),
        }
    };
    ContentPrior {
        mean: centre,
        between: spread(&means, centre, means.len() as f64 - 1.0),
        within: std::array::from_fn(|i| std::array::from_fn(|j| average(i, j))),
        lag1: LAG1,
        sources: chunks.iter().map(source).collect(),
    }
}
