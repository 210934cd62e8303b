//! Quaternions as rows of four doubles.

/// A quaternion; the four components are treated alike, so xyzw and wxyz both serve.
pub type Quaternion = [f64; 4];

/// Squared norms in this range lose nothing to underflow or overflow.
pub const SAFE: std::ops::Range<f64> = 1e-280..1e280;

/// Squared norm or scalar product; one order of additions in every backend, and no contraction, so that all of them
/// take the same arc at half a turn.
#[inline(always)]
pub fn dot(a: &Quaternion, b: &Quaternion) -> f64 {
    (a[0] * b[0] + a[1] * b[1]) + (a[2] * b[2] + a[3] * b[3])
}

/// Whether a quaternion has four finite components that are not all zero.
pub fn usable(q: &Quaternion) -> bool {
    q.iter().all(|c| c.is_finite()) && q.iter().any(|c| *c != 0.0)
}

/// Normalises a usable quaternion.
#[inline(always)]
pub fn unit(q: &Quaternion) -> Quaternion {
    let q = in_range(q);
    let scale = 1.0 / dot(&q, &q).sqrt();
    q.map(|c| c * scale)
}

/// Scales by a power of two where squares would leave the range of a double.
#[inline(always)]
pub fn in_range(q: &Quaternion) -> Quaternion {
    if SAFE.contains(&dot(q, q)) { *q } else { rescaled(q) }
}

#[cold]
fn rescaled(q: &Quaternion) -> Quaternion {
    let largest = q.iter().fold(0.0_f64, |m, c| m.max(c.abs()));
    // Twice half the exponent: the whole of it may not be a normal number.
    let half = 2.0_f64.powi(-(largest.log2() / 2.0) as i32);
    q.map(|c| c * half * half)
}

/// Applies a pair of weights.
#[inline(always)]
pub fn combine(q0: &Quaternion, q1: &Quaternion, first: f64, second: f64) -> Quaternion {
    std::array::from_fn(|c| first * q0[c] + second * q1[c])
}
