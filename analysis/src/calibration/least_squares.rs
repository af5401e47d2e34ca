//! Weighted least squares with a prior: linear, and Levenberg-Marquardt with a numeric Jacobian.

use nalgebra::{DMatrix, DVector};

/// Where coefficients are expected before any data is seen: mean and standard deviation.
#[derive(Clone, Copy, Debug)]
pub struct Prior {
    pub mean: f64,
    pub sd: f64,
}

/// The minimum of the squared weighted residuals and the squared distances from the prior.
/// `residuals` are already divided by their standard deviations.
pub fn minimise(prior: &[Prior], residuals: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let mut theta: Vec<f64> = prior.iter().map(|p| p.mean).collect();
    let cost = |theta: &[f64], r: &[f64]| {
        let data: f64 = r.iter().map(|r| r * r).sum();
        let away = theta
            .iter()
            .zip(prior)
            .map(|(t, p)| ((t - p.mean) / p.sd).powi(2));
        data + away.sum::<f64>()
    };
    let mut r = residuals(&theta);
    let mut now = cost(&theta, &r);
    let mut damping = 1e-3;
    for _ in 0..200 {
        let j = jacobian(&theta, &r, &residuals);
        let mut normal = j.transpose() * &j;
        let mut gradient = j.transpose() * DVector::from_column_slice(&r);
        for (i, p) in prior.iter().enumerate() {
            normal[(i, i)] += 1.0 / (p.sd * p.sd);
            gradient[i] += (theta[i] - p.mean) / (p.sd * p.sd);
        }
        let mut settled = true;
        while damping < 1e12 {
            let mut damped = normal.clone();
            for i in 0..theta.len() {
                damped[(i, i)] *= 1.0 + damping;
            }
            let Some(solved) = damped.cholesky() else {
                damping *= 10.0;
                continue;
            };
            let step = solved.solve(&gradient);
            let tried: Vec<f64> = theta.iter().zip(step.iter()).map(|(t, s)| t - s).collect();
            let tried_r = residuals(&tried);
            let tried_cost = cost(&tried, &tried_r);
            if tried_cost < now {
                settled = now - tried_cost < 1e-10 * now;
                (theta, r, now) = (tried, tried_r, tried_cost);
                damping = (damping / 10.0).max(1e-12);
                break;
            }
            damping *= 10.0;
        }
        if settled {
            break;
        }
    }
    theta
}

/// How coefficients would move, each by one Gauss-Newton step from their minimum.
#[derive(Clone, Debug)]
pub struct Moves {
    /// If the residuals of a group were left out, for every group from 0 on.
    pub left_out: Vec<Vec<f64>>,
    /// If a coefficient had been expected one standard deviation higher, for every coefficient.
    pub expected: Vec<Vec<f64>>,
}

/// Moves from the minimum `theta`, in which every residual belongs to a group.
pub fn moves(
    prior: &[Prior],
    theta: &[f64],
    residuals: impl Fn(&[f64]) -> Vec<f64>,
    groups: &[usize],
) -> Moves {
    let r = residuals(theta);
    let j = jacobian(theta, &r, &residuals);
    let mut whole = j.transpose() * &j;
    for (i, p) in prior.iter().enumerate() {
        whole[(i, i)] += 1.0 / (p.sd * p.sd);
    }
    let solve = |normal: DMatrix<f64>, pull: DVector<f64>| -> Vec<f64> {
        // The prior alone makes it positive definite, but for rounding.
        let step = normal.cholesky().map(|solved| solved.solve(&pull));
        step.map_or_else(|| vec![0.0; theta.len()], |s| s.iter().copied().collect())
    };
    let without = |group: usize| {
        let rows: Vec<usize> = (0..r.len()).filter(|row| groups[*row] == group).collect();
        let own = j.select_rows(&rows);
        let pull = DVector::from_iterator(rows.len(), rows.iter().map(|row| r[*row]));
        solve(&whole - own.transpose() * &own, own.transpose() * pull)
    };
    let higher = |place: usize| {
        let mut pull = DVector::zeros(theta.len());
        pull[place] = 1.0 / prior[place].sd;
        solve(whole.clone(), pull)
    };
    let count = groups.iter().max().map_or(0, |last| last + 1);
    Moves {
        left_out: (0..count).map(without).collect(),
        expected: (0..theta.len()).map(higher).collect(),
    }
}

fn jacobian(theta: &[f64], r: &[f64], residuals: impl Fn(&[f64]) -> Vec<f64>) -> DMatrix<f64> {
    let mut j = DMatrix::zeros(r.len(), theta.len());
    let mut moved = theta.to_vec();
    for (column, at) in theta.iter().enumerate() {
        let step = 1e-6 * at.abs().max(1.0);
        moved[column] = at + step;
        for (row, (new, old)) in residuals(&moved).iter().zip(r).enumerate() {
            j[(row, column)] = (new - old) / step;
        }
        moved[column] = *at;
    }
    j
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_of_a_line_end_where_it_lies_without_a_group_or_with_another_prior() {
        // A straight line has no curvature, so that one step is the whole way.
        let points = [
            (0.0, 0.1, 0),
            (1.0, 1.3, 0),
            (2.0, 1.8, 1),
            (3.0, 3.4, 1),
            (4.0, 3.9, 2),
        ];
        let prior = [Prior { mean: 0.5, sd: 2.0 }, Prior { mean: 0.0, sd: 1.0 }];
        let line = |points: Vec<(f64, f64, usize)>| {
            move |t: &[f64]| -> Vec<f64> {
                let residual = |(x, y, _): &(f64, f64, usize)| t[0] + t[1] * x - y;
                points.iter().map(residual).collect()
            }
        };
        let all = line(points.to_vec());
        let whole = minimise(&prior, &all);
        let groups = points.map(|(_, _, group)| group);
        let moves = moves(&prior, &whole, &all, &groups);
        let reaches = |moved: &[f64], again: &[f64]| {
            for place in 0..2 {
                let expected = again[place] - whole[place];
                assert!(
                    (moved[place] - expected).abs() < 1e-4,
                    "{moved:?} {again:?}"
                );
            }
        };
        assert_eq!((moves.left_out.len(), moves.expected.len()), (3, 2));
        for (group, moved) in moves.left_out.iter().enumerate() {
            let others = points.iter().filter(|p| p.2 != group).copied().collect();
            reaches(moved, &minimise(&prior, line(others)));
        }
        for (place, moved) in moves.expected.iter().enumerate() {
            let mut other = prior;
            other[place].mean += other[place].sd;
            reaches(moved, &minimise(&other, &all));
        }
    }

    #[test]
    fn a_curve_is_found_again() {
        let x = [0.0, 0.5, 1.0, 1.5, 2.0_f64];
        let prior = [Prior { mean: 1.0, sd: 1e3 }, Prior { mean: 0.0, sd: 1e3 }];
        let found = minimise(&prior, |t| {
            x.iter()
                .map(|x| t[0] * libm::exp(t[1] * x) - 3.0 * libm::exp(-0.7 * x))
                .collect()
        });
        assert!((found[0] - 3.0).abs() < 1e-4 && (found[1] + 0.7).abs() < 1e-4);
    }
}
