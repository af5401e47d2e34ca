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
