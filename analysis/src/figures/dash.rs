//! Cutting a line into dashes.

use super::canvas::Xy;

/// The inked pieces of a line for a pattern of lengths: ink, gap, ink, gap, ...
///
/// The pattern runs on around corners. An empty pattern leaves the line whole.
pub(super) fn split(points: &[Xy], lengths: &[f64]) -> Vec<Vec<Xy>> {
    if lengths.iter().sum::<f64>() <= 0.0 || points.len() < 2 {
        return vec![points.to_vec()];
    }
    let mut pieces = vec![vec![points[0]]];
    let (mut phase, mut left) = (0, lengths[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let distance = libm::hypot(to.0 - from.0, to.1 - from.1);
            let is_ink = phase % 2 == 0;
            if distance <= left {
                left -= distance;
                extend(&mut pieces, to, is_ink);
                break;
            }
            from = along(from, to, left / distance);
            extend(&mut pieces, from, is_ink);
            phase += 1;
            left = lengths[phase % lengths.len()];
            if !is_ink {
                pieces.push(vec![from]);
            }
        }
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

fn extend(pieces: &mut [Vec<Xy>], to: Xy, is_ink: bool) {
    if let Some(piece) = pieces.last_mut().filter(|_| is_ink) {
        piece.push(to);
    }
}

fn along(from: Xy, to: Xy, share: f64) -> Xy {
    (
        from.0 + (to.0 - from.0) * share,
        from.1 + (to.1 - from.1) * share,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_run_on_around_a_corner() {
        let corner = [(0.0, 0.0), (5.0, 0.0), (5.0, 5.0)];
        let pieces = split(&corner, &[3.0, 1.0]);
        let ends: Vec<_> = pieces
            .iter()
            .map(|piece| (piece[0], *piece.last().unwrap()))
            .collect();
        let expected = [
            ((0.0, 0.0), (3.0, 0.0)),
            ((4.0, 0.0), (5.0, 2.0)),
            ((5.0, 3.0), (5.0, 5.0)),
        ];
        assert_eq!(ends, expected);
        assert_eq!(split(&corner, &[]), [corner.to_vec()]);
    }
}
