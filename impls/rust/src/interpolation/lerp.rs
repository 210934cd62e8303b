//! The linear rule: from the nearer knot, plain where that is within 1 ulp, else with the step in two doubles.
//!
//! The operations and their order are those of every other backend, without contraction, so the bits agree.

use super::block::Fractions;

/// Interpolates `K` channels of query `k` between `p0` and `p1`.
#[inline(always)]
pub fn lerp<const K: usize>(at: &Fractions, k: usize, p0: &[f64; K], p1: &[f64; K]) -> [f64; K] {
    let base = if at.nearer[k] == 0.0 { p0 } else { p1 };
    let offset = at.offset[k];
    let step: [f64; K] = std::array::from_fn(|c| offset * (p1[c] - p0[c]));
    let sum: [f64; K] = std::array::from_fn(|c| base[c] + step[c]);
    let plain = (0..K).fold(true, |plain, c| plain & is_plain(step[c], sum[c]));
    if plain {
        return sum;
    }
    std::array::from_fn(|c| if is_plain(step[c], sum[c]) { sum[c] } else { compensate(at, k, p0[c], p1[c], sum[c]) })
}

/// The same for any number of channels, written to `out`.
#[inline(always)]
pub fn lerp_slice(at: &Fractions, k: usize, p0: &[f64], p1: &[f64], out: &mut [f64]) {
    for ((p0, p1), out) in p0.iter().zip(p1).zip(out) {
        [*out] = lerp(at, k, &[*p0], &[*p1]);
    }
}

/// Whether rounding the step leaves the sum within 1 ulp: it does while the step is at most an eighth of the sum.
#[inline(always)]
pub fn is_plain(step: f64, sum: f64) -> bool {
    8.0 * step.abs() <= sum.abs()
}

#[cold]
#[inline(never)]
fn compensate(at: &Fractions, k: usize, p0: f64, p1: f64, plain: f64) -> f64 {
    let base = if at.nearer[k] == 0.0 { p0 } else { p1 };
    if at.elapsed[k] == 0.0 {
        return base; // at a knot, also where its neighbour is NaN
    }
    let exact = compensated(base, p0, p1, at.elapsed[k], at.length[k]);
    if exact.is_finite() { exact } else { plain }
}

/// Adds `elapsed / length` of `p1 - p0` to `base`, the step carried in two doubles.
fn compensated(base: f64, p0: f64, p1: f64, elapsed: f64, length: f64) -> f64 {
    let (d, d_low) = two_sum(p1, -p0);
    let w = elapsed / length;
    let (high, low) = two_product(w, length);
    let w_low = ((elapsed - high) - low) / length;
    let (step, mut step_low) = two_product(w, d);
    step_low += w * d_low + w_low * d;
    let (total, total_low) = two_sum(base, step);
    total + (total_low + step_low)
}

/// Returns `a + b` and its rounding error (D. E. Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let other = s - a;
    (s, (a - (s - other)) + (b - other))
}

/// Returns `a * b` and its rounding error (T. J. Dekker; the split is by 2^27 + 1).
fn two_product(a: f64, b: f64) -> (f64, f64) {
    const SPLIT: f64 = 134_217_729.0;
    let (a_high, b_high) = (a * SPLIT, b * SPLIT);
    let (a_high, b_high) = (a_high - (a_high - a), b_high - (b_high - b));
    let (a_low, b_low) = (a - a_high, b - b_high);
    let p = a * b;
    (p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low)
}
