//! The linear rule: from the nearer knot, plain where that is within 1 ulp, else the products are summed exactly.
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
    let (elapsed, length) = (at.elapsed[k], at.length[k]);
    let second = at.nearer[k] != 0.0;
    if elapsed == 0.0 {
        return if second { p1 } else { p0 }; // at a knot, also where its neighbour is NaN
    }
    let (before, after) = if second { (length + elapsed, -elapsed) } else { (elapsed, length - elapsed) };
    let exact = exact(p0, p1, before, after, length);
    if exact.is_finite() { exact } else { plain }
}

/// Returns (p0 after + p1 before) / length: the products in two doubles each, their sum without loss.
fn exact(p0: f64, p1: f64, before: f64, after: f64, length: f64) -> f64 {
    let (high0, low0) = two_product(p0, after);
    let (high1, low1) = two_product(p1, before);
    let (high, a) = two_sum(high0, high1);
    let (low, b) = two_sum(low0, low1);
    let (middle, c) = two_sum(a, low);
    let (high, d) = two_sum(high, middle);
    let (low, e) = two_sum(c, b);
    let (middle, f) = two_sum(d, low);
    let (high, low) = two_sum(high, middle);
    let low = low + (e + f);
    let quotient = high / length;
    let (product, rest) = two_product(quotient, length);
    quotient + (((high - product) - rest) + low) / length
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
